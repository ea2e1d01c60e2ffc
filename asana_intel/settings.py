"""One typed settings tree, read from `asana_intel.toml` and the environment; no behaviour beyond validation.

Every field has a description, a unit and a safe default. The environment wins over the file. Names of environment
variables: `ASANA_INTEL_` + field, nested fields joined by two underscores, plus the short names of `ALIASES`.
"""

import os
from datetime import date
from enum import StrEnum
from pathlib import Path
from tomllib import TOMLDecodeError
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import (
    AfterValidator,
    Field,
    SecretStr,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
    TomlConfigSettingsSource,
)

from asana_intel.errors import ConfigError
from asana_intel.work_settings import (
    AudienceSettings,
    EffortSettings,
    HeadcountSettings,
    PortfolioSettings,
    PrioritySettings,
    PriorityWrites,
    RebalanceSettings,
    RetroSettings,
    Section,
    SprintSettings,
    TriageSettings,
)

ASANA_API = "https://app.asana.com/api/1.0"
CONFIG_FILE = "asana_intel.toml"
OVERLOAD_ODDS = 0.5
"""Odds of a load above 110 % from which a week counts as likely overloaded: in alerts, report and terminal."""
OVERLOAD_WEEKS = 4
"""Weeks that alerts, report and terminal search for likely overloads, the running one included; scored alike."""
MIN_GROUP = 5
"""Fewest people of whom a figure is shown to those who may not see figures of single people."""
_THIS_MACHINE = {"127.0.0.1", "localhost", "::1"}

# Short names that stay; each maps to one field of the tree below.
ALIASES = {
    "ASANA_INTEL_ASANA_URL": ("asana", "url"),
    "ASANA_INTEL_ASANA_TOKEN": ("asana", "token"),
    "ASANA_INTEL_WRITER_TOKEN": ("asana", "writer_token"),
    "ASANA_INTEL_SECRET_KEY": ("asana", "secret_key"),
    "ASANA_INTEL_LLM_MODEL": ("llm", "model"),
}


class Mode(StrEnum):
    """How far the product may go by itself; see docs/concepts.md."""

    observe = "observe"  # no write at all
    shadow = "shadow"  # only private fields that belong to us
    propose = "propose"  # every change waits for a person
    auto = "auto"  # within policy


def _refuse_plain_http(url: str) -> None:
    address = urlsplit(url)
    is_here = address.scheme == "http" and address.hostname in _THIS_MACHINE
    if not address.hostname or not (address.scheme == "https" or is_here):
        raise ValueError("must be https (plain http only on this machine)")


class AsanaSettings(Section):
    """Where Asana is and who we are there."""

    url: str = Field(ASANA_API, description="Base address of the API, ending in /api/1.0.")
    token: SecretStr | None = Field(None, description="Bearer token of the reader.")
    writer_token: SecretStr | None = Field(None, description="Bearer token of the writer; absent in mode observe.")
    workspace_gid: str | None = Field(None, description="Workspace to read; needed when the token sees several.")
    requests_per_minute: int = Field(1200, ge=10, description="Own ceiling, requests a minute (paid plan: 1500).")
    concurrent_reads: int = Field(
        32, ge=1, le=50, description="Most threads that read during a sync; fewer where answers come quickly."
    )
    reads_in_flight: int = Field(50, ge=1, description="Reads in flight at once, of all processes with the token.")
    writes_in_flight: int = Field(15, ge=1, description="Writes in flight at once, of all processes with the token.")
    plan: Literal["free", "paid"] | None = Field(
        None, description="Kind of plan where known: its limit is kept from the start (150 or 1500 a minute)."
    )
    portfolio_gids: list[str] = Field(
        default_factory=list, description="Portfolios to read although they are not the token's own."
    )
    reconcile_hours: float = Field(
        20.0, ge=0, description="Hours after which a sync lists everything beside reading events, to find lost ones."
    )
    slow_minutes: float = Field(
        720.0, ge=0, description="Minutes between looks at the event streams of goals whose record did not change."
    )
    timeout_s: float = Field(30.0, gt=0, description="Longest wait for one answer, seconds.")
    oauth_client_id: str | None = Field(
        None, description="OAuth app to log in with, where not given on the command line."
    )
    oauth_client_secret: SecretStr | None = Field(None, description="Its secret, where the app has one.")
    oauth_port: int = Field(8571, ge=0, le=65535, description="Port of 127.0.0.1 that a login comes back to; 0 = any.")
    secret_key: SecretStr | None = Field(
        None, description="Key of stored logins: 32 bytes as base64 or hex; none = key_command, then the key store."
    )
    key_command: str | None = Field(
        None, description="Command that prints the key of stored logins (Vault, a KMS); wins over secret_key."
    )

    @field_validator("url")
    @classmethod
    def _no_trailing_slash(cls, value: str) -> str:
        _refuse_plain_http(value)
        return value.rstrip("/")


