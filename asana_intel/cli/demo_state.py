"""What the demo remembers between runs: its world, its clock, and the quarter it played last."""

from datetime import date, datetime
from pathlib import Path

from pydantic import BaseModel

_FOLDER = "demo"


class DemoState(BaseModel):
    """The demo's memory.

    Args:
        world: Folder of the world.
        clock_at: Where the sandbox's clock stands.
        played_until: Last day of the quarter played last; None before the first.
    """

    world: str
    clock_at: datetime
    played_until: date | None = None

    @classmethod
    def load(cls, home: Path) -> "DemoState | None":
        """Read the memory of a home; None where the demo never ran."""
        file = home / _FOLDER / "state.json"
        return cls.model_validate_json(file.read_text()) if file.exists() else None

    def save(self, home: Path) -> None:
        """Write the memory."""
        file = home / _FOLDER / "state.json"
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        file.write_text(self.model_dump_json(indent=1))

    @staticmethod
    def journal(home: Path) -> Path:
        """File in which the sandbox keeps what was written."""
        return home.absolute() / _FOLDER / "journal.jsonl"
