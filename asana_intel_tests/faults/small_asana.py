"""An Asana in memory with a clock of its own, whose answers are lost or late as it is told; for tests of any order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from asana_intel.changes.fields import BY_NAME
from asana_intel.changes.identity import markers_in
from asana_intel.errors import PermanentError, RetriableError, UnknownOutcomeError

US = "99"
GOAL, TASK = "1", "5"
FIELDS = {GOAL: "ai_summary", TASK: "ai_risk_flag"}
LONGEST_LATE_S = 150.0  # our timeout and the longest the server may work on a request


@dataclass
class Field:
    """One text field: what stands, and who wrote what over what, oldest first."""

    value: str | None = None
    history: list[dict[str, Any]] = field(default_factory=list)


class SmallAsana:
    """A goal and a task with one field each, and posts on the goal.

    Attributes:
        now: Seconds.
        fates: What happens to the next writes: `lost`, `lost_after`, `limited`, or after how many seconds they take
            effect without an answer; when none is left, all goes well.
        lag: For how many seconds lists do not show what is new.
        fields: By object.
        posts: Markers of what was posted.
    """

    def __init__(self) -> None:
        self.now = 0.0
        self.fates: list[str | float] = []
        self.lag = 0.0
        self.fields = {GOAL: Field(), TASK: Field()}
        self.posts: list[tuple[float, str, str]] = []
        self._under_way: list[tuple[float, str, Callable[[], Any]]] = []
        self._is_restoring = False

    def wait(self, seconds: float) -> None:
        """Let time pass, and what is under way arrive in its order."""
        until = self.now + seconds
        while self._under_way and min(self._under_way)[0] <= until:
            first = min(self._under_way, key=lambda late: late[0])
            self._under_way.remove(first)
            self.now = max(self.now, first[0])
            first[2]()
        self.now = until

    def is_under_way(self, target: str) -> bool:
        """Whether a write to an object may still arrive."""
        return any(gid == target for _, gid, _ in self._under_way)

    def person_writes(self, target: str, value: str) -> None:
        """Somebody sets the field."""
        self._set(target, value, "7")

    def doubles(self) -> list[str]:
        """Markers that stand more than once."""
        return [marker for marker, times in Counter(marker for _, _, marker in self.posts).items() if times > 1]

    # As the writer sees it

    def me(self) -> str:
        return US

    def read(self, target_type: str, target_gid: str, fields: str) -> dict[str, Any]:
        self.wait(0.05)
        spec = BY_NAME[FIELDS[target_gid]]
        entry = {"gid": "77", "name": spec.label, "text_value": self.fields[target_gid].value}
        return {"workspace": {"gid": "900"}, "custom_fields": [entry]}

    def list_field_changes(self, task_gid: str, field_gid: str) -> list[dict[str, Any]]:
        self.wait(0.05)
        return [story for story in self.fields[task_gid].history if story["at"] <= self.now - self.lag]

    def list_comments(self, target_type: str, target_gid: str) -> list[dict[str, Any]]:
        self.wait(0.05)
        return [{"gid": gid, "text": f"ref {marker}"} for at, gid, marker in self.posts if at <= self.now - self.lag]

    def list_status_updates(self, parent_gid: str, created_since: Any = None) -> list[dict[str, Any]]:
        return self.list_comments("goal", parent_gid)

    def set_custom_field(self, target_type: str, target_gid: str, field_gid: str, value: Any) -> dict[str, Any]:
        return self._write(target_gid, lambda: self._set(target_gid, value, US))

    def create_comment(self, target_type: str, target_gid: str, text: str, mention: Any = None) -> dict[str, Any]:
        def post() -> dict[str, Any]:
            (marker,) = markers_in([text])
            self.posts.append((self.now, str(1000 + len(self.posts)), marker))
            return {"gid": self.posts[-1][1]}

        return self._write(target_gid, post)

    def _write(self, target: str, effect: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        self.wait(0.05)
        fate = self.fates.pop(0) if self.fates else "fine"
        if fate == "limited":
            raise RetriableError("429", retry_after_s=1)
        if fate == "refused":
            raise PermanentError("400")
        if isinstance(fate, float):
            self._under_way.append((self.now + fate, target, effect))
            raise UnknownOutcomeError("no answer")
        if fate == "lost":
            raise UnknownOutcomeError("no answer")
        done = effect()
        if fate == "lost_after":
            raise UnknownOutcomeError("no answer")
        return done

    def _set(self, target: str, value: str | None, who: str) -> dict[str, Any]:
        one = self.fields[target]
        if value != one.value:
            told = {"old_text_value": one.value, "new_text_value": value, "created_by": {"gid": who}, "at": self.now}
            one.history.append({"gid": str(len(one.history)), **told})
        one.value = value
        return {"gid": target}
