"""The page as a reader meets it: complete, honest when empty, harmless when the workspace is hostile."""

import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import polars as pl
import pytest

from asana_intel.report.inputs import ReportInputs
from asana_intel.report.render import render_report, write_report

HOSTILE = "\"><script>alert(1)</script><img src=x onerror=alert(2)> \u202eשלום😀 {{ 7*7 }} '&"
VOID = {"meta", "br", "img", "link"}


class Page(HTMLParser):
    """Elements with their attributes, the text a reader sees, and whether tags nest."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.open: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open[-1:] != ["style"]:
            self.words.append(data)

    @property
    def text(self) -> str:
        return re.sub(r"\s+", " ", " ".join(self.words))

    def values(self, attribute: str) -> list[str]:
        return [value for _, attributes in self.elements if (value := attributes.get(attribute))]


def hostile(inputs: ReportInputs) -> ReportInputs:
    """Every free text of every frame and of the ledger replaced by an attack."""
    typed = {"as_of_on", "status", "unit", "kind", "target_type", "decision", "state", "method", "progress_source"}
    typed |= {"status_type", "subject_id", "fact_id"}

    def attacked(frame: pl.DataFrame) -> pl.DataFrame:
        texts = [c for c in frame.columns if frame.schema[c] == pl.String and not c.endswith("_gid") and c not in typed]
        return frame.with_columns(pl.lit(HOSTILE).alias(c) for c in texts)

    frames = {name: attacked(value) for name, value in vars(inputs).items() if isinstance(value, pl.DataFrame)}
    ledger = replace(
        inputs.ledger,
        plans=tuple(replace(p, author=HOSTILE, plan_id=HOSTILE) for p in inputs.ledger.plans),
        rows=tuple(
            replace(r, plan_id=HOSTILE, reason=HOSTILE, new_value=HOSTILE, old_value=HOSTILE, decided_by=HOSTILE)
            for r in inputs.ledger.rows
        ),
        receipts=tuple(replace(r, new_value=HOSTILE, target_gid="javascript:alert(3)") for r in inputs.ledger.receipts),
    )
    return replace(inputs, **frames, workspace_name=HOSTILE, mode=HOSTILE, ledger=ledger)


@pytest.fixture(params=["full", "empty", "hostile", "many"])
def page(request, full_inputs, empty_inputs, many_goals) -> Page:
    inputs = {"full": full_inputs, "empty": empty_inputs, "hostile": hostile(full_inputs), "many": many_goals}
    return Page(render_report(inputs[request.param]))


def test_tags_nest_and_close(page: Page) -> None:
    assert page.open == []


def test_the_page_runs_nothing(page: Page) -> None:
    assert {tag for tag, _ in page.elements}.isdisjoint({"script", "iframe", "object", "embed", "img", "link", "form"})
    assert not [name for _, attributes in page.elements for name in attributes if name.startswith("on")]


def test_the_page_loads_nothing_and_links_only_into_itself_and_asana(page: Page) -> None:
    assert page.values("src") == []
    assert all(re.fullmatch(r"#[\w-]+|https://app\.asana\.com/0/0/\d+", link) for link in page.values("href"))
    policies = [a["content"] or "" for tag, a in page.elements if tag == "meta" and "http-equiv" in a]
    assert any(policy.startswith("default-src 'none'") for policy in policies)


def test_anchors_lead_somewhere_and_are_unique(page: Page) -> None:
    names = page.values("id")
    assert len(names) == len(set(names))
    assert {link[1:] for link in page.values("href") if link.startswith("#")} <= set(names)


def test_every_picture_can_be_heard(page: Page) -> None:
    assert all(a.get("aria-label") for tag, a in page.elements if tag == "svg")


def test_hostile_text_is_shown_as_text(full_inputs: ReportInputs) -> None:
    shown = Page(render_report(hostile(full_inputs))).text
    assert "<script>alert(1)</script>" in shown
    assert "{{ 7*7 }}" in shown


def test_a_gid_that_is_no_number_becomes_no_link(full_inputs: ReportInputs) -> None:
    receipts = tuple(replace(r, target_gid="1/../evil") for r in full_inputs.ledger.receipts)
    inputs = replace(full_inputs, ledger=replace(full_inputs.ledger, receipts=receipts))
    assert not [link for link in Page(render_report(inputs)).values("href") if "evil" in link]


def test_same_inputs_give_the_same_bytes(full_inputs: ReportInputs, tmp_path: Path) -> None:
    shuffled = replace(
        full_inputs,
        attainment=full_inputs.attainment.sample(fraction=1.0, shuffle=True, seed=1),
        capacity=full_inputs.capacity.sample(fraction=1.0, shuffle=True, seed=1),
        load=full_inputs.load.sample(fraction=1.0, shuffle=True, seed=1),
        load_causes=full_inputs.load_causes.sample(fraction=1.0, shuffle=True, seed=1),
        scores=full_inputs.scores.sample(fraction=1.0, shuffle=True, seed=1),
        trajectory=full_inputs.trajectory.sample(fraction=1.0, shuffle=True, seed=1),
    )
    first = write_report(tmp_path / "a" / "report.html", full_inputs).read_bytes()
    assert write_report(tmp_path / "b.html", shuffled).read_bytes() == first


def test_the_file_is_private_because_it_names_people(full_inputs: ReportInputs, tmp_path: Path) -> None:
    path = write_report(tmp_path / "report.html", full_inputs)
    assert path.stat().st_mode & 0o077 == 0
    assert list(tmp_path.iterdir()) == [path]


def test_fifty_goals_stay_small_and_say_how_many_are_drawn(many_goals: ReportInputs) -> None:
    page = render_report(many_goals)
    assert len(page.encode()) < 1_000_000
    assert page.count('id="goal-') == 24
    assert "24 of 48 shown; order: company goals first, then at risk first" in Page(page).text


def test_an_empty_home_says_what_to_run(empty_inputs: ReportInputs) -> None:
    shown = Page(render_report(empty_inputs)).text
    assert "Nothing has been forecast yet." in shown
    for command in ("sync", "forecast", "capacity", "plan", "scoreboard"):
        assert f"asana-intel {command}" in shown


def test_week_mode_and_moment_stand_on_top(full_inputs: ReportInputs) -> None:
    shown = Page(render_report(full_inputs)).text
    assert "Week of 16 Nov 2026" in shown
    assert "mode propose" in shown
    assert "as of 22 Nov 2026, 23:59 UTC" in shown
