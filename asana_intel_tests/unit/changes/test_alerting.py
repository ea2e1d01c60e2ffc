"""What a chat is told: each event once, no names of people, and the address stays a secret."""

import json
import threading
from datetime import UTC, date, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from asana_intel.changes import audit
from asana_intel.changes.alerting import MOST_LINES, Alert, odds_alerts, overload_alerts, pending, post_alerts
from asana_intel.changes.policy import Scope, demote
from asana_intel.changes.review import set_kill_switch
from asana_intel.errors import ConfigError, RetriableError, UnknownOutcomeError
from asana_intel.settings import Mode, load_settings
from asana_intel.storage.tables import TableStore

MONDAY = date(2026, 11, 16)
NOW = datetime(2026, 11, 20, 8, tzinfo=UTC)
CANARY = "T0CANARY0/B0CANARY0/xCANARYx"
ALERT = Alert("odds:1:2026-11-16", "odds", "Grow: 62%, from 80% a week ago")


class Chat:
    """A webhook on this machine: keeps what it gets, answers as told."""

    def __init__(self):
        chat = self
        self.got, self.answers, self.headers = [], [], {}

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                chat.got.append((self.path, json.loads(self.rfile.read(int(self.headers["Content-Length"])))))
                status = chat.answers.pop(0) if chat.answers else 200
                if status is None:
                    self.connection.close()
                    return
                self.send_response(status)
                for name, value in chat.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}/services/{CANARY}"

    @property
    def texts(self):
        return [body["text"] for _, body in self.got]


@pytest.fixture
def chat():
    chat = Chat()
    yield chat
    chat.server.shutdown()
    chat.server.server_close()


@pytest.fixture
def told(chat, tmp_path):
    return load_settings(home=tmp_path / "home", alerts={"webhook_url": chat.url})


def keys(database):
    with database.transaction() as connection, connection.cursor() as cursor:
        cursor.execute("SELECT alert_key, sent_at IS NOT NULL FROM alert_sent ORDER BY 1")
        return cursor.fetchall()


def test_an_alert_is_posted_once_as_slack_wants_it_and_audited(database, chat, told):
    assert post_alerts(database, told, [ALERT], NOW) == 1
    assert post_alerts(database, told, [ALERT], NOW) == 0
    assert chat.got == [
        (f"/services/{CANARY}", {"text": f"asana-intel: Goals whose odds fell below the threshold\n• {ALERT.text}"})
    ]
    assert keys(database) == [(ALERT.key, True)]
    with audit.reading(database) as entries:
        assert [entry.event for entry in entries] == ["alerts_posted"]


def test_without_an_address_nothing_leaves(database, chat, tmp_path):
    assert post_alerts(database, load_settings(home=tmp_path), [ALERT], NOW) == 0
    assert chat.got == []
    assert keys(database) == []


@pytest.mark.parametrize("status", [302, 404, 429, 500])
def test_what_the_server_refuses_is_told_later_and_a_redirect_is_not_followed(database, chat, told, status):
    chat.answers, chat.headers = [status], {"Location": chat.url}
    with pytest.raises(RetriableError, match=str(status)):
        post_alerts(database, told, [ALERT], NOW)
    assert len(chat.got) == 1
    assert keys(database) == []
    assert post_alerts(database, told, [ALERT], NOW) == 1


def test_what_may_have_arrived_is_not_sent_again(database, chat, told):
    chat.answers = [None]
    with pytest.raises(UnknownOutcomeError):
        post_alerts(database, told, [ALERT], NOW)
    assert post_alerts(database, told, [ALERT], NOW) == 0
    assert len(chat.got) == 1
    assert keys(database) == [(ALERT.key, False)]


def test_a_server_that_is_not_there_costs_nothing_but_a_later_try(database, chat, told):
    chat.server.shutdown()
    chat.server.server_close()
    with pytest.raises(RetriableError):
        post_alerts(database, told, [ALERT], NOW)
    assert keys(database) == []


@pytest.mark.parametrize("trouble", [302, 500, None])
def test_the_address_is_in_no_error_no_repr_and_no_table(database, chat, told, trouble):
    chat.answers = [trouble]
    with pytest.raises((RetriableError, UnknownOutcomeError)) as raised:
        post_alerts(database, told, [ALERT], NOW)
    seen = f"{raised.value!r} {raised.value} {raised.value.__cause__!r} {raised.value.__context__!r} {told!r} {told}"
    assert "CANARY" not in seen
    with database.transaction() as connection, connection.cursor() as cursor:
        cursor.execute("SELECT a::text FROM audit a UNION ALL SELECT s::text FROM alert_sent s")
        assert "CANARY" not in str(cursor.fetchall())


@pytest.mark.parametrize("url", ["http://hooks.example.com/x", "ftp://x/y", "hooks", ""])
def test_an_address_must_be_https_or_on_this_machine_and_is_not_repeated_in_the_error(url, monkeypatch):
    with pytest.raises(ConfigError) as refused:
        load_settings(alerts={"webhook_url": url})
    assert "webhook_url" in str(refused.value)
    assert "hooks.example.com" not in str(refused.value)


