"""The commands that log in to Asana, say who is logged in, and log out: auth."""

import webbrowser
from typing import Annotated, Any

import typer

from asana_intel.asana.auth import ROLES, TOKEN_VARIABLES, Role, token_of
from asana_intel.cli.output import JsonFlag, command, console, errors, show_json
from asana_intel.cli.workbench import Workbench
from asana_intel.errors import ConfigError
from asana_intel.settings import Settings

auth_app = typer.Typer(help="Log in to Asana with OAuth, where no token is set.", no_args_is_help=True)
RoleFlag = Annotated[Role, typer.Option("--role", help="Whose login; reader and writer have logins apart.")]


@auth_app.command("login")
@command
def login(
    role: RoleFlag = "reader",
    client_id: Annotated[str | None, typer.Option("--client-id", help="The OAuth app.")] = None,
    scope: Annotated[str, typer.Option("--scope", help="Blank-separated; default = full permissions.")] = "default",
    no_browser: Annotated[bool, typer.Option("--no-browser", help="Open nothing; ask for the code.")] = False,
    as_json: JsonFlag = False,
) -> None:
    """Let a person allow us to use their Asana account; stored encrypted in this home."""
    from asana_intel.asana.login import log_in_by_browser, log_in_by_code
    from asana_intel.asana.login_store import Login, LoginStore
    from asana_intel.asana.oauth import OAuthServer
    from asana_intel.asana.secret_key import find_key

    settings = Workbench().settings
    app = client_id or settings.asana.oauth_client_id
    if not app:
        raise ConfigError("No OAuth app is named", fix="--client-id, or asana.oauth_client_id in the settings")
    find_key(settings, create=True)  # before the person is bothered
    store = LoginStore.from_settings(settings, role)
    app_secret = settings.asana.oauth_client_secret
    server = OAuthServer(settings.asana.url, app, app_secret, settings.asana.timeout_s)
    if no_browser:
        tokens = log_in_by_code(server, scope, _show_address, lambda: typer.prompt("Code", err=True, hide_input=True))
    else:
        tokens = log_in_by_browser(server, scope, settings.asana.oauth_port, _open_address)
    if tokens.refresh_token is None:
        raise ConfigError("Asana gave no refresh token, so the login cannot be kept", fix="check the app's settings")
    with store.locked():
        store.save(Login(settings.asana.url, app, tokens.user_gid, scope, tokens.refresh_token, app_secret))
    if as_json:
        show_json({"role": role, "user_gid": tokens.user_gid, "client_id": app, "scope": scope, "file": store.path})
        return
    console.print(f"Logged in as {tokens.user_name or tokens.user_gid}, for the {role}.", markup=False)
    if token_of(settings, role):
        console.print(f"[yellow]![/yellow] {TOKEN_VARIABLES[role]} is set, and is used instead of the login.")


@auth_app.command("status")
@command
def status(as_json: JsonFlag = False) -> None:
    """Say where each role's credential comes from; asks nobody and shows no secret."""
    settings = Workbench().settings
    found = [_status_of(settings, role) for role in ROLES]
    if as_json:
        show_json(found)
        return
    for one in found:
        what = one["source"]
        if one["source"] == "login":
            what = f"login of user {one['user_gid']} through app {one['client_id']}, scope {one['scope']}"
        problem = f": {one['problem']}" if one["problem"] else ""
        console.print(f"{one['role']}: {what}{problem}", markup=False)


@auth_app.command("logout")
@command
def logout(
    role: RoleFlag = "reader",
    only_here: Annotated[bool, typer.Option("--only-here", help="Do not tell Asana; just forget it.")] = False,
    as_json: JsonFlag = False,
) -> None:
    """Revoke the login at Asana and remove it from this home."""
    from asana_intel.asana.login_store import LoginStore
    from asana_intel.asana.oauth import OAuthServer

    settings = Workbench().settings
    store = LoginStore.from_settings(settings, role)
    was_there = store.exists()
    if was_there:
        with store.locked():
            if not only_here:
                kept = store.load()
                server = OAuthServer(kept.server, kept.client_id, kept.client_secret, settings.asana.timeout_s)
                server.revoke(kept.refresh_token)
            store.delete()
    if as_json:
        show_json({"role": role, "removed": was_there, "revoked": was_there and not only_here})
    elif was_there:
        console.print(f"Logged out, for the {role}." if not only_here else f"Forgot the login of the {role}.")
    else:
        console.print(f"Nobody was logged in as the {role}.")


def _status_of(settings: Settings, role: Role) -> dict[str, Any]:
    from asana_intel.asana.login_store import LoginStore

    store = LoginStore.from_settings(settings, role)
    told: dict[str, Any] = {"role": role, "source": "none", "user_gid": None, "client_id": None, "scope": None}
    problem = None
    if token_of(settings, role):
        told["source"] = TOKEN_VARIABLES[role]
    elif store.exists():
        told["source"] = "login"
        try:
            told |= {name: value for name, value in store.described().items() if name in told}
            store.load()
        except ConfigError as unusable:
            problem = unusable.message
    return {**told, "problem": problem}


def _show_address(address: str) -> None:
    errors.print("Open this address, allow the app, and copy the code it shows:")
    errors.print(address, soft_wrap=True)


def _open_address(address: str) -> None:
    errors.print("Your browser opens Asana; allow the app there. If it does not open, go to:")
    errors.print(address, soft_wrap=True)
    webbrowser.open(address)
