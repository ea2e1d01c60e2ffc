"""From inputs to one HTML file: fills the templates, embeds the style, writes atomically. No figures are made here."""

import os
import tempfile
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from asana_intel import __version__
from asana_intel.report import formats
from asana_intel.report.audience import EVERYBODY, Audience, for_audience
from asana_intel.report.inputs import ReportInputs
from asana_intel.report.sections.backlog import backlog_section
from asana_intel.report.sections.executive import executive_section
from asana_intel.report.sections.goals import goals_section
from asana_intel.report.sections.headline import headline
from asana_intel.report.sections.moves import moves_section
from asana_intel.report.sections.people import people_section
from asana_intel.report.sections.plans import plan_section, writes_section
from asana_intel.report.sections.portfolio import portfolio_section
from asana_intel.report.sections.projects import projects_section
from asana_intel.report.sections.readiness import readiness_section
from asana_intel.report.sections.retro import retro_section
from asana_intel.report.sections.scenarios import scenarios_section
from asana_intel.report.sections.scores import scores_section
from asana_intel.report.sections.sprint import sprint_section
from asana_intel.report.sections.standing import AT_RISK_FROM, ON_TRACK_FROM
from asana_intel.report.sections.suggestions import suggestion_lines
from asana_intel.report.sections.triage import triage_section
from asana_intel.report.sections.words import words_section
from asana_intel.settings import OVERLOAD_ODDS

ROWS_UNFOLDED = 15
_MODES = {
    "observe": "reads only, writes nothing",
    "shadow": "writes only private fields of its own",
    "propose": "every change waits for a person",
    "auto": "writes within policy",
}


def render_report(inputs: ReportInputs, audience: Audience = EVERYBODY) -> str:
    """The whole page: one HTML document without scripts, network or external files.

    Same inputs, same text. Every value from Asana is escaped; a content security policy in the page forbids
    scripts and loading anything, should an escape ever be missing.

    Args:
        inputs: All that is known.
        audience: Who is going to read it; what they may not see is taken out first.
    """
    inputs = for_audience(inputs, audience)
    goals, people = goals_section(inputs), people_section(inputs)
    plan, writes = plan_section(inputs), writes_section(inputs)
    return (
        environment()
        .get_template("report.html.j2")
        .render(
            headline=headline(inputs, goals, people, plan, writes),
            workspace=inputs.workspace_name,
            week_on=inputs.as_of_on,
            as_of_at=inputs.as_of_at,
            made_for=inputs.made_for,
            role=audience.role,
            mode=inputs.mode,
            mode_means=_MODES.get(inputs.mode, ""),
            goals=goals,
            words=words_section(inputs),
            people=people,
            moves=moves_section(inputs),
            leaders=executive_section(inputs),
            scenarios=scenarios_section(inputs),
            projects=projects_section(inputs),
            backlog=backlog_section(inputs),
            triage=triage_section(inputs),
            sprint=sprint_section(inputs),
            portfolio=portfolio_section(inputs),
            retro=retro_section(inputs),
            plan=plan,
            writes=writes,
            scores=scores_section(inputs),
            suggestions=suggestion_lines(inputs),
            readiness=readiness_section(inputs),
            on_track_from=ON_TRACK_FROM,
            at_risk_from=AT_RISK_FROM,
            overload_odds=OVERLOAD_ODDS,
            version=__version__,
        )
    )


def render_leaders(inputs: ReportInputs) -> str:
    """The page for leaders by itself: teams and roles, nobody's name."""
    page = environment().get_template("leaders_page.html.j2")
    return page.render(
        workspace=inputs.workspace_name,
        week_on=inputs.as_of_on,
        as_of_at=inputs.as_of_at,
        leaders=executive_section(inputs),
        version=__version__,
    )


def write_report(path: Path, inputs: ReportInputs, audience: Audience = EVERYBODY) -> Path:
    """Write the page to `path`, readable by its owner only (it may name people), whole or not at all."""
    return write_whole(path, render_report(inputs, audience).encode())


def write_whole(path: Path, content: bytes) -> Path:
    """Write a file, readable by its owner only, whole or not at all; its folder is made where it is missing."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, unfinished = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        Path(unfinished).replace(path)
    except BaseException:
        Path(unfinished).unlink(missing_ok=True)
        raise
    return path


def environment() -> Environment:
    """The templates with our filters; all text is escaped unless a template says otherwise."""
    templates = Environment(
        loader=PackageLoader("asana_intel.report"),
        autoescape=select_autoescape(enabled_extensions=("html.j2",), disabled_extensions=("txt.j2",), default=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    templates.filters |= {"day": formats.day, "short_day": formats.short_day, "instant": formats.instant}
    templates.filters |= {"percent": formats.percent, "whole": lambda value: formats.number(value, 0)}
    templates.globals |= {"count": formats.count, "fold": ROWS_UNFOLDED}
    return templates
