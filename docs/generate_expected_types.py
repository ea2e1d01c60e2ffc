"""Writes asana_intel/raw/expected_types.csv from Asana's OpenAPI document: facts on the members that we ask for.

Run with the document as JSON: `python docs/generate_expected_types.py asana_oas.json`.
"""

from __future__ import annotations

import csv
import io
import json
import re
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from asana_intel.asana import fields
from asana_intel.asana.field_fallback import PAID_FIELDS
from asana_intel.raw import streams
from asana_intel.raw.drift import SENT_UNASKED
from asana_intel.raw.expected_types import TABLE
from asana_intel.raw.streams import Stream

Schema = dict[str, Any]

# The document's words for a member that is not there in every record.
_SOMETIMES = re.compile(r"\*Conditional\*|Only relevant for")
# Members that are not there in every record although the document does not say so.
NOT_ALWAYS = {
    ("custom_fields", "currency_code"): "number fields only",
    ("custom_fields", "format"): "number fields only",
    ("allocations", "effort"): "may be left open",
    ("tasks", "memberships.section"): "projects without sections",
    ("projects", "team"): "organizations only",
    ("workspaces", "email_domains"): "organizations only",
}
# Members that a plan may withhold, and the records that show that this one does not.
SHOWN_WITH = {
    ("tasks", "custom_fields"): "custom_fields",
    ("projects", "custom_field_settings"): "custom_fields",
    ("tasks", "actual_time_minutes"): "time_tracking_entries",
}
# Types that the document has wrong.
MISTYPED = {
    ("stories", "old_number_value"): "an integer; custom fields hold fractions",
    ("stories", "new_number_value"): "an integer; custom fields hold fractions",
}


class Document:
    """The document's schemas and lists.

    Args:
        source: The parsed JSON.
    """

    def __init__(self, source: Schema) -> None:
        self._schemas: dict[str, Schema] = source["components"]["schemas"]
        self._reads = {
            re.sub(r"{\w+}", "{}", path): item["get"] for path, item in source["paths"].items() if "get" in item
        }

    def item(self, path: str) -> Schema:
        """Schema of a list's items."""
        body = self._reads[path]["responses"]["200"]["content"]["application/json"]["schema"]
        return body["properties"]["data"]["items"]

    def opt_fields(self, path: str) -> set[str]:
        """The members that a list says it can be asked for."""
        return {
            name
            for parameter in self._reads[path]["parameters"]
            if parameter.get("name") == "opt_fields"
            for name in parameter["schema"]["items"]["enum"]
        }

    def parts(self, schema: Schema) -> Iterator[Schema]:
        """A schema and all that it is put together from."""
        yield schema
        for inner in (*schema.get("allOf", ()), *schema.get("anyOf", ()), *schema.get("oneOf", ())):
            yield from self.parts(inner)
        if "$ref" in schema:
            yield from self.parts(self._schemas[schema["$ref"].rsplit("/", 1)[-1]])

    def properties(self, schema: Schema) -> Iterator[dict[str, Schema]]:
        """Members of an object; those that only `opt_fields` adds to a compact record come last."""
        parts = [*self.parts(schema)]
        names = [part["$ref"].rsplit("/", 1)[-1] for part in parts if part.get("$ref", "").endswith("Compact")]
        fuller = [name.removesuffix("Compact") + suffix for name in names for suffix in ("Base", "Response")]
        for name in fuller:
            parts += self.parts(self._schemas.get(name, {}))
        return (part["properties"] for part in parts if "properties" in part)

    def member(self, schema: Schema, path: str) -> Schema | None:
        """Schema of what stands at a dotted path; lists on the way are gone into."""
        found: Schema | None = schema
        for name in path.split("."):
            if found is None:
                return None
            inside = next((part["items"] for part in self.parts(found) if "items" in part), found)
            found = next((known[name] for known in self.properties(inside) if name in known), None)
        return found

    def type_of(self, schema: Schema) -> str:
        """JSON type of a member, e.g. `array of object`; empty where the document tells none."""
        kind = next((part["type"] for part in self.parts(schema) if "type" in part), "")
        if kind != "array":
            return kind
        return f"array of {self.type_of(next(part['items'] for part in self.parts(schema) if 'items' in part))}"

    def is_conditional(self, schema: Schema) -> bool:
        """Whether the document says that a member is not always there."""
        return any(_SOMETIMES.search(part.get("description", "")) for part in self.parts(schema))


def table(source: Schema) -> str:
    """The whole table as CSV.

    Args:
        source: Asana's OpenAPI document, parsed.
    """
    document = Document(source)
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(("resource", "field", "type", "present"))
    for resource, (members, paths) in sorted(lists().items()):
        for field in members:
            writer.writerow((resource, field, *_facts(document, resource, field, paths)))
    return file.getvalue()


def lists() -> dict[str, tuple[list[str], set[str]]]:
    """Raw table -> every member on the way to what is asked for, sorted, and the paths of the lists that fill it."""
    asked = defaultdict(set, workspaces=_members(fields.WORKSPACES))
    paths = defaultdict(set, workspaces={"/workspaces"})
    for value in vars(streams).values():
        for stream in value.values() if isinstance(value, dict) else value if isinstance(value, tuple) else (value,):
            if isinstance(stream, Stream):
                asked[stream.resource] |= _members(stream.fields)
                paths[stream.resource].add(stream.path)
    return {resource: (sorted(asked[resource]), paths[resource]) for resource in asked}


def _members(opt_fields: str) -> set[str]:
    paths = [path.split(".") for path in opt_fields.split(",")]
    return {".".join(path[:depth]) for path in paths for depth in range(1, len(path) + 1)}


def _facts(document: Document, resource: str, field: str, paths: set[str]) -> tuple[str, str]:
    """Type of a member, and when it is there."""
    found = next(filter(None, (document.member(document.item(path), field) for path in sorted(paths))), None)
    if found is None:
        return "", "sometimes"
    kind = "" if (resource, field) in MISTYPED else document.type_of(found)
    if (resource, field) in SHOWN_WITH:
        return kind, f"with {SHOWN_WITH[resource, field]}"
    if field.rsplit(".", 1)[-1] in SENT_UNASKED:
        return kind, "always"
    rare = (
        document.is_conditional(found)
        or field in PAID_FIELDS
        or (resource, field) in NOT_ALWAYS
        or (resource == "stories" and "." in field)  # which part of a change is told depends on the subtype
        or not all(field in document.opt_fields(path) for path in paths)
    )
    return kind, "sometimes" if rare else "always"


if __name__ == "__main__":
    TABLE.write_text(table(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))), encoding="utf-8")
