"""Integer programs solved by HiGHS; which program, its caller says."""

from __future__ import annotations

import ctypes
import os
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, cast

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

_ENDED = {0, 2}
"""Of scipy: solved, and without any solution. A limit of time is 1, one of nodes 4."""
_STDOUT = 1


def maximise(
    gain: Floats,
    whole: Floats,
    bounds: tuple[Floats | float, Floats | float],
    limits: list[Any],
    options: dict[str, float],
) -> tuple[Floats | None, float, bool]:
    """Maximise a sum under linear constraints.

    Args:
        gain: What each variable adds.
        whole: 1 where a variable is a whole number, else 0.
        bounds: Least and most of each variable.
        limits: `scipy.optimize.LinearConstraint`s.
        options: Of `scipy.optimize.milp`.

    Returns:
        Values (None: there are none, or none were found), the most the gain can be (infinite where unknown), and
        whether the search came to its end.
    """
    found = minimise(-gain, whole, bounds, limits, options)
    bound = found.mip_dual_bound
    most = np.inf if bound is None or not np.isfinite(bound) else -float(bound)
    return found.x, most, found.status in _ENDED


def minimise(
    weights: Floats,
    whole: Floats,
    bounds: tuple[Floats | float, Floats | float],
    limits: list[Any],
    options: dict[str, float],
) -> Any:
    """Minimise a sum under linear constraints; arguments as for `maximise`, the result is scipy's."""
    from scipy.optimize import Bounds, milp

    lower, upper = (cast("Any", bound) for bound in bounds)  # arrays, whatever scipy's stubs say
    with _silence():
        return milp(weights, integrality=whole, bounds=Bounds(lower, upper), constraints=limits, options=options)


@contextmanager
def _silence() -> Iterator[None]:
    """Keep to itself a line that HiGHS 1.12 prints now and then, whatever it is told."""
    sys.stdout.flush()
    kept, nowhere = os.dup(_STDOUT), os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, _STDOUT)
        yield
    finally:
        ctypes.CDLL(None).fflush(None)  # what the library has printed and not written yet
        os.dup2(kept, _STDOUT)
        os.close(kept)
        os.close(nowhere)