class LlmMode(StrEnum):
    """What a language model may do for a narrative; each includes the check of its text, and the template behind it."""

    template = "template"  # nothing: sentences by rule
    select = "select"  # choose among true sentences; every word and number is ours
    slots = "slots"  # phrase around facts that we fill in
    prose = "prose"  # phrase freely


class Disclosure(StrEnum):
    """What a language model may see."""

    aggregate = "aggregate"  # no name and no text that anybody wrote
    pseudonymised = "pseudonymised"  # names as tokens; comments where they are switched on, names in them replaced
    full = "full"  # as it is


class LlmSettings(Section):
    """The language model that may choose or phrase what a narrative says; everything works without one."""

    model: str | None = Field(None, description="litellm's name of the model; none = templates only.")
    mode: LlmMode = Field(LlmMode.select, description="What the model may do: template, select, slots or prose.")
    disclosure: Disclosure = Field(
        Disclosure.aggregate, description="What the model may see: aggregate, pseudonymised or full."
    )
    comments: bool = Field(
        False, description="Whether recent comments may be shown to the model; not at disclosure aggregate."
    )
    api_base: str | None = Field(
        None, description="Address of the model's server, where not the provider's own; https, or this machine."
    )
    allow_plain_http: bool = Field(
        False, description="Whether api_base may be plain http on another machine, as in a network of one's own."
    )
    api_key: SecretStr | None = Field(None, description="Its key, where not in the provider's own variable.")
    api_version: str | None = Field(None, description="Version of the provider's API (Azure).")
    base_model: str | None = Field(
        None, description="Model behind a deployment of one's own, for its price: azure/gpt-4o."
    )
    usd_per_million_input: float | None = Field(None, ge=0, description="Price where litellm knows none, US dollars.")
    usd_per_million_output: float | None = Field(None, ge=0, description="Price where litellm knows none, US dollars.")
    timeout_s: float = Field(20.0, gt=0, description="Longest wait for one answer, seconds.")
    attempts: int = Field(3, ge=1, le=10, description="Most requests for one answer, the first included.")
    run_seconds: float = Field(600.0, gt=0, description="Longest time a run spends on models; then templates, seconds.")
    max_calls_per_run: int = Field(200, ge=0, description="Requests a run may make; then templates.")
    tokens_per_run: int | None = Field(None, ge=0, description="Tokens a run may use; then templates.")
    tokens_per_day: int | None = Field(None, ge=0, description="Tokens a day (UTC).")
    tokens_per_month: int | None = Field(None, ge=0, description="Tokens a calendar month (UTC).")
    usd_per_run: float | None = Field(None, ge=0, description="Money a run may cost, US dollars; then templates.")
    usd_per_day: float | None = Field(None, ge=0, description="Money a day (UTC), US dollars.")
    usd_per_month: float | None = Field(None, ge=0, description="Money a calendar month (UTC), US dollars.")

    @model_validator(mode="after")
    def _no_key_in_the_clear(self) -> "LlmSettings":
        if self.api_base is not None and not self.allow_plain_http:
            try:
                _refuse_plain_http(self.api_base)
            except ValueError as wrong:
                raise ValueError(f"api_base {wrong}; llm.allow_plain_http = true lifts this") from None
        return self


def _weekdays(value: list[int]) -> list[int]:
    """Days of the week, each once, in order."""
    if not set(value) <= set(range(1, 8)):
        raise ValueError("must be numbers from 1 = Monday to 7 = Sunday")
    return sorted(set(value))


Weekdays = Annotated[list[int], AfterValidator(_weekdays)]


