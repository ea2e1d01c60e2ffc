"""What is solved says nothing of its own."""

from __future__ import annotations

import ctypes
import sys

import numpy as np
import pytest

from asana_intel.insights import milp


def test_the_solver_is_right_and_what_it_prints_reaches_nobody(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from scipy import optimize

    solve = optimize.milp

    def chatty(*given, **named):
        ctypes.CDLL(None).puts(b"a line of the library's own")
        return solve(*given, **named)

    monkeypatch.setattr(optimize, "milp", chatty)
    sys.stdout.write("before\n")
    limits = [optimize.LinearConstraint(np.array([[2.0, 3.0]]), -np.inf, 4.0)]
    values, most, is_proven = milp.maximise(np.array([2.0, 4.0]), np.ones(2), (0.0, 1.0), limits, {})
    sys.stdout.write("after\n")
    assert values is not None
    assert values.round().tolist() == [0, 1]
    assert (most, is_proven) == (pytest.approx(4.0), True)
    assert capfd.readouterr().out == "before\nafter\n"
