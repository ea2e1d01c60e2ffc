"""How a goal stands, from its odds: one rule for colours, counts and order. Nothing else is judged here."""

from dataclasses import dataclass
from enum import StrEnum

from asana_intel.report.formats import odds

ON_TRACK_FROM = 0.70
AT_RISK_FROM = 0.35


class Standing(StrEnum):
    """Standing of a goal, most pressing first."""

    off_track = "off_track"
    at_risk = "at_risk"
    on_track = "on_track"
    not_assessed = "not_assessed"
    closed = "closed"


@dataclass(frozen=True)
class StandingLabel:
    """How a standing is shown: never by colour alone."""

    words: str
    symbol: str


LABELS = {
    Standing.off_track: StandingLabel("Off track", "◆"),
    Standing.at_risk: StandingLabel("At risk", "▲"),
    Standing.on_track: StandingLabel("On track", "●"),
    Standing.not_assessed: StandingLabel("Not assessed", "○"),
    Standing.closed: StandingLabel("Closed", "■"),
}
ORDER = list(Standing)

_IN_ASANA = {
    "green": "on track",
    "yellow": "at risk",
    "red": "off track",
    "achieved": "achieved",
    "partial": "partial",
    "missed": "missed",
    "dropped": "dropped",
}


def standing_of(status: str, p_attain: float | None) -> Standing:
    """Standing from the forecast's status and the odds: on track from 70 %, at risk from 35 %."""
    if status == "closed":
        return Standing.closed
    if status != "assessed" or p_attain is None:
        return Standing.not_assessed
    if p_attain >= ON_TRACK_FROM:
        return Standing.on_track
    return Standing.at_risk if p_attain >= AT_RISK_FROM else Standing.off_track


def said_in_asana(status: str | None) -> str:
    """A goal's status as people say it: Asana stores colours while a goal is open."""
    return "no status" if not status else _IN_ASANA.get(status, status)


def mismatch(status: str | None, p_attain: float | None) -> str | None:
    """A sentence where the status in Asana and the odds disagree: green below 70 %, or red from 70 %."""
    if p_attain is None:
        return None
    is_too_green = status == "green" and p_attain < ON_TRACK_FROM
    is_too_red = status == "red" and p_attain >= ON_TRACK_FROM
    return f"{said_in_asana(status)} in Asana, odds {odds(p_attain)}" if is_too_green or is_too_red else None
