"""On track, green, likely, high: status words must be those of the odds or of Asana; directions are not judged here."""

from asana_intel.narratives.facts import FactSheet, Unit
from asana_intel.narratives.gate.goal_roles import ODDS_WORDS
from asana_intel.narratives.gate.reading import Reading, Truth

_STATUS_PHRASES = {
    "on track": "on_track",
    "on course": "on_track",
    "on schedule": "on_track",
    "on target": "on_track",
    "on pace": "on_track",
    "at risk": "at_risk",
    "off track": "off_track",
    "off course": "off_track",
    "off target": "off_track",
    "off schedule": "off_track",
    "off pace": "off_track",
    "in danger": "off_track",
}


_TO_STAY = frozenset({"stay", "remain", "get", "keep", "be"})
_SHOWING = frozenset({"asana", "owner", "label", "flag"})
COLOURS = {"green": "on_track", "yellow": "at_risk", "amber": "at_risk", "red": "off_track"}


_ASANA = {
    "green": "green",
    "yellow": "yellow",
    "red": "red",
    "on_track": "green",
    "at_risk": "yellow",
    "off_track": "red",
}


def status_of_odds(sheet: FactSheet) -> str | None:
    """on_track, at_risk or off_track as the goal's outline draws the lines; None without odds."""
    odds = sheet.number("odds")
    if odds is None:
        return None
    return "on_track" if odds >= 0.7 else "at_risk" if odds >= 0.35 else "off_track"


def check_statuses(reading: Reading, truth: Truth) -> None:
    """Status words must be those of the odds, or of the status that is shown in Asana."""
    shown = [f for f in truth.sheet if f.kind.unit is Unit.status]
    for phrase, status in _STATUS_PHRASES.items():
        for at in reading.places(phrase):
            if at in reading.used or at + 1 in reading.used:
                continue
            if reading.word(at - 1) in _TO_STAY and reading.word(at - 2) == "to":
                reading.used.update((at - 1, at, at + 1))
                continue
            start, end = reading.clause(at)
            asana = bool(_SHOWING.intersection(reading.words[start:end]))
            said = [
                f
                for f in shown
                if f.text.replace("_", " ") == phrase or (asana and _ASANA.get(f.text) == _ASANA[status])
            ]
            if said:
                reading.state(f.fact_id for f in said)
            elif asana or status_of_odds(truth.sheet) != status:
                reading.refuse("status", f"'{phrase}' is not the status")
            else:
                reading.state(["odds"])
            if not reading.is_about_the_goal(at):
                reading.refuse("entity", f"'{phrase}' is said of another thing than the goal")
            reading.used.update((at, at + 1))
    for colour in COLOURS:
        for at in reading.places(colour):
            said = [f for f in shown if f.text in (colour, "yellow" if colour == "amber" else colour)]
            if not said:
                reading.refuse("status", f"'{colour}' is not the status")
            reading.state(f.fact_id for f in said)
            reading.used.add(at)
    _check_likely(reading, truth.sheet.number("odds"))


LEVELS = {
    "high": (0.7, 1.01),
    "low": (0.0, 0.35),
    "slim": (0.0, 0.35),
    "small": (0.0, 0.35),
    "poor": (0.0, 0.35),
    "remote": (0.0, 0.1),
}


def _check_likely(reading: Reading, odds: float | None) -> None:
    for word, (least, most) in (("likely", (0.7, 1.01)), ("unlikely", (0.0, 0.35)), ("uncertain", (0.35, 0.7))):
        for at in reading.places(word):
            if at in reading.used or (
                reading.word(at - 1) in ("less", "how") and not reading.is_phrase(at + 1, ("than", "not"))
            ):
                continue
            if reading.is_phrase(at + 1, ("than", "not")):
                low, high = (0.5, 1.01) if reading.word(at - 1) == "more" else (0.0, 0.5)
                reading.used.update(range(at - 1, at + 3))
            elif word == "likely" and reading.word(at - 1) == "more":
                continue
            elif any("odds" in reading.kinds_at(n) for n in (at - 1, at - 2)) and word == "likely":
                reading.used.add(at)
                continue
            else:
                low, high = least, most
                if reading.word(at - 1) == "very":
                    low, high = (0.9, high) if word == "likely" else (low, 0.1)
            reading.used.add(at)
            if odds is None or not low <= odds < high:
                reading.refuse("status", f"'{word}' does not agree with the odds")
            reading.state(["odds"] if odds is not None else [])
    for word, (low, high) in LEVELS.items():
        for at in reading.places(word):
            start, end = reading.clause(at)
            is_odds = bool(set(ODDS_WORDS).intersection(reading.words[start:end]))
            if odds is None or not is_odds or not low <= odds < high:
                reading.refuse("status", f"'{word}' does not agree with the odds")
            reading.used.add(at)
    for at in reading.places("very"):
        if reading.word(at + 1) not in ("likely", "unlikely", *LEVELS):
            reading.refuse("word", "very")
