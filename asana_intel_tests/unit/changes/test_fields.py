"""Which field in Asana is ours, and whether it can hold what we write."""

from dataclasses import replace

import polars as pl
import pytest

from asana_intel.changes.fields import BY_NAME, REGISTRY, lock_advice, registry, resolve
from asana_intel.errors import ConfigError

SCORE, HEALTH, PRIORITY = (BY_NAME[n] for n in ("ai_confidence_score", "ai_health", "suggested_priority"))
OPTIONS = [{"gid": str(n), "name": name, "enabled": True} for n, name in enumerate(("High", "Medium", "Low"), 1)]


@pytest.mark.parametrize(
    ("spec", "definition", "says"),
    [
        (SCORE, {"resource_subtype": "text"}, "exists as text, a number is needed"),
        (PRIORITY, {"resource_subtype": "multi_enum"}, "exists as multi_enum, an enum is needed"),
        (SCORE, {"resource_subtype": "number", "format": "none"}, "exists as none, percentage is needed"),
        (HEALTH, {"resource_subtype": "number", "format": "percentage"}, "a plain number is needed"),
        (HEALTH, {"resource_subtype": "number", "format": "none", "precision": 0}, "keeps 0 decimals, 1 are needed"),
        (HEALTH, {"resource_subtype": "number", "is_value_read_only": True}, "can only be read"),
        (HEALTH, {"resource_subtype": "number", "is_formula_field": True}, "can only be read"),
    ],
)
def test_a_field_that_cannot_hold_our_values_says_why(spec, definition, says):
    assert says in spec.misfit(definition)


@pytest.mark.parametrize("precision", [1, 2, 6])
def test_a_field_that_keeps_as_many_decimals_or_more_fits(precision):
    assert HEALTH.misfit({"resource_subtype": "number", "format": "custom", "precision": precision}) is None


def test_our_own_definition_fits_and_is_locked_or_private():
    for spec in BY_NAME.values():
        assert spec.misfit(spec.definition()) is None
        assert spec.definition()["default_access_level"] == "user"
        assert spec.definition(private=True)["privacy_setting"] == "private"
    assert [o["name"] for o in PRIORITY.definition()["enum_options"]] == ["High", "Medium", "Low"]


def test_an_option_that_was_disabled_is_not_on_offer():
    disabled = [OPTIONS[0] | {"enabled": False}, *OPTIONS[1:]]
    assert PRIORITY.lacks({"enum_options": OPTIONS}) == []
    assert PRIORITY.lacks({"enum_options": disabled}) == ["High"]
    assert "does not offer the option 1" in str(PRIORITY.refuses({"enum_options": disabled}, '"1"'))
    assert PRIORITY.refuses({"enum_options": disabled}, '"2"') is None


def test_the_name_that_the_settings_give_is_the_only_one_that_counts():
    there = pl.DataFrame({"field_gid": ["1", "2"], "field_name": ["AI Confidence Score", "Goal Odds"]})
    assert resolve(registry(), there)["ai_confidence_score"].field_gid == "1"
    renamed = registry(alias={"ai_confidence_score": "Goal Odds"})
    assert resolve(renamed, there)["ai_confidence_score"].field_gid == "2"
    assert "ai_confidence_score" not in resolve(renamed, there.head(1))


def test_fields_of_priorities_and_of_people_are_there_only_when_wanted():
    assert registry() == REGISTRY
    wanted = registry(priority=True)
    assert {s.name for s in wanted if s.theirs} == {"category", "complexity", "initial_priority", "priority"}
    assert {s.name for s in wanted if not s.theirs} - {s.name for s in REGISTRY} == {
        "ai_priority_score", "ai_priority_rationale", "ai_confidence", "ai_recommended_sprint",
        "recommended_assignee", "suggested_priority",
    }  # fmt: skip
    assert registry(forecast="people")[-1].target_type == "user"
    assert registry(forecast="tasks")[-1].target_type == "task"


def test_an_alias_for_a_field_that_we_do_not_have_is_refused_by_name():
    with pytest.raises(ConfigError, match="ai_confidense"):
        registry(alias={"ai_confidense": "Odds"})


def test_no_two_fields_of_ours_answer_to_the_same_name():
    names = [name.casefold() for spec in BY_NAME.values() for name in (spec.label, *spec.aliases)]
    assert len(names) == len(set(names))


def test_a_field_that_people_can_edit_is_named_and_one_that_they_cannot_is_not():
    label = {"name": SCORE.label, "gid": "1"}
    assert lock_advice((SCORE,), [label | {"default_access_level": "editor", "privacy_setting": "public"}])
    assert not lock_advice((SCORE,), [label | {"privacy_setting": "private"}])
    assert not lock_advice((SCORE,), [label | {"name": "Their own"}])
    (advice,) = lock_advice((replace(SCORE, label="Odds"),), [label | {"name": "odds"}])
    assert advice.label == "odds"


def test_values_of_several_people_or_options_are_compared_without_their_order():
    people, several = BY_NAME["recommended_assignee"], replace(BY_NAME["category"], value_type="multi_enum")
    assert people.staged({"people_gids": ["72", "71"]}) == people.canonical(["71", "72"]) == '["71", "72"]'
    assert several.staged({"option_gids": ["2", "1"]}) == several.live(
        {"multi_enum_values": [{"gid": "1"}, {"gid": "2"}]}
    )
    assert people.staged({"people_gids": None}) is None


def test_an_option_is_found_by_its_name_whatever_the_case_and_only_where_it_is_offered_once():
    offered = {"enum_options": [{"gid": "1", "name": "High"}, {"gid": "2", "name": "low"}, {"gid": "3", "name": "Low"}]}
    spec = BY_NAME["suggested_priority"]
    assert spec.option(offered, "high") == '"1"'
    assert [spec.option(offered, name) for name in ("Low", "Urgent", None, "")] == [None] * 4


def test_a_choice_can_always_be_cleared():
    entry = {"name": "Suggested Priority", "resource_subtype": "enum", "enum_options": []}
    assert BY_NAME["suggested_priority"].refuses(entry, "null") is None
    assert "does not offer" in (BY_NAME["suggested_priority"].refuses(entry, '"1"') or "")
