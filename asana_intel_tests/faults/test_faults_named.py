"""Every fault of the write path has a test that names it, or stands here with the reason; the page is held to that."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from pathlib import Path

TESTS = Path(__file__).parents[1]
PAGE = TESTS.parent / "docs" / "faults.md"
FAULTS = [f"F{number}" for number in range(1, 50)]

MISSING: dict[str, str] = {}
"""Faults without a test yet, and why. Whoever writes one removes its line."""


def named_faults() -> dict[str, set[str]]:
    """Fault -> files with a test that is marked with it."""
    found: dict[str, set[str]] = defaultdict(set)
    for path in sorted(TESTS.rglob("test_*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            for fault in _faults_of(node):
                found[fault].add(str(path.relative_to(TESTS)))
    return found


def _faults_of(node: ast.AST) -> list[str]:
    if not isinstance(node, ast.FunctionDef | ast.ClassDef) or not node.name.lower().startswith("test"):
        return []
    marks = [d for d in node.decorator_list if isinstance(d, ast.Call) and ast.unparse(d.func) == "pytest.mark.fault"]
    return [ast.literal_eval(argument) for mark in marks for argument in mark.args]


def page_rows() -> dict[str, str]:
    """Fault -> last cell of its row on the page."""
    section = PAGE.read_text().split("## Faults of the write path\n")[1].split("\n## ")[0]
    return {row[0]: row[-1].strip() for row in (line.strip("| ").split(" | ") for line in section.splitlines())
            if row[0].startswith("F")}  # fmt: skip


def test_every_fault_is_named_by_a_test_or_missing_with_a_reason() -> None:
    named = named_faults()
    assert sorted(named.keys() - set(FAULTS)) == []
    assert sorted(set(FAULTS) - named.keys() - MISSING.keys()) == []
    assert sorted(MISSING.keys() & named.keys()) == [], "has a test now: remove its line from MISSING"


def test_the_page_lists_every_fault_in_order_with_files_whose_tests_name_it() -> None:
    named, rows = named_faults(), page_rows()
    assert list(rows) == FAULTS
    for fault, cell in rows.items():
        files = set(re.findall(r"[\w/]+\.py", cell))
        assert files <= named[fault], f"{fault}: {cell}"
        assert bool(files) == (fault not in MISSING), f"{fault}: {cell}"
