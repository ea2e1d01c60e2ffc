"""Custom-field definitions, their options, and where they are attached."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from asana_intel.sandbox.calls import Call, Operation, Reply, operation, read_one
from asana_intel.sandbox.custom_values import VALUE_KEYS
from asana_intel.sandbox.edits import default_record, stated_choice, stated_flag, stated_precision, text_fields
from asana_intel.sandbox.order import END, asked_rank
from asana_intel.sandbox.rejections import ApiError, invalid, missing, unknown
from asana_intel.sandbox.schema import TYPES
from asana_intel.sandbox.standing import attached_fields, rank_of, settings_in_order
from asana_intel.sandbox.world import Fields, setting_record
from asana_intel.sandbox.writes import change, delete_one

operation("GET", "/custom_fields/{gid}")(read_one("custom_fields"))
operation("DELETE", "/custom_fields/{gid}")(delete_one("custom_fields"))

MAX_ATTACHED = 20
MAX_OPTIONS = 500
_CHOICES: dict[str, tuple[str, ...]] = {
    "format": ("currency", "identifier", "percentage", "custom", "duration", "none"),
    "custom_label_position": ("prefix", "suffix"),
    "privacy_setting": ("public_with_guests", "public", "private"),
    "default_access_level": ("admin", "editor", "user"),
}
_TARGETS = ("task", "project", "portfolio", "goal")
_TEXTS = ("name", "description", "currency_code", "custom_label")
# Asana's document offers these at creation; they belong to values, or to apps on a list of its own, and do nothing.
_WITHOUT_EFFECT = frozenset(
    {
        "id_prefix", "is_formula_field", "date_value", "enum_value", "multi_enum_values", "number_value", "text_value",
        "people_value", "reference_value", "owned_by_app",
    }
)  # fmt: skip
_DEFINITION = frozenset({*_TEXTS, *_CHOICES, "precision", "has_notifications_enabled", "input_restrictions"})
_CREATION = _DEFINITION | _WITHOUT_EFFECT | {"workspace", "resource_subtype", "type", "enum_options"}
# Names of the properties that every task has.
_TAKEN = frozenset({"due date", "assignee", "name", "description", "start date", "projects", "tags", "created at"})


@operation("GET", "/workspaces/{workspace}/custom_fields")
def get_custom_fields(call: Call, workspace: str) -> Reply:
    """Custom fields of a workspace, in full."""
    call.player.get("workspaces", workspace)
    return call.many("custom_fields", call.player.all("custom_fields"))


@operation("POST", "/custom_fields")
def create_custom_field(call: Call) -> Reply:
    """Define a custom field; its name is unique in the workspace."""
    return call.one(_define(call), 201)


def _define(call: Call) -> str:
    """Create the definition that the body describes, sent on its own or inside `addCustomFieldSetting`."""
    call.reject_unknown(_CREATION)
    call.existing("workspace", "workspaces", call.input("workspace"))
    call.input("name")
    subtype = call.data.get("resource_subtype") or call.input("type")
    stated_choice("resource_subtype", subtype, VALUE_KEYS)
    fields = {**_definition(call, subtype), "resource_subtype": subtype, "type": subtype}
    options = _stated_options(call) if subtype in ("enum", "multi_enum") else None
    call.player.tick()
    if options is not None:
        fields["enum_options"] = [_option(call, option) for option in options]
    gid = call.player.create(default_record(call, "custom_fields", fields))
    call.player.note(gid, "added", call.actor["gid"])
    return gid


def _definition(call: Call, subtype: str) -> Fields:
    """Read what a definition says about how a field looks and what it takes."""
    body = call.data
    fields = text_fields(call, [name for name in _TEXTS if body.get(name) is not None])
    if "name" in fields:
        _refuse_taken_name(call, fields["name"])
    for name, choices in _CHOICES.items():
        if body.get(name) is not None:
            fields[name] = stated_choice(name, body[name], choices)
    if "precision" in body:
        fields["precision"] = stated_precision(body["precision"])
    if "has_notifications_enabled" in body:
        name = "has_notifications_enabled"
        fields[name] = stated_flag(name, body[name])
    if subtype == "reference" or "input_restrictions" in body:
        targets = call.listed("input_restrictions")
        if subtype == "reference" and not targets:
            raise missing("input_restrictions")
        fields["input_restrictions"] = [stated_choice("input_restrictions", item, _TARGETS) for item in targets]
    return fields


def _refuse_taken_name(call: Call, name: str, own: str | None = None) -> None:
    player = call.player
    if name.casefold() in _TAKEN:
        raise ApiError(400, f"name: {name} is the name of a property that tasks have")
    for gid in player.all("custom_fields"):
        if gid != own and str(player.field(gid, "name")).casefold() == name.casefold():
            raise ApiError(400, f"name: A custom field with the name {name} already exists in this organization")


@operation("PUT", "/custom_fields/{field}")
def update_custom_field(call: Call, field: str) -> Reply:
    """Rename or describe a custom field, or change how it looks; its type stays."""
    player = call.player
    subtype = player.get("custom_fields", field).fields["resource_subtype"]
    call.reject_unknown(_DEFINITION | _WITHOUT_EFFECT | {"workspace", "enum_options"})
    if "name" in call.data:
        _refuse_taken_name(call, str(call.data["name"]), own=field)
    if str(call.data.get("name", "")) == player.field(field, "name"):
        call.data.pop("name")
    if subtype == "reference" and "input_restrictions" not in call.data:
        call.data["input_restrictions"] = player.field(field, "input_restrictions") or list(_TARGETS)
    change(call, field, _definition(call, subtype))
    return call.one(field)


# -- options


def _stated_options(call: Call) -> list[Fields]:
    options = call.listed("enum_options")
    if not all(isinstance(option, dict) and isinstance(option.get("color") or "", str) for option in options):
        raise invalid("enum_options", "Not an array of {name, color}")
    if len(options) > MAX_OPTIONS:
        raise ApiError(400, f"enum_options: A custom field can have at most {MAX_OPTIONS} options")
    return options


def _option(call: Call, option: Fields) -> Fields:
    return {
        "gid": call.player.new_gid(),
        "resource_type": "enum_option",
        "name": str(option.get("name", "")),
        "enabled": bool(option.get("enabled", True)),
        "color": option.get("color") or "none",
    }


def _options_of(call: Call, field: str) -> list[Fields]:
    record = call.player.get("custom_fields", field)
    if record.fields["resource_subtype"] not in ("enum", "multi_enum"):
        raise ApiError(400, "custom_field: Not an enum custom field")
    return list(call.player.field(field, "enum_options") or [])


@operation("POST", "/custom_fields/{field}/enum_options")
def create_enum_option(call: Call, field: str) -> Reply:
    """Add an option to an enum or multi-enum field, at the end unless the request says where."""
    call.reject_unknown({"name", "color", "enabled", "insert_before", "insert_after"})
    options = _options_of(call, field)
    for name in ("name", "color"):
        if not isinstance(call.data.get(name) or "", str):
            raise invalid(name, "Not a string")
    call.input("name")
    if len(options) >= MAX_OPTIONS:
        raise ApiError(400, f"custom_field: A custom field can have at most {MAX_OPTIONS} options")
    place = _place(options, call.data.get("insert_before"), call.data.get("insert_after"))
    option = _option(call, call.data)
    change(call, field, {"enum_options": [*options[:place], option, *options[place:]]})
    return call.view("enum_options", option, 201)


def _place(options: list[Fields], before: Any, after: Any) -> int:
    if before is not None and after is not None:
        raise ApiError(400, "insert_before: Only one of before and after can be given")
    neighbour = before if before is not None else after
    if neighbour is None:
        return len(options)
    for index, option in enumerate(options):
        if option["gid"] == neighbour:
            return index + (before is None)
    raise unknown("enum_option", neighbour)


@operation("POST", "/custom_fields/{field}/enum_options/insert")
def insert_enum_option(call: Call, field: str) -> Reply:
    """Move an option of a field before or after another."""
    call.reject_unknown({"enum_option", "before_enum_option", "after_enum_option"})
    options, wanted = _options_of(call, field), str(call.input("enum_option"))
    option = next((item for item in options if item["gid"] == wanted), None)
    if option is None:
        raise unknown("enum_option", wanted)
    before, after = call.data.get("before_enum_option"), call.data.get("after_enum_option")
    rest = [item for item in options if item is not option]
    place = _place(rest, before, after)
    change(call, field, {"enum_options": [*rest[:place], option, *rest[place:]]})
    return call.view("enum_options", option)


@operation("PUT", "/enum_options/{option}")
def update_enum_option(call: Call, option: str) -> Reply:
    """Rename, colour or disable an option; options are never deleted, and one stays enabled."""
    call.reject_unknown({"name", "color", "enabled"})
    player = call.player
    for field in player.all("custom_fields"):
        options = player.field(field, "enum_options") or []
        found = next((item for item in options if item["gid"] == option), None)
        if found:
            fields = text_fields(call, ("name", "color"))
            if "enabled" in call.data:
                fields["enabled"] = stated_flag("enabled", call.data["enabled"])
            changed = {**found, **fields}
            after = [changed if item is found else item for item in options]
            if not any(item.get("enabled", True) for item in after):
                raise ApiError(400, "enabled: An enum custom field needs at least one enabled option")
            change(call, field, {"enum_options": after})
            return call.view("enum_options", changed)
    raise unknown("enum_option", option)


# -- settings


def _settings_reader(resource: str) -> Operation:
    def get_settings(call: Call, gid: str) -> Reply:
        call.player.get(resource, gid)
        return call.many("custom_field_settings", settings_in_order(call.player, gid))

    return get_settings


def _attacher(resource: str) -> Operation:
    def attach(call: Call, gid: str) -> Reply:
        player = call.player
        player.get(resource, gid)
        call.reject_unknown({"custom_field", "is_important", "insert_before", "insert_after"})
        held, settings = attached_fields(player, gid), settings_in_order(player, gid)
        if len(held) >= MAX_ATTACHED:
            raise ApiError(400, f"custom_field: at most {MAX_ATTACHED} fields on one object")
        important = stated_flag("is_important", call.data["is_important"]) if "is_important" in call.data else False
        given = call.input("custom_field")
        rank = asked_rank(call, settings, lambda setting: rank_of(player, setting), END)
        if isinstance(given, dict):
            field = _define(replace(call, data=dict(given)))
        else:
            field = call.existing("custom_field", "custom_fields", given)
        if field in held:
            raise ApiError(400, f"custom_field: field {field} is already on given object")
        player.tick()
        record = setting_record(player.new_gid(), field, gid, TYPES[resource], important=important)
        record.set_field("rank", rank)
        setting = player.create(record)
        change = {"field": "custom_field_settings", "action": "added", "added_value": player.ref(field)}
        player.note(gid, "changed", call.actor["gid"], change)
        return call.one(setting)

    return attach


def _detacher(resource: str) -> Operation:
    def detach(call: Call, gid: str) -> Reply:
        player = call.player
        player.get(resource, gid)
        field = str(call.input("custom_field"))
        for setting in player.related("settings.parent", gid):
            if player.field(setting, "custom_field")["gid"] == field:
                player.tick()
                player.delete(setting)
                change = {"field": "custom_field_settings", "action": "removed", "removed_value": player.ref(field)}
                player.note(gid, "changed", call.actor["gid"], change)
                return call.done()
        raise ApiError(400, f"custom_field: field {field} is not on given object")

    return detach


for _resource in ("projects", "portfolios", "goals"):
    operation("GET", f"/{_resource}/{{gid}}/custom_field_settings")(_settings_reader(_resource))
    operation("POST", f"/{_resource}/{{gid}}/addCustomFieldSetting")(_attacher(_resource))
    operation("POST", f"/{_resource}/{{gid}}/removeCustomFieldSetting")(_detacher(_resource))
