"""The weekly digest as its readers meet it: in a mail program, as plain text, and without a word about a person."""

import re
from dataclasses import replace
from datetime import timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from html.parser import HTMLParser
from pathlib import Path

import polars as pl
import pytest

from asana_intel.report.digest import GOALS_SHOWN, weekly_digest
from asana_intel.report.formats import number
from asana_intel.report.inputs import ReportInputs
from asana_intel.report.ledger import ModelDay
from asana_intel.report.mail import digest_html, digest_mail, digest_text, write_digest

PEOPLE = ("Ada Berg", "Bo Chen", "Cleo", "Dana Ek", "Eli", "Fay", "Gus Hahn", "Ida Ito", "Jo Kim")
HOSTILE = "\"><script>alert(1)</script><img src=x onerror=alert(2)> \r\nBcc: all@x.test \u202eשלום😀 {{ 7*7 }} '&"
FORMS = (digest_html, digest_text, lambda digest: digest_mail(digest).decode())


class Page(HTMLParser):
    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.open: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open[-1:] != ["style"]:
            self.words.append(data)

    @property
    def text(self) -> str:
        return re.sub(r"\s+", " ", " ".join(self.words))


def hostile(inputs: ReportInputs) -> ReportInputs:
    """Names and texts that people write, replaced by an attack."""
    columns = ("name", "team_name", "text", "meaning", "value", "reason", "refusals")

    def attacked(frame: pl.DataFrame) -> pl.DataFrame:
        return frame.with_columns(pl.lit(HOSTILE).alias(c) for c in columns if frame.schema.get(c) == pl.String)

    frames = {name: attacked(value) for name, value in vars(inputs).items() if isinstance(value, pl.DataFrame)}
    return replace(inputs, **frames, workspace_name=HOSTILE)


def mail(inputs: ReportInputs) -> EmailMessage:
    parsed = message_from_bytes(digest_mail(weekly_digest(inputs)), policy=default)
    assert isinstance(parsed, EmailMessage)
    return parsed


@pytest.fixture(params=["full", "empty", "hostile", "many"])
def page(request, full_inputs, empty_inputs, many_goals) -> Page:
    inputs = {"full": full_inputs, "empty": empty_inputs, "hostile": hostile(full_inputs), "many": many_goals}
    return Page(digest_html(weekly_digest(inputs[request.param])))


def test_tags_nest_and_nothing_runs_or_loads(page: Page) -> None:
    assert page.open == []
    assert {tag for tag, _ in page.elements}.isdisjoint({"script", "iframe", "img", "link", "form", "svg", "object"})
    assert not [name for _, attributes in page.elements for name in attributes if name.startswith("on")]
    assert not [
        1 for _, attributes in page.elements if "src" in attributes or "url(" in (attributes.get("style") or "")
    ]


def test_links_lead_into_asana_only(page: Page) -> None:
    links = [attributes["href"] or "" for _, attributes in page.elements if "href" in attributes]
    assert all(re.fullmatch(r"https://app\.asana\.com/0/0/\d+", link) for link in links)


def test_a_mail_program_without_our_style_sheet_shows_it_in_colours_that_can_be_read(page: Page) -> None:
    for tag, attributes in page.elements:
        if tag in {"p", "h1", "h2"}:
            assert "color:#" in (attributes["style"] or "")
            assert "font-family:" in (attributes["style"] or "")
    assert [a for tag, a in page.elements if tag == "meta" and a.get("name") == "color-scheme"]


def test_layout_tables_are_none_for_a_screen_reader(page: Page) -> None:
    tables = [attributes for tag, attributes in page.elements if tag == "table"]
    assert tables
    assert tables[0]["role"] == "presentation"


@pytest.mark.parametrize("form", FORMS)
def test_no_person_is_named(full_inputs: ReportInputs, form) -> None:
    said = form(weekly_digest(full_inputs))
    assert not [name for name in PEOPLE if name in said]


def test_a_team_too_small_to_hide_its_people_is_not_counted(full_inputs: ReportInputs) -> None:
    digest = weekly_digest(full_inputs)
    assert [(team.name, team.overloaded, team.assessed) for team in digest.teams] == [("smaller teams", 2, 7)]
    assert digest.uncounted == 0
    four = full_inputs.load.filter(pl.col("person_gid").is_in(["2000", "2001", "2003", "2004"]))
    digest = weekly_digest(replace(full_inputs, load=four, capacity=full_inputs.capacity.clear()))
    assert digest.teams == []
    assert digest.uncounted == 4
    assert "4 people are in teams too small to be counted apart." in digest_text(digest)
    together = full_inputs.people.with_columns(team_gid=pl.lit("50"), team_name=pl.lit("Everyone"))
    digest = weekly_digest(replace(full_inputs, people=together))
    assert [(team.name, team.overloaded, team.assessed) for team in digest.teams] == [("Everyone", 2, 7)]


