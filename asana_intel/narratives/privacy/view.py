"""What a model may see of one sheet under a disclosure; how it is put into words for the model stands in prompts."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from asana_intel.narratives.facts import Fact, FactSheet, Unit
from asana_intel.narratives.privacy.marking import cleaned, marked, redacted
from asana_intel.narratives.privacy.stand_ins import NameFinder, StandIns
from asana_intel.settings import Disclosure

_NOUNS = {"goal", "project", "task", "team", "person", "portfolio", "quarter", "client"}
_MOST_COMMENTS = 5
SLOT = re.compile(r"\{([a-z_]+)\}")


@dataclass(frozen=True)
class View:
    """A sheet and what of it may be shown.

    Args:
        sheet: As it is.
        shown: The same facts with stand-ins where names (and at aggregate days) may not leave.
        slotted: The same facts, each written as its slot: `{odds}`.
        disclosure: What allowed it.
        stand_ins: Leads back from the tokens in `shown` and `comments`.
        comments: Marked as data.
    """

    sheet: FactSheet
    shown: FactSheet
    slotted: FactSheet
    disclosure: Disclosure
    stand_ins: StandIns
    comments: tuple[str, ...] = ()

    @property
    def has_values(self) -> bool:
        """Whether a value may be shown where the mode could do without."""
        return self.disclosure is not Disclosure.aggregate


def view_of(sheet: FactSheet, disclosure: Disclosure, comments: Sequence[str], names: NameFinder) -> View:
    """What may be shown.

    Args:
        sheet: Facts.
        disclosure: How much; at aggregate no comment is shown, whatever is given.
        comments: As written, newest first.
        names: Finds names in texts.
    """
    stand_ins = StandIns()
    own = NameFinder([(_noun(fact), fact.text) for fact in sheet if fact.kind.unit is Unit.entity])

    def concealed(text: str) -> str:
        return names.replace(own.replace(redacted(text), stand_ins), stand_ins)

    def standing_in(fact: Fact) -> Fact:
        unit = fact.kind.unit
        if unit is Unit.entity:
            token = stand_ins.token(_noun(fact), fact.text)
        elif unit is Unit.day and disclosure is Disclosure.aggregate:
            token = stand_ins.token("DAY", fact.text)
            return replace(fact, kind=replace(fact.kind, unit=Unit.text), value=token, text=token)
        elif unit is Unit.text:
            token = concealed(fact.text)
        else:
            return fact
        return replace(fact, value=token, text=token)

    is_full = disclosure is Disclosure.full
    shown = sheet if is_full else _with_facts(sheet, [standing_in(fact) for fact in sheet])
    lines = [] if disclosure is Disclosure.aggregate else [cleaned(text) for text in comments[:_MOST_COMMENTS]]
    told = tuple(marked(text if is_full else concealed(text)) for text in lines if text)
    return View(sheet, shown, _slotted(sheet), disclosure, stand_ins, told)


def _slotted(sheet: FactSheet) -> FactSheet:
    """Slots are texts of ours: as names they would lose their braces."""
    as_text = ((fact, replace(fact.kind, unit=Unit.text)) for fact in sheet)
    return _with_facts(sheet, [replace(fact, kind=kind, text=f"{{{fact.fact_id}}}") for fact, kind in as_text])


def _with_facts(sheet: FactSheet, facts: Sequence[Fact]) -> FactSheet:
    return FactSheet(sheet.kind, sheet.subject, facts)


def _noun(fact: Fact) -> str:
    """What kind of thing a name names, from the name of its fact: PROJECT for slow_project."""
    return next((part.upper() for part in reversed(fact.kind.name.split("_")) if part in _NOUNS), "NAME")
