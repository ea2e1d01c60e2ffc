"""The pages a reader trusts are held to the code."""

import re
import runpy
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_page_of_tables_says_what_the_contracts_say() -> None:
    made = runpy.run_path(str(ROOT / "docs" / "generate_tables.py"))
    assert (ROOT / "docs" / "tables.md").read_text() == made["page"](), "run: python docs/generate_tables.py"


def test_the_page_of_coverage_says_which_operations_the_sandbox_has() -> None:
    made = runpy.run_path(str(ROOT / "docs" / "generate_coverage.py"))
    assert (ROOT / "docs" / "sandbox-coverage.md").read_text() == made["page"](), (
        "run: python docs/generate_coverage.py"
    )


def test_every_link_in_the_readme_and_the_pages_leads_somewhere() -> None:
    for page in [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]:
        for target in re.findall(r"\]\((?!http)([^)#]+)", page.read_text()):
            assert (page.parent / target).exists(), f"{page.name} links to {target}"
