"""Asana's OpenAPI document as the tests read it: operations, flattened schemas, closed validators. No sandbox here.

The document is OpenAPI 3.0 with quirks that a plain validator trips over; what is done about each:

- nullability by `allOf: [$ref, {nullable: true}]`: schemas are flattened first; a nullable part makes it so;
- null told in prose only ("`null` if there is no sticker"), or not at all (`NULL_TOO`), and a nullable `enum` without
  null: null is added;
- `required` on responses: dropped, as `opt_fields` may leave anything out (what must be there, `expected` says);
- lists typed as compact records: items are held to the full record where `opt_fields` asked for more;
- no `additionalProperties: false` anywhere: every object with listed properties is closed;
- `custom_fields` maps typed as text: any value is legal in a request.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

Schema = dict[str, Any]
PATH = Path(__file__).resolve().parents[5] / "shared" / "asana_oas.min.json"
PAGING = ("limit", "offset", "opt_fields", "opt_pretty")
_PATTERNS = {
    "date": r"^\d{4}-\d\d-\d\d$",
    "date-time": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$",
}


@dataclass(frozen=True)
class Documented:
    """One operation as the document tells it.

    Attributes:
        name: Its operationId.
        method: HTTP method.
        path: With the parts in braces.
        status: The one status of success.
        answer: Schema of the whole body of success.
        body: Schema of the request's `data` (of the form, for uploads); None where there is no body.
        query: Query parameters by name, without those of paging and output.
        paged: Whether it takes `limit`.
        opt_fields: Every documented value of `opt_fields`.
    """

    name: str
    method: str
    path: str
    status: int
    answer: Schema
    body: Schema | None
    query: dict[str, Schema]
    paged: bool
    opt_fields: tuple[str, ...]


class Document:
    """The document, read once.

    Args:
        source: The parsed JSON.
    """

    def __init__(self, source: Schema) -> None:
        self._source = source
        self._validators: dict[str, Draft202012Validator] = {}

    @cached_property
    def operations(self) -> dict[str, Documented]:
        """All operations, by operationId."""
        return {found.name: found for found in self._operations()}

    def _operations(self) -> Iterator[Documented]:
        for path, item in self._source["paths"].items():
            for method, told in item.items():
                if method == "parameters":
                    continue
                parameters = [self.resolve(p) for p in item.get("parameters", []) + told.get("parameters", [])]
                query = {p["name"]: p for p in parameters if p["in"] == "query"}
                status, answer = next((c, r) for c, r in told["responses"].items() if c.startswith("2"))
                (content,) = self.resolve(answer)["content"].values()
                yield Documented(
                    name=told["operationId"],
                    method=method.upper(),
                    path=path,
                    status=int(status),
                    answer=content["schema"],
                    body=self._body(told),
                    query={name: p for name, p in query.items() if name not in PAGING},
                    paged="limit" in query,
                    opt_fields=tuple(query.get("opt_fields", {}).get("example", ())),
                )

    def _body(self, told: Schema) -> Schema | None:
        if "requestBody" not in told:
            return None
        (content,) = self.resolve(told["requestBody"])["content"].values()
        return self.flat(content["schema"])["properties"].get("data", content["schema"])

    def resolve(self, schema: Schema) -> Schema:
        """Follow `$ref` to what it names."""
        while "$ref" in schema:
            found: Any = self._source
            for part in schema["$ref"].split("/")[1:]:
                found = found[part]
            schema = found
        return schema

    def flat(self, schema: Schema) -> Schema:
        """Merge the parts of `allOf` into one schema; its properties stay as they are."""
        merged: Schema = {"properties": {}}
        for part in self._parts(schema):
            merged["properties"] = {**merged["properties"], **part.get("properties", {})}
            merged["nullable"] = merged.get("nullable", False) or part.get("nullable", False)
            merged["required"] = {*merged.get("required", ()), *part.get("required", ())}
            about = " ".join(filter(None, (merged.get("description"), part.get("description"))))
            told = {k: v for k, v in part.items() if k not in ("properties", "nullable", "required", "allOf", "$ref")}
            merged = {**merged, **told, "description": about}
        says_null = any(words in merged["description"] for words in ("`null` if", "will be null", "will be `null`"))
        merged["nullable"] = merged["nullable"] or says_null
        return merged

    def _parts(self, schema: Schema) -> Iterator[Schema]:
        beside = {name: value for name, value in schema.items() if name not in ("$ref", "allOf")}
        found = self.resolve(schema)
        for part in found.get("allOf", ()):
            yield from self._parts(part)
        yield found
        if "$ref" in schema and beside:
            yield beside

    # -- answers

    def data_of(self, operation: Documented) -> tuple[Schema, bool]:
        """Return the schema of the answer's `data`, or of its items, and whether it is a list."""
        data = self.flat(operation.answer)["properties"].get("data", {})
        told = self.flat(data)
        return (told["items"], True) if told.get("type") == "array" else (data, False)

    def full(self, schema: Schema) -> Schema:
        """Return the full record's schema of a compact one (`XCompact` -> `XResponse`), or the same."""
        name = schema.get("$ref", "").rpartition("/")[2]
        for found in _FULL_NAMES.get(name, (name.replace("Compact", "Response"), name.replace("Compact", "Base"))):
            if name.endswith("Compact") and found in self._source["components"]["schemas"]:
                return {"$ref": f"#/components/schemas/{found}"}
        return schema

    def choices(self, schema: Schema) -> list[Schema]:
        """Return the alternatives of a schema, or itself."""
        return self.resolve(schema).get("anyOf") or [schema]

    def members(self, schema: Schema) -> dict[str, Schema]:
        """Return the flattened properties of a record, those of all its alternatives."""
        found: dict[str, Schema] = {}
        for choice in self.choices(schema):
            found.update({name: self.flat(told) for name, told in self.flat(choice)["properties"].items()})
        return found

    def validator(self, schema: Schema) -> Draft202012Validator:
        """Make a closed validator of an answer's part: unknown members and wrong types fail, missing ones do not."""
        key = json.dumps(schema)
        if key not in self._validators:
            self._validators[key] = Draft202012Validator(self._closed(schema))
        return self._validators[key]

    def _closed(self, schema: Schema) -> Schema:
        alternatives = self.resolve(schema).get("anyOf") or self.resolve(schema).get("oneOf")
        if alternatives:
            return {"anyOf": [self._closed(choice) for choice in alternatives]}
        told = self.flat(schema)
        kind = told.get("type") or ("object" if told["properties"] else None)
        if kind is None:
            return {}
        closed: Schema = {"type": [kind, "null"] if told["nullable"] else kind}
        if "enum" in told:
            closed["enum"] = [*told["enum"], *([None] if told["nullable"] else [])]
        if told.get("format") in _PATTERNS:
            closed["pattern"] = _PATTERNS[told["format"]]
        if kind == "array":
            closed["items"] = self._closed(told.get("items", {}))
        if kind == "object" and told["properties"]:
            closed["properties"] = {name: self._closed(inner) for name, inner in told["properties"].items()}
            for named in self._names(schema):
                for name in SUBTYPED.get(named, ()):
                    closed["properties"][name]["properties"]["resource_subtype"] = {"type": "string"}
                for name in NULL_TOO.get(named, ()):
                    closed["properties"][name] = {"anyOf": [closed["properties"][name], {"type": "null"}]}
            closed["additionalProperties"] = bool(told.get("additionalProperties"))
        return closed

    def _names(self, schema: Schema) -> set[str]:
        """Name the components that a schema is, or is made of."""
        found = {schema["$ref"].rpartition("/")[2]} if "$ref" in schema else set()
        return found.union(*(self._names(part) for part in self.resolve(schema).get("allOf", ())))


