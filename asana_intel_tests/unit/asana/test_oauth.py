from __future__ import annotations

import base64
import hashlib
import stat
import threading
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import orjson
import pytest
import requests
from pydantic import SecretStr

from asana_intel.asana.auth import FixedToken, credential_of
from asana_intel.asana.login import log_in_by_browser, log_in_by_code
from asana_intel.asana.login_store import Login, LoginStore
from asana_intel.asana.oauth import OUT_OF_BAND, OAuthCredential, OAuthServer, challenge_of, new_verifier
from asana_intel.asana.secret_key import find_key
from asana_intel.asana.session import AsanaSession
from asana_intel.errors import ConfigError, RetriableError
from asana_intel.settings import AsanaSettings, Settings

KEY = bytes(range(32))


class _Asana:
    """The token endpoint: codes work once and with their verifier, refresh tokens rotate, access tokens are counted."""

    def __init__(self, stub, answer):
        self.stub, self.answer = stub, answer
        self.codes: dict[str, tuple[str, str]] = {}
        self.refresh_token = "refresh-0-canary"
        self.rotates = True
        self.renewals = 0
        self.life_s = 3600
        self.valid: set[str] = set()
        self.revoked: list[str] = []
        self.script = lambda _call: None
        stub.script = self._answer

    def _answer(self, call):
        if scripted := self.script(call):
            return scripted
        if call.path == "/-/oauth_token":
            return self._token(call.body)
        if call.path == "/-/oauth_revoke":
            self.revoked.append(call.body["token"])
            return self.answer(200, {})
        if call.headers["authorization"].removeprefix("Bearer ") not in self.valid:
            return self.answer(401, {"errors": [{"message": "Not Authorized"}]})
        return self.answer(200, {"data": {"gid": "7"}})

    def _token(self, form):
        if form["grant_type"] == "authorization_code":
            challenge, redirect = self.codes.pop(form["code"], ("", ""))
            if challenge_of(SecretStr(form["code_verifier"])) != challenge or form["redirect_uri"] != redirect:
                return self.answer(400, {"error": "invalid_grant"})
        elif form["refresh_token"] != self.refresh_token:
            return self.answer(400, {"error": "invalid_grant"})
        self.renewals += 1
        if self.rotates:
            self.refresh_token = f"refresh-{self.renewals}-canary"
        access = f"access-{self.renewals}-canary"
        self.valid.add(access)
        body = {"access_token": access, "expires_in": self.life_s, "refresh_token": self.refresh_token}
        return self.answer(200, body | {"token_type": "bearer", "data": {"gid": "7", "name": "Ada"}})

    def allow(self, address: str, code: str = "code-1-canary") -> dict[str, str]:
        """What the person's click does."""
        query = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        self.codes[code] = (query["code_challenge"], query["redirect_uri"])
        return query


@pytest.fixture
def asana(stub, answer):
    return _Asana(stub, answer)


@pytest.fixture
def store(tmp_path):
    return LoginStore(tmp_path / "logins", "reader", lambda: KEY)


def _server(stub, fake_time, client_secret: str | None = None):
    secret = SecretStr(client_secret) if client_secret else None
    return OAuthServer(f"{stub.url}/api/1.0", "app", secret, 0.5, sleep=fake_time.sleep)


def _login(stub, refresh_token="refresh-0-canary", **changed):
    about = {"server": stub.url, "client_id": "app", "user_gid": "7", "scope": "default"} | changed
    return Login(**about, refresh_token=SecretStr(refresh_token))


@pytest.fixture
def credential(asana, stub, store, fake_time):
    store.save(_login(stub))
    return OAuthCredential(_server(stub, fake_time), store, clock=fake_time.clock)


# Logging in