class WorkWeek(Section):
    """The working week of a team or a person, where it differs from everybody's; what is left out does not."""

    weekly_hours: float | None = Field(None, ge=0, le=168, description="Working hours a week; less for part time.")
    working_days: Weekdays = Field(
        default_factory=list, description="Days of work, 1 = Monday to 7 = Sunday; empty = as everybody's."
    )
    holidays: str | None = Field(
        None, description="Country, or country and part, whose public holidays are free: DE, DE-BY; '' = none."
    )


class ForecastSettings(Section):
    """What counts as a risk, and when people work."""

    attention_below: float = Field(0.70, ge=0, le=1, description="Odds below which a goal gets a review task.")
    overload_above: float = Field(1.10, gt=0, description="Load over availability that counts as overload.")
    horizon_weeks: int = Field(8, ge=1, le=26, description="Weeks of capacity forecast.")
    underused_below: float = Field(
        0.80,
        ge=0,
        le=1,
        description="Load over availability below which somebody has room; between the two: at capacity.",
    )
    default_weekly_hours: float = Field(40.0, gt=0, description="Working hours a week where nothing else is known.")
    working_days: Weekdays = Field([1, 2, 3, 4, 5], min_length=1, description="Days of work, 1 = Monday to 7 = Sunday.")
    holidays: str | None = Field(
        None, description="Country, or country and part, whose public holidays are free: DE, DE-BY; none = no holidays."
    )
    teams: dict[str, WorkWeek] = Field(default_factory=dict, description="Team gid -> its working week.")
    people: dict[str, WorkWeek] = Field(
        default_factory=dict, description="Person gid -> their working week; wins over their team's."
    )
    hours_field: str = Field(
        "Weekly Hours", description="Number field of people that holds their working hours a week; '' = none."
    )
    prophet_goals: int = Field(6, ge=0, description="Most goals whose trajectory Prophet draws in one run.")


class Reviewer(Section):
    """An approver as Asana knows them."""

    gid: str = Field(pattern=r"\A[0-9]{1,20}\z", description="Gid of their user in Asana.")
    delegate: str | None = Field(None, description="Name of the reviewer who is asked while they are out of office.")
    asked: bool = Field(True, description="Whether they are asked; if not, they only stand in for others.")


class ReviewSettings(Section):
    """Who may decide, where they are asked, and for how long a decision holds."""

    approvers: list[str] = Field(
        default_factory=list, description="Names that may approve; empty = anyone but the plan's author."
    )
    plan_expires_hours: int = Field(72, ge=1, description="Hours after which an undecided plan lapses.")
    second_approver_above_rows: int = Field(
        50, ge=0, description="Rows above which a plan needs a second person's approval."
    )
    second_approver_above_share: float = Field(
        0.2,
        ge=0,
        le=1,
        description="Share of a portfolio's items (of at least ten) above which a plan that people notice needs one.",
    )
    max_rows_per_plan: int = Field(500, ge=1, description="Rows a plan may hold; more is refused, not cut.")
    weekly_status: Literal["status_update", "comment", "off"] = Field(
        "status_update", description="What a goal's narrative becomes each week: a status update, a comment, nothing."
    )
    portfolio_status: Literal["off", "status_update"] = Field(
        "off", description="What the week's report on a portfolio becomes there: nothing, a status update."
    )
    ask_in_asana: bool = Field(False, description="Ask the reviewers by an approval task in Asana for each plan.")
    reviewers: dict[str, Reviewer] = Field(
        default_factory=dict, description="Approver's name -> who they are in Asana; only their decisions count there."
    )
    nudges_per_person_week: int = Field(
        5, ge=0, description="Most things (tasks, approval tasks) that plans of one week address to one person."
    )

    @model_validator(mode="after")
    def _reviewers_are_approvers(self) -> "ReviewSettings":
        """Each reviewer is one person, and each delegate a reviewer; one person with two names could approve twice."""
        names = {name.strip().casefold() for name in self.reviewers}
        gids = {reviewer.gid for reviewer in self.reviewers.values()}
        if len(names) < len(self.reviewers) or len(gids) < len(self.reviewers):
            raise ValueError("each reviewer needs a name and a gid of their own")
        if self.approvers and (strangers := names - {name.strip().casefold() for name in self.approvers}):
            raise ValueError(f"not among the approvers: {', '.join(sorted(strangers))}")
        for name, reviewer in self.reviewers.items():
            if reviewer.delegate is not None and reviewer.delegate not in self.reviewers:
                raise ValueError(f"the delegate of {name}, {reviewer.delegate}, is not among the reviewers")
        if self.ask_in_asana and not self.reviewers:
            raise ValueError("ask_in_asana needs reviewers")
        return self


