"""Who is listed where: people by team and name, never ranked by a figure. No figures here."""

from collections.abc import Iterable

import polars as pl

PEOPLE_SHOWN = 400
HIDDEN = "hidden-"
"""Beginning of what stands for the gid of a person who is counted in sums and never listed."""
_NO_TEAM = "No team"


class Roster:
    """Names and teams of people.

    Args:
        people: marts/dim_person; whoever is missing there is called by their gid and has no team.
    """

    def __init__(self, people: pl.DataFrame) -> None:
        self._people = {p["person_gid"]: p for p in people.iter_rows(named=True)}

    def name(self, gid: str) -> str:
        """What to call a person."""
        return self._of(gid, "name") or f"Person {gid}"

    def listed(self, gids: Iterable[str]) -> list[str]:
        """The people in the order of the page: by team, then by name, those without a team last."""
        return sorted(set(gids), key=lambda gid: (self._of(gid, "team_name") is None, *self._words(gid), gid))

    def shown(self, gids: Iterable[str]) -> list[str]:
        """Those who get a row of their own, in the order of the page."""
        return [gid for gid in self.listed(gids) if not gid.startswith(HIDDEN)][:PEOPLE_SHOWN]

    def by_team(self, gids: Iterable[str]) -> dict[str, list[str]]:
        """Each team, and its people, in the order of the page."""
        teams: dict[str, list[str]] = {}
        for gid in self.listed(gids):
            teams.setdefault(self._of(gid, "team_name") or _NO_TEAM, []).append(gid)
        return teams

    def _of(self, gid: str, column: str) -> str | None:
        return self._people.get(gid, {}).get(column)

    def _words(self, gid: str) -> tuple[str, str]:
        return self._of(gid, "team_name") or "", (self._of(gid, "name") or "").casefold()
