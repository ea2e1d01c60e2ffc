"""Letter tokens in place of names, stable within one request, and the way back; which names there are is told here."""

import re
import string
from collections.abc import Iterable, Mapping, Sequence

from asana_intel.narratives.wording import short_name

_SHORTEST = 3
_STAND_IN = r"\b[A-Z]+_X[A-Z]+\b"
Roster = Mapping[str, Sequence[str]]
"""Names by what they name, in capitals: `{"PERSON": ["Ana Sol"], "TEAM": [...], "CLIENT": [...]}`."""


class NameFinder:
    """Finds names in texts.

    People are found by each part of their name too. Names of one or two letters are not looked for.

    Args:
        names: What each names, and the name: `("PERSON", "Ana Sol")`.
    """

    def __init__(self, names: Iterable[tuple[str, str]]) -> None:
        self._known: dict[str, tuple[str, str]] = {}
        for noun, name in names:
            for alias in _aliases(noun, name):
                self._known.setdefault(alias.casefold(), (noun, name))
        longest_first = sorted(self._known, key=lambda alias: (-len(alias), alias))
        spelt = "|".join(r"\s+".join(map(re.escape, alias.split())) for alias in longest_first)
        pattern = rf"(?-i:{_STAND_IN})|(?<![^\W_])(?:{spelt})(?=s?(?![^\W_]))"
        self._pattern = re.compile(pattern, re.IGNORECASE) if spelt else None

    def replace(self, text: str, stand_ins: "StandIns") -> str:
        """The text with a token in place of each name; tokens that are there already stay."""
        if self._pattern is None:
            return text

        def token(found: re.Match[str]) -> str:
            known = self._known.get(" ".join(found.group().casefold().split()))
            return stand_ins.token(*known) if known else found.group()

        return self._pattern.sub(token, text)


class StandIns:
    """The tokens of one request, given out in the order in which names come up: PROJECT_XA, PROJECT_XB, PERSON_XA."""

    def __init__(self) -> None:
        self._tokens: dict[str, str] = {}
        self._names: dict[str, str] = {}
        self._counts: dict[str, int] = {}

    def token(self, noun: str, name: str) -> str:
        """The token of a name; the same name gets the same token, cut or not."""
        shown = short_name(name)
        key = shown.casefold()
        if key not in self._tokens:
            count = self._counts.get(noun, 0)
            self._counts[noun] = count + 1
            self._tokens[key] = f"{noun}_X{_letters(count)}"  # X: no English word
            self._names[self._tokens[key]] = shown
        return self._tokens[key]

    def reveal(self, text: str) -> str:
        """The text with the names back, in one pass, so that no name is read as a token."""
        return re.sub(_STAND_IN, lambda found: self._names.get(found.group(), found.group()), text)


def _aliases(noun: str, name: str) -> Iterable[str]:
    whole = " ".join(name.split())
    parts = whole.split() if noun == "PERSON" else []
    return (alias for alias in (whole, short_name(name).strip("“”…"), *parts) if len(alias) >= _SHORTEST)


def _letters(count: int) -> str:
    """A, B … Z, AA, AB and so on."""
    rest, last = divmod(count, len(string.ascii_uppercase))
    return (_letters(rest - 1) if rest else "") + string.ascii_uppercase[last]