@pytest.mark.parametrize("form", FORMS)
def test_a_goal_that_not_everybody_may_read_is_neither_counted_nor_named(full_inputs: ReportInputs, form) -> None:
    private = {"1000", "1002"}
    names = full_inputs.goals.filter(pl.col("goal_gid").is_in(private))["name"].to_list()
    shared = full_inputs.shared_goals.filter(~pl.col("goal_gid").is_in(private))
    no_proofs = full_inputs.sentences.with_columns(source_gids=pl.lit(pl.Series([["3000"]])).first())
    digest = weekly_digest(replace(full_inputs, shared_goals=shared, sentences=no_proofs))
    assert not {card.line.gid for card in digest.attention} & private
    assert digest.more_attention == 0
    assert {"1000", "1002"} <= {card.line.gid for card in weekly_digest(full_inputs).attention}
    everything, shown = weekly_digest(full_inputs).headline, digest.headline
    assert int(everything.tiles[0].number) - int(shown.tiles[0].number) == 2
    assert f"{shown.tiles[0].number} of " in shown.sentence
    assert weekly_digest(replace(full_inputs, shared_goals=shared.clear())).authors.startswith("4 texts")
    said = form(digest).replace("Ship 60 issues of the billing rewrite (8)", "")
    assert not [name for name in names if name in said]


def test_goals_that_need_attention_stand_with_their_sentences_and_links(full_inputs: ReportInputs) -> None:
    digest = weekly_digest(full_inputs)
    page = Page(digest_html(digest))
    late = full_inputs.attainment_now.filter(pl.col("p_attain") < 0.7)
    assert {card.line.gid for card in digest.attention} == set(late["goal_gid"])
    texts = dict(full_inputs.narratives.select("goal_gid", "text").iter_rows())
    for card in digest.attention:
        assert texts[card.line.gid].split(". ")[0] in page.text
    assert ("a", "https://app.asana.com/0/0/3000") in {(tag, a.get("href")) for tag, a in page.elements}


def test_what_is_left_out_is_counted(many_goals: ReportInputs) -> None:
    digest = weekly_digest(many_goals)
    late = many_goals.attainment_now.filter(pl.col("p_attain") < 0.7).height
    assert len(digest.attention) == GOALS_SHOWN
    assert digest.more_attention == late - GOALS_SHOWN
    assert f"{late - GOALS_SHOWN} more need attention" in digest_text(digest)


def test_a_goal_that_stands_otherwise_than_last_week_says_how_it_stood(full_inputs: ReportInputs) -> None:
    now = pl.col("as_of_on") == full_inputs.as_of_on
    fell = full_inputs.attainment.with_columns(
        p_attain=pl.when(now & (pl.col("goal_gid") == "1000")).then(0.2).otherwise("p_attain"),
        p_attain_change=pl.when(now & (pl.col("goal_gid") == "1000")).then(-0.6).otherwise("p_attain_change"),
    )
    digest = weekly_digest(replace(full_inputs, attainment=fell))
    before = {changed.line.gid: changed.before and changed.before.words for changed in digest.changed}
    assert before["1000"] == "On track"
    assert "on track -> off track, odds 20" in digest_text(digest)
    assert len(before) == len(digest.changed)


def test_a_percent_sign_stays_with_its_number_at_the_end_of_a_line(full_inputs: ReportInputs) -> None:
    for filler in range(60, 75):
        text = f"{'x' * filler} 43 % of it."
        sentences = full_inputs.sentences.with_columns(text=pl.lit(text))
        said = digest_text(weekly_digest(replace(full_inputs, sentences=sentences)))
        assert "43 %" in said
        assert "43\n" not in said


def test_one_person_and_one_goal_are_told_as_one(full_inputs: ReportInputs) -> None:
    others = pl.when(pl.col("person_gid") != "2004").then(0.0).otherwise("p_over_110").alias("p_over_110")
    load = full_inputs.load.with_columns(others)
    late = full_inputs.shared_goals.filter(pl.col("goal_gid") == "1002")
    tiles = weekly_digest(replace(full_inputs, load=load, shared_goals=late)).headline.tiles
    assert [(tile.number, tile.words) for tile in tiles[:2]] == [
        ("1", "goal at risk or off track"),
        ("1", "person overloaded"),
    ]


def test_thousands_are_written_as_in_the_texts() -> None:
    assert (number(5200), number(-1234567), number(999)) == ("5,200", "\u22121,234,567", "999")


