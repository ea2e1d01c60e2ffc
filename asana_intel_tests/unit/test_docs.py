"""The pages a reader trusts are held to the code."""

import re
import runpy
from pathlib import Path

from asana_intel.narratives.outlines.outline import Sentence
from asana_intel_tests.unit.narratives.bars import numbers, reading_ease

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


def test_the_ten_narratives_of_the_page_are_readable_and_prove_their_numbers() -> None:
    told = (ROOT / "docs" / "narratives-examples.md").read_text().split("\n## ")[1:]
    assert len(told) == 10
    for narrative in told:
        heading, text, proofs = (part.strip() for part in narrative.split("\n\n"))
        said = [part for part in re.split(r"<sup>\d+</sup>\s*", text) if part]
        facts = dict(re.findall(r"^(\d+)\. (.*) \(\d+ objects?\)$", proofs, re.MULTILINE))
        assert list(facts) == [str(place) for place in range(1, len(said) + 1)], heading
        assert reading_ease([Sentence(sentence, ()) for sentence in said]) <= 12, heading
        for place, sentence in enumerate(said, start=1):
            assert numbers(sentence) <= numbers(facts[str(place)]), f"{heading}: {sentence}"
        if heading.startswith(("Goal", "Capacity")):
            assert 25 <= len(" ".join(said).split()) <= 60, heading
            assert len(said) <= 3, heading
