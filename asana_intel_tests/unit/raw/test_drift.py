"""Drift: records as documented give no finding, and each kind of change gives exactly one, without any value."""

from __future__ import annotations

import json
import runpy
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asana_intel.raw import drift
from asana_intel.raw.drift import Drift, DriftWatch
from asana_intel.raw.expected_types import TABLE, Expected, expected_types

ROOT = Path(__file__).resolve().parents[3]
DOCUMENT = ROOT.parent / "shared" / "asana_oas.min.json"
Record = dict[str, Any]

CANARY = "canary@example.com"
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "string": st.just(CANARY),
    "number": st.integers(-9, 9) | st.sampled_from([0.5, 3.0]),
    "integer": st.integers(-9, 9) | st.just(3.0),
    "boolean": st.booleans(),
    "object": st.just({"gid": "1", "anything": CANARY}),
    "": st.sampled_from([CANARY, 0.5, True]),
}
OTHERS: dict[str, Sequence[Any]] = {
    "string": [7, 0.5, True, [CANARY], {"gid": CANARY}],
    "number": [CANARY, True, [1], {"gid": CANARY}],
    "integer": [CANARY, True, 0.5, [1], {"gid": CANARY}],
    "boolean": [CANARY, 1, [True], {"gid": CANARY}],
    "object": [CANARY, 1, [{"gid": CANARY}]],
}


def asked(resource: str) -> str:
    """The fields of a resource that the table knows, as they are asked for."""
    known = expected_types()[resource]
    return ",".join(path for path in known if not any(other.startswith(f"{path}.") for other in known))


def inside(resource: str, path: str) -> dict[str, Expected]:
    """Members of what stands at a path (the record itself: "")."""
    prefix = f"{path}." if path else ""
    names = {p.removeprefix(prefix): found for p, found in expected_types()[resource].items() if p.startswith(prefix)}
    return {name: found for name, found in names.items() if "." not in name}


@st.composite
def records(draw: Callable[..., Any], resource: str, path: str = "", *, full: bool = False) -> Record:
    """A record of the table; `full` has every member, and every list an item."""
    found: Record = {"gid": "1", "resource_type": "some"} if path else {"gid": "1"}
    for name, expected in inside(resource, path).items():
        here = f"{path}.{name}" if path else name
        if not full and expected.present != "always" and draw(st.booleans()):
            continue
        kind = expected.type.removeprefix("array of ")
        one = records(resource, here, full=full) if kind == "object" and inside(resource, here) else VALUES[kind]
        if kind != expected.type:
            one = st.lists(one, min_size=int(full), max_size=2)
        found[name] = draw(one if full else st.none() | one)
    return found


def parents(record: Record, path: str) -> Iterator[Record]:
    """The objects that hold the member at a path."""
    head, _, rest = path.partition(".")
    if not rest:
        yield record
        return
    for item in record[head] if isinstance(record[head], list) else [record[head]]:
        yield from parents(item, rest)


def watched(resource: str, *lists: list[Record]) -> list[Drift]:
    watch = DriftWatch()
    for records_ in lists:
        watch.observe(resource, asked(resource), records_)
    return watch.findings()


def whats(findings: list[Drift]) -> list[tuple[str, str, str]]:
    return [(f.resource, f.field, f.kind) for f in findings]


a_resource = st.sampled_from(sorted(expected_types()))


@given(st.data(), a_resource)
def test_records_as_documented_give_no_finding(data, resource):
    lists = [data.draw(st.lists(records(resource), max_size=3)) for _ in range(2)]
    assert watched(resource, *lists) == []


