"""Errors say what is wrong and what to do."""

from __future__ import annotations

import pickle

import pytest

from asana_intel import errors

ALL = [e for e in vars(errors).values() if isinstance(e, type) and issubclass(e, errors.AsanaIntelError)]


@pytest.mark.parametrize("error", ALL)
def test_every_error_shows_its_fix_beside_its_message(error: type[errors.AsanaIntelError]) -> None:
    raised = error("The token is missing", fix="set ASANA_INTEL_ASANA_TOKEN")
    assert str(raised) == "The token is missing (fix: set ASANA_INTEL_ASANA_TOKEN)"
    assert str(error("It failed")) == "It failed"
    assert raised.exit_code == 1


def test_each_kind_is_told_apart_by_what_the_caller_should_do() -> None:
    kinds = [e for e in ALL if e is not errors.AsanaIntelError]
    assert len(kinds) == 6
    assert all(not issubclass(a, b) for a in kinds for b in kinds if a is not b)
    assert all(f"`{kind.__name__}`" in (errors.__doc__ or "") for kind in kinds)


def test_the_wait_that_a_server_asked_for_is_kept() -> None:
    assert errors.RetriableError("429", retry_after_s=12.5).retry_after_s == 12.5
    assert errors.RetriableError("500").retry_after_s is None


@pytest.mark.parametrize("error", ALL)
def test_an_error_survives_the_way_between_two_programs(error: type[errors.AsanaIntelError]) -> None:
    copied = pickle.loads(pickle.dumps(error("It failed", fix="mend it")))  # as between a step and its run
    assert isinstance(copied, error)
    assert str(copied) == "It failed (fix: mend it)"
