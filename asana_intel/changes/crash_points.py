"""Named points between two steps of a write, at which a test may end the process; nothing happens there otherwise."""

from collections.abc import Callable

_visitor: Callable[[str], None] | None = None


def reached(point: str) -> None:
    """Say that a point is reached."""
    if _visitor is not None:
        _visitor(point)


def watch(visitor: Callable[[str], None] | None) -> None:
    """Have a function called at every point of this process; None ends that."""
    global _visitor
    _visitor = visitor
