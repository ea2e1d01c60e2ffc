"""Alerts to a chat: what happened, posted once each to one incoming webhook, without names of people. Off by default.

What an alert is about is read from the ledger and the tables; deciding what to do about it belongs elsewhere.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

import polars as pl
import requests
from pydantic import SecretStr

from asana_intel.asana.answers import name_of, never_left
from asana_intel.asana.transport import Transport
from asana_intel.changes import audit
from asana_intel.changes.stopping import FILE, stop_check
from asana_intel.errors import PermanentError, RefusedError, RetriableError, UnknownOutcomeError
from asana_intel.narratives.sheets.capacity import likely_overloads
from asana_intel.settings import Settings
from asana_intel.storage.tables import TableStore
from asana_intel.workload.groups import circles_of, shown_groups

if TYPE_CHECKING:
    from asana_intel.storage.postgres import Database

LOOK_BACK = timedelta(days=7)
"""Older events of the ledger are no news, such as when alerts are turned on for the first time."""
MOST_LINES = 20
_TIMEOUT_S = 10.0
_HEADINGS = {
    "odds": "Goals whose odds fell below the threshold",
    "overload": "Likely overload in the next four weeks",
    "stopped": "Writing to Asana was stopped",
    "demoted": "Automatic writing was taken back",
    "chain": "The audit chain does not verify",
}


@dataclass(frozen=True)
class Alert:
    """Something to tell once.

    Args:
        key: Name of the event; the same event has the same key for ever.
        kind: One of the headings: odds, overload, stopped, demoted, chain.
        text: One line, without names of people.
    """

    key: str
    kind: str
    text: str


def pending(database: Database, tables: TableStore, settings: Settings, week_on: date, now: datetime) -> list[Alert]:
    """What happened and was not told yet, by kind.

    Args:
        database: The ledger.
        tables: The tables.
        settings: For the threshold of odds and the home.
        week_on: Monday of the newest forecasts.
        now: Ledger time, UTC.
    """
    people = tables.read("marts/dim_person")
    circles = circles_of(people, settings.capacity.managers, tables.read("staging/team_memberships"))
    found = [
        *_from_ledger(database, now),
        *_stopped_outside(settings.home, now),
        *odds_alerts(
            tables.read("forecasts/goal_attainment", partition=week_on),
            tables.read("staging/goals"),
            settings.forecast.attention_below,
        ),
        *overload_alerts(tables.read("forecasts/person_load", partition=week_on), people, week_on, circles.values()),
    ]
    with database.transaction() as connection, connection.cursor() as cursor:
        cursor.execute("SELECT alert_key FROM alert_sent WHERE alert_key = ANY(%s)", ([a.key for a in found],))
        told = {key for (key,) in cursor.fetchall()}
    return [alert for alert in found if alert.key not in told]


def odds_alerts(attainment: pl.DataFrame, goals: pl.DataFrame, threshold: float) -> Iterator[Alert]:
    """Open goals that were at or above the threshold a week ago and are below it now."""
    names = dict(goals.filter(~pl.col("is_closed")).select("goal_gid", "name").iter_rows())
    before = pl.col("p_attain") - pl.col("p_attain_change")
    fell = attainment.filter(
        (pl.col("status") == "assessed") & (pl.col("p_attain") < threshold) & (before >= threshold - 1e-9)
    )
    for row in fell.sort("goal_gid").to_dicts():
        if row["goal_gid"] in names:
            was, now = row["p_attain"] - row["p_attain_change"], row["p_attain"]
            name = escaped(names[row["goal_gid"]] or row["goal_gid"])
            yield Alert(
                f"odds:{row['goal_gid']}:{row['as_of_on']}", "odds", f"{name}: {now:.0%}, from {was:.0%} a week ago"
            )


def overload_alerts(
    load: pl.DataFrame, people: pl.DataFrame, week_on: date, circles: Collection[Collection[str]] = ()
) -> Iterator[Alert]:
    """One alert a week with the number of people per team whose load is likely above 110 %; nobody is named.

    Teams so small that a count would name somebody are counted together, or not at all where those are few.

    Args:
        load: forecasts/person_load of the week.
        people: marts/dim_person.
        week_on: Monday of the week.
        circles: Person gids of whom somebody sees figures one by one.
    """
    groups = shown_groups(dict(people.select("person_gid", "team_name").iter_rows()), circles)
    over = likely_overloads(load, week_on)["person_gid"].unique()
    counts = Counter(groups[gid] for gid in over if gid in groups)
    if counts:
        text = ", ".join(f"{escaped(team)} {count}" for team, count in sorted(counts.items()))
        yield Alert(f"overload:{week_on}", "overload", f"people by team: {text}")


def post_alerts(database: Database, settings: Settings, alerts: Sequence[Alert], now: datetime) -> int:
    """Post alerts, one message a kind, and note that they were told.

    Args:
        database: The ledger.
        settings: For the address; nothing is posted without one.
        alerts: As `pending` found them.
        now: Ledger time, UTC.

    Returns:
        Alerts that were posted.

    Raises:
        RetriableError: The server could not be reached or refused; those alerts are posted next time.
        UnknownOutcomeError: It may have got the message, which is not sent again.
    """
    if settings.alerts.webhook_url is None:
        return 0
    posted = 0
    for kind, heading in _HEADINGS.items():
        mine = _claimed(database, [alert for alert in alerts if alert.kind == kind], now)
        if not mine:
            continue
        try:
            _post(settings.alerts.webhook_url, _message(heading, mine))
        except RetriableError:
            _give_back(database, mine)
            raise
        _note(database, mine, kind, now)
        posted += len(mine)
    return posted


def escaped(text: str) -> str:
    """Text that a chat shows as it is: no mention of everybody, no hidden link, one line."""
    one_line = " ".join(text.split())
    return one_line.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("@", "@\u200b")


def _message(heading: str, alerts: Sequence[Alert]) -> str:
    lines = [f"• {alert.text}" for alert in alerts[:MOST_LINES]]
    more = [f"… and {len(alerts) - MOST_LINES} more"] if len(alerts) > MOST_LINES else []
    return "\n".join((f"asana-intel: {heading}", *lines, *more))


def _from_ledger(database: Database, now: datetime) -> Iterator[Alert]:
    with database.transaction("auditor") as connection, connection.cursor() as cursor:
        cursor.execute("SELECT kill_switch FROM control")
        (is_stopped,) = cursor.fetchone() or (True,)
        cursor.execute(
            "SELECT seq, event, body FROM audit WHERE at > %s AND (event = 'writes_stopped' OR event = 'policy_set'"
            " AND actor = 'asana-intel' AND body ->> 'mode' = 'propose') ORDER BY seq",
            (now - LOOK_BACK,),
        )
        events: list[tuple[int, str, dict[str, Any]]] = cursor.fetchall()
    for seq, event, body in events:
        if event == "policy_set":
            scope = "/".join(escaped(str(body.get(part, "*"))) for part in ("capability", "team_gid", "field"))
            yield Alert(f"demoted:{seq}", "demoted", f"{scope}: {escaped(str(body.get('reason', '')))}")
        elif is_stopped:
            yield Alert(f"stopped:{seq}", "stopped", "by the ledger's switch: asana-intel resume allows it again")
    if (broken := audit.verify(database)) is not None:
        yield Alert(f"chain:{broken}", "chain", f"from entry {broken} on: asana-intel audit verify says more")


def _stopped_outside(home: Path, now: datetime) -> Iterator[Alert]:
    """By the file, an event when it was made; by the variable, one a day."""
    try:
        stop_check(home)()
    except RefusedError as stopped:
        stop = home / FILE
        event = f"file:{stop.stat().st_mtime_ns}" if stop.exists() else f"variable:{now.date()}"
        yield Alert(f"stopped:{event}", "stopped", escaped(stopped.fix or "on this machine"))


def _claimed(database: Database, alerts: Iterable[Alert], now: datetime) -> list[Alert]:
    """Those of the alerts that nobody else has told or is telling."""
    mine: list[Alert] = []
    with database.transaction("worker") as connection, connection.cursor() as cursor:
        for alert in alerts:
            cursor.execute(
                "INSERT INTO alert_sent (alert_key, kind, claimed_at) VALUES (%s, %s, %s) ON CONFLICT DO NOTHING",
                (alert.key, alert.kind, now),
            )
            if cursor.rowcount:
                mine.append(alert)
    return mine


def _give_back(database: Database, alerts: Iterable[Alert]) -> None:
    with database.transaction("worker") as connection, connection.cursor() as cursor:
        cursor.execute("DELETE FROM alert_sent WHERE alert_key = ANY(%s)", ([a.key for a in alerts],))


def _note(database: Database, alerts: Sequence[Alert], kind: str, now: datetime) -> None:
    keys = [alert.key for alert in alerts]
    with database.transaction("worker") as connection:
        with connection.cursor() as cursor:
            cursor.execute("UPDATE alert_sent SET sent_at = %s WHERE alert_key = ANY(%s)", (now, keys))
        audit.append(connection, now, "asana-intel", "alerts_posted", {"kind": kind, "keys": keys})


def _post(url: SecretStr, text: str) -> None:
    """Send one message; the address is a secret and stands in no error."""
    address = urlsplit(url.get_secret_value())
    transport = Transport(f"{address.scheme}://{address.netloc}", connections=1, timeout_s=_TIMEOUT_S)
    try:
        answer = transport.send(
            "POST", address.path.rstrip("/"), params=dict(parse_qsl(address.query)),
            body=json.dumps({"text": text}).encode(), secrets=(url,),
        )  # fmt: skip
    except PermanentError:
        raise _unreachable("its path holds signs that no path has") from None
    finally:
        transport.close()
    if isinstance(answer, requests.RequestException):
        if never_left(answer):
            raise _unreachable(name_of(answer))
        raise UnknownOutcomeError(f"The webhook for alerts may have got a message: {name_of(answer)}")
    if not 200 <= answer.status < 300:
        raise _unreachable(f"it answers {answer.status}")


def _unreachable(why: str) -> RetriableError:
    return RetriableError(f"The webhook for alerts took nothing: {why}", fix="check alerts.webhook_url")
