"""The authorization server, over HTTP: codes, PKCE, refreshing, revoking, and what goes wrong."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import asana
import pytest
import requests
from asana.rest import ApiException

from asana_intel.sandbox.server import RunningSandbox
from asana_intel_tests.unit.sandbox import private_world as w
from asana_intel_tests.unit.sandbox.worlds import MID

CALLBACK, VERIFIER = "http://127.0.0.1:9/callback", "v" * 64
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).decode().rstrip("=")
ASKED = {"client_id": "app", "redirect_uri": CALLBACK, "response_type": "code", "state": "s&1"}
PKCE = {"code_challenge": CHALLENGE, "code_challenge_method": "S256"}


class Web:
    """The authorization server and the API of a running sandbox."""

    def __init__(self, sandbox: RunningSandbox) -> None:
        self.sandbox = sandbox
        self.root = sandbox.url.removesuffix("/api/1.0")

    def authorize(self, **params: str) -> requests.Response:
        asked = {name: value for name, value in {**ASKED, **params}.items() if value}
        return requests.get(f"{self.root}/-/oauth_authorize", asked, allow_redirects=False, timeout=10)

    def answer(self, **params: str) -> dict[str, str]:
        reply = self.authorize(**params)
        assert reply.status_code == 302, reply.text
        assert reply.headers["Location"].startswith(CALLBACK + "?")
        return {name: values[0] for name, values in parse_qs(urlsplit(reply.headers["Location"]).query).items()}

    def post(self, name: str, form: dict[str, str], auth: tuple[str, str] | None = None) -> requests.Response:
        return requests.post(f"{self.root}/-/oauth_{name}", data=form, auth=auth, timeout=10)

    def tokens(self, **params: str) -> dict[str, Any]:
        code = self.answer(**PKCE, **params)["code"]
        reply = self.post("token", redeeming(code))
        assert reply.status_code == 200, reply.text
        return reply.json()

    def get(self, token: str, path: str = "/users/me") -> requests.Response:
        return requests.get(self.sandbox.url + path, headers={"Authorization": f"Bearer {token}"}, timeout=10)

    def later(self, seconds: int) -> None:
        now = requests.get(f"{self.root}/_sandbox/clock", timeout=10).json()["at"]
        self.sandbox.set_clock(datetime.fromisoformat(now) + timedelta(seconds=seconds))


def redeeming(code: str, **changes: str) -> dict[str, str]:
    form = {"grant_type": "authorization_code", "client_id": "app", "redirect_uri": CALLBACK, "code": code}
    return {name: value for name, value in {**form, "code_verifier": VERIFIER, **changes}.items() if value}


@pytest.fixture
def web(tmp_path: Path) -> Iterator[Web]:
    with RunningSandbox(w.private_world(tmp_path), MID) as sandbox:
        sandbox.set_tokens({"oauth_user": "ann@w.example"})
        yield Web(sandbox)


def refused(reply: requests.Response, error: str, status: int = 400) -> bool:
    return (reply.status_code, reply.json()["error"]) == (status, error)


def test_a_code_is_good_for_tokens_of_the_user_who_approved(web: Web) -> None:
    answer = web.answer(**PKCE)
    assert answer["state"] == "s&1"
    reply = web.post("token", redeeming(answer["code"]))
    assert reply.headers["Cache-Control"] == "no-store"
    body = reply.json()
    assert set(body) == {"access_token", "expires_in", "token_type", "refresh_token", "data"}
    assert (body["expires_in"], body["token_type"]) == (3600, "bearer")
    assert body["data"] == {"id": int(w.ANN), "gid": w.ANN, "name": f"ann-{w.ANN}", "email": "ann@w.example"}
    assert web.get(body["access_token"]).json()["data"]["gid"] == w.ANN
    assert web.get(body["access_token"], f"/projects/{w.PRIVATE}").status_code == 404


def test_a_code_serves_once_and_its_second_use_ends_what_came_of_it(web: Web) -> None:
    code = web.answer(**PKCE)["code"]
    tokens = web.post("token", redeeming(code)).json()
    assert refused(web.post("token", redeeming(code)), "invalid_grant")
    assert web.get(tokens["access_token"]).status_code == 401


def test_an_access_token_lives_an_hour_of_the_sandboxs_clock_and_is_refreshed(web: Web) -> None:
    first = web.tokens()
    web.later(3599)
    assert web.get(first["access_token"]).status_code == 200
    web.later(2)
    gone = web.get(first["access_token"])
    assert (gone.status_code, gone.json()["errors"][0]["message"]) == (401, "Not Authorized")
    form = {"grant_type": "refresh_token", "client_id": "app", "refresh_token": first["refresh_token"]}
    second = web.post("token", form).json()
    assert second["refresh_token"] == first["refresh_token"]
    assert second["data"] == first["data"]
    assert web.get(second["access_token"]).status_code == 200
    web.sandbox.set_tokens({"rotate_refresh_tokens": True})
    third = web.post("token", form).json()
    assert third["refresh_token"] != first["refresh_token"]
    assert refused(web.post("token", form), "invalid_grant")


@pytest.mark.parametrize(
    "changes",
    [
        {"code": "made-up"},
        {"code_verifier": "w" * 64},
        {"code_verifier": ""},
        {"redirect_uri": "https://elsewhere.example/"},
        {"client_id": "another"},
    ],
)
def test_a_code_fits_only_the_request_it_was_given_for(web: Web, changes: dict[str, str]) -> None:
    code = web.answer(**PKCE)["code"]
    assert refused(web.post("token", {**redeeming(code), **changes}), "invalid_grant")
    assert web.post("token", redeeming(code)).status_code == 200


def test_a_code_dies_after_ten_minutes(web: Web) -> None:
    code = web.answer(**PKCE)["code"]
    web.later(600)
    assert refused(web.post("token", redeeming(code)), "invalid_grant")


@pytest.mark.parametrize(
    ("form", "error"),
    [
        ({"client_id": "app"}, "invalid_request"),
        ({"grant_type": "refresh_token", "refresh_token": "x"}, "invalid_request"),
        ({"client_id": "app", "grant_type": "password"}, "unsupported_grant_type"),
        ({"client_id": "app", "grant_type": "refresh_token"}, "invalid_request"),
        ({"client_id": "app", "grant_type": "authorization_code"}, "invalid_grant"),
    ],
)
def test_malformed_token_requests_are_refused_in_the_words_of_the_standard(
    web: Web, form: dict[str, str], error: str
) -> None:
    assert refused(web.post("token", form), error)


@pytest.mark.parametrize(
    ("params", "error"),
    [
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"scope": "tasks:fly"}, "invalid_scope"),
        ({"scope": "default tasks:read"}, "invalid_scope"),
        ({"code_challenge": CHALLENGE, "code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge_method": "S256"}, "invalid_request"),
    ],
)
def test_a_bad_authorization_request_is_answered_on_the_apps_address(
    web: Web, params: dict[str, str], error: str
) -> None:
    answer = web.answer(**params)
    assert (answer["error"], answer["state"]) == (error, "s&1")
    assert answer["error_description"]


@pytest.mark.parametrize("uri", ["http://elsewhere.example/", "javascript:alert(1)", "https:///x", ""])
def test_nothing_is_sent_to_an_address_that_may_not_be(web: Web, uri: str) -> None:
    assert refused(web.authorize(redirect_uri=uri), "invalid_request")


def test_granted_scopes_bound_what_the_token_does(web: Web) -> None:
    tokens = web.tokens(scope="tasks:read users:read openid")
    assert web.get(tokens["access_token"], f"/tasks/{w.OPEN_TASK}").status_code == 200
    refusal = web.get(tokens["access_token"], f"/projects/{w.OPEN}")
    assert refusal.status_code == 403
    assert "projects:read" in refusal.json()["errors"][0]["message"]
    assert 'error="insufficient_scope"' in refusal.headers["WWW-Authenticate"]


def test_configured_clients_are_held_to_their_secret_address_and_scopes(web: Web) -> None:
    uri, scopes = "https://app.example/done", ["tasks:read"]
    web.sandbox.set_tokens({"oauth_clients": {"app": {"secret": "hush", "redirect_uris": [uri], "scopes": scopes}}})
    assert refused(web.authorize(client_id="other"), "invalid_client", 401)
    assert refused(web.authorize(), "invalid_request")
    forbidden = web.authorize(redirect_uri=uri).headers["Location"]
    assert "error=forbidden_scopes" in forbidden
    assert "default" in forbidden

    def code(**params: str) -> str:
        location = web.authorize(redirect_uri=uri, scope="tasks:read", **params).headers["Location"]
        return parse_qs(urlsplit(location).query)["code"][0]

    plain = redeeming(code(), redirect_uri=uri, code_verifier="")
    assert refused(web.post("token", plain), "invalid_client", 401)
    assert refused(web.post("token", {**plain, "client_secret": "guess"}), "invalid_client", 401)
    assert web.post("token", {**plain, "code": code()}, ("app", "hush")).status_code == 200
    assert web.post("token", redeeming(code(**PKCE), redirect_uri=uri)).status_code == 200


def test_revoking_takes_refresh_tokens_and_ends_the_session(web: Web) -> None:
    tokens = web.tokens()
    assert refused(web.post("revoke", {"token": tokens["access_token"]}), "unsupported_token_type")
    assert web.get(tokens["access_token"]).status_code == 200
    assert web.post("revoke", {"token": tokens["refresh_token"]}).status_code == 200
    assert web.get(tokens["access_token"]).status_code == 401
    form = {"grant_type": "refresh_token", "client_id": "app", "refresh_token": tokens["refresh_token"]}
    assert refused(web.post("token", form), "invalid_grant")
    assert web.post("revoke", {"token": "never seen"}).status_code == 200


def test_without_a_configured_user_a_page_asks(web: Web) -> None:
    web.sandbox.set_tokens({})
    requests.delete(f"{web.root}/_sandbox/tokens", timeout=10)
    page = web.authorize(**PKCE, scope="tasks:read", state='"><script>')
    assert page.status_code == 200
    assert "<script>" not in page.text
    assert "tasks:read" in page.text
    form = dict(re.findall(r'name="(\w+)" value="([^"]*)"', page.text)) | {"state": "s"}
    said = {}
    for decision, user in (("approve", w.BOB), ("deny", w.BOB)):
        reply = requests.post(
            f"{web.root}/-/oauth_authorize", {**form, "decision": decision, "user": user}, allow_redirects=False,
            timeout=10,
        )  # fmt: skip
        said[decision] = parse_qs(urlsplit(reply.headers["Location"]).query)
    assert said["deny"]["error"] == ["access_denied"]
    assert web.post("token", redeeming(said["approve"]["code"][0])).json()["data"]["gid"] == w.BOB


def test_an_app_without_an_address_shows_the_code(web: Web) -> None:
    page = web.authorize(redirect_uri="urn:ietf:wg:oauth:2.0:oob", **PKCE)
    code = re.search(r'<pre id="code">(.+?)</pre>', page.text)
    assert code
    form = redeeming(code[1], redirect_uri="urn:ietf:wg:oauth:2.0:oob")
    assert web.post("token", form).json()["data"]["gid"] == w.ANN


def test_any_refresh_token_gives_full_rights_unless_only_configured_ones_count(web: Web) -> None:
    form = {"grant_type": "refresh_token", "client_id": "tap", "client_secret": "x", "refresh_token": "from-elsewhere"}
    first, second = web.post("token", form).json(), web.post("token", form).json()
    assert first["data"] == second["data"]
    assert web.get(first["access_token"], f"/projects/{w.PRIVATE}").status_code == 200
    web.sandbox.set_tokens({"only_configured": True})
    assert refused(web.post("token", {**form, "refresh_token": "another"}), "invalid_grant")


def test_the_official_client_works_with_an_issued_token(web: Web) -> None:
    tokens = web.tokens(scope="projects:read")
    configuration = asana.Configuration()
    configuration.host, configuration.access_token = web.sandbox.url, tokens["access_token"]
    client = asana.ApiClient(configuration)
    found: Any = asana.ProjectsApi(client).get_projects({"workspace": w.WORKSPACE})
    assert [project["gid"] for project in found] == [w.OPEN, w.OF_TEAM, w.SHARED]
    with pytest.raises(ApiException) as refusal:
        asana.TasksApi(client).get_task(w.OPEN_TASK, {})
    assert refusal.value.status == 403