class FieldSettings(Section):
    """Custom fields that hold the results."""

    priority: bool = Field(False, description="Also create the fields that priorities of tasks are written to.")
    alias: dict[str, str] = Field(
        default_factory=dict, description="Our field's name, such as ai_confidence_score -> what it is called in Asana."
    )


class CapacitySettings(Section):
    """What people's load leads to."""

    alerts: bool = Field(True, description="A review task a manager and week, of weeks that are likely above 110 %.")
    moves: bool = Field(True, description="Moves of tasks that even out overload are proposed.")
    moves_a_week: int = Field(10, ge=1, le=200, description="Most tasks that are moved in the plans of a week.")
    moves_a_person: int = Field(
        2, ge=1, description="Most moves in the plans of a week that take a task from one person, or give them one."
    )
    moves_a_manager: int = Field(
        5, ge=1, description="Most moves in the plans of a week among the people of one manager."
    )
    managers: dict[str, str] = Field(
        default_factory=dict, description="Person or team gid -> gid of the person who reviews their load."
    )
    breach_odds: float | None = Field(
        OVERLOAD_ODDS,
        gt=0,
        le=1,
        description="Odds of a load above 120 % to which an edit of assignee or dates must not lift one of the next"
        " four weeks; 'none' = edits are not checked.",
    )
    forecast: Literal["off", "people", "tasks"] = Field(
        "off",
        description="Where AI Capacity Forecast goes: on people, for all colleagues to see; on tasks of a private "
        "project, one a person; nowhere.",
    )

    @field_validator("breach_odds", mode="before")
    @classmethod
    def _none_in_words(cls, value: object) -> object:
        """TOML and the environment have no other word for nothing."""
        return None if value in ("", "none") else value


