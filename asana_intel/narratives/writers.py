"""Writers that ask a model and fall back to the template; prompts, drafts, privacy and the call are elsewhere.

Portfolio reports, retrospectives and alignment notes are long lists of findings: there a model may only select,
whatever mode is set. Goals, capacity causes and priorities may be phrased as far as the settings allow.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Protocol

from asana_intel.narratives.drafts import draft_of
from asana_intel.narratives.facts import FactSheet, Kind
from asana_intel.narratives.gate.check import Violation
from asana_intel.narratives.model.client import ModelClient
from asana_intel.narratives.model.request import Answer, Request, Unanswered, Usage
from asana_intel.narratives.narrate import Narrative, TemplateWriter, Writer
from asana_intel.narratives.outlines.outline import Outline
from asana_intel.narratives.privacy.stand_ins import NameFinder, Roster
from asana_intel.narratives.privacy.view import View, view_of
from asana_intel.narratives.prompts import VERSIONS, request_for
from asana_intel.narratives.telling import offered
from asana_intel.narratives.template import tell
from asana_intel.settings import LlmMode, LlmSettings
from asana_intel.storage.postgres import Database

_ANSWERS = 2  # the second one knows what was wrong with the first
_SELECT_ONLY = frozenset({Kind.portfolio_report, Kind.quarter_retrospective, Kind.alignment_note})

Comments = Callable[[FactSheet], Sequence[str]]
"""Comments that belong to a sheet, newest first, as written."""


class Asks(Protocol):
    """Answers requests, or raises Unanswered."""

    usage: Usage

    def ask(self, request: Request) -> Answer:
        """The answer, valid under the request's schema."""
        ...


def no_comments(_sheet: FactSheet) -> Sequence[str]:
    """For workspaces whose comments are not shown to models."""
    return ()


def writer_for(
    settings: LlmSettings, database: Database, comments: Comments = no_comments, roster: Roster | None = None
) -> Writer:
    """The writer that the settings ask for: with a model where one is named and the mode lets it, else the template.

    Args:
        settings: Model, mode, disclosure and limits.
        database: Holds what models answered and cost.
        comments: Comments of a sheet; asked for only where they may be shown.
        roster: Names to be replaced in what is shown.
    """
    if settings.model is None or settings.mode is LlmMode.template:
        return TemplateWriter()
    return ModelWriter(ModelClient(settings, database), settings, comments, roster)


class ModelWriter:
    """Asks a model once, tells it what was wrong and asks again, then writes the template and says why.

    Args:
        client: Asks the model.
        settings: Model, mode and disclosure.
        comments: Comments of a sheet.
        roster: Names to be replaced in what is shown.
    """

    def __init__(
        self, client: Asks, settings: LlmSettings, comments: Comments = no_comments, roster: Roster | None = None
    ) -> None:
        self._client = client
        self._asking = Asking(settings, comments, roster)

    @property
    def usage(self) -> Usage:
        """What the model was used for so far."""
        return self._client.usage

    def write(self, sheet: FactSheet, outline: Outline) -> Narrative:
        """The model's text where it stands the check, else the template's."""
        asking = self._asking
        mode = asking.mode(outline)
        if not asking.is_needed(sheet, outline):
            return TemplateWriter().write(sheet, outline)
        view = asking.view(sheet)
        refusals: list[str] = []
        problems: tuple[Violation, ...] = ()
        for _ in range(_ANSWERS):
            try:
                answer = self._client.ask(asking.request(view, outline, problems))
            except Unanswered as none:
                refusals.append(none.cause)
                break
            draft = draft_of(mode, answer.data, view, outline)
            problems = draft.problems
            refusals += [problem.rule for problem in problems]
            if not problems:
                return Narrative(
                    draft.sentences, mode.value, asking.model, VERSIONS[mode], tuple(dict.fromkeys(refusals))
                )
        told = tell(sheet, outline)
        why = tuple(dict.fromkeys([*refusals, *told.refusals]))
        return Narrative(told.sentences, "fallback", prompt_version=VERSIONS[mode], refusals=why)


class Asking:
    """How the settings let a model be asked.

    Args:
        settings: Model, mode and disclosure.
        comments: Comments of a sheet.
        roster: Names to be replaced in what is shown.
    """

    def __init__(self, settings: LlmSettings, comments: Comments = no_comments, roster: Roster | None = None) -> None:
        self._settings = settings
        self._comments = comments if settings.comments else no_comments
        self._names = NameFinder((noun, name) for noun, names in (roster or {}).items() for name in names)
        self.model = settings.model or ""

    def mode(self, outline: Outline) -> LlmMode:
        """The freest mode that both the settings and the kind allow."""
        return LlmMode.select if outline.kind in _SELECT_ONLY else self._settings.mode

    def is_needed(self, sheet: FactSheet, outline: Outline) -> bool:
        """Whether a model has anything to do: to select, some part must have more claims than it may make."""
        parts = Counter(claim.part for claim in offered(sheet, outline))
        has_choice = any(count > outline.parts[part] for part, count in parts.items())
        return has_choice or self.mode(outline) is not LlmMode.select

    def view(self, sheet: FactSheet) -> View:
        """What of the sheet may be shown."""
        return view_of(sheet, self._settings.disclosure, self._comments(sheet), self._names)

    def request(self, view: View, outline: Outline, problems: Sequence[Violation] = ()) -> Request:
        """The question about it."""
        return request_for(self.mode(outline), view, outline, self.model, problems)
