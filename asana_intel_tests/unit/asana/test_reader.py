from __future__ import annotations

from datetime import UTC, datetime

import pytest

from asana_intel.asana.reader import AsanaReader, choose_workspace
from asana_intel.errors import ConfigError, PermanentError
from asana_intel.settings import AsanaSettings, Settings


@pytest.fixture
def reader(session):
    return AsanaReader(session)


def test_the_reader_has_no_way_to_write():
    assert not [name for name in dir(AsanaReader) if name.startswith(("create", "set", "add", "send", "attach"))]


def test_the_servers_clock_is_asked_for_once_and_again_when_it_has_grown_old(stub, reader, fake_time):
    assert reader.server_time() == datetime(2008, 1, 1, tzinfo=UTC)
    reader.server_time()
    assert [call.path for call in stub.calls] == ["/users/me"]
    fake_time.now += 3600
    reader.server_time()
    assert len(stub.calls) == 2


def test_a_server_without_a_clock_is_refused(stub, reader, answer):
    stub.answers(answer(headers={"Date": ""}))
    with pytest.raises(PermanentError, match="Date"):
        reader.server_time()


def test_the_only_workspace_is_taken(stub, reader, answer, tmp_path):
    stub.answers(answer(body={"data": [{"gid": "7", "name": "Acme"}], "next_page": None}))
    assert reader.workspace(Settings(home=tmp_path)) == "7"


def test_several_workspaces_are_listed_for_the_reader_to_choose():
    several = [{"gid": "7", "name": "Acme"}, {"gid": "8", "name": "Side job"}]
    with pytest.raises(ConfigError, match=r"7 \(Acme\), 8 \(Side job\)"):
        choose_workspace(several, None)
    assert choose_workspace(several, "8")["name"] == "Side job"
    with pytest.raises(ConfigError, match="9 is not visible"):
        choose_workspace(several, "9")
    with pytest.raises(ConfigError, match="no workspace"):
        choose_workspace([], None)


def test_the_configured_workspace_costs_no_request(stub, reader, tmp_path):
    assert reader.workspace(Settings(home=tmp_path, asana=AsanaSettings(workspace_gid="42"))) == "42"
    assert not stub.calls


def test_a_missing_sync_token_is_answered_with_a_fresh_one(stub, reader, answer):
    stub.answers(answer(412, {"errors": [{"message": "Sync token invalid or too old"}], "sync": "s1"}))
    page = reader.events("12", None)
    assert (page.expired, page.sync, page.events, page.has_more) == (True, "s1", [], False)
    assert stub.calls[0].query == {"resource": "12"}


def test_events_come_with_the_token_to_ask_with_next(stub, reader, answer):
    stub.answers(answer(body={"data": [{"action": "changed"}], "sync": "s2", "has_more": True}))
    page = reader.events("12", "s1")
    assert (page.expired, page.sync, len(page.events), page.has_more) == (False, "s2", 1, True)
    assert stub.calls[0].query == {"resource": "12", "sync": "s1"}
