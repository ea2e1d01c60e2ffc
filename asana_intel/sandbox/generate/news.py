"""What owners write each week: status updates on goals and projects, now and then a comment on a goal."""

from __future__ import annotations

from datetime import date, timedelta

from asana_intel.sandbox.generate import words
from asana_intel.sandbox.generate.calendars import is_working_day, moment
from asana_intel.sandbox.generate.company import Company, Person
from asana_intel.sandbox.generate.draft import Draft, Fields, ref
from asana_intel.sandbox.generate.goals import Aim
from asana_intel.sandbox.generate.projects import Project

_TEXTS = {"on_track": words.GOOD_NEWS, "at_risk": words.MIXED_NEWS, "off_track": words.BAD_NEWS}
_BRIGHTER = 0.35  # how much an optimist adds to the pace they see


def write_news(draft: Draft, company: Company, aims: list[Aim], projects: list[Project]) -> None:
    """Write status updates and goal comments.

    Args:
        draft: Receives the records.
        company: Gives the last day.
        aims: Goals with their readings.
        projects: Projects, whose owners report once in a while.
    """
    for aim in aims:
        for friday, progress in aim.readings.items():
            if friday.weekday() == 4 and is_working_day(friday) and friday not in aim.owner.away:
                _weekly(draft, aim, friday, progress)
        closed = _closing_day(draft, aim)
        if closed <= company.end_on and aim.record["status"] in ("achieved", "partial", "missed", "dropped"):
            text = f"The quarter is over: {aim.record['status']}."
            _update(draft, aim.record, "goal", aim.owner, moment(closed, 10 * 60), aim.record["status"], text)
    for project in projects:
        _project_news(draft, project)


def _weekly(draft: Draft, aim: Aim, friday: date, progress: float) -> None:
    if not draft.chance(0.6):
        return
    passed = ((friday - aim.quarter.start_on).days + 1) / 92
    pace = progress / max(passed, 0.05) + (_BRIGHTER if aim.owner.is_optimist else 0.0)
    mood = "on_track" if pace >= 0.85 else "at_risk" if pace >= 0.6 else "off_track"
    at = moment(friday, 15 * 60 + draft.random.randint(0, 59))
    _update(draft, aim.record, "goal", aim.owner, at, mood, draft.random.choice(_TEXTS[mood]))
    if draft.chance(0.03):
        tone = words.WORRIED if mood == "off_track" else words.NEUTRAL
        draft.add(
            "stories",
            "story",
            created_at=moment(friday, 16 * 60 + 30),
            created_by=ref(aim.owner.user),
            resource_subtype="comment_added",
            type="comment",
            text=draft.random.choice(tone),
            target=ref(aim.record),
            source="web",
        )


def _closing_day(draft: Draft, aim: Aim) -> date:
    return aim.quarter.due_on + timedelta(days=draft.random.randint(1, 6))


def _project_news(draft: Draft, project: Project) -> None:
    day = project.opens_on + timedelta(days=(4 - project.opens_on.weekday()) % 7 + 7)
    while day <= project.closes_on:
        if draft.chance(0.15) and is_working_day(day):
            mood = draft.random.choices(("on_track", "at_risk", "off_track"), (0.7, 0.2, 0.1))[0]
            at, text = moment(day, 14 * 60), draft.random.choice(_TEXTS[mood])
            _update(draft, project.record, "project", project.owner, at, mood, text)
        day += timedelta(weeks=1)


def _update(draft: Draft, parent: Fields, kind: str, author: Person, at: str, status_type: str, text: str) -> None:
    draft.add(
        "status_updates",
        "status_update",
        resource_subtype=f"{kind}_status_update",
        title=f"Update of {at[:10]}",
        text=text,
        status_type=status_type,
        author=ref(author.user),
        created_by=ref(author.user),
        created_at=at,
        modified_at=at,
        parent=ref(parent),
    )
