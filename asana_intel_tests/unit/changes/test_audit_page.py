"""What docs/audit.md tells a third party to do works, with their tools, on its example; and finds what was changed."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from asana_intel.changes.audit_file import check_file

PAGE = (Path(__file__).parents[3] / "docs" / "audit.md").read_text()


def blocks(language):
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE, flags=re.MULTILINE | re.DOTALL)


@pytest.fixture
def folder(tmp_path):
    """What the auditor was given: the file and the public key."""
    (tmp_path / "audit.jsonl").write_text(blocks("json")[0])
    (tmp_path / "signing.pub").write_text(blocks("pem")[0])
    (tmp_path / "check.py").write_text(blocks("python")[0])
    return tmp_path


def run(folder, *command):
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def shell(folder, tool):
    if shutil.which(tool) is None:
        pytest.skip(f"{tool} is not installed")
    return run(folder, "sh", "-c", next(block for block in blocks("sh") if tool in block))


def check(folder):
    return run(folder, sys.executable, "-I", "check.py", "audit.jsonl")


def test_the_example_is_a_chain_as_the_program_exports_it(folder):
    verdict = check_file(folder / "audit.jsonl", (folder / "signing.pub").read_bytes())
    assert (verdict.entries, verdict.faults) == (2, ())


def test_one_hash_by_hand_gives_the_hash_of_the_entry(folder):
    given = shell(folder, "sha256sum").stdout.split()[0]
    assert f"gives `{given}`" in PAGE
    assert f'"hash":"{given}"' in blocks("json")[0]


def test_the_signature_is_good_and_one_for_another_entry_is_not(folder):
    done = shell(folder, "openssl")
    assert "Signature Verified Successfully" in done.stdout, done.stderr
    (folder / "head.json").write_text((folder / "head.json").read_text().replace('"seq":2', '"seq":1'))
    line = next(block for block in blocks("sh") if "openssl" in block).splitlines()[-1]
    assert run(folder, "sh", "-c", line).returncode != 0


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda lines: lines, ""),
        (lambda lines: [lines[0], lines[1].replace('"rows":1', '"rows":2'), lines[2]], "entry 1 was changed"),
        (lambda lines: [lines[0], lines[2]], "entry 2 was changed, or does not follow"),
        (lambda lines: [lines[0], lines[1]], "gone: the entries [2]"),
        (lambda lines: [lines[0].replace('"hash": "6a', '"hash": "6b'), *lines[1:]], "entry 2 is not the one"),
    ],
)
def test_the_snippet_passes_the_example_and_names_what_was_changed(folder, change, said):
    lines = blocks("json")[0].splitlines()
    (folder / "audit.jsonl").write_text("\n".join(change(lines)) + "\n")
    done = check(folder)
    assert done.returncode == (1 if said else 0)
    assert said in done.stderr
