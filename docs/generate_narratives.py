"""Writes docs/narratives-examples.md: ten narratives that a demo of the SiP world left in its home.

    make demo && .venv/bin/asana-intel forecast      # the second, so that the quarter's retrospective is told
    .venv/bin/python docs/generate_narratives.py .asana_intel

Takes the texts as they stand in the tables, with the facts that each sentence states. Writes no text of its own but the
headings.
"""

import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import polars as pl

from asana_intel.storage.tables import TableStore

PAGE = Path(__file__).parent / "narratives-examples.md"
HEAD = """# Ten narratives

Written by rule, without any model, for the first quarter of 2008 of a real software house: the SiP data set of open
work records, in which people and projects go by codes. Goals of five weeks, the workspace's report, two weeks that are
too full, a note and the retrospective. Small numbers lead to the facts that a sentence states.
Made by `docs/generate_narratives.py`.
"""
# Kind, its table, the week it was told in, and which of that week's texts.
CHOSEN: tuple[tuple[str, str, date, int], ...] = (
    ("goal_progress", "goal_progress", date(2008, 1, 7), 0),
    ("goal_progress", "goal_progress", date(2008, 1, 28), 2),
    ("goal_progress", "goal_progress", date(2008, 2, 4), 1),
    ("goal_progress", "goal_progress", date(2008, 3, 10), 1),
    ("goal_progress", "goal_progress", date(2008, 3, 31), 2),
    ("portfolio_report", "portfolio_report", date(2008, 2, 18), -1),
    ("capacity_cause", "capacity_causes", date(2008, 3, 31), 0),
    ("capacity_cause", "capacity_causes", date(2008, 3, 3), 0),
    ("alignment_note", "alignment_notes", date(2008, 3, 24), 0),
    ("quarter_retrospective", "quarter_retrospective", date(2008, 3, 31), 0),
)


def subject_of(row: dict, key: str) -> str:
    """Key of the text's subject as the tables of facts and sentences hold it."""
    subject = {"capacity_causes": ("person_gid", "week_on"), "quarter_retrospective": ("quarter_on",)}
    names = subject.get(key) or next((n,) for n in row if n.endswith("_gid"))
    return ":".join(str(row[name]) for name in names)


def lines_of(tables: TableStore, kind: str, key: str, week_on: date, place: int) -> Iterator[str]:
    """One narrative: heading, text with marks, and what each mark means."""
    row = tables.read(f"narratives/{key}", partition=week_on).row(place, named=True)
    subject = subject_of(row, key)
    of_it = (pl.col("kind") == kind) & (pl.col("subject_id") == subject)
    facts = tables.read("narratives/facts", partition=week_on).filter(of_it)
    sentences = tables.read("narratives/sentences", partition=week_on).filter(of_it).sort("position")
    known = {fact["fact_id"]: fact for fact in facts.iter_rows(named=True)}
    yield f"## {kind.replace('_', ' ').capitalize()}, week of {week_on.day} {week_on:%b %Y}"
    yield ""
    yield " ".join(f"{s['text']}<sup>{s['position']}</sup>" for s in sentences.iter_rows(named=True))
    yield ""
    for sentence in sentences.iter_rows(named=True):
        stated = "; ".join(f"{known[f]['meaning']}: {known[f]['value']}" for f in sentence["fact_ids"])
        objects = len(sentence["source_gids"])
        yield f"{sentence['position']}. {stated} ({objects} object{'' if objects == 1 else 's'})"
    yield ""


def main(home: str) -> None:
    """Write the page from a home's tables."""
    tables = TableStore(f"{home}/tables")
    body = [line for chosen in CHOSEN for line in lines_of(tables, *chosen)]
    PAGE.write_text(HEAD + "\n" + "\n".join(body).rstrip() + "\n")


if __name__ == "__main__":
    main(sys.argv[1])
