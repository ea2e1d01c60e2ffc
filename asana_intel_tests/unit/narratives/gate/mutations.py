"""Ways to make a true text about a goal false or unfit, each yielding texts that must be refused."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from asana_intel.narratives.facts import FactSheet, Unit

Mutation = Callable[[FactSheet, str], Iterator[str]]
_NUMBER = re.compile(r"(?<![\w.,])\d+(?:,\d{3})*(?:\.\d+)?(?!\w)")
_PERCENT = re.compile(r"(?<![\w.,])(\d[\d,]*(?:\.\d+)?)(?= ?(?:%|percent))")
_DAY = re.compile(r"\b(\d{1,2}) (Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]*(?: (20\d\d))?")
_WORDS = {
    1: "one",
    2: "two",
    3: "three",
    4: "four",
    5: "five",
    9: "nine",
    11: "eleven",
    18: "eighteen",
    62: "sixty-two",
}


def _spans(sheet: FactSheet, pattern: re.Pattern[str], text: str) -> list[re.Match[str]]:
    """Matches outside the names of the sheet."""
    names = [m.span() for f in sheet if f.kind.unit is Unit.entity for m in re.finditer(re.escape(f.text), text)]
    return [m for m in pattern.finditer(text) if not any(a <= m.start() < b for a, b in names)]


def _put(text: str, match: re.Match[str], new: str, group: int = 0) -> str:
    return text[: match.start(group)] + new + text[match.end(group) :]


def _swap_words(sheet: FactSheet, text: str, pairs: tuple[tuple[str, str], ...]) -> Iterator[str]:
    for old, new in pairs:
        for match in _spans(sheet, re.compile(rf"\b{re.escape(old)}\b", re.IGNORECASE), text):
            yield _put(text, match, new)


def changed_number(sheet: FactSheet, text: str) -> Iterator[str]:
    dates = [m.span() for m in _spans(sheet, _DAY, text)]
    for match in _spans(sheet, _NUMBER, text):
        if any(a <= match.start() < b for a, b in dates):
            continue
        digits = match.group()
        last = str((int(digits[-1]) + 1) % 10)
        yield _put(text, match, digits[:-1] + last)
        yield _put(text, match, digits + "0" if "." not in digits else "9" + digits)


def number_as_word(sheet: FactSheet, text: str) -> Iterator[str]:
    for match in _spans(sheet, re.compile(r"(?<![\w.,])\d{1,2}(?= (?:points|tasks|weeks|%|of))"), text):
        for number, word in _WORDS.items():
            if number != int(match.group()) and number in (3, 9, 11, 62):
                yield _put(text, match, word)


def swapped_numbers(sheet: FactSheet, text: str) -> Iterator[str]:
    dates = [m.span() for m in _spans(sheet, _DAY, text)]
    shown = [m for m in _spans(sheet, _NUMBER, text) if not any(a <= m.start() < b for a, b in dates)]
    for one, other in ((a, b) for n, a in enumerate(shown) for b in shown[n + 1 :]):
        if float(one.group().replace(",", "")) == float(other.group().replace(",", "")):
            continue
        if _tail(text, one) == _tail(text, other):
            yield _put(_put(text, other, one.group()), one, other.group())


def _tail(text: str, match: re.Match[str]) -> str:
    after = text[match.end() : match.end() + 9].lstrip()
    return next((u for u in ("%", "percent", "point", "task", "week", "EUR") if after.startswith(u)), "")


def another_facts_number(sheet: FactSheet, text: str) -> Iterator[str]:
    for match in _spans(sheet, _PERCENT, text):
        for fact in sheet:
            found = re.fullmatch(r"(\d+(?:\.\d+)?) %", fact.text)
            if found and float(found.group(1)) != float(match.group(1).replace(",", "")):
                yield _put(text, match, found.group(1), 1)
    for match in _spans(sheet, re.compile(r"\d+(?= tasks?\b)"), text):
        for fact in sheet:
            found = re.fullmatch(r"(\d+) tasks?", fact.text)
            if found and found.group(1) != match.group():
                yield _put(text, match, found.group(1))
    rates = {f.kind.name: f.text for f in sheet if f.kind.unit is Unit.rate}
    for match in _spans(sheet, re.compile(r"\d+(?:\.\d+)?(?=(?: tasks)? a week)"), text):
        for shown in rates.values():
            if re.fullmatch(r"\d+(?:\.\d+)?", shown) and float(shown) != float(match.group()):
                yield _put(text, match, shown)


def percent_for_points(sheet: FactSheet, text: str) -> Iterator[str]:
    for match in _spans(sheet, re.compile(r"(?<=\d) points?\b"), text):
        yield _put(text, match, " %")
    for match in _spans(sheet, re.compile(r"(?<=\d) ?%"), text):
        yield _put(text, match, " points")


def wrong_day(sheet: FactSheet, text: str) -> Iterator[str]:
    for match in _spans(sheet, _DAY, text):
        day, month, year = match.groups()
        rest = f" {year}" if year else ""
        yield _put(text, match, f"{int(day) % 28 + 1} {month}{rest}")
        yield _put(text, match, f"{day if int(day) < 29 else 28} {'May' if month != 'May' else 'Jan'}{rest}")
        if year:
            yield _put(text, match, f"{day} {month} {int(year) + 1}")
        for fact in sheet:
            if fact.kind.unit is Unit.day and not fact.text.startswith(f"{day} {month}"):
                yield _put(text, match, fact.text)


def flipped_direction(sheet: FactSheet, text: str) -> Iterator[str]:
    pairs = (
        ("up", "down"),
        ("down", "up"),
        ("rose", "fell"),
        ("fell", "rose"),
        ("risen", "fallen"),
        ("fallen", "risen"),
        ("dropped", "climbed"),
        ("slipped", "gained"),
        ("slipping", "rising"),
        ("lower", "higher"),
        ("higher", "lower"),
        ("drop", "rise"),
        ("a fall", "a rise"),
        ("an increase", "a decrease"),
        ("above", "below"),
        ("below", "above"),
        ("slower", "faster"),
        ("behind schedule", "ahead of schedule"),
        ("exceeds", "is below"),
        ("slowed to", "risen to"),
        ("unchanged", "down"),
        ("unchanged", "higher"),
        ("less than last week", "more than last week"),
        ("later", "earlier"),
        ("have not changed", "have improved"),
        ("steady", "falling"),
        ("after the due", "before the due"),
        ("before the due", "after the due"),
        ("flat", "lower"),
        ("the same as", "up from"),
        ("slowed down", "sped up"),
        ("ahead of the due", "after the due"),
    )
    for wrong in _swap_words(sheet, text, pairs):
        if "step down" not in wrong:
            yield wrong


def flipped_status(sheet: FactSheet, text: str) -> Iterator[str]:
    yield from _swap_words(
        sheet,
        text,
        (
            ("on track", "off track"),
            ("on track", "at risk"),
            ("at risk", "on track"),
            ("off track", "on track"),
            ("off track", "at risk"),
            ("green", "red"),
            ("green", "yellow"),
            ("red", "green"),
            ("unlikely", "likely"),
            ("very likely", "unlikely"),
            ("uncertain", "likely"),
            ("on course", "off course"),
        ),
    )
    odds = sheet.number("odds")
    if odds is not None:
        wrong = [s for s in ("on track", "at risk", "off track") if s != _status(odds)]
        yield from (f"{text} The goal is {status}, with odds of {sheet.text('odds')}." for status in wrong)
        yield from (f"The goal is {status}. {text}" for status in wrong)


def _status(odds: float) -> str:
    return "on track" if odds >= 0.7 else "at risk" if odds >= 0.35 else "off track"


def inserted_negation(sheet: FactSheet, text: str) -> Iterator[str]:
    yield from _swap_words(
        sheet,
        text,
        (
            ("are", "are not"),
            ("is", "is not"),
            ("stands", "does not stand"),
            ("finished", "never finished"),
            ("needs", "does not need"),
            ("fell", "did not fall"),
            ("rose", "never rose"),
            ("are", "aren't"),
            ("at risk", "not at risk"),
            ("on track", "not on track"),
            ("with", "without"),
            ("overdue", "not overdue"),
        ),
    )


def invented_cause(_sheet: FactSheet, text: str) -> Iterator[str]:
    start = text.rstrip(".")
    for cause in (
        "because the vendor was late",
        "due to illness",
        "because of the budget",
        "owing to the holidays",
        "since the scope has grown",
        "because the target is high",
        "because of the new plan",
        "due to the calendar",
        "because the work takes time",
        "as a result of the forecast",
        "which is why the plan has changed",
        "because the project has changed its course",
        "driven by the other goal",
        "caused by the sync",
        "because the odds are what they are",
        "because the metric is at the target",
    ):
        yield f"{start}, {cause}."
        yield f"{cause[0].upper()}{cause[1:]}, {text[0].lower()}{text[1:]}"


def invented_praise(_sheet: FactSheet, text: str) -> Iterator[str]:
    start = text.rstrip(".")
    for praise in (
        "which is great",
        "thanks to a strong effort",
        "a good result",
        "an impressive pace",
        "and everybody did well",
        "which is a solid base",
        "and that is excellent news",
        "well done",
        "and the work is of high quality",
    ):
        yield f"{start}, {praise}."
    yield f"{text} Keep up the good work."
    yield f"Great progress! {text}"
    yield f"Encouragingly, {text[0].lower()}{text[1:]}"


def invented_name(sheet: FactSheet, text: str) -> Iterator[str]:
    start = text.rstrip(".")
    for who in (
        "says Sarah Miller",
        "as Maria reported",
        "according to the CEO",
        "led by Tom",
        "after Alpha Portal slowed down",
        "while Mark works on it",
        "as Will said",
        "together with Project Phoenix",
        "and April is on it",
        "as the owner May wants",
    ):
        yield f"{start}, {who}."
    for fact in sheet:
        if fact.kind.unit is Unit.entity and fact.text in text:
            yield text.replace(fact.text, "Alpha Portal")
            yield text.replace(fact.text, fact.text + " two")
            if fact.text.isascii():
                yield text.replace(fact.text, fact.text.lower())


def wrong_name(sheet: FactSheet, text: str) -> Iterator[str]:
    names = {f.kind.name: f.text for f in sheet if f.kind.unit is Unit.entity}
    goal, project = names["goal"], names.get("slow_project")
    if project is None:
        return
    if project in text:
        yield text.replace(project, goal)
    if goal in text:
        yield text.replace(goal, project)
    if "odds" in sheet:
        yield f"{project} has odds of {sheet.text('odds')}. {text}"
    if "current" in sheet:
        yield f"{text} {project} stands at {sheet.text('current')} of {sheet.text('target')}."


def left_out(sheet: FactSheet, text: str) -> Iterator[str]:
    parts = re.split(r"(?<=[.])\s+(?=[A-Z])", text)
    for required in sorted(sheet.required):
        kept = [p for p in parts if sheet.text(required).rstrip(".").split(" ")[0] not in p]
        if required in ("odds",) and kept and len(kept) < len(parts):
            yield " ".join(kept)


def nothing_said(_sheet: FactSheet, text: str) -> Iterator[str]:
    for empty in (
        "The work goes on.",
        "This is the report for the week.",
        "The plan is the plan.",
        "There is more to come.",
        "The project continues with its work.",
        "We look at the picture.",
        "The goal has a plan and a course.",
        "The team is motivated.",
        "The metric shows where the goal stands.",
        "Work is under way.",
        "The supporting projects have tasks.",
        "The next update comes next week.",
    ):
        yield f"{text} {empty}"
        yield f"{empty} {text}"


def certain(sheet: FactSheet, text: str) -> Iterator[str]:
    due = sheet.text("due")
    start = text.rstrip(".")
    for sure in (
        "The target will be met.",
        f"The goal will reach its target by {due}.",
        f"The target is going to be reached by {due}.",
        f"The goal is certain to reach the target by {due}.",
        f"It should reach the target by {due}.",
        f"The goal reaches the target by {due}.",
        f"The target can be reached by {due}.",
        "The target won't be met.",
        f"We expect to reach the target by {due}.",
        f"The goal is set to hit the target by {due}.",
        f"There is no doubt that the target is met by {due}.",
        f"The goal is guaranteed to make it by {due}.",
    ):
        yield f"{text} {sure}"
        yield f"{start}, so {sure[0].lower()}{sure[1:]}"


def with_markup(_sheet: FactSheet, text: str) -> Iterator[str]:
    middle = text.find(" ", len(text) // 2)
    for mark in (
        " https://evil.example/x",
        " [details](https://evil.example)",
        " <b>now</b>",
        " **now**",
        " @everyone",
        " #now",
        " www.evil.example",
        " <script>alert(1)</script>",
        " `rm`",
        " evil.com",
        " a@b.co",
        " {odds}",
        " | now",
        " _now_",
        " ![x](y)",
        " &nbsp;",
        " \\u0041",
        " javascript:now",
        " ~now~",
        " = 3",
    ):
        yield text[:middle] + mark + text[middle:]
        yield text.rstrip(".") + mark + "."


def odd_characters(sheet: FactSheet, text: str) -> Iterator[str]:
    places = [m.start() for m in _spans(sheet, re.compile(r"[aeo](?=[a-z])"), text)][:3]
    for at in places:
        for odd in ("\u200b", "\u200d", "\u202e", "\u0301", "\ufeff", "\u00ad", "\u2063"):
            yield text[: at + 1] + odd + text[at + 1 :]
        yield text[:at] + {"a": "а", "e": "е", "o": "о"}[text[at]] + text[at + 1 :]
    for match in _spans(sheet, re.compile(r"\d"), text)[:3]:
        yield _put(text, match, chr(0xFF10 + int(match.group())))
        yield _put(text, match, chr(0x0660 + int(match.group())))
        yield _put(text, match, match.group() + "\u200b")
    yield text.replace(".", "。", 1) if "." in text else text + "。"
    yield text + "\n- one more"
    yield text + " 🎉"
    yield text.rstrip(".") + "!"
    yield text.rstrip(".") + "?"


def repeated(_sheet: FactSheet, text: str) -> Iterator[str]:
    parts = re.split(r"(?<=[.])\s+(?=[A-Z])", text)
    for part in parts:
        yield f"{text} {part}"
        yield f"{part} {text}"


def wrong_action(sheet: FactSheet, text: str) -> Iterator[str]:
    odds = sheet.number("odds")
    wrong = [
        "Next: cancel the goal.",
        "Next: hire two people.",
        "Next: escalate to the board.",
        "Next: stop the work.",
        "Next: add a project.",
        "Next: ask for more time.",
        "Next: call a review of the odds.",
        "Next: delete the tasks.",
        "Next: leave the goal.",
        "Next: change the project.",
        "Next: make a new plan for the odds.",
    ]
    if odds is None or odds < 0.7:
        wrong += [
            "Next: hold the course.",
            "No change is needed.",
            "Keep going as planned.",
            "Nothing needs to change.",
        ]
    if odds is not None and odds >= 0.7:
        wrong += ["Next: move the target.", "Next: raise the pace, or move the target."]
    if "overdue" not in sheet:
        wrong += ["Next: clear the overdue tasks.", "Next: re-plan what is past due."]
    if odds is None or odds >= 0.4:
        wrong += ["Next: update the status.", "Next: correct the status or change the plan."]
    if odds is not None:
        wrong += ["Next: give the goal what is missing."]
    for action in wrong:
        yield f"{text} {action}"
        yield re.sub(r"Next: .*", "", text).strip() + " " + action


def wrong_unit(sheet: FactSheet, text: str) -> Iterator[str]:
    yield from _swap_words(
        sheet,
        text,
        (
            ("a week", "a day"),
            ("a week", "a month"),
            ("tasks", "projects"),
            ("tasks", "hours"),
            ("weeks", "days"),
            ("EUR", "USD"),
            ("weeks", "months"),
            ("points down", "tasks down"),
            ("tasks", "goals"),
            ("tasks", "people"),
        ),
    )
    for match in _spans(sheet, re.compile(r"(?<=\d) ?%"), text):
        for unit in (" tasks", " weeks", " a week", "", " EUR"):
            yield _put(text, match, unit)


def too_long(_sheet: FactSheet, text: str) -> Iterator[str]:
    yield f"{text} {text} {text} {text}"
    yield text.rstrip(".") + ", now" * 60 + "."


def reversed_pair(sheet: FactSheet, text: str) -> Iterator[str]:
    for match in _spans(sheet, re.compile(r"(\d[\d,.]*(?: EUR)?)( of the | out of | of )(\d[\d,]*)"), text):
        one, of, other = match.groups()
        if one != other:
            yield _put(text, match, f"{other}{of}{one}")


def wrong_time(sheet: FactSheet, text: str) -> Iterator[str]:
    yield from _swap_words(
        sheet,
        text,
        (
            ("last week", "last month"),
            ("last week", "yesterday"),
            ("last week", "two weeks ago"),
            ("a week ago", "a year ago"),
            ("last week", "the start"),
            ("last week", "last quarter"),
            ("four weeks", "six weeks"),
            ("weekly", "daily"),
            ("last week", "Monday"),
            ("usually", "last week"),
        ),
    )


def loose_number(sheet: FactSheet, text: str) -> Iterator[str]:
    for match in _spans(sheet, re.compile(r"(?<![\w.,])\d+(?= %)"), text):
        for loose in ("over", "under", "nearly", "at least", "up to", "less than", "almost", "more than", "at most"):
            if "under" not in text[max(match.start() - 10, 0) : match.start()] and match.group() not in ("1", "99"):
                yield _put(text, match, f"{loose} {match.group()}")
    for match in _spans(sheet, re.compile(r"\d+(?= tasks)"), text):
        for vague in ("many", "several", "most", "no", "all", "a few", "some", "hundreds of"):
            yield _put(text, match, vague)


def wrong_thing(sheet: FactSheet, text: str) -> Iterator[str]:
    yield from _swap_words(
        sheet,
        text,
        (
            ("overdue", "blocked"),
            ("blocked", "overdue"),
            ("past due", "blocked"),
            ("of the time", "of the way"),
            ("of the way", "of the time"),
            ("recent pace", "needed pace"),
            ("the target needs", "the recent pace is"),
            ("odds of", "progress of"),
            ("the odds are", "progress is"),
            ("finished", "blocked"),
            ("needed", "usual"),
            ("usual", "required"),
            ("usually", "recently"),
            ("closed", "have overdue"),
            ("due", "predicted"),
            ("the odds", "the pace"),
            ("odds", "tasks"),
        ),
    )


MUTATIONS: dict[str, Mutation] = {
    mutation.__name__: mutation
    for mutation in (
        changed_number,
        number_as_word,
        swapped_numbers,
        another_facts_number,
        percent_for_points,
        wrong_day,
        flipped_direction,
        flipped_status,
        inserted_negation,
        invented_cause,
        invented_praise,
        invented_name,
        wrong_name,
        left_out,
        nothing_said,
        certain,
        with_markup,
        odd_characters,
        repeated,
        wrong_action,
        wrong_unit,
        too_long,
        reversed_pair,
        wrong_time,
        loose_number,
        wrong_thing,
    )
}