def test_the_challenge_is_the_one_of_the_rfc():
    verifier = SecretStr("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk")
    assert challenge_of(verifier) == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
    fresh = new_verifier().get_secret_value()
    assert 43 <= len(fresh) <= 128
    assert challenge_of(SecretStr(fresh)) == (
        base64.urlsafe_b64encode(hashlib.sha256(fresh.encode()).digest()).decode().rstrip("=")
    )


def test_a_browser_that_comes_back_with_the_code_logs_in(asana, stub, fake_time):
    def visit(address: str) -> None:
        query = asana.allow(address)
        assert query["response_type"] == "code"
        assert query["code_challenge_method"] == "S256"
        back = query["redirect_uri"]
        assert requests.get(back, {"code": "x", "state": "forged"}, timeout=5).status_code == 404
        assert requests.get(f"{back}x", {"code": "x", "state": query["state"]}, timeout=5).status_code == 404
        page = requests.get(back, {"code": "code-1-canary", "state": query["state"]}, timeout=5)
        assert page.ok
        assert "canary" not in page.text

    tokens = log_in_by_browser(_server(stub, fake_time), "default", 0, visit)
    assert (tokens.user_gid, tokens.user_name, tokens.expires_in_s) == ("7", "Ada", 3600)


def test_who_does_not_allow_it_is_not_logged_in(asana, stub, fake_time):
    def refuse(address: str) -> None:
        query = asana.allow(address)
        requests.get(query["redirect_uri"], {"error": "access_denied", "state": query["state"]}, timeout=5)

    with pytest.raises(ConfigError, match="not allowed"):
        log_in_by_browser(_server(stub, fake_time), "default", 0, refuse)


def test_nobody_coming_back_ends_the_wait(asana, stub, fake_time):
    with pytest.raises(RetriableError, match="Nobody came back"):
        log_in_by_browser(_server(stub, fake_time), "default", 0, lambda _: None, wait_s=0.01)


def test_a_taken_port_says_what_else_can_be_done(asana, stub, fake_time):
    taken = urlsplit(stub.url).port
    with pytest.raises(ConfigError, match="taken") as caught:
        log_in_by_browser(_server(stub, fake_time), "default", taken, lambda _: None)
    assert "--no-browser" in (caught.value.fix or "")


def test_a_copied_code_logs_in_once(asana, stub, fake_time):
    shown = []
    server = _server(stub, fake_time, "app-secret-canary")

    def copy() -> str:
        assert asana.allow(shown[-1])["redirect_uri"] == OUT_OF_BAND
        return " code-1-canary\n"

    assert log_in_by_code(server, "default", shown.append, copy).user_gid == "7"
    assert stub.calls[-1].body["client_secret"] == "app-secret-canary"
    with pytest.raises(ConfigError, match="invalid_grant"):
        log_in_by_code(server, "default", shown.append, lambda: "code-1-canary")
    with pytest.raises(ConfigError, match="No code"):
        log_in_by_code(server, "default", shown.append, lambda: "")


def test_a_code_is_shown_to_the_server_only_once_even_when_it_fails(asana, stub, fake_time, answer):
    asana.script = lambda _: answer(503)
    with pytest.raises(RetriableError):
        log_in_by_code(_server(stub, fake_time), "default", lambda _: None, lambda: "code-1-canary")
    assert len(stub.calls) == 1


# Keeping a login


def test_a_login_rests_encrypted_in_a_file_that_only_its_owner_reads(stub, store):
    store.save(_login(stub))
    content = store.path.read_bytes()
    assert b"canary" not in content
    assert base64.b64encode(b"canary")[:6] not in content
    assert stat.S_IMODE(store.path.stat().st_mode) == 0o600
    assert stat.S_IMODE(store.path.parent.stat().st_mode) == 0o700
    assert store.load().refresh_token.get_secret_value() == "refresh-0-canary"
    assert [file.name for file in store.path.parent.iterdir()] == ["reader.login"]


