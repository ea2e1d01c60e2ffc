"""Correct retellings by others than the gate's authors, and false ones made of them: what the gate refuses of each.

Twenty-six authors wrote them without a look at the gate: English of managers, analysts, consultants, language models.
A file holds sheets as they were when the texts were written. All but `x` and `y` were shown to the gate's authors
afterwards, so only these two tell what a stranger may expect.
"""

from __future__ import annotations

import json
import random
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from asana_intel.narratives.facts import Fact, FactKind, FactSheet, Kind, Unit
from asana_intel.narratives.gate.check import check_text
from asana_intel.narratives.outlines import capacity, goal, priority
from asana_intel.narratives.outlines.outline import Outline
from asana_intel_tests.unit.narratives.gate.falsify import KINDS

FOLDER = Path(__file__).with_name("strangers")
OUTLINES = {outline.kind: outline for outline in (goal.OUTLINE, capacity.OUTLINE, priority.OUTLINE)}
ONE_IN = 16  # of the texts are made false; all of them are some 15,000, and take two minutes
MOST_REFUSED = {name.stem: 0.03 for name in sorted(FOLDER.glob("*.json"))} | {"d": 0.1, "x": 0.05, "y": 0.05}
"""Part of a set that may be refused; the texts of `d` are very free."""


def fact(row: dict[str, Any]) -> Fact:
    value = date.fromisoformat(row["value"]["day"]) if isinstance(row["value"], dict) else row["value"]
    kind = FactKind(row["kind"], Unit(row["unit"]), row["meaning"])
    return Fact(kind, value, row["text"], tuple(row["sources"]), row["suffix"], row["required"])


def texts_of(name: str) -> Iterator[tuple[str, FactSheet, Outline]]:
    for told in json.loads((FOLDER / f"{name}.json").read_text()):
        sheet = FactSheet(Kind(told["kind"]), told["subject"], [fact(row) for row in told["facts"]])
        yield from ((text, sheet, OUTLINES[sheet.kind]) for text in told["texts"])


@pytest.mark.parametrize("name", MOST_REFUSED)
def test_what_strangers_say_rightly_is_seldom_refused(name: str) -> None:
    texts = list(texts_of(name))
    refused = [(text, verdict) for text, *of in texts if not (verdict := check_text(text, *of)).passed]
    shown = "\n".join(f"{text}\n    {[(v.rule, v.detail) for v in verdict.violations]}" for text, verdict in refused)
    assert len(texts) >= 80
    assert len(refused) <= MOST_REFUSED[name] * len(texts), f"{len(refused)} of {len(texts)} refused\n{shown}"


def test_what_strangers_say_is_refused_once_it_is_made_false() -> None:
    dice, tried, passed = random.Random(7), Counter[str](), defaultdict[str, list[str]](list)
    for name in MOST_REFUSED:
        for text, sheet, outline in islice(texts_of(name), None, None, ONE_IN):
            if not check_text(text, sheet, outline).passed:
                continue
            longer = replace(outline, most_words=140, parts={part: most + 1 for part, most in outline.parts.items()})
            for kind, falsify in KINDS.items():
                wrong = [false for false in falsify(text, dice) if false != text]
                tried[kind] += len(wrong)
                passed[kind] += [false for false in wrong if check_text(false, sheet, longer).passed]
    leaks = {kind: f"{len(texts)} of {tried[kind]}: {texts[:5]}" for kind, texts in passed.items() if texts}
    assert tried.total() >= 1_500
    assert sum(map(len, passed.values())) <= 0.005 * tried.total(), leaks
