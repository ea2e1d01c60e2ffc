"""The section on kept scenarios: what each would do to teams, projects and goals, side by side; nobody's own week."""

from dataclasses import dataclass

from asana_intel.report import formats
from asana_intel.report.inputs import ReportInputs
from asana_intel.report.sections.links import AsanaObject, named, names_by_gid
from asana_intel.report.sections.shared import Shared
from asana_intel.storage.scenario_compare import Compared, compared

_NEW = "new:"
LINES_SHOWN = 40


@dataclass(frozen=True)
class ScenarioHead:
    """One scenario: its name, its week, and how many changes it makes."""

    name: str
    week: str
    changes: str


@dataclass(frozen=True)
class ScenarioLine:
    """One team, project or goal; `then` holds None where a scenario does not touch it."""

    what: str
    object: AsanaObject
    now: str
    then: tuple[str | None, ...]


@dataclass(frozen=True)
class ScenariosSection:
    """The scenarios and the first `lines` of `total`; rows that not everybody may read are `private`."""

    heads: list[ScenarioHead]
    lines: list[ScenarioLine]
    total: int
    private: int


def scenarios_section(inputs: ReportInputs) -> ScenariosSection:
    """Arrange the scenarios, the newest first; teams of fewer than five people are not told of."""
    shared, teams = Shared(inputs), names_by_gid(inputs.teams, "team_gid")
    rows = compared([kept.outcome for kept in inputs.scenarios])
    found = [(row, _object(row, shared, teams)) for row in rows]
    lines = [ScenarioLine(row.what, known, row.now, row.then) for row, known in found if known is not None]
    heads = [
        ScenarioHead(kept.name, formats.day(kept.as_of_on), formats.count(len(kept.changes), "change", "changes"))
        for kept in inputs.scenarios
    ]
    return ScenariosSection(heads, lines[:LINES_SHOWN], len(lines), len(found) - len(lines))


def _object(row: Compared, shared: Shared, teams: dict[str, str]) -> AsanaObject | None:
    if row.gid.startswith(_NEW):
        return AsanaObject(row.gid.removeprefix(_NEW), None)
    if row.what == "team":
        return named(row.gid, teams, "team")
    return shared.goal(row.gid) if row.what == "goal" else shared.project(row.gid)