def test_a_login_cannot_be_opened_with_another_key_or_as_another_role_or_after_an_edit(stub, store, tmp_path):
    store.save(_login(stub))
    other_key = LoginStore(tmp_path / "logins", "reader", lambda: bytes(32))
    with pytest.raises(ConfigError, match="cannot be opened"):
        other_key.load()
    writer = LoginStore(tmp_path / "logins", "writer", lambda: KEY)
    writer.path.write_bytes(store.path.read_bytes())
    with pytest.raises(ConfigError, match="cannot be opened"):
        writer.load()
    store.path.write_bytes(store.path.read_bytes().replace(stub.url.encode(), b"https://evil.example"))
    with pytest.raises(ConfigError, match="cannot be opened"):
        store.load()


@pytest.mark.parametrize("member", ["nonce", "sealed"])
@pytest.mark.parametrize("value", [5, None, "", "?", [], {}])
def test_a_login_whose_sealed_part_was_spoilt_cannot_be_opened(stub, store, member, value):
    store.save(_login(stub))
    store.path.write_bytes(orjson.dumps(orjson.loads(store.path.read_bytes()) | {member: value}))
    with pytest.raises(ConfigError, match="cannot be opened"):
        store.load()


@pytest.mark.parametrize("content", [b"", b"[]", b'{"version": 1}', b'{"version": 9, "about": {}}', b"\xff"])
def test_a_file_that_is_no_login_says_so(store, content):
    store.path.parent.mkdir()
    store.path.write_bytes(content)
    with pytest.raises(ConfigError, match="is not a login"):
        store.load()


def _settings(home: Path, **asana) -> Settings:
    return Settings(home=home, asana=AsanaSettings(**asana))


@pytest.mark.parametrize("written", [KEY.hex(), base64.b64encode(KEY).decode(), base64.urlsafe_b64encode(KEY).decode()])
def test_the_key_comes_from_the_environment_or_a_command(tmp_path, written):
    assert find_key(_settings(tmp_path, secret_key=written)) == KEY
    command = f"printf %s {written}"
    assert find_key(_settings(tmp_path, secret_key="00" * 32, key_command=command)) == KEY


@pytest.mark.parametrize(
    "asana",
    [
        {"secret_key": "short-canary"},
        {"key_command": "false"},
        {"key_command": "no-such-program-canary-xyz"},
        {"key_command": "printf short"},
        {"key_command": "'"},
    ],
)
def test_a_key_that_is_none_says_how_to_make_one(tmp_path, asana):
    with pytest.raises(ConfigError) as caught:
        find_key(_settings(tmp_path, **asana))
    assert "short-canary" not in str(caught.value)


def test_the_desktops_key_store_keeps_a_key_that_is_made_once(tmp_path, monkeypatch):
    import keyring

    kept: dict[tuple[str, str], str] = {}
    monkeypatch.setattr(keyring, "get_password", lambda *name: kept.get(name))
    monkeypatch.setattr(keyring, "set_password", lambda service, name, value: kept.update({(service, name): value}))
    with pytest.raises(ConfigError, match="no key"):
        find_key(_settings(tmp_path))
    made = find_key(_settings(tmp_path), create=True)
    assert len(made) == 32
    assert find_key(_settings(tmp_path)) == made


# Access tokens


def test_one_access_token_serves_until_shortly_before_its_end(asana, credential, fake_time):
    first = credential.token().get_secret_value()
    fake_time.now += 3000
    assert credential.token().get_secret_value() == first
    fake_time.now += 500
    assert credential.token().get_secret_value() != first
    assert asana.renewals == 2


def test_a_changed_refresh_token_is_stored_before_it_is_needed(asana, credential, store, stub, fake_time):
    credential.token()
    assert store.load().refresh_token.get_secret_value() == "refresh-1-canary"
    elsewhere = OAuthCredential(_server(stub, fake_time), store, clock=fake_time.clock)
    elsewhere.token()
    fake_time.now += 3600
    credential.token()
    assert asana.renewals == 3


