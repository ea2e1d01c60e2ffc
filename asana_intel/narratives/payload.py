"""What would leave the house for one narrative, to the byte; it is built as the writer builds it, and goes nowhere."""

from asana_intel.narratives.facts import FactSheet
from asana_intel.narratives.model.capture import payload_of
from asana_intel.narratives.outlines.outline import Outline
from asana_intel.narratives.privacy.stand_ins import Roster
from asana_intel.narratives.writers import Asking, Comments, no_comments
from asana_intel.settings import LlmMode, LlmSettings
from asana_intel.storage.postgres import Database


def explain_payload(
    sheet: FactSheet,
    outline: Outline,
    settings: LlmSettings,
    comments: Comments = no_comments,
    roster: Roster | None = None,
    database: Database | None = None,
) -> bytes:
    """The body of the request that would be sent for a subject; empty where no model is asked.

    Args:
        sheet: Facts.
        outline: What may be said.
        settings: Model, mode and disclosure.
        comments: Comments of a sheet, as the writer gets them.
        roster: Names, as the writer gets them.
        database: Knows in which way the endpoint is asked; without it, the strictest.
    """
    if settings.model is None or settings.mode is LlmMode.template:
        return b""
    asking = Asking(settings, comments, roster)
    if not asking.is_needed(sheet, outline):
        return b""
    return payload_of(settings, asking.request(asking.view(sheet), outline), database)
