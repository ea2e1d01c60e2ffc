"""What any narrative is held to, and how tests read one: numbers, words, ease of reading; and contract frames."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import strategies as st

from asana_intel.narratives.facts import FactSheet
from asana_intel.narratives.outlines.outline import Outline, Sentence, compose, text_of
from asana_intel.storage.contracts import CONTRACTS
from asana_intel.storage.tables import TableStore

NUMBER = re.compile(r"\d[\d,.]*\d|\d")
NAMES = st.sampled_from(
    ["", " ", "Web shop", "v2.0", "متجر الويب 12", "חנות", "🚀🚀🚀", "Q3/26 \u202e7", "99 % " * 40, "a b " * 9, None]
) | st.text(max_size=80)  # fmt: skip
"""Names as they come: empty, long, of other scripts, full of digits."""
SHARES = st.sampled_from([0.0, 1.0, 0.005, 0.995, 0.35, 0.5, 0.7]) | st.floats(0, 1)


def frame(key: str, *rows: Mapping[str, Any]) -> pl.DataFrame:
    """Rows of a table, null where nothing is said."""
    schema = CONTRACTS[key].schema
    return pl.DataFrame([dict.fromkeys(schema) | dict(row) for row in rows], schema=schema)


def told(sheet: FactSheet, outline: Outline) -> str:
    """What is published without any model."""
    return text_of(compose(sheet, outline.choose(sheet)))


def check_bars(sheet: FactSheet, outline: Outline, *, most_words: int, least_words: int = 1) -> None:
    """Assert what holds of every text of an outline: fidelity, required facts, length, evidence."""
    chosen = outline.choose(sheet)
    sentences = compose(sheet, chosen)
    text = text_of(sentences)
    assert outline.check(sheet, chosen) == [], text
    assert least_words <= len(text.split()) <= most_words, text
    assert numbers(text) <= {n for fact in sheet for n in numbers(fact.text)}, text
    assert all(len(sentence.text.split()) <= 25 for sentence in sentences), text
    assert all(sentence.text[-1] in ".?!" and "\n" not in sentence.text for sentence in sentences)
    assert all(_says_its_numbers(sheet, sentence) for sentence in sentences), text
    assert not any(isinstance(f.value, int | float) and ("nan" in f.text or "inf" in f.text) for f in sheet)


def numbers(text: str) -> set[str]:
    """The numbers in a text, as written."""
    return set(NUMBER.findall(text))


def reading_ease(sentences: Sequence[Sentence]) -> float:
    """Automated readability index: about the school year that reads it with ease."""
    words = " ".join(sentence.text for sentence in sentences).split()
    letters = sum(character.isalnum() for word in words for character in word)
    return 4.71 * letters / len(words) + 0.5 * len(words) / len(sentences) - 21.43


def demo_weeks() -> list[tuple[Callable[..., pl.DataFrame], date, Any]]:
    """The last weeks of a finished demo home: how to read it, the week, and the last instant known of.

    The home is that of the environment variable ASANA_INTEL_DEMO_HOME; tests are skipped without it.
    """
    home = os.environ.get("ASANA_INTEL_DEMO_HOME")
    if not home or not (Path(home) / "tables").is_dir():
        pytest.skip("ASANA_INTEL_DEMO_HOME names no home of a finished demo")
    tables = TableStore(str(Path(home) / "tables"))

    def read(key: str, /, *, partition: date | None = None) -> pl.DataFrame:
        rows = tables.read(key, partition=partition)
        if key == "staging/goals" and rows["privacy_setting"].null_count() == rows.height:  # older than that column
            return rows.with_columns(privacy_setting=pl.lit("public_to_workspace"))
        return rows

    stamps = tables.read("forecasts/goal_attainment").select("as_of_on", "as_of_at").unique().sort("as_of_on").tail(6)
    return [(read, week_on, as_of) for week_on, as_of in stamps.iter_rows()]


def _says_its_numbers(sheet: FactSheet, sentence: Sentence) -> bool:
    """Whether each number of a sentence stands in the facts that are its evidence."""
    return numbers(sentence.text) <= {n for f in sentence.fact_ids for n in numbers(sheet.text(f))}