_FULL_NAMES = {
    "DeprecatedPortfolioMembershipCompact": ("DeprecatedPortfolioMembershipResponse",),
    "ProjectMembershipCompact": ("ProjectMembershipNormalResponse",),
    "MembershipCompact": ("MembershipResponse",),
    "TimeTrackingEntryCompact": (),
}


# Schema -> what may be null though the document does not say so.
NULL_TOO = {
    # A project may be shared with no team since teams became one kind of member.
    "ProjectResponse": ("team",),
    # Time may be logged on a task that is in no project.
    "TimeTrackingEntryBase": ("attributable_to",),
    "TimeTrackingEntryCompact": ("attributable_to",),
    # A budget whose total is switched off has none; an export that runs is not done.
    "BudgetTotalResponse": ("units", "value"),
    "GraphExportCompact": ("completed_at",),
    "ResourceExportCompact": ("completed_at",),
    # Who is deleted takes no parent along.
    "EventResponse": ("parent", "user"),
    # Nothing was delivered yet, nothing failed.
    "WebhookResponse": (
        "failure_deletion_timestamp", "last_failure_at", "last_failure_content", "last_success_at",
        "next_attempt_after",
    ),
}  # fmt: skip

# Schema -> references that carry a `resource_subtype` in practice, as clients filter events by it.
SUBTYPED = {"EventResponse": ("resource", "parent")}


def is_opt_in(told: Schema) -> bool:
    """Tell whether a property comes only when it is asked for."""
    return "[Opt In]" in told["description"] or "only returned when requesting it via opt_fields" in told["description"]


def is_conditional(told: Schema) -> bool:
    """Tell whether a property may be missing from a full record."""
    about = told["description"] + told.get("items", {}).get("description", "")
    return "Conditional" in about or "Only relevant for custom fields" in about


def load() -> Document | None:
    """Read the document beside the repository, or None."""
    return Document(json.loads(PATH.read_text(encoding="utf-8"))) if PATH.exists() else None
