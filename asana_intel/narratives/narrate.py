"""From fact sheets to the narrative tables; how a text comes about is decided by the writer that is handed in."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

import polars as pl

from asana_intel.narratives.facts import FactSheet
from asana_intel.narratives.narrated import NARRATED, Narrated, Read
from asana_intel.narratives.outlines.outline import Outline, Sentence, text_of
from asana_intel.narratives.template import tell
from asana_intel.storage.contracts import CONTRACTS

FACTS, SENTENCES = "narratives/facts", "narratives/sentences"


@dataclass(frozen=True)
class Narrative:
    """A text that may be published.

    Args:
        sentences: In order.
        written_by: template, select, slots, prose or fallback.
        model: Model that chose or wrote it, if any.
        prompt_version: Version of its prompt.
        refusals: Why a model's answer, or a sentence of the template, was not used.
    """

    sentences: Sequence[Sentence]
    written_by: str = "template"
    model: str | None = None
    prompt_version: str | None = None
    refusals: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """The sentences as one text."""
        return text_of(self.sentences)

    @property
    def fact_ids(self) -> list[str]:
        """Facts it states, each once, sorted."""
        return sorted({f for sentence in self.sentences for f in sentence.fact_ids})


class Writer(Protocol):
    """Writes a narrative about a sheet; never raises."""

    def write(self, sheet: FactSheet, outline: Outline) -> Narrative:
        """The narrative."""
        ...


class TemplateWriter:
    """The outline's own choice, checked; complete without any model."""

    def write(self, sheet: FactSheet, outline: Outline) -> Narrative:
        """The template's text."""
        told = tell(sheet, outline)
        return Narrative(told.sentences, refusals=told.refusals)


def narrate_week(
    read: Read, writer: Writer, week_on: date, as_of: datetime, kinds: Sequence[Narrated] = NARRATED
) -> dict[str, pl.DataFrame]:
    """All narrative tables of a week, by key.

    Args:
        read: Reads the tables to the left.
        writer: Writes the texts.
        week_on: Week, a Monday.
        as_of: Last instant the narratives know anything of.
        kinds: What to narrate.
    """
    facts, sentences, tables = [], [], dict[str, pl.DataFrame]()
    for narrated in kinds:
        told = [(sheet, writer.write(sheet, narrated.outline)) for sheet in narrated.sheets(read, week_on, as_of)]
        stamps = {"as_of_on": week_on, "as_of_at": as_of}
        rows = [{**stamps, **sheet.subject, **narrated.columns(sheet), **_written(sheet, text)} for sheet, text in told]
        tables[narrated.table] = pl.DataFrame(rows, schema=CONTRACTS[narrated.table].schema)
        facts += [row for sheet, _ in told for row in fact_rows(sheet, week_on)]
        sentences += [row for sheet, text in told for row in _sentence_rows(sheet, text, week_on)]
    tables[FACTS] = pl.DataFrame(facts, schema=CONTRACTS[FACTS].schema)
    tables[SENTENCES] = pl.DataFrame(sentences, schema=CONTRACTS[SENTENCES].schema)
    return tables


def fact_rows(sheet: FactSheet, week_on: date) -> Iterable[Mapping[str, object]]:
    """A sheet's facts as rows of narratives/facts."""
    for fact in sheet:
        yield {
            "as_of_on": week_on,
            "kind": sheet.kind,
            "subject_id": sheet.subject_id,
            "fact_id": fact.fact_id,
            "meaning": fact.kind.meaning,
            "value": fact.text,
            "number": sheet.number(fact.fact_id),
            "unit": fact.kind.unit,
            "is_required": fact.is_required,
            "source_gids": list(fact.source_gids),
        }


def _written(sheet: FactSheet, narrative: Narrative) -> Mapping[str, object]:
    return {
        "text": narrative.text,
        "fact_ids": narrative.fact_ids,
        "facts_hash": sheet.fingerprint(),
        "written_by": narrative.written_by,
        "model": narrative.model,
        "prompt_version": narrative.prompt_version,
        "refusals": list(narrative.refusals),
        "word_count": len(narrative.text.split()),
    }


def _sentence_rows(sheet: FactSheet, narrative: Narrative, week_on: date) -> Iterable[Mapping[str, object]]:
    for position, sentence in enumerate(narrative.sentences, start=1):
        yield {
            "as_of_on": week_on,
            "kind": sheet.kind,
            "subject_id": sheet.subject_id,
            "position": position,
            "text": sentence.text,
            "claim_id": sentence.claim_id,
            "fact_ids": list(sentence.fact_ids),
            "source_gids": list(sheet.sources(sentence.fact_ids)),
        }
