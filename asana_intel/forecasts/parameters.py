"""Parameters of many goals in one object: one array per parameter, picked by row; no model here."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True)
class Parameters:
    """Base of frozen dataclasses whose fields are arrays with one row per goal, or parameters themselves."""

    def take(self, rows: NDArray[np.intp]) -> Self:
        """The parameters of the goals at `rows`."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        picked = {
            name: value.take(rows) if isinstance(value, Parameters) else value[rows] for name, value in values.items()
        }
        return replace(self, **picked)
