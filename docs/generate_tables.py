"""Writes docs/tables.md from the table contracts; a test holds the page to them."""

from pathlib import Path

from asana_intel.storage.contracts import CONTRACTS

PAGE = Path(__file__).with_name("tables.md")
INTRO = """# Tables

Made from the contracts in `asana_intel/storage/contracts/` by `docs/generate_tables.py`; edit those. Columns marked
*personal* name or describe a person. A key identifies a row. In SQL a table is called `stage.name`.
"""


def page() -> str:
    """The whole page."""
    parts = [INTRO]
    for key, contract in CONTRACTS.items():
        parts.append(
            f"\n## {key.replace('/', '.')}\n\n{contract.grain.capitalize()}. Key: {', '.join(contract.unique)}.\n"
        )
        parts.append("\n| column | type | |\n|---|---|---|\n")
        for column in contract.columns:
            marks = [word for word, holds in (("required", column.required), ("personal", column.personal)) if holds]
            about = f"{column.about} *{', '.join(marks)}*" if marks else column.about
            parts.append(f"| `{column.name}` | {column.dtype} | {about} |\n")
    return "".join(parts)


if __name__ == "__main__":
    PAGE.write_text(page())
