"""The shape of the repository that its parts rely on: who imports what, what every file owes."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MODULES = sorted((ROOT / "asana_intel").rglob("*.py"))
DAGSTER_FILES = {
    "assets.py", "checks.py", "definitions.py", "jobs.py", "repair_jobs.py", "resources.py", "schedules.py",
    "sensors.py",
}  # fmt: skip
HEAVY = {"prophet", "great_expectations", "litellm", "duckdb", "altair", "vl_convert", "pandas", "deltalake", "sqlglot"}
MOST_LINES = 500


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


def imports(body: list[ast.stmt], *, inside_functions: bool) -> set[str]:
    """Top-level packages that are imported, at module level or inside functions too."""
    found: set[str] = set()
    for node in body:
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
            continue
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and not inside_functions:
            continue
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module.split(".")[0])
        children = [child for child in ast.iter_child_nodes(node) if isinstance(child, ast.stmt)]
        found |= imports(children, inside_functions=inside_functions)
    return found


@pytest.fixture(scope="module")
def trees() -> dict[Path, ast.Module]:
    return {path: ast.parse(path.read_text()) for path in MODULES}


@pytest.fixture(scope="module")
def tracked() -> list[Path]:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode:
        pytest.skip("not a git checkout")
    return [ROOT / name for name in listed.stdout.splitlines() if (ROOT / name).is_file()]


def test_only_the_thin_faces_import_dagster(trees: dict[Path, ast.Module]) -> None:
    plain = {p: t for p, t in trees.items() if p.name not in DAGSTER_FILES}
    wrong = [
        named(path)
        for path, tree in plain.items()
        if "dagster" in imports(tree.body, inside_functions=named(path) != "asana_intel/cli/workbench.py")
    ]
    assert wrong == []


def test_heavy_libraries_are_imported_inside_functions_only(trees: dict[Path, ast.Module]) -> None:
    wrong = {named(p): HEAVY & imports(t.body, inside_functions=False) for p, t in trees.items()}
    assert {name: found for name, found in wrong.items() if found} == {}


def test_every_module_says_what_belongs_in_it(trees: dict[Path, ast.Module]) -> None:
    assert [named(path) for path, tree in trees.items() if not (ast.get_docstring(tree) or "").strip()] == []


def test_no_module_is_too_long_to_read() -> None:
    lengths = {named(path): len(path.read_text().splitlines()) for path in MODULES}
    assert {name: lines for name, lines in lengths.items() if lines > MOST_LINES} == {}


def test_no_tracked_file_names_a_folder_of_one_machine_or_a_package_registry(tracked: list[Path]) -> None:
    folders = "|".join(["home/[a-z]", "root/", "work/", "Users/[A-Za-z]"])
    registries = "|".join([r"pypi\.org", r"files\.pythonhosted", r"registry\.npmjs", "index-url +http"])
    wrong = re.compile(rf"(?<![\w.$}}~*/-])/(?:{folders})|{registries}")
    found = [
        f"{named(path)}: {hit.group()}"
        for path in tracked
        if (text := _text(path)) and (hit := wrong.search(text)) and path != Path(__file__)
    ]
    assert found == []


def _text(path: Path) -> str:
    try:
        return path.read_text()
    except UnicodeDecodeError:
        return ""


def test_the_import_rules_hold() -> None:
    program = Path(sys.executable).with_name("lint-imports")
    if not program.exists():
        pytest.skip("import-linter is not installed")
    done = subprocess.run([program, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-1000:]
