"""The week's narratives sentence by sentence, the Asana objects that prove each, and who wrote it. No section here."""

from dataclasses import dataclass
from typing import Any

import polars as pl

from asana_intel.report.inputs import ReportInputs
from asana_intel.report.sections.links import AsanaObject, asana_url, names_by_gid

Row = dict[str, Any]
PROOFS_SHOWN = 3
_REFUSALS_SHOWN = 4
_WRITTEN_BY = {
    "template": "sentences by rule",
    "select": "a model chose, wording by rule",
    "slots": "a model phrased, checked",
    "prose": "a model phrased, checked",
}


@dataclass(frozen=True)
class Proof:
    """An object that proves a sentence, and its number within the text."""

    number: int
    object: AsanaObject


@dataclass(frozen=True)
class Said:
    """One sentence; `more` counts its further proofs."""

    text: str
    proofs: list[Proof]
    more: int


@dataclass(frozen=True)
class Stated:
    """A fact that the text states, and the objects it was computed from; `more` counts the further ones."""

    meaning: str
    value: str
    objects: list[AsanaObject]
    more: int


@dataclass(frozen=True)
class Told:
    """A narrative as it is shown: its sentences, the facts they state, and who wrote them."""

    sentences: list[Said]
    facts: list[Stated]
    by: str


class Evidence:
    """Looks up the sentences and the facts of the week's narratives."""

    def __init__(self, inputs: ReportInputs) -> None:
        self._sentences = _by_subject(inputs.sentences.sort("position"))
        self._facts = _by_subject(inputs.facts)
        self._people = frozenset(inputs.people["person_gid"])
        self._names: dict[str, str] = {}
        for frame, gid in (
            (inputs.tasks, "task_gid"),
            (inputs.teams, "team_gid"),
            (inputs.portfolios, "portfolio_gid"),
            (inputs.projects, "project_gid"),
            (inputs.goals, "goal_gid"),
        ):
            self._names |= names_by_gid(frame, gid)

    def name(self, gid: str) -> str | None:
        """What an object of the tables is called."""
        return self._names.get(gid)

    def of(self, kind: str, subject_id: str, narrative: Row) -> Told:
        """A narrative with its evidence; one whose sentences are not in the tables stands without."""
        rows = self._sentences.get((kind, subject_id), [])
        if not rows:
            return Told([Said(narrative["text"], [], 0)], [], written_by(narrative))
        known = {row["fact_id"]: row for row in self._facts.get((kind, subject_id), [])}
        stated = dict.fromkeys(fact_id for row in rows for fact_id in row["fact_ids"])
        numbers: dict[str, int] = {}
        return Told(
            [self._said(row, numbers) for row in rows],
            [self._stated(known[fact_id]) for fact_id in stated if fact_id in known],
            written_by(narrative),
        )

    def _said(self, row: Row, numbers: dict[str, int]) -> Said:
        gids = self._linkable(row["source_gids"])
        shown = gids[:PROOFS_SHOWN]
        for gid in shown:
            numbers.setdefault(gid, len(numbers) + 1)
        return Said(row["text"], [Proof(numbers[gid], self._object(gid)) for gid in shown], len(gids) - len(shown))

    def _stated(self, row: Row) -> Stated:
        gids = self._linkable(row["source_gids"])
        shown = [self._object(gid) for gid in gids[:PROOFS_SHOWN]]
        return Stated(row["meaning"], row["value"], shown, len(gids) - len(shown))

    def _linkable(self, gids: list[str]) -> list[str]:
        """A person proves nothing and has no page of evidence, so only the objects of work remain."""
        return [gid for gid in gids if asana_url(gid) and gid not in self._people]

    def _object(self, gid: str) -> AsanaObject:
        return AsanaObject(self._names.get(gid) or gid, asana_url(gid))


def written_by(narrative: Row) -> str:
    """Who wrote a narrative, in words."""
    by = str(narrative["written_by"])
    if by != "fallback":
        return _WRITTEN_BY.get(by, by)
    rules = sorted(set(narrative["refusals"] or []))
    why = f" ({', '.join(rules[:_REFUSALS_SHOWN])})" if rules else ""
    return f"by rule, the model's text was refused{why}"


def _by_subject(frame: pl.DataFrame) -> dict[tuple[str, str], list[Row]]:
    rows: dict[tuple[str, str], list[Row]] = {}
    for row in frame.iter_rows(named=True):
        rows.setdefault((row["kind"], row["subject_id"]), []).append(row)
    return rows