def test_a_refresh_token_that_stays_the_same_goes_on_working(asana, credential, store, fake_time):
    asana.rotates = False
    for _ in range(3):
        credential.token()
        fake_time.now += 3600
    assert store.load().refresh_token.get_secret_value() == "refresh-0-canary"
    assert asana.renewals == 3


def test_many_threads_and_processes_need_one_renewal_each(asana, stub, store, fake_time):
    store.save(_login(stub))
    processes = [OAuthCredential(_server(stub, fake_time), store, clock=fake_time.clock) for _ in range(3)]
    failures = []

    def ask(credential):
        try:
            credential.token()
        except ConfigError as problem:
            failures.append(problem)

    threads = [threading.Thread(target=ask, args=(processes[n % 3],)) for n in range(24)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=20)
    assert not failures
    assert asana.renewals == 3


def test_a_renewal_that_fails_in_passing_is_repeated_and_the_old_token_serves_meanwhile(
    asana, credential, fake_time, answer
):
    first = credential.token().get_secret_value()
    asana.script = lambda call: answer(503) if call.path == "/-/oauth_token" else None
    fake_time.now += 3500
    assert credential.token().get_secret_value() == first
    fake_time.now += 200
    with pytest.raises(RetriableError, match="503"):
        credential.token()


def test_a_rejected_access_token_is_renewed_once_and_the_read_repeated(asana, credential, stub):
    session = AsanaSession(stub.url, credential, paced=False)
    session.get("/users/me")
    asana.valid.clear()
    assert session.get("/users/me")["data"]["gid"] == "7"
    assert asana.renewals == 2
    asana.script = lambda call: (
        asana.answer(401, {"errors": [{"message": "app disabled"}]}) if call.path == "/users/me" else None
    )
    before = len(stub.calls)
    with pytest.raises(ConfigError, match="app disabled"):
        session.get("/users/me")
    assert [c.path for c in stub.calls[before:]] == ["/users/me", "/-/oauth_token", "/users/me"]


@pytest.mark.fault("F44")
def test_a_write_with_a_rejected_access_token_is_sent_once_and_certainly_not_applied(asana, credential, stub):
    session = AsanaSession(stub.url, credential, role="writer", paced=False)
    session.get("/users/me")
    asana.valid.clear()
    with pytest.raises(RetriableError, match="not applied"):
        session.send("POST", "/tasks", {"data": {}})
    assert [c.path for c in stub.calls].count("/tasks") == 1
    assert session.send("POST", "/tasks", {"data": {}})["data"]


@pytest.mark.fault("F44")
def test_a_revoked_login_asks_the_person_to_log_in_again(asana, credential):
    asana.refresh_token = "another"
    with pytest.raises(ConfigError, match="ended or was revoked") as caught:
        credential.token()
    assert "auth login" in (caught.value.fix or "")


# Where a credential comes from


def test_a_set_token_wins_over_a_login_and_roles_do_not_share_one(asana, stub, tmp_path):
    settings = _settings(tmp_path, url=stub.url, secret_key=KEY.hex())
    store = LoginStore.from_settings(settings, "reader")
    store.save(_login(stub))
    assert isinstance(credential_of(settings, "reader"), OAuthCredential)
    with pytest.raises(ConfigError, match="No token for the writer"):
        credential_of(settings, "writer")
    with_token = _settings(tmp_path, url=stub.url, secret_key=KEY.hex(), token="personal")
    assert isinstance(credential_of(with_token, "reader"), FixedToken)


def test_a_login_for_another_server_is_not_sent_to_this_one(asana, stub, tmp_path):
    settings = _settings(tmp_path, url=stub.url, secret_key=KEY.hex())
    LoginStore.from_settings(settings, "reader").save(_login(stub, server="https://app.asana.com/api/1.0"))
    with pytest.raises(ConfigError, match=r"is for https://app\.asana\.com"):
        credential_of(settings, "reader")
    assert not stub.calls
