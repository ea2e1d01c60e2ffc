"""Every operation that the sandbox has answers as Asana's document says: nothing unknown, nothing missing."""

from __future__ import annotations

from typing import Any

import pytest

from asana_intel.sandbox.calls import OPERATIONS
from asana_intel.sandbox.catalogue import catalogue, key_of_request
from asana_intel_tests.unit.sandbox.contract.document import Document, Documented, Schema, is_conditional, is_opt_in
from asana_intel_tests.unit.sandbox.contract.samples import NoSampleError, Stage
from asana_intel_tests.unit.sandbox.worlds import Body

IMPLEMENTED = sorted(documented.operation_id for key, documented in catalogue().items() if key in OPERATIONS)
READS = [name for name in IMPLEMENTED if name.startswith(("get", "search", "typeahead"))]

# Properties that a record may lack though the document does not call them conditional.
MAY_LACK: dict[str, dict[str, str]] = {
    "AttachmentResponse": {"size": "only files that Asana keeps have one"},
    "CustomFieldSettingResponse": {"project": "deprecated name of a parent that is a project; portfolios have none"},
    "EventResponse": {
        "change": "only where something changed",
        "parent": "only where something was added or removed",
        "resource.name": "stories have none",
        "parent.name": "likewise",
    },
    "TaskCountResponse": dict.fromkeys(
        (
            "num_tasks", "num_incomplete_tasks", "num_completed_tasks", "num_milestones",
            "num_incomplete_milestones", "num_completed_milestones",
        ),
        "all six are given only when asked for",
    ),
    "JobResponse": dict.fromkeys(
        (
            "new_project", "new_portfolio", "new_project_template", "new_task_template", "new_graph_export",
            "new_resource_export",
        ),
        "a job names only what it makes",
    ),
    "StoryResponse": {
        "target.created_by": "typed as a task; a goal's comments stand under the goal",
        "target.resource_subtype": "likewise",
    },
}  # fmt: skip

# Lists that a company made by API calls alone leaves empty.
MAY_BE_EMPTY = {"getFavoritesForUser": "favorites are chosen in the interface"}


def failures(document: Document, schema: Schema, value: Any) -> list[str]:
    found = document.validator(schema).iter_errors(value)
    return [f"{'.'.join(map(str, error.absolute_path))}: {error.message[:160]}" for error in found]


def lacking(document: Document, schema: Schema, record: Body) -> list[str]:
    """Name the properties that a full record must have and this one has not."""
    found = [
        [
            name
            for name, about in document.members(choice).items()
            if name not in record and not (is_opt_in(about) or is_conditional(about) or name in excused(schema))
        ]
        for choice in document.choices(schema)
    ]
    return min(found, key=len)


def unasked(document: Document, schema: Schema, record: Body) -> list[str]:
    """Name the properties that must be asked for and this record shows all the same."""
    return [name for name, about in document.members(schema).items() if name in record and is_opt_in(about)]


def excused(schema: Schema) -> dict[str, str]:
    return MAY_LACK.get(schema.get("$ref", "").rpartition("/")[2], {})


def answer_of(stage: Stage, name: str, **more: Any) -> tuple[Documented, Body, dict[str, str]]:
    """Send an operation's sample call; returns what is documented, the body, and the headers."""
    told = stage.document.operations[name]
    try:
        sample = stage.sample(name, query=more or None)
    except NoSampleError as error:
        pytest.fail(f"{name} is implemented and has no sample call: {error}")
    status, body = stage.send(sample)
    assert status == told.status, (name, sample, status, body)
    return told, body, stage.api.headers


@pytest.mark.parametrize("name", IMPLEMENTED)
def test_an_operation_answers_as_documented(stage: Stage, name: str) -> None:
    told, body, headers = answer_of(stage, name)
    document = stage.document
    schema, is_list = document.data_of(told)
    shown = set(document.flat(told.answer)["properties"]) | {"data"}
    assert set(body) - shown == set(), f"{name} answers with members that the document lacks"
    items = body["data"] if is_list else [body["data"]]
    for item in items:
        assert failures(document, schema, item) == []
        assert lacking(document, schema, item) == [], name
        assert unasked(document, schema, item) == [], name
    if is_list and told.method == "GET" and name not in MAY_BE_EMPTY:
        assert items, f"the sample call of {name} finds nothing to check"
    if told.status == 201:
        assert headers["Location"].endswith(f"/{body['data']['gid']}")
        location = headers["Location"].removeprefix("http://sandbox/api/1.0")
        if key_of_request("GET", location):
            assert stage.api.call("GET", location)[0] in (200, 501)


@pytest.mark.parametrize("name", READS)
def test_a_read_gives_every_documented_field_that_is_asked_for(stage: Stage, name: str) -> None:
    told = stage.document.operations[name]
    paths = [path for path in told.opt_fields if path not in ("offset", "path", "uri")]
    if not paths:
        pytest.skip("the document names no fields")
    schema, is_list = stage.document.data_of(told)
    schema = stage.document.full(schema)
    _, body, _ = answer_of(stage, name, opt_fields=",".join(paths))
    for item in body["data"] if is_list else [body["data"]]:
        assert failures(stage.document, schema, item) == []
        assert missing_paths(stage.document, schema, item, paths) == []


def missing_paths(document: Document, schema: Schema, item: Any, paths: list[str]) -> list[str]:
    """Name the asked-for paths that an answer lacks, conditional ones aside."""
    told, heads = document.members(schema), dict.fromkeys(path.partition(".")[0] for path in paths)
    found: list[str] = []
    for head in heads:
        about = told.get(head)
        inner = [path.partition(".")[2] for path in paths if path.startswith(f"{head}.")]
        if about is None:
            continue
        if head not in item:
            found += [] if is_conditional(about) else [head]
            continue
        values = item[head] if isinstance(item[head], list) else [item[head]]
        below = about.get("items", about)
        for value in values:
            if isinstance(value, dict) and inner:
                found += [f"{head}.{path}" for path in missing_paths(document, below, value, inner)]
    return [path for path in dict.fromkeys(found) if path not in excused(schema)]


@pytest.mark.parametrize("name", READS)
def test_a_list_is_paged_where_and_only_where_documented(stage: Stage, name: str) -> None:
    told = stage.document.operations[name]
    if not stage.document.data_of(told)[1]:
        pytest.skip("no list")
    _, body, _ = answer_of(stage, name, limit=1)
    if not told.paged:
        assert not body.get("next_page"), "a list without documented paging gives no offset"
        return
    assert len(body["data"]) <= 1
    assert "next_page" in body
    if body["next_page"]:
        assert set(body["next_page"]) == {"offset", "path", "uri"}
        _, after, _ = answer_of(stage, name, limit=1, offset=body["next_page"]["offset"])
        assert after["data"] != body["data"]
