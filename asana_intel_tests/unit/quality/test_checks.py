"""What a suite finds, as Dagster shows it: a warning where people read, a stop where the odds are made."""

import dagster as dg
import pytest

from asana_intel.quality.checks import build_checks
from asana_intel.settings import load_settings
from asana_intel.storage.resources import DeltaIOManager
from asana_intel.storage.tables import TableStore
from asana_intel_tests.unit.quality.test_forecast_suites import CAUSE, LOAD, SCORE, frame_of


@pytest.fixture
def check(tmp_path):
    """Make tables and run the checks on them: whether the run succeeded, and the evaluations by table."""

    def run(**rows):
        frames = {f"forecasts/{name}": frame_of(f"forecasts/{name}", *given) for name, given in rows.items()}
        task = {"task_gid": "11", "is_completed": False, "created_at": CAUSE["as_of_at"]}
        frames["staging/tasks"] = frame_of("staging/tasks", task)
        tables = TableStore(str(tmp_path))
        assets = [_asset(key, frame) for key, frame in frames.items()]
        checks = [one for one in build_checks() if all(key.asset_key.path[-1] in rows for key in one.check_keys)]
        resources = {"tables": tables, "settings": load_settings(home=tmp_path), "io_manager": DeltaIOManager(tables)}
        with dg.DagsterInstance.ephemeral() as instance:
            done = dg.materialize([*assets, *checks], resources=resources, instance=instance, raise_on_error=False)
        return done.success, {e.asset_key.path[-1]: e for e in done.get_asset_check_evaluations()}

    return run


def _asset(key, frame):
    @dg.asset(key=key.split("/"))
    def table():
        return frame

    return table


def test_a_cause_is_held_to_the_load_beside_it(check):
    is_done, found = check(person_load=[LOAD], load_causes=[CAUSE])
    assert is_done
    assert all(evaluation.passed for evaluation in found.values())


def test_a_cause_without_its_week_is_a_warning_with_ids_alone(check):
    is_done, found = check(person_load=[], load_causes=[CAUSE])
    assert is_done
    evaluation = found["load_causes"]
    assert (evaluation.passed, evaluation.severity) == (False, dg.AssetCheckSeverity.WARN)
    (failed,) = evaluation.metadata["failed"].value
    assert failed["check"] == "week_is_in_person_load"
    assert failed["keys"] == ["2026-11-16:7:2026-11-23:11"]


def test_a_wrong_score_fails_the_run(check):
    is_done, found = check(forecast_scores=[SCORE | {"brier": 0.9}])
    assert not is_done
    assert found["forecast_scores"].severity == dg.AssetCheckSeverity.ERROR
