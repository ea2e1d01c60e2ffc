"""The library that models are asked through is the one that was reviewed, and brought nothing that runs by itself."""

from __future__ import annotations

import re
import sysconfig
from importlib.metadata import version
from pathlib import Path

ROOT = Path(__file__).resolve().parents[4]
PIN = "1.106.2"
IMPLANTS = {"litellm_init.pth", "cook.pth", "cook.py", "sitecustomize.py"}  # of the releases that were tampered with


def test_the_library_is_the_pin_and_so_say_the_project_and_its_lock() -> None:
    assert version("litellm") == PIN
    assert f'"litellm=={PIN}"' in (ROOT / "pyproject.toml").read_text()
    assert re.findall(r"^litellm==(\S+)", (ROOT / "requirements.lock").read_text(), re.MULTILINE) == [PIN]


def test_no_implant_of_a_tampered_release_is_installed() -> None:
    folders = {Path(sysconfig.get_path(name)) for name in ("purelib", "platlib")}
    assert [file for folder in folders for file in folder.iterdir() if file.name in IMPLANTS] == []


def test_only_one_module_imports_the_library() -> None:
    importer = re.compile(r"^\s*(import|from) litellm\b", re.MULTILINE)
    found = [path.name for path in (ROOT / "asana_intel").rglob("*.py") if importer.search(path.read_text())]
    assert found == ["wire.py"]