def test_many_alerts_are_one_message(database, chat, told):
    many = [Alert(f"odds:{n}", "odds", f"Goal {n}") for n in range(MOST_LINES + 5)]
    assert post_alerts(database, told, [*many, Alert("chain:3", "chain", "from entry 3 on")], NOW) == MOST_LINES + 6
    assert len(chat.texts) == 2
    assert chat.texts[0].endswith("… and 5 more")


def odds(goal, now, change):
    return {"goal_gid": goal, "p_attain": now, "p_attain_change": change, "status": "assessed", "as_of_on": MONDAY}


def test_only_a_goal_that_crossed_the_threshold_this_week_is_told_and_its_name_can_do_nothing(make_frame):
    goals = make_frame(
        "staging/goals",
        {"goal_gid": "1", "name": "Grow <!channel> @here\n& <https://x|y>", "is_closed": False},
        *({"goal_gid": g, "name": g, "is_closed": False} for g in ("2", "3", "4")),
        {"goal_gid": "5", "name": "Closed", "is_closed": True},
    )
    attainment = make_frame(
        "forecasts/goal_attainment",
        odds("1", 0.62, -0.18), odds("2", 0.5, -0.1), odds("3", 0.8, -0.1), odds("4", 0.6, None), odds("5", 0.1, -0.8),
    )  # fmt: skip
    (alert,) = odds_alerts(attainment, goals, 0.7)
    assert alert.key == "odds:1:2026-11-16"
    assert "<" not in alert.text
    assert "@here" not in alert.text
    assert "\n" not in alert.text
    assert alert.text.endswith("62%, from 80% a week ago")


def test_overload_is_told_as_people_per_team_and_of_small_teams_together(make_frame):
    teams = ["Design"] * 5 + ["Legal"] * 3 + [None] * 2
    people = make_frame(
        "marts/dim_person",
        *({"person_gid": str(71 + n), "name": f"Person {n}", "team_name": team} for n, team in enumerate(teams)),
    )
    load = make_frame(
        "forecasts/person_load",
        *(
            {
                "person_gid": str(gid),
                "week_on": MONDAY + timedelta(weeks=w),
                "available_hours": 40.0,
                "p_over_110": odds,
            }
            for gid, odds in ((71, 0.9), (72, 0.5), (73, 0.1), (76, 0.9), (80, 0.9), (99, 0.9))
            for w in (0, 1)
        ),
    )
    (alert,) = overload_alerts(load, people, MONDAY)
    assert alert == Alert("overload:2026-11-16", "overload", "people by team: Design 2, smaller teams 2")
    few = people.filter(people["team_name"].is_not_null())
    (alert,) = overload_alerts(load, few, MONDAY)
    assert alert.text == "people by team: smaller teams 3"  # of all eight, Design would leave three
    assert list(overload_alerts(load.clear(), people, MONDAY)) == []


def seen(database, tmp_path, told, now=NOW):
    return {a.kind: a for a in pending(database, TableStore(str(tmp_path / "tables")), told, MONDAY, now)}


def test_a_stop_a_demotion_and_a_broken_chain_are_told_and_then_not_again(database, chat, told, tmp_path):
    assert seen(database, tmp_path, told) == {}
    set_kill_switch(database, stopped=True, actor="ada", now=NOW)
    with database.transaction() as connection, connection.cursor() as cursor:
        cursor.execute("INSERT INTO policy VALUES ('goals', '*', '*', 'auto', 'r', 'ada', %s)", (NOW,))
    assert demote(database, NOW, chain_holds=False) == [Scope("goals")]
    found = seen(database, tmp_path, told)
    assert set(found) == {"stopped", "demoted"}
    assert found["demoted"].text == "goals/*/*: the audit chain does not verify"
    assert "ada" not in str(found)
    assert post_alerts(database, told, list(found.values()), NOW) == 2
    assert seen(database, tmp_path, told) == {}
    with database.transaction() as connection, connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute("UPDATE audit SET actor = 'eve' WHERE seq = 1")
    assert seen(database, tmp_path, told)["chain"].key == "chain:1"


def test_a_stop_that_was_lifted_or_is_long_ago_is_no_news(database, told, tmp_path):
    set_kill_switch(database, stopped=True, actor="ada", now=NOW)
    assert seen(database, tmp_path, told, NOW + timedelta(days=8)) == {}
    set_kill_switch(database, stopped=False, actor="ada", now=NOW)
    assert seen(database, tmp_path, told) == {}


def test_a_stop_by_file_is_one_event_until_the_file_is_made_anew(database, chat, told, tmp_path):
    told.home.mkdir()
    (told.home / "STOP").touch()
    first = seen(database, tmp_path, told)["stopped"]
    post_alerts(database, told, [first], NOW)
    assert seen(database, tmp_path, told) == {}


def test_alerts_need_no_writer_and_leave_in_mode_observe_too(told):
    assert told.mode is Mode.observe
    assert told.without_credentials().alerts.webhook_url is None