@given(st.data(), a_resource)
def test_one_retyped_member_is_the_one_finding(data, resource):
    known = expected_types()[resource]
    path = data.draw(st.sampled_from([path for path, expected in known.items() if expected.type]))
    changed = data.draw(records(resource, full=True))
    holder = next(parents(changed, path))
    kind = known[path].type.removeprefix("array of ")
    other = data.draw(st.sampled_from(OTHERS[kind]))
    if kind != known[path].type:
        other = data.draw(st.sampled_from([[other], CANARY, 1, {"gid": CANARY}]))
    holder[path.rsplit(".", 1)[-1]] = other
    findings = watched(resource, [data.draw(records(resource, full=True)), changed])
    assert whats(findings) == [(resource, path, "retyped")]
    assert CANARY not in str(findings)


@given(st.data(), a_resource)
def test_one_member_that_no_record_has_any_more_is_the_one_finding(data, resource):
    sure = [path for path, expected in expected_types()[resource].items() if expected.present == "always"]
    path = data.draw(st.sampled_from(sure))
    found = data.draw(st.lists(records(resource, full=True), min_size=1, max_size=3))
    for record in found:
        for holder in parents(record, path):
            del holder[path.rsplit(".", 1)[-1]]
    assert whats(watched(resource, found)) == [(resource, path, "missing")]
    held = data.draw(records(resource, full=True))
    assert watched(resource, [*found, held]) == []


@given(st.data(), a_resource)
def test_one_new_member_is_the_one_finding(data, resource):
    path = data.draw(st.sampled_from([*expected_types()[resource]]))
    found = data.draw(records(resource, full=True))
    next(parents(found, path))["vibe"] = data.draw(st.sampled_from([CANARY, 1, None, {"a": CANARY}, [CANARY]]))
    findings = watched(resource, [found])
    assert whats(findings) == [(resource, path.rpartition(".")[0] + "." * ("." in path) + "vibe", "new")]
    assert CANARY not in str(findings)


def test_details_tell_types_and_counts():
    watch = DriftWatch()
    plain = {"gid": "1", "resource_type": "team", "name": "Sales"}
    watch.observe("teams", "name,resource_type,organization.gid", [plain, {**plain, "name": 7, "mood": None}])
    watch.observe("teams", "name,resource_type,organization.gid", [{**plain, "name": ["Sales"], "mood": True}])
    assert watch.findings() == [
        Drift("teams", "mood", "new", "boolean or null, not asked for"),
        Drift("teams", "name", "retyped", "array or integer, where string is documented"),
        Drift("teams", "organization", "missing", "in none of 3 objects that were looked at"),
    ]


def test_keys_that_are_no_names_are_not_repeated():
    watch = DriftWatch()
    watch.observe("teams", "name", [{"gid": "1", "name": "Sales", CANARY: 1, "120034": 2}])
    assert [(f.field, f.kind) for f in watch.findings()] == [("*", "new")]


def test_what_is_asked_for_as_a_whole_may_hold_anything():
    watch = DriftWatch()
    watch.observe("allocations", "effort,effort.type", [{"gid": "1", "effort": {"value": "much", "mood": "good"}}])
    assert watch.findings() == []


def test_an_unknown_table_only_tells_new_members():
    watch = DriftWatch()
    watch.observe("moods", "a.b,c", [{"gid": "1", "a": [{"b": 1, "d": 2}]}])
    assert watch.findings() == [Drift("moods", "a.d", "new", "integer, not asked for")]


def test_nothing_is_missing_from_lists_that_were_empty_or_parents_that_were_null():
    watch = DriftWatch()
    watch.observe("teams", "name", [])
    watch.observe("goals", "metric.unit,owner.gid", [{"gid": "1", "metric": None, "owner": {"gid": "2"}}])
    assert watch.findings() == []


def test_custom_fields_are_missed_only_in_a_workspace_that_has_some():
    watch = DriftWatch()
    watch.observe("tasks", "custom_fields.name", [{"gid": "1"}])
    assert watch.findings() == []  # a free plan
    watch.observe("custom_fields", "name", [{"gid": "2", "name": "Effort"}])
    assert whats(watch.findings()) == [("tasks", "custom_fields", "missing")]


