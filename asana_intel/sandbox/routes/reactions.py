"""Emoji reactions on status updates and stories. Asana's API reads them only."""

from __future__ import annotations

from asana_intel.sandbox.calls import Call, Reply, operation
from asana_intel.sandbox.platform_records import base_of, reactions_on
from asana_intel.sandbox.rejections import unknown


@operation("GET", "/reactions")
def get_reactions(call: Call) -> Reply:
    """Reactions on a status update or story with one emoji, whatever its skin tone."""
    target, emoji = call.required("target"), call.required("emoji_base")
    record = call.player.record(target)
    if record is None or record.resource not in ("status_updates", "stories") or not call.player.exists(target):
        raise unknown("target", target)
    found = [reaction for reaction in reactions_on(call.player, target) if base_of(reaction["emoji"]) == base_of(emoji)]
    return call.views("reactions", found)