class AlertSettings(Section):
    """Messages that leave for a chat."""

    webhook_url: SecretStr | None = Field(
        None, description="Incoming webhook (Slack and compatible) that alerts are posted to; none = no alerts."
    )

    @field_validator("webhook_url")
    @classmethod
    def _https_only(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None:
            _refuse_plain_http(value.get_secret_value())
        return value


class AuditSettings(Section):
    """Where the proof of the audit chain lies; see docs/audit.md."""

    heads: Path | None = Field(
        None, description="Folder of the signed heads and the keys; default HOME/audit. Better on another machine."
    )
    mirror: bool = Field(
        False, description="Also record each week's writes, with the signed head, as a task in the project AI Audit."
    )


class Settings(BaseSettings):
    """The whole tree. Build it with `load_settings`, which turns mistakes into a `ConfigError`."""

    model_config = SettingsConfigDict(
        env_prefix="ASANA_INTEL_",
        env_nested_delimiter="__",
        extra="forbid",
        frozen=True,
        toml_file=CONFIG_FILE,
        env_ignore_empty=True,
    )

    home: Path = Field(Path(".asana_intel"), description="Folder of the tables and the embedded PostgreSQL.")
    tables: str | None = Field(
        None, description="Where tables live, a folder or object-store URL; default HOME/tables."
    )
    pg_url: SecretStr | None = Field(
        None, description="PostgreSQL for Dagster and the ledger; none = the embedded one."
    )
    mode: Mode = Field(Mode.observe, description="observe, shadow, propose or auto.")
    timezone: str = Field("UTC", description="The workspace's time zone, for schedules.")
    history_start_on: date = Field(date(2004, 1, 5), description="First week (a Monday) that can be replayed.")
    measures: dict[str, str] = Field(
        default_factory=dict,
        description="Goal gid -> SQL over the tables that returns the value of its metric, one number.",
    )
    asana: AsanaSettings = Field(default_factory=AsanaSettings)  # pyright: ignore[reportArgumentType]
    llm: LlmSettings = Field(default_factory=LlmSettings)  # pyright: ignore[reportArgumentType]
    forecast: ForecastSettings = Field(default_factory=ForecastSettings)  # pyright: ignore[reportArgumentType]
    review: ReviewSettings = Field(default_factory=ReviewSettings)  # pyright: ignore[reportArgumentType]
    audit: AuditSettings = Field(default_factory=AuditSettings)  # pyright: ignore[reportArgumentType]
    fields: FieldSettings = Field(default_factory=FieldSettings)  # pyright: ignore[reportArgumentType]
    priority_writes: PriorityWrites = Field(default_factory=PriorityWrites)  # pyright: ignore[reportArgumentType]
    capacity: CapacitySettings = Field(default_factory=CapacitySettings)  # pyright: ignore[reportArgumentType]
    portfolio: PortfolioSettings = Field(default_factory=PortfolioSettings)  # pyright: ignore[reportArgumentType]
    retro: RetroSettings = Field(default_factory=RetroSettings)  # pyright: ignore[reportArgumentType]
    effort: EffortSettings = Field(default_factory=EffortSettings)  # pyright: ignore[reportArgumentType]
    audience: AudienceSettings = Field(default_factory=AudienceSettings)  # pyright: ignore[reportArgumentType]
    alerts: AlertSettings = Field(default_factory=AlertSettings)  # pyright: ignore[reportArgumentType]
    sprint: SprintSettings = Field(default_factory=SprintSettings)  # pyright: ignore[reportArgumentType]
    priority: PrioritySettings = Field(default_factory=PrioritySettings)  # pyright: ignore[reportArgumentType]
    triage: TriageSettings = Field(default_factory=TriageSettings)  # pyright: ignore[reportArgumentType]
    rebalance: RebalanceSettings = Field(default_factory=RebalanceSettings)  # pyright: ignore[reportArgumentType]
    headcount: HeadcountSettings = Field(default_factory=HeadcountSettings)  # pyright: ignore[reportArgumentType]

    def without_credentials(self) -> "Settings":
        """The same without any token or key: what runs with it can neither read Asana nor write to it."""
        secrets = ("token", "writer_token", "oauth_client_secret", "secret_key", "key_command")
        asana = self.asana.model_copy(update=dict.fromkeys(secrets))
        return self.model_copy(update={"asana": asana, "mode": Mode.observe, "alerts": AlertSettings(webhook_url=None)})

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError) as unknown:
            raise ValueError(f"'{value}' is not a time zone (example: Europe/Berlin)") from unknown
        return value

    @field_validator("history_start_on")
    @classmethod
    def _monday(cls, value: date) -> date:
        if value.weekday() != 0:
            raise ValueError(f"{value} is not a Monday")
        return value

    @property
    def tables_root(self) -> str:
        """Root of the Delta tables: a local folder or an object-store URL."""
        return self.tables or str(self.home.absolute() / "tables")

    @property
    def audit_folder(self) -> Path:
        """Folder of the signed heads of the audit chain."""
        return self.audit.heads or self.home / "audit"

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Order of precedence: arguments, environment, file."""
        return (
            init_settings,
            _ShortNames(settings_cls),
            env_settings,
            TomlConfigSettingsSource(settings_cls),
        )


class _ShortNames(PydanticBaseSettingsSource):
    """Reads the documented short variable names, such as ASANA_INTEL_ASANA_TOKEN."""

    def get_field_value(self, field: Any, field_name: str) -> tuple[Any, str, bool]:
        return None, field_name, False

    def __call__(self) -> dict[str, Any]:
        tree: dict[str, Any] = {}
        for variable, (section, field) in ALIASES.items():
            if value := os.environ.get(variable):
                tree.setdefault(section, {})[field] = value
        return tree


def load_settings(**overrides: Any) -> Settings:
    """Read the settings tree.

    Args:
        overrides: Fields that win over file and environment (tests, command-line flags).

    Raises:
        ConfigError: A field is unknown or out of range; the message names each field.
    """
    try:
        return Settings(**overrides)
    except ValidationError as wrong:
        lines = "; ".join(f"{'.'.join(str(p) for p in e['loc'])}: {e['msg']}" for e in wrong.errors())
    except TOMLDecodeError as unreadable:
        lines = f"{CONFIG_FILE} is not TOML: {unreadable}"
    except SettingsError as unreadable:
        lines = str(unreadable)
    raise ConfigError(f"Settings are wrong: {lines}", fix=f"correct {CONFIG_FILE} or the environment")
