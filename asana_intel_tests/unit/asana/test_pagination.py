from __future__ import annotations

import pytest

from asana_intel.asana.pagination import pages
from asana_intel.errors import PermanentError

EXPIRED = {"errors": [{"message": "offset: Your pagination token has expired"}]}


def _pages_of(records, answer, size=2):
    def script(call):
        start = int(call.query.get("offset", "0"))
        following = {"offset": str(start + size)} if start + size < len(records) else None
        return answer(body={"data": records[start : start + size], "next_page": following})

    return script


def _gids(found):
    return [record["gid"] for page in found for record in page]


RECORDS = [{"gid": str(n)} for n in range(5)]


def test_all_pages_are_walked_in_order(stub, session, answer):
    stub.script = _pages_of(RECORDS, answer)
    assert _gids(pages(session, "/tasks", {"project": "7"})) == ["0", "1", "2", "3", "4"]
    assert [call.query.get("offset") for call in stub.calls] == [None, "2", "4"]
    assert all(call.query["limit"] == "100" and call.query["project"] == "7" for call in stub.calls)


def test_a_list_without_next_page_is_one_page(stub, session, answer):
    stub.answers(answer(body={"data": RECORDS}))
    assert len(_gids(pages(session, "/users"))) == 5
    assert len(stub.calls) == 1


def test_an_expired_offset_starts_the_list_again_and_repeats_no_record(stub, session, answer):
    script, expired = _pages_of(RECORDS, answer), [True]

    def once_expired(call):
        if call.query.get("offset") == "4" and expired.pop() if expired else False:
            return answer(400, EXPIRED)
        return script(call)

    stub.script = once_expired
    assert _gids(pages(session, "/tasks")) == ["0", "1", "2", "3", "4"]
    assert [call.query.get("offset") for call in stub.calls] == [None, "2", "4", None, "2", "4"]


def test_a_list_that_expires_again_and_again_is_given_up(stub, session, answer):
    script = _pages_of(RECORDS, answer)
    stub.script = lambda call: answer(400, EXPIRED) if "offset" in call.query else script(call)
    with pytest.raises(PermanentError, match="expired"):
        _gids(pages(session, "/tasks"))


def test_another_refusal_of_a_later_page_is_not_taken_for_an_expired_offset(stub, session, answer):
    script = _pages_of(RECORDS, answer)
    refused = {"errors": [{"message": "The result is too large."}]}
    stub.script = lambda call: answer(400, refused) if "offset" in call.query else script(call)
    with pytest.raises(PermanentError, match="too large"):
        _gids(pages(session, "/tasks"))
    assert len(stub.calls) == 2


def test_an_answer_that_is_no_list_says_so(stub, session, answer):
    stub.answers(answer(body={"data": {"gid": "1"}}))
    with pytest.raises(PermanentError, match="not a list of records"):
        _gids(pages(session, "/tasks"))


def test_a_list_that_repeats_one_page_for_ever_is_given_up(stub, session, answer):
    stub.answers(answer(body={"data": [{"gid": "1"}], "next_page": {"offset": "same"}}))
    with pytest.raises(PermanentError, match="for ever"):
        _gids(pages(session, "/tasks"))
    assert len(stub.calls) == 2


def test_a_list_that_goes_round_in_circles_is_given_up(stub, session, answer):
    following = {"": "b", "b": "c", "c": "b"}
    stub.script = lambda call: answer(
        body={"data": [{"gid": "1"}], "next_page": {"offset": following[call.query.get("offset", "")]}}
    )
    with pytest.raises(PermanentError, match="for ever"):
        _gids(pages(session, "/tasks"))
    assert len(stub.calls) == 3


@pytest.mark.parametrize("gid", [5, None, ["1"], {}])
def test_a_record_whose_gid_is_no_text_is_refused(stub, session, answer, gid):
    stub.answers(answer(body={"data": [{"gid": gid}]}))
    with pytest.raises(PermanentError, match="not a list of records"):
        _gids(pages(session, "/tasks"))


@pytest.mark.parametrize("body", [{"data": [1]}, {"data": [{"name": "x"}]}, {"data": [], "next_page": {"uri": "x"}}])
def test_an_answer_without_records_or_offset_is_refused(stub, session, answer, body):
    stub.answers(answer(body=body))
    with pytest.raises(PermanentError, match=r"GET /tasks"):
        _gids(pages(session, "/tasks"))
