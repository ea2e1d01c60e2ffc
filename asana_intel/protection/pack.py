"""The evidence pack: the register of features with what the settings make of it, as one JSON and one Markdown file.

For an assessment of data protection (DPIA) or of the EU AI Act. What it says of features is the register's.
"""

import json
from typing import Any

from asana_intel import __version__
from asana_intel.protection.features import FEATURES, HIGH_RISK, NOT_DONE, Feature
from asana_intel.settings import MIN_GROUP, Settings
from asana_intel.storage.contracts import CONTRACTS

Pack = dict[str, Any]
_WEEKLY = "Every week's rows, and past versions of them, until the folder is deleted."
# What really happens: nothing runs VACUUM, so that past versions of a Delta table stay until somebody deletes them.
_RETENTION = {
    "raw": "Until the folder is deleted. What is gone in Asana is marked as deleted and kept; former states of a record"
    " stay in raw/record_versions.",
    "staging": "Replaced by each sync; past versions of the table stay until the folder is deleted.",
    "marts": "Replaced by each run; past versions of the table stay until the folder is deleted.",
    "forecasts": _WEEKLY + " Forecasts are scored later.",
    "insights": _WEEKLY,
    "narratives": _WEEKLY,
    "changes": _WEEKLY,
}
_LEDGER_RETENTION = {
    "webhook_delivery": "24 hours after it was taken.",
    "story_debt": "Until the stories were read.",
    "field_owner": "Until the field is handed back.",
    "policy": "Until it is changed or taken back.",
    "audit": "For ever: a chain from which nothing can be taken. Names of those who decided, no values.",
}
_LEDGER_KEPT = "Until the database is deleted."


def evidence_pack(settings: Settings) -> Pack:
    """All of it as one tree that JSON can hold; the same settings give the same tree, and no secret is in it."""
    return {
        "product": f"asana-intel {__version__}",
        "settings": _in_force(settings),
        "high_risk": HIGH_RISK,
        "not_done": list(NOT_DONE),
        "features": [_feature(feature) for feature in FEATURES],
    }


def pack_json(pack: Pack) -> str:
    """The pack for programs."""
    return json.dumps(pack, indent=2, ensure_ascii=False) + "\n"


def pack_markdown(pack: Pack) -> str:
    """The pack for people."""
    lines = [
        "# Evidence pack: personal data in asana-intel",
        "",
        f"Made by {pack['product']} from its own register, contracts and settings. It holds no data about anybody.",
        "",
        "## EU AI Act, Annex III 4(b)",
        "",
        pack["high_risk"],
        "",
        *[f"- {each['name']}" for each in pack["features"] if each["near_annex_iii_4b"]],
        "",
        "## What is not done",
        "",
        *[f"- {line}" for line in pack["not_done"]],
        "",
        "## Settings in force",
        "",
        "| setting | value |",
        "|---|---|",
        *[f"| `{name}` | {_cell(value)} |" for name, value in pack["settings"].items()],
    ]
    for each in pack["features"]:
        lines += ["", *_feature_lines(each)]
    return "\n".join(lines) + "\n"


def _in_force(settings: Settings) -> dict[str, Any]:
    return {
        "mode": settings.mode.value,
        "smallest group": MIN_GROUP,
        "audience.roles": list(settings.audience.roles),
        "audience.weekly_pages": settings.audience.weekly_pages,
        "capacity.alerts": settings.capacity.alerts,
        "capacity.moves": settings.capacity.moves,
        "capacity.breach_odds": settings.capacity.breach_odds,
        "capacity.forecast": settings.capacity.forecast,
        "fields.priority": settings.fields.priority,
        "sprint.may_reassign": settings.sprint.may_reassign,
        "llm.model": settings.llm.model,
        "llm.mode": settings.llm.mode.value,
        "llm.disclosure": settings.llm.disclosure.value,
        "llm.comments": settings.llm.comments,
        "alerts to a chat": settings.alerts.webhook_url is not None,
    }


def _feature(feature: Feature) -> dict[str, Any]:
    stages = dict.fromkeys(table.split("/")[0] for table in feature.tables)
    return {
        "name": feature.name,
        "purpose": feature.purpose,
        "source": feature.source,
        "columns": [_column(table, name) for table, names in feature.tables.items() for name in names.split()],
        "ledger": list(feature.ledger),
        "retention": {f"tables of {stage}": _RETENTION[stage] for stage in stages}
        | {f"PostgreSQL {table}": _LEDGER_RETENTION.get(table, _LEDGER_KEPT) for table in feature.ledger},
        "audience": feature.audience,
        "named_or_counted": feature.named,
        "leaves_the_company": feature.leaves,
        "objection": feature.objection,
        "switch": feature.switch,
        "near_annex_iii_4b": feature.allocates,
    }


def _column(table: str, name: str) -> dict[str, str]:
    about = next(column.about for column in CONTRACTS[table].columns if column.name == name)
    return {"table": table, "column": name, "about": about}


def _feature_lines(feature: dict[str, Any]) -> list[str]:
    tables: dict[str, list[str]] = {}
    for column in feature["columns"]:
        tables.setdefault(column["table"], []).append(column["column"])
    return [
        f"## {feature['name']}",
        "",
        f"- **What for:** {feature['purpose']}",
        f"- **From:** {feature['source']}",
        f"- **Who sees it:** {feature['audience']}",
        f"- **Named or counted:** {feature['named_or_counted']}",
        f"- **Leaves the company:** {feature['leaves_the_company']}",
        f"- **To object or correct:** {feature['objection']}",
        f"- **To turn it off:** {feature['switch']}",
        f"- **Near Annex III 4(b):** {'yes' if feature['near_annex_iii_4b'] else 'no'}",
        *[f"- **Kept, {where}:** {how_long}" for where, how_long in feature["retention"].items()],
        "",
        "| table | columns |",
        "|---|---|",
        *[f"| {table} | {', '.join(names)} |" for table, names in tables.items()],
    ]


def _cell(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(str(each) for each in value) or "nobody"
    return "none" if value in (None, "") else str(value)
