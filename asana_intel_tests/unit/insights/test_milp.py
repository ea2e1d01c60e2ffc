"""What is solved says nothing of its own."""

from __future__ import annotations

import os
import subprocess
import sys

PROGRAM = """
import ctypes
import numpy as np
from scipy import optimize

solve = optimize.milp

def chatty(*given, **named):
    ctypes.CDLL(None).puts(b"a line of the library's own")
    return solve(*given, **named)

optimize.milp = chatty
from asana_intel.insights.milp import maximise

print("before")
limits = [optimize.LinearConstraint(np.array([[2.0, 3.0]]), -np.inf, 4.0)]
values, most, is_proven = maximise(np.array([2.0, 4.0]), np.ones(2), (0.0, 1.0), limits, {})
print(values.round().tolist(), round(most, 6), is_proven)
"""


def test_the_solver_is_right_and_what_it_prints_reaches_nobody() -> None:
    buffered = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    ran = subprocess.run([sys.executable, "-c", PROGRAM], env=buffered, capture_output=True, text=True, check=True)
    assert ran.stdout == "before\n[0.0, 1.0] 4.0 True\n"