def test_a_mail_holds_both_forms_and_goes_to_nobody(full_inputs: ReportInputs) -> None:
    message, digest = mail(full_inputs), weekly_digest(full_inputs)
    assert message.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "text/html"]
    plain, rich = message.get_body(("plain",)), message.get_body(("html",))
    assert plain is not None
    assert rich is not None
    assert plain.get_content().replace("\r\n", "\n") == digest_text(digest)
    assert rich.get_content().replace("\r\n", "\n").strip() == digest_html(digest).strip()
    assert message["Subject"] == "Nordlys: goals and load, week of 16 Nov 2026"
    assert not {"From", "To", "Cc", "Bcc"} & set(message.keys())
    assert message["X-Unsent"] == "1"


def test_names_cannot_add_heads_to_the_mail_or_markup_to_the_page(full_inputs: ReportInputs) -> None:
    attacked = hostile(full_inputs)
    message = mail(attacked)
    assert set(message.keys()) <= {"Subject", "X-Unsent", "Date", "MIME-Version", "Content-Type"}
    assert "\u202e" not in message["Subject"]
    assert "<script>alert(1)</script>" in Page(digest_html(weekly_digest(attacked))).text


def test_lines_of_the_mail_are_short_enough_to_travel(many_goals: ReportInputs) -> None:
    assert max(len(line) for line in digest_mail(weekly_digest(many_goals)).split(b"\r\n")) <= 78


def test_it_stays_below_what_mail_programs_cut(many_goals: ReportInputs) -> None:
    long = {"goals": many_goals.goals, "projects": many_goals.projects, "teams": many_goals.teams}
    named = {k: f.with_columns(name=pl.lit("Ünïcode & <name> " * 40)) for k, f in long.items()}
    reports = pl.concat(
        many_goals.portfolio_reports.filter(pl.col("portfolio_gid") == "6000").with_columns(
            portfolio_gid=pl.lit(str(6000 + n))
        )
        for n in range(40)
    )
    for inputs in (many_goals, replace(many_goals, **named, portfolio_reports=reports)):
        assert len(digest_html(weekly_digest(inputs)).encode()) <= 100_000


def test_the_text_can_be_read_without_the_page(full_inputs: ReportInputs) -> None:
    said = digest_text(weekly_digest(full_inputs))
    assert "Five of eight goals are on track. [1] Billing rewrite needs help." in said
    assert "[2] Billing rewrite: https://app.asana.com/0/0/3000" in said
    assert "16 texts about goals, portfolios and teams: 13 by rule" in said
    assert "No model was asked since the week began." in said
    assert "<" not in said.replace("<1", "")
    assert "&amp;" not in said


def test_what_models_took_is_told_and_a_price_that_is_not_known_is_no_price(full_inputs: ReportInputs) -> None:
    day = ModelDay(full_inputs.as_of_on + timedelta(days=1), "some/model", 12, 8_400, 0.25)
    old = replace(day, on=full_inputs.as_of_on - timedelta(days=1), usd=99.0)

    def told(*days: ModelDay) -> str:
        return weekly_digest(replace(full_inputs, ledger=replace(full_inputs.ledger, models=days))).authors

    assert told(day, day, old).endswith("some/model took 24 requests, 16,800 tokens, 0.50 US dollars.")
    assert told(day, replace(day, model="own/one", usd=None)).endswith("at a price that is not known.")
    assert told(old).endswith("No model was asked since the week began.")


def test_what_was_written_counts_from_the_week_on(full_inputs: ReportInputs) -> None:
    assert "1 change was written to Asana since the week began" in weekly_digest(full_inputs).written
    later = replace(full_inputs, as_of_on=full_inputs.as_of_on + timedelta(weeks=2))
    assert weekly_digest(later).written == "Nothing was written to Asana since the week began."
    ledger = replace(
        full_inputs.ledger, receipts=tuple(replace(r, is_verified=False) for r in full_inputs.ledger.receipts)
    )
    assert "1 not found as wanted" in weekly_digest(replace(full_inputs, ledger=ledger)).written


def test_the_same_week_gives_the_same_bytes(full_inputs: ReportInputs, tmp_path: Path) -> None:
    first = write_digest(tmp_path / "a", weekly_digest(full_inputs))
    again = write_digest(tmp_path / "b", weekly_digest(full_inputs))
    assert {form: p.read_bytes() for form, p in first.items()} == {form: p.read_bytes() for form, p in again.items()}
    assert sorted(p.name for p in first.values()) == [f"2026-11-16-digest.{form}" for form in ("eml", "html", "txt")]


def test_an_empty_home_says_that_nothing_is_known(empty_inputs: ReportInputs) -> None:
    said = digest_text(weekly_digest(empty_inputs))
    assert "Nothing has been forecast yet." in said
    assert "No text was written this week." in said
    assert mail(empty_inputs)["Subject"] == "Asana workspace: goals and load"
