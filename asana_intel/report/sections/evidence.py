"""The week's narratives sentence by sentence, the Asana objects that prove each, and who wrote it. No section here."""

from dataclasses import dataclass
from typing import Any

import polars as pl

from asana_intel.report.inputs import ReportInputs
from asana_intel.report.sections.links import AsanaObject, asana_url, names_by_gid

Row = dict[str, Any]
PROOFS_SHOWN = 3
_PARAGRAPH = 4
_REFUSALS_SHOWN = 4
_WRITTEN_BY = {
    "template": "sentences by rule",
    "select": "a model chose, wording by rule",
    "slots": "a model phrased, checked",
    "prose": "a model phrased, checked",
    "fallback": "by rule, the model's text was refused",
}
_SILENT = "by rule, the model gave no answer"
# Why a model gave no text at all; what else stands as a refusal are rules that its text broke.
_NO_ANSWER = frozenset(
    {"budget", "time", "breaker", "timeout", "unreachable", "key", "quota", "busy", "server", "refused", "malformed",
     "unsupported"}
)  # fmt: skip


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
    proofs: list[Proof]
    more: int


@dataclass(frozen=True)
class Told:
    """A narrative as it is shown: its sentences, the facts they state, all numbered objects, and who wrote them."""

    sentences: list[Said]
    facts: list[Stated]
    proofs: list[Proof]
    by: str

    @property
    def is_list(self) -> bool:
        """Whether it is too long for a paragraph, so that its sentences are better read one below the other."""
        return len(self.sentences) > _PARAGRAPH


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

    def fact(self, kind: str, subject_id: str, fact_id: str) -> str | None:
        """How a fact of a narrative is written."""
        rows = self._facts.get((kind, subject_id), [])
        return next((row["value"] for row in rows if row["fact_id"] == fact_id), None)

    def of(self, kind: str, subject_id: str, narrative: Row) -> Told:
        """A narrative with its evidence; one whose sentences are not in the tables stands without."""
        rows = self._sentences.get((kind, subject_id), [])
        if not rows:
            return Told([Said(narrative["text"], [], 0)], [], [], written_by(narrative))
        known = {row["fact_id"]: row for row in self._facts.get((kind, subject_id), [])}
        stated = dict.fromkeys(fact_id for row in rows for fact_id in row["fact_ids"])
        numbered: dict[str, Proof] = {}
        sentences = [Said(row["text"], *self._proofs(row, numbered)) for row in rows]
        facts = [
            Stated(known[fact_id]["meaning"], known[fact_id]["value"], *self._proofs(known[fact_id], numbered))
            for fact_id in stated
            if fact_id in known
        ]
        return Told(sentences, facts, list(numbered.values()), written_by(narrative))

    def _proofs(self, row: Row, numbered: dict[str, Proof]) -> tuple[list[Proof], int]:
        """The objects of a sentence or fact that are shown, and how many are not; a new one gets the next number."""
        gids = self._linkable(row["source_gids"])
        for gid in gids[:PROOFS_SHOWN]:
            numbered.setdefault(gid, Proof(len(numbered) + 1, AsanaObject(self.name(gid) or gid, asana_url(gid))))
        shown = sorted((numbered[gid] for gid in gids[:PROOFS_SHOWN]), key=lambda proof: proof.number)
        return shown, max(len(gids) - PROOFS_SHOWN, 0)

    def _linkable(self, gids: list[str]) -> list[str]:
        """A person proves nothing and has no page of evidence, so only the objects of work remain."""
        return [gid for gid in gids if asana_url(gid) and gid not in self._people]


def written_by(narrative: Row) -> str:
    """Who wrote a narrative, in words."""
    by = str(narrative["written_by"])
    rules = sorted(set(narrative["refusals"] or [])) if by == "fallback" else []
    why = f" ({', '.join(rules[:_REFUSALS_SHOWN])})" if rules else ""
    return (_SILENT if rules and _NO_ANSWER.issuperset(rules) else _WRITTEN_BY.get(by, by)) + why


def _by_subject(frame: pl.DataFrame) -> dict[tuple[str, str], list[Row]]:
    rows: dict[tuple[str, str], list[Row]] = {}
    for row in frame.iter_rows(named=True):
        rows.setdefault((row["kind"], row["subject_id"]), []).append(row)
    return rows
