"""Custom-field definitions, their options, and where they are attached."""

from __future__ import annotations

from asana_intel.sandbox.calls import Call, Operation, Reply, operation, read_one
from asana_intel.sandbox.custom_values import VALUE_KEYS
from asana_intel.sandbox.edits import default_record, stated_choice, stated_precision, text_fields
from asana_intel.sandbox.rejections import ApiError, invalid
from asana_intel.sandbox.schema import TYPES
from asana_intel.sandbox.standing import attached_fields
from asana_intel.sandbox.world import Fields, setting_record

operation("GET", "/custom_fields/{gid}")(read_one("custom_fields"))

MAX_ATTACHED = 20
_FORMATS = frozenset({"currency", "identifier", "percentage", "custom", "duration", "none"})
_BODY = frozenset(
    {
        "workspace", "resource_subtype", "type", "name", "description", "precision", "format", "currency_code",
        "custom_label", "custom_label_position", "enum_options", "privacy_setting", "has_notifications_enabled",
        "input_restrictions", "default_access_level",
    }
)  # fmt: skip


@operation("GET", "/workspaces/{workspace}/custom_fields")
def get_custom_fields(call: Call, workspace: str) -> Reply:
    """Custom fields of a workspace, in full."""
    call.player.get("workspaces", workspace)
    return call.many("custom_fields", call.player.all("custom_fields"))


@operation("POST", "/custom_fields")
def create_custom_field(call: Call) -> Reply:
    """Define a custom field; its name is unique in the workspace."""
    call.reject_unknown(_BODY)
    call.existing("workspace", "workspaces", call.input("workspace"))
    name = call.input("name")
    subtype = call.data.get("resource_subtype") or call.input("type")
    stated_choice("resource_subtype", subtype, VALUE_KEYS)
    _check_display(call)
    _refuse_taken_name(call, str(name))
    options = call.listed("enum_options")
    if not all(isinstance(option, dict) for option in options):
        raise invalid("enum_options", "Not an array of {name, color}")
    call.player.tick()
    kept = _BODY - {"workspace", "enum_options"}
    fields: Fields = {key: value for key, value in call.data.items() if key in kept}
    fields |= {"resource_subtype": subtype, "type": subtype}
    if subtype == "number":
        fields = {"precision": 0, "format": "none", **fields}
    if subtype in ("enum", "multi_enum"):
        fields["enum_options"] = [_option(call, option) for option in options]
    return call.one(call.player.create(default_record(call, "custom_fields", fields)), 201)


def _check_display(call: Call) -> None:
    stated_choice("format", call.data.get("format", "none"), _FORMATS)
    stated_precision(call.data.get("precision", 0))


def _refuse_taken_name(call: Call, name: str, own: str | None = None) -> None:
    player = call.player
    for gid in player.all("custom_fields"):
        if gid != own and str(player.field(gid, "name")).casefold() == name.casefold():
            raise ApiError(400, f"name: A custom field with the name {name} already exists in this organization")


def _option(call: Call, option: Fields) -> Fields:
    return {
        "gid": call.player.new_gid(),
        "resource_type": "enum_option",
        "name": str(option.get("name", "")),
        "enabled": bool(option.get("enabled", True)),
        "color": option.get("color", "none"),
    }


@operation("PUT", "/custom_fields/{field}")
def update_custom_field(call: Call, field: str) -> Reply:
    """Rename or describe a custom field."""
    call.player.get("custom_fields", field)
    call.reject_unknown({"name", "description", "precision", "format"})
    if "name" in call.data:
        _refuse_taken_name(call, str(call.data["name"]), own=field)
    _check_display(call)
    fields = text_fields(call, ("name", "description"))
    fields.update((name, call.data[name]) for name in ("precision", "format") if name in call.data)
    call.player.tick()
    call.player.write(field, fields)
    return call.one(field)


@operation("DELETE", "/custom_fields/{field}")
def delete_custom_field(call: Call, field: str) -> Reply:
    """Delete a custom field with its values and attachments."""
    call.player.get("custom_fields", field)
    call.player.tick()
    call.player.delete(field)
    return call.done()


@operation("POST", "/custom_fields/{field}/enum_options")
def create_enum_option(call: Call, field: str) -> Reply:
    """Add an option to an enum or multi-enum field."""
    record = call.player.get("custom_fields", field)
    if record.fields["resource_subtype"] not in ("enum", "multi_enum"):
        raise ApiError(400, "custom_field: Not an enum custom field")
    call.input("name")
    call.player.tick()
    option = _option(call, call.data)
    call.player.options.setdefault(field, []).append(option)
    call.player.touch(field)
    return Reply({"data": option}, 201, {"Location": f"{call.base_url}/enum_options/{option['gid']}"})


def _settings_reader(resource: str) -> Operation:
    def get_settings(call: Call, gid: str) -> Reply:
        call.player.get(resource, gid)
        return call.many("custom_field_settings", call.player.related("settings.parent", gid))

    return get_settings


def _attacher(resource: str) -> Operation:
    def attach(call: Call, gid: str) -> Reply:
        player = call.player
        player.get(resource, gid)
        field = call.existing("custom_field", "custom_fields", call.input("custom_field"))
        held = attached_fields(player, gid)
        if field in held:
            raise ApiError(400, f"custom_field: field {field} is already on given object")
        if len(held) >= MAX_ATTACHED:
            raise ApiError(400, f"custom_field: at most {MAX_ATTACHED} fields on one object")
        player.tick()
        important = bool(call.data.get("is_important", False))
        record = setting_record(player.new_gid(), field, gid, TYPES[resource], important=important)
        setting = player.create(record)
        player.note(gid, "changed", call.actor["gid"], {"field": "custom_field_settings", "action": "added"})
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
                change = {"field": "custom_field_settings", "action": "removed"}
                player.note(gid, "changed", call.actor["gid"], change)
                return call.done()
        raise ApiError(400, f"custom_field: field {field} is not on given object")

    return detach


for _resource in ("projects", "portfolios", "goals"):
    operation("GET", f"/{_resource}/{{gid}}/custom_field_settings")(_settings_reader(_resource))
    operation("POST", f"/{_resource}/{{gid}}/addCustomFieldSetting")(_attacher(_resource))
    operation("POST", f"/{_resource}/{{gid}}/removeCustomFieldSetting")(_detacher(_resource))