def test_a_member_that_other_fields_brought_is_not_missing():
    watch = DriftWatch()
    watch.observe("teams", "name", [{"gid": "1"}])
    watch.observe("teams", "name,organization.gid", [{"gid": "1", "name": "Sales", "organization": None}])
    assert watch.findings() == []


def test_refused_fields_are_missing_and_told_once():
    watch = DriftWatch()
    watch.observe("sections", "name,project.gid", [{"gid": "1", "name": "To do"}])
    refused = {
        "/projects/{gid}/sections": ["project.gid"],
        "/tasks": ["custom_fields"],
        "/tasks/{gid}/subtasks": ["custom_fields"],
        "/tasks/{gid}": ["custom_fields"],
        "/workspaces/{gid}/tasks/search": ["custom_fields"],
        "/portfolios/{gid}/items": ["name"],
        "/workspaces/{gid}/users/{gid}": ["email"],
    }
    assert [(f.resource, f.field) for f in watch.findings(refused)] == [
        ("portfolio_items", "name"),
        ("sections", "project.gid"),
        ("tasks", "custom_fields"),
        ("users", "email"),
    ]
    assert {f.detail for f in watch.findings(refused)} == {"refused by the server"}


def test_lists_that_are_seen_on_many_threads_are_all_counted():
    watch = DriftWatch()
    with ThreadPoolExecutor(8) as pool:
        for _ in range(400):
            pool.submit(watch.observe, "teams", "name,organization.gid", [{"gid": "1", "name": "Sales"}] * 3)
    assert [f.detail for f in watch.findings()] == ["in none of 1200 objects that were looked at"]


class Touched(Sequence[Record]):
    """A list that knows which of its records were taken."""

    def __init__(self, length: int) -> None:
        self.taken: list[int] = []
        self._length = length

    def __len__(self) -> int:
        return self._length

    def __getitem__(self, index: Any) -> Any:
        if not 0 <= index < self._length:
            raise IndexError(index)
        self.taken.append(index)
        return {"gid": str(index), "name": "Sales"}


def test_of_a_long_list_the_first_the_last_and_some_between_are_looked_at():
    watch, long, short = DriftWatch(), Touched(50_001), Touched(drift.SAMPLE)
    watch.observe("teams", "name", long)
    watch.observe("teams", "name", short)
    assert len(long.taken) == drift.SAMPLE
    assert (long.taken[0], long.taken[-1]) == (0, 50_000)
    assert short.taken == [*range(drift.SAMPLE)]


def test_once_plenty_was_seen_one_record_of_each_list_is_looked_at():
    watch, late = DriftWatch(), [Touched(5) for _ in range(10)]
    for _ in range(drift.PLENTY // 5):
        watch.observe("teams", "name", Touched(5))
    for records_ in late:
        watch.observe("teams", "name", records_)
    assert [len(records_.taken) for records_ in late] == [1] * 10
    assert {records_.taken[0] for records_ in late} == {*range(5)}
    watch.observe("teams", "name", [])


@pytest.fixture(scope="module")
def generator() -> dict[str, Any]:
    return runpy.run_path(str(ROOT / "docs" / "generate_expected_types.py"))


def test_every_field_that_is_asked_for_is_in_the_table(generator: dict[str, Any]):
    every = generator["lists"]()
    assert every.keys() >= {"workspaces", "tasks", "stories", "goals", "status_updates"}
    for resource, (members, _) in every.items():
        unknown = {*members} - {*expected_types().get(resource, {})}
        assert not unknown, "run: python docs/generate_expected_types.py ../shared/asana_oas.min.json"


def test_the_table_says_what_asanas_document_says(generator: dict[str, Any]):
    if not DOCUMENT.exists():
        pytest.skip("Asana's OpenAPI document is not beside the repository")
    assert generator["table"](json.loads(DOCUMENT.read_text())) == TABLE.read_text(), (
        "run: python docs/generate_expected_types.py ../shared/asana_oas.min.json"
    )
