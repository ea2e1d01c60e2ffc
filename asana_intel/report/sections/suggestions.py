"""How good suggestions were, beside a naive guess, and how many were taken: lines of the scoreboard."""

from dataclasses import dataclass
from typing import Any

from asana_intel.report import formats
from asana_intel.report.inputs import ReportInputs

Row = dict[str, Any]
ALL = "all"
# What is suggested, how it is called, when it counts as right, and the naive guess beside it.
KINDS = {
    "effort": ("Effort", "within a factor of two of the hours logged", "the usual hours"),
    "category": ("Category", "the value that people set", "the commonest"),
    "complexity": ("Complexity", "the size that people set", "the commonest"),
    "priority": ("Priority", "the value that people set", "the commonest"),
    "assignee": ("Assignee", "the person who got it", "who gets most"),
    "duplicate": ("Duplicate", "people said so, too", "none"),
    "score order": ("Order by score", "of two tasks of a project the higher was done first", "the older first"),
}
_METHODS = {"estimate": "people's estimate, corrected", "similar": "from similar work", "usual": "nothing similar"}


@dataclass(frozen=True)
class SuggestionLine:
    """One kind of suggestion; `is_better` is None where there is nothing to compare."""

    what: str
    detail: str
    suggested: str
    decided: str
    accuracy: str
    baseline: str
    naive: str
    is_better: bool | None
    adoption: str


def suggestion_lines(inputs: ReportInputs) -> list[SuggestionLine]:
    """The lines in the order of `KINDS`, all suggestions before parts of them."""
    order = list(KINDS)
    rows = [row for row in inputs.insights.suggestions.iter_rows(named=True) if row["capability"] in KINDS]
    rows.sort(key=lambda row: (order.index(row["capability"]), row["label"] != ALL, row["label"]))
    return [_line(row) for row in rows]


def _line(row: Row) -> SuggestionLine:
    what, right_when, naive = KINDS[row["capability"]]
    is_part = row["label"] != ALL
    accuracy, baseline = row["accuracy"], row["baseline"]
    return SuggestionLine(
        what=f"{what}: {_METHODS.get(row['label'], row['label'])}" if is_part else what,
        detail="" if is_part else right_when,
        suggested=formats.number(row["suggested"], 0),
        decided=formats.number(row["decided"], 0),
        accuracy=formats.percent(accuracy),
        baseline=formats.percent(baseline),
        naive="" if is_part else naive,
        is_better=None if accuracy is None or baseline is None else accuracy > baseline,
        adoption=formats.percent(row["adoption"]),
    )
