"""The sandbox's tables of compact and opt-in fields agree with Asana's document."""

from __future__ import annotations

import pytest

from asana_intel.sandbox.schema import COMPACT, OPT_IN, TYPES
from asana_intel_tests.unit.sandbox.contract.document import Document, is_opt_in

# Resource -> the document's name of its records, where that is not its `resource_type` in camel case.
_NAMES = {
    "roles": "RbacRole",
    "project_statuses": "ProjectStatus",
    "portfolio_memberships": "DeprecatedPortfolioMembership",
}
_FULL = {
    "project_memberships": "ProjectMembershipNormalResponse",
    "time_tracking_entries": "TimeTrackingEntryBase",
}


def component(resource: str) -> str:
    return _NAMES.get(resource) or "".join(word.capitalize() for word in TYPES[resource].split("_"))


@pytest.mark.parametrize("resource", sorted(COMPACT))
def test_a_compact_record_has_the_documented_members(document: Document, resource: str) -> None:
    told = document.members({"$ref": f"#/components/schemas/{component(resource)}Compact"})
    wanted = {name for name, about in told.items() if not is_opt_in(about)} - {"gid", "resource_type"}
    assert set(COMPACT[resource]) == wanted


@pytest.mark.parametrize("resource", sorted(set(OPT_IN) - {"memberships"}))
def test_what_must_be_asked_for_is_what_the_document_marks(document: Document, resource: str) -> None:
    full = _FULL.get(resource, f"{component(resource)}Response")
    told = document.members({"$ref": f"#/components/schemas/{full}"})
    assert OPT_IN[resource] == {name for name, about in told.items() if is_opt_in(about)}
