"""Rules that say when something goes wrong: read, matched to requests, counted. What goes wrong is fault_kinds.py's."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from pydantic import BaseModel, ConfigDict, Field, field_validator

from asana_intel.sandbox.catalogue import Key, catalogue
from asana_intel.sandbox.dice import Dice, uniform
from asana_intel.sandbox.exchange import Incoming, Plan
from asana_intel.sandbox.fault_kinds import OF_CONNECTIONS, Kind
from asana_intel.sandbox.identity import fingerprint
from asana_intel.sandbox.world import Fields

_PLACEHOLDER = re.compile(r"\{[^/}]*\}|\*\*|\*")
_BASE = "/api/1.0"


class Match(BaseModel):
    """Which requests a rule means; every member given must hold. Without members: all.

    Attributes:
        method: HTTP method.
        path: Below the base path; `{anything}` is one segment, `*` any part of one, `**` any rest.
        operation: Asana's name of the operation, e.g. `getTask`.
        token: The bearer token, or its fingerprint as the log of requests shows it.
        after_requests: Only once so many requests (of any kind) have come since the rules were set.
        nth: Only the n-th of the requests that match so far, from 1.
        every: Only each n-th of them.
        probability: Only so many of them, by chance; the same ones for the same seed.
        times: At most so often.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    method: str | None = None
    path: str | None = None
    operation: str | None = None
    token: str | None = None
    after_requests: int | None = Field(default=None, ge=0)
    nth: int | None = Field(default=None, ge=1)
    every: int | None = Field(default=None, ge=1)
    probability: float | None = Field(default=None, ge=0, le=1)
    times: int | None = Field(default=None, ge=1)

    @field_validator("path")
    @classmethod
    def _is_absolute(cls, path: str | None) -> str | None:
        if path is not None and not path.startswith(("/", "*")):
            raise ValueError(f"{path} begins with no slash, as every path does")
        return path

    @field_validator("operation")
    @classmethod
    def _is_documented(cls, name: str | None) -> str | None:
        if name is not None and name not in {known.operation_id for known in catalogue().values()}:
            raise ValueError(f"Asana documents no operation {name}")
        return name

    def means(self, request: Incoming, key: Key | None, token: str) -> bool:
        """Tell whether a request is of the kind meant, whatever came before it."""
        return (
            (self.method is None or self.method.upper() == request.method)
            and (self.operation is None or (key is not None and catalogue()[key].operation_id == self.operation))
            and (self.token is None or self.token in (token, fingerprint(token)))
            and (self.path is None or _pattern(self.path).fullmatch(request.path) is not None)
        )


class Rule(BaseModel):
    """One thing that goes wrong, and when."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    name: str | None = None
    match: Match = Match()
    do: Kind


class FaultRules(BaseModel):
    """All rules, and the seed of their chance."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    faults: list[Rule] = []
    seed: int = 0


def _pattern(path: str) -> re.Pattern[str]:
    """Turn a template or glob into a pattern."""
    parts: list[str] = []
    end = 0
    text = path.removeprefix(_BASE)
    for found in _PLACEHOLDER.finditer(text):
        wild = ".*" if found[0] == "**" else "[^/]*" if found[0] == "*" else "[^/]+"
        parts += [re.escape(text[end : found.start()]), wild]
        end = found.end()
    return re.compile("".join([*parts, re.escape(text[end:])]))


@dataclass(slots=True)
class _Standing:
    """A rule with how often it matched and fired."""

    rule: Rule
    name: str
    matched: int = 0
    fired: int = 0


@dataclass
class Faults:
    """The rules in force.

    Args:
        rules: What they are.
    """

    rules: FaultRules = field(default_factory=FaultRules)

    def __post_init__(self) -> None:
        self._standing = [
            _Standing(rule, rule.name or f"{rule.do.kind}-{place}") for place, rule in enumerate(self.rules.faults)
        ]
        self._requests = 0

    def draw(self, request: Incoming, key: Key | None, token: str, *, in_batch: bool = False) -> tuple[Plan, list[str]]:
        """Decide what goes wrong with a request.

        Args:
            request: What came.
            key: The documented operation it means.
            token: Its bearer token; empty without one.
            in_batch: It is an action of a batch, with no connection of its own.

        Returns:
            The plan, and the names of the rules that fired.
        """
        plan, names = Plan(), []
        for standing in self._standing:
            if self._fires(standing, request, key, token, in_batch=in_batch):
                standing.fired += 1
                standing.rule.do.enter(plan, Dice(self.rules.seed, standing.name, standing.matched))
                names.append(standing.name)
        self._requests += 1
        return plan, names

    def _fires(self, standing: _Standing, request: Incoming, key: Key | None, token: str, *, in_batch: bool) -> bool:
        rule, match = standing.rule, standing.rule.match
        if match.after_requests is not None and self._requests < match.after_requests:
            return False
        if not match.means(request, key, token) or not rule.do.fits(request, key):
            return False
        if in_batch and isinstance(rule.do, OF_CONNECTIONS):
            return False
        standing.matched += 1
        chance = uniform(self.rules.seed, standing.name, standing.matched, "fires")
        return (
            (match.nth is None or standing.matched == match.nth)
            and (match.every is None or standing.matched % match.every == 0)
            and (match.probability is None or chance < match.probability)
            and (match.times is None or standing.fired < match.times)
        )

    def listed(self) -> Fields:
        """Tell the seed, and every rule with how often it matched and fired."""
        rules = [
            {
                "name": standing.name,
                "match": standing.rule.match.model_dump(exclude_none=True),
                "do": standing.rule.do.model_dump(exclude_none=True),
                "matched": standing.matched,
                "fired": standing.fired,
            }
            for standing in self._standing
        ]
        return {"seed": self.rules.seed, "faults": rules}
