"""What somebody who configures the product can rely on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import BaseModel

from asana_intel.errors import ConfigError
from asana_intel.settings import ALIASES, ASANA_API, Mode, Settings, load_settings

CANARY = "canary-0451"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working directory and an environment without our variables."""
    import os

    for variable in [v for v in os.environ if v.startswith("ASANA_INTEL")]:
        monkeypatch.delenv(variable)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(folder: Path, text: str) -> None:
    (folder / "asana_intel.toml").write_text(text)


def test_without_file_or_environment_nothing_is_written_and_nothing_is_asked() -> None:
    settings = load_settings()
    assert settings.mode is Mode.observe
    assert settings.llm.model is None
    assert settings.asana.writer_token is None
    assert settings.asana.url == ASANA_API
    assert settings.tables_root.endswith("/.asana_intel/tables")


def test_the_file_is_read_and_the_environment_wins_over_it(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(folder, 'mode = "shadow"\ntimezone = "Europe/Berlin"\n[asana]\ntoken = "file"\nconcurrent_reads = 3\n')
    monkeypatch.setenv("ASANA_INTEL_MODE", "propose")
    monkeypatch.setenv("ASANA_INTEL_ASANA__TOKEN", "environment")
    settings = load_settings()
    assert settings.mode is Mode.propose
    assert settings.timezone == "Europe/Berlin"
    assert settings.asana.token is not None
    assert settings.asana.token.get_secret_value() == "environment"
    assert settings.asana.concurrent_reads == 3


def test_an_argument_wins_over_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASANA_INTEL_MODE", "auto")
    assert load_settings(mode="observe").mode is Mode.observe


@pytest.mark.parametrize(("variable", "place"), ALIASES.items())
def test_every_short_name_sets_its_field(
    variable: str, place: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, "https://asana.example")
    value = getattr(getattr(load_settings(), place[0]), place[1])
    assert str(getattr(value, "get_secret_value", lambda: value)()) == "https://asana.example"


def test_a_short_name_wins_over_the_file_and_leaves_its_neighbours(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(folder, '[llm]\nmodel = "openai/old"\ntimeout_s = 5\n')
    monkeypatch.setenv("ASANA_INTEL_LLM_MODEL", "openai/new")
    assert load_settings().llm.model == "openai/new"
    assert load_settings().llm.timeout_s == 5


def test_an_empty_variable_counts_as_absent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASANA_INTEL_ASANA_TOKEN", "")
    monkeypatch.setenv("ASANA_INTEL_PG_URL", "")
    settings = load_settings()
    assert settings.asana.token is None
    assert settings.pg_url is None


def test_no_secret_is_shown_however_the_settings_are_printed() -> None:
    settings = load_settings(
        pg_url=f"postgresql://u:{CANARY}@h/d", asana={"token": CANARY, "writer_token": f"w-{CANARY}"}
    )
    shown = [repr(settings), str(settings), str(settings.model_dump()), settings.model_dump_json(), f"{settings.asana}"]
    assert not [text for text in shown if CANARY in text]


@pytest.mark.parametrize(
    ("overrides", "field"),
    [
        ({"timezone": "Mars/Olympus"}, "timezone"),
        ({"timezone": ""}, "timezone"),
        ({"timezone": "../etc/passwd"}, "timezone"),
        ({"history_start_on": "2026-01-06"}, "history_start_on"),
        ({"mode": "yolo"}, "mode"),
        ({"asana": {"url": "http://asana.example/api/1.0"}}, "asana.url"),
        ({"asana": {"url": "http://localhost.evil.example/api/1.0"}}, "asana.url"),
        ({"asana": {"url": "http://127.0.0.1@evil.example"}}, "asana.url"),
        ({"asana": {"url": "http://127.0.0.1.evil.example"}}, "asana.url"),
        ({"asana": {"url": "ftp://asana.example"}}, "asana.url"),
        ({"asana": {"url": "https://"}}, "asana.url"),
        ({"llm": {"api_base": "http://model.example/v1"}}, "api_base"),
        ({"asana": {"requests_per_minute": 0}}, "asana.requests_per_minute"),
        ({"asana": {"tokn": "x"}}, "asana.tokn"),
        ({"forecast": {"attention_below": 1.5}}, "forecast.attention_below"),
        ({"review": {"max_rows_per_plan": 0}}, "review.max_rows_per_plan"),
    ],
)
def test_a_wrong_value_is_refused_with_the_name_of_its_field(overrides: dict, field: str) -> None:
    with pytest.raises(ConfigError, match=field) as refusal:
        load_settings(**overrides)
    assert refusal.value.fix


@pytest.mark.parametrize("url", ["http://127.0.0.1:8099/api/1.0/", "http://localhost:1", "http://[::1]:8099"])
def test_plain_http_is_accepted_on_this_machine_only(url: str) -> None:
    assert load_settings(asana={"url": url}).asana.url == url.rstrip("/")


@pytest.mark.parametrize(
    ("text", "named"),
    [("mode = ", "asana_intel.toml"), ('timezon = "UTC"', "timezon"), ("[asana]\nurll = 'x'", "asana.urll")],
)
def test_a_misspelled_file_is_refused_and_not_ignored(folder: Path, text: str, named: str) -> None:
    write(folder, text)
    with pytest.raises(ConfigError, match=named):
        load_settings()


def test_a_refusal_never_repeats_a_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASANA_INTEL_ASANA", f"{{token: {CANARY}")
    with pytest.raises(ConfigError) as refusal:
        load_settings(timezone="nowhere")
    assert CANARY not in str(refusal.value)


@pytest.mark.parametrize("word", ["none", ""])
def test_the_check_of_edits_can_be_turned_off_in_the_file_and_in_the_environment(
    folder: Path, monkeypatch: pytest.MonkeyPatch, word: str
) -> None:
    write(folder, f'[capacity]\nbreach_odds = "{word}"')
    assert load_settings().capacity.breach_odds is None
    write(folder, "[capacity]\nbreach_odds = 0.7")
    assert load_settings().capacity.breach_odds == 0.7
    monkeypatch.setenv("ASANA_INTEL_CAPACITY__BREACH_ODDS", "none")
    assert load_settings().capacity.breach_odds is None


def fields(model: type[BaseModel], path: str = "") -> Iterator[tuple[str, str | None]]:
    for name, field in model.model_fields.items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            yield from fields(field.annotation, f"{path}{name}.")
        else:
            yield f"{path}{name}", field.description


@pytest.mark.parametrize(("name", "description"), list(fields(Settings)))
def test_every_field_says_what_it_is(name: str, description: str | None) -> None:
    assert description, name
    assert description.endswith((".", ")")), name
