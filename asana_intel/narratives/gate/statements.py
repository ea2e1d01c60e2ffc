"""What words alone may say of the facts: rows of a pattern and when it is true; a word that no true row covers is refused.

Each row covers the words that it matches where it holds, and states its facts. Words that are dangerous by themselves
(GUARDED) must be covered by some row. To let a kind of fact be told without its number, add a row.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date

from asana_intel.narratives.facts import FactSheet

Holds = Callable[[FactSheet], bool]


@dataclass(frozen=True)
class Row:
    """One way to say something.

    Args:
        rule: Rule that is broken where the row does not hold and no other covers its words.
        pattern: Words, in the language of reading.py.
        holds: Whether it is true of the sheet.
        states: Kinds of facts that it states.
        is_guard: Whether the match is refused where the row does not hold.
    """

    rule: str
    pattern: str
    holds: Holds
    states: tuple[str, ...] = ()
    is_guard: bool = False


def number(sheet: FactSheet, fact_id: str) -> float | None:
    """The number of a fact."""
    return sheet.number(fact_id)


def has(*kinds: str) -> Holds:
    """Whether the sheet has a fact of any of the kinds."""
    return lambda s: any(f.kind.name in kinds for f in s)


def is_zero(*kinds: str) -> Holds:
    """Whether a fact of any of the kinds is 0."""
    return lambda s: any(f.kind.name in kinds and f.value == 0 for f in s)


def within(low: float, high: float) -> Holds:
    """Whether the odds are in a range, the upper end not included."""
    return lambda s: any(
        low <= v < high for v in (number(s, k) for k in ("odds", "overload", "mean_odds")) if v is not None
    )


def any_of(*tests: Holds) -> Holds:
    """Whether any test is true."""
    return lambda s: any(test(s) for test in tests)


def is_reached(sheet: FactSheet) -> bool:
    """Whether the metric is at its target."""
    progress = number(sheet, "progress")
    return progress is not None and progress >= 1


def is_over(sheet: FactSheet) -> bool:
    """Whether the goal's time is gone."""
    return (number(sheet, "elapsed") or 0) >= 1


def shows(*colours: str) -> Holds:
    """Whether the status in Asana is one of these."""
    return lambda s: (
        any(f.kind.name == "asana_status" and f.text.replace("_", " ") in colours for f in s)
        or ("green" in colours and any(f.kind.name.startswith("green_") for f in s))
    )


def reason(*words: str) -> Holds:
    """Whether the goal is not assessed for a reason that has one of the words."""
    return lambda s: any(f.kind.name == "not_assessed" and any(w in f.text for w in words) for f in s)


def _is_driven(words: str) -> Holds:
    return lambda s: any(f.kind.name == "driver" and f.text.lower().startswith(words) for f in s)


def _lever(word: str) -> Holds:
    return lambda s: any(f.kind.name == "lever" and word in f.text for f in s)


def _is_late(sheet: FactSheet) -> bool:
    due, predicted = (sheet[f].value if f in sheet else None for f in ("due", "predicted"))
    return isinstance(due, date) and isinstance(predicted, date) and predicted > due


_odds = within
_TASKED = r"(?:tasks?|work|items?|one)"
_NOT = r"(?:not|never|no|nothing|without|yet to|lacks?|lacking|missing|neither|nor)"
_SHOWING = r"(?:asana|status|owner|label|flag|shows?|showing|marked|labelled|coloured|colour)"

STATUSES: tuple[Row, ...] = (
    Row(
        "status",
        r"(?:is |are |remains |remain |stays |still |looks |now |the goal )*(?:on|on course) (?:track|course|schedule|target|pace)",
        any_of(_odds(0.7, 2), has("on_track")),
        ("odds",),
        True,
    ),
    Row("status", r"at risk", any_of(_odds(0.35, 0.7), has("at_risk")), ("odds",), True),
    Row(
        "status",
        r"off (?:track|course|schedule|target|pace)",
        any_of(_odds(0, 0.35), has("off_track")),
        ("odds",),
        True,
    ),
    Row("status", r"(?:back|stay|remain|keep|get|return) (?:back )?on (?:track|course|schedule)", lambda _: True),
    Row("status", rf"{_SHOWING} <5>(?:on track)", shows("green", "on track"), ("asana_status",)),
    Row("status", r"green", shows("green"), ("asana_status",), True),
    Row("status", r"(?:yellow|amber)", shows("yellow"), ("asana_status",), True),
    Row("status", r"red", shows("red"), ("asana_status",), True),
    Row("status", r"P likely", lambda _: True),
    Row("status", r"(?:less|more|how|as|most) likely(?! than not)", lambda _: True),
    Row("status", r"more likely than not", _odds(0.5, 2), ("odds",), True),
    Row("status", r"less likely than not", _odds(0, 0.5), ("odds",), True),
    Row(
        "status", r"(?<!very )likely(?! than)", any_of(_odds(0.7, 2), has("overload_weeks")), ("odds", "overload"), True
    ),
    Row("status", r"very likely", _odds(0.9, 2), ("odds",), True),
    Row("status", r"(?<!very )unlikely", _odds(0, 0.35), ("odds",), True),
    Row("status", r"very unlikely", _odds(0, 0.1), ("odds",), True),
    Row(
        "status",
        r"(?:uncertain|open question|even odds|evenly balanced)",
        any_of(_odds(0.35, 0.7), has("unlikely", "rivals")),
        ("odds",),
        True,
    ),
    Row("status", r"(?:safe|comfortable)", _odds(0.85, 2), ("odds",), True),
    Row(
        "status",
        r"(?:odds|chances?|probability|likelihood|prospects) <4>(?:high|strong)",
        _odds(0.7, 2),
        ("odds",),
        True,
    ),
    Row("status", r"(?:high|strong) (?:odds|chances?|probability|likelihood)", _odds(0.7, 2), ("odds",), True),
    Row(
        "status",
        r"(?:low|slim|small|poor|remote|long|weak|just|only) (?:odds|chances?|probability|likelihood)",
        _odds(0, 0.35),
        ("odds",),
        True,
    ),
    Row(
        "status",
        r"(?:odds|chances?|probability|likelihood|prospects|outlook) <3>(?:slim|small|poor|remote|weak|low)",
        _odds(0, 0.35),
        ("odds",),
        True,
    ),
    Row(
        "status",
        r"confidence (?:in (?:it|this|the|its)?(?: ?score| ?ranking| ?place| ?rank)?(?: of O)? )?(?:is |of |at |, |only |just |a |stands |stood |remains )*(?:P )?(?:, )?(?:is |which is |a |on the |rather )*low(?: side)?(?: P)?",
        has("low_confidence"),
        ("low_confidence",),
    ),
    Row("status", r"confidence (?:is |of |at |, )*P <4>low", has("low_confidence"), ("low_confidence",)),
    Row(
        "status",
        r"(?:is )?on (?:course|track) to (?:reach|hit|meet|get to|achieve|be reached|be met) (?:the |its |it )?(?:target |goal )?(?:only )?(?:on|around) D",
        has("predicted"),
        ("predicted",),
    ),
    Row("status", r"(?:and )?(?:so it is|rightly so|so is the goal)", lambda _: False, (), True),
    Row("status", r"confidence <4>low", has("low_confidence"), ("low_confidence",)),
    Row("status", r"low <2>confidence", has("low_confidence"), ("low_confidence",)),
    Row("status", r"(?:small|low) effort", has("effort_points"), (), True),
)

SAID: tuple[Row, ...] = (
    Row("cause", r"responsible(?! for (?:about )?[NO]\d)", lambda _: False, (), True),
    Row(
        "evidence",
        r"(?:after|when|once|as soon as) (?:this|that|it) (?:is|has been|was) (?:sorted|put|mended|in place|fixed|corrected|resolved|remedied|put right|set|added)",
        has("not_assessed"),
        ("not_assessed",),
    ),
    Row(
        "evidence",
        r"(?:plan|course) (?:can|may|should) (?:continue|stay|remain|go on) (?:unchanged|as (?:is|planned|it is))",
        within(0.7, 2),
        ("odds",),
    ),
    Row("evidence", r"(?:beyond|falls? after|falls? past) the due (?:day|date)", _is_late, ("predicted",)),
    Row("evidence", r"of late", lambda _: True),
    Row(
        "evidence",
        r"(?:tops|topping|(?:at|on) (?:the )?top of|first (?:of|among)|(?:comes|ranks|ranked|is) first|first place|top ranked|highest ranked|highest (?:of|among)|top (?:place|spot|position|task)|number one)",
        lambda s: number(s, "rank") == 1,
        ("rank",),
        True,
    ),
    *(
        Row("evidence", pattern, _is_driven(text), ("driver",))
        for text, pattern in (
            (
                "less progress",
                r"progress (?:[a-z]+ ){0,3}?(?:short|below|less|lower|behind|under|weaker|slower|smaller|missed|missing) (?:[a-z]+ ){0,3}?(?:expect[a-z]*|forecast[a-z]*)",
            ),
            (
                "less progress",
                r"(?:lower|weaker|slower|smaller|less|poorer) than (?:was )?(?:expected|forecast|foreseen) (?:progress|gains?)|(?:shortfall|weakness) in progress",
            ),
            (
                "more progress",
                r"progress (?:[a-z]+ ){0,3}?(?:above|ahead|beyond|beat|beats|beating|exceed[a-z]*|greater|higher|more|faster|better|stronger|surpass[a-z]*) (?:[a-z]+ ){0,3}?(?:expect[a-z]*|forecast[a-z]*)",
            ),
            (
                "more progress",
                r"(?:higher|greater|faster|better|stronger|more|bigger|larger) (?:than (?:was )?(?:expected|forecast|foreseen) (?:progress|gains?)|progress than (?:was |had been |we )?(?:expected|forecast|foreseen))",
            ),
            (
                "less time",
                r"(?:less|shorter|shrinking|little) time (?:being |is |that is )?(?:left|remaining|to go|available)|time (?:running|ran|that ran) (?:out|short|down)|(?:passing|passage) of time|time (?:that )?(?:has )?(?:passed|passing)",
            ),
            (
                "a change",
                r"(?:change[sd]?|revision|shift|moved?) (?:[a-z]+ ){0,3}?(?:target|dates?)|target (?:[a-z]+ ){0,4}?chang[a-z]+",
            ),
        )
    ),
    Row("evidence", r"(?:overdue|past due|(?<!of )late(?! last))", has("overdue", "overdue_there"), ("overdue",), True),
    Row("evidence", r"(?:too late|too late for <3>|late)", _is_late, ("predicted",)),
    Row("evidence", r"past (?:their|its|the) (?:due|deadline)", any_of(_is_late, is_over), ("predicted", "elapsed")),
    Row(
        "evidence",
        r"due (?:day|date) (?:is |has |came |coming |drew |drawn |got |gets |comes |moved |draws |being |getting )*(?:closer|nearer|near)",
        has("places_cause"),
        ("places_cause",),
    ),
    Row(
        "number",
        r"(?:everything|all|anything|everybody|everyone) (?:is|are|was|were|looks?|seems?|remains?|runs?|goes|stays?)",
        lambda _: False,
        (),
        True,
    ),
    Row(
        "number",
        r"than best|(?:its|the|their) best (?:N|rate|pace|week|of)|best (?:rate|pace|weeks?)",
        lambda _: False,
        (),
        True,
    ),
    Row("number", r"before N weeks", lambda _: False, (), True),
    Row(
        "direction",
        r"D , (?:which is )?(?:before|ahead of|earlier than) (?:the |its )?(?:due|deadline)",
        lambda s: not _is_late(s),
        (),
        True,
    ),
    Row("direction", r"before an? (?:gain|loss|rise|fall|drop|increase|decrease)", lambda _: False, (), True),
    Row(
        "direction",
        r"before (?:rising|falling|gaining|losing|dropping|climbing|slipping|improving) (?:by )?[NOP]\d+",
        lambda _: False,
        (),
        True,
    ),
    Row(
        "direction",
        r"target (?:that is |which is )?(?:higher|bigger|larger) by|(?:higher|bigger|larger) target by",
        _lever("higher"),
        (),
        True,
    ),
    Row("direction", r"pace (?:that is |which is )?(?:lower|slower|smaller) by", lambda _: False, (), True),
    Row("evidence", r"(?:tasks?|are|is) (?:still |already |now )*early", lambda _: False, (), True),
    Row(
        "evidence",
        r"a (?:fall|slip|drop|decline) (?:back )?(?:before|is|remains|can|could|may)",
        is_reached,
        ("current",),
    ),
    Row(
        "evidence",
        r"(?:can|could|may|might|to|room for it to) (?:still |also |yet |even )*(?:fall|slip|slide|drop|dip|decline|ease|sink|weaken|go)(?: back| below| down| again| under)*(?! to)",
        is_reached,
        ("current",),
    ),
    Row(
        "evidence",
        r"past (?:their|its|the) (?:due|deadline|deadlines)",
        has("overdue", "overdue_there"),
        ("overdue",),
        True,
    ),
    Row(
        "evidence",
        r"(?:blocked|blocking|blocks|block|held up|holds up|holding up|stuck behind|stuck on|waits?|waiting|await|awaits|awaiting|depend|depends|depending|hold up|waited|bottleneck)",
        has(
            "blocked",
            "blocked_there",
            "waiting",
            "odds_later",
            "wait_share",
            "slow_project",
            "places_cause",
            "open_reviews",
        ),
        (),
        True,
    ),
    Row("evidence", r"(?:blocked|held up|waiting|waits?|await|stuck behind)", has("blocked"), ("blocked",)),
    Row(
        "evidence",
        r"(?:stalled|standstill|stagnant|stuck at|stuck)",
        any_of(has("stalled", "blocked"), is_zero("value_change")),
        ("stalled",),
        True,
    ),
    Row("evidence", r"rare", has("stalled"), ("stalled",), True),
    Row(
        "evidence",
        r"(?:unchanged|flat|steady|the same as|same as|as before|held|holds?|stable)",
        is_zero("odds_change", "value_change", "places", "window_gain", "pace"),
        ("odds_change", "value_change", "places"),
    ),
    Row("evidence", r"(?:slowed|slowing|slowdown|slower)", has("slow_project", "slowed_too"), ("slow_project",)),
    Row("evidence", r"uneven|differ widely|vary|varied|lumpy", has("peak_gain"), ("peak_gain",), True),
    Row(
        "evidence", r"(?:all|the whole|whole|entire) (?:of )?(?:its |the )?(?:time|period)", is_over, ("elapsed",), True
    ),
    Row(
        "evidence",
        r"(?:time (?:is|has run|ran|was) (?:up|out)|(?:deadline|due day|due date) <6>(?:arrived|has come(?! closer| nearer)|has passed)|(?<!of the )(?<!of its )(?:time|goal|period) is over)",
        is_over,
        ("elapsed",),
        True,
    ),
    Row("evidence", r"(?:today|due day|last day)", any_of(is_over, has("due")), ()),
    Row("evidence", r"(?:overload|overloaded|too full)", has("overload", "overload_weeks", "overload_share"), (), True),
    Row("evidence", r"(?:inferred)", has("inferred"), ("inferred",), True),
    Row("evidence", r"(?:new|newly|newcomer|entry|enters|entered|new entry)", has("newcomer"), ("newcomer",)),
    Row("evidence", r"(?:even though|although|though|while|despite|still)", lambda _: True),
    Row("evidence", r"one (?:task|of them) <4>(?:overdue|blocked)", lambda _: True),
    Row(
        "evidence",
        r"(?:mostly|mainly|largely|chiefly|primarily)",
        has("driver", "faller_cause", "cause", "effort_points", "goal_points", "urgency_points", "peak_gain"),
        (),
        True,
    ),
    Row("evidence", r"assessable", has("not_assessed"), ("not_assessed",)),
    Row(
        "number",
        r"(?:all|most|some|many|several|few|more|every|each|any|no|half the|fewer|other|both)(?: of)?(?: the| its| their| these| those)? (?:open |overdue |blocked |other |more |supporting |finished )*(?:tasks|items)",
        lambda _: False,
        (),
        True,
    ),
    Row("number", r"each (?:of the )?(?:overdue|blocked) tasks?", has("overdue", "blocked")),
    Row("number", r"(?:other|any) (?:open |blocked )?(?:tasks|work)", has("blocked", "waiting", "overload")),
    Row("number", r"each <2>(?:task|one|overdue task)|each of them|one of them", lambda _: True),
    Row("number", r"(?:tasks|work) (?:a|per|each|every) (?:day|month|year|quarter)", lambda _: False, (), True),
    Row("number", r"since (?:the )?(?:start|beginning|launch)", lambda _: False, (), True),
    Row("number", r"the (?:start|beginning)(?! date| day)", lambda _: False, (), True),
    Row(
        "number",
        r"(?:before|until|till|from|at|ahead of|by|after|with) the (?:start|beginning)",
        reason("not started"),
    ),
    Row("number", r"N weeks (?:ago|earlier|before)", lambda _: False, (), True),
    Row(
        "word",
        r"(?:well done|(?:rise|higher|fall) (?:them|it|the|each)|(?:pick|step|speed|time is) down|earlier date|nothing does)",
        lambda _: False,
        (),
        True,
    ),
    Row(
        "direction",
        r"(?:after|later than) <2>(?:due date|due day|deadline|end of)(?! (?:was|has|had|moved|came|got|drew|being|moving|coming))",
        lambda s: is_over(s) or _is_late(s),
        ("predicted",),
        True,
    ),
    Row(
        "direction",
        r"(?:target|reached|forecast|reach) <*12>(?:before|ahead of|earlier than) (?:the |its )?(?:due date|due day|deadline)",
        lambda s: "predicted" not in s or not _is_late(s),
        (),
        True,
    ),
    Row("direction", r"(?:earlier|sooner) than", lambda s: not _is_late(s), (), True),
    Row(
        "evidence",
        r"(?:metric|it|value|level|goal) (?:can|could|may|might) (?:still )?(?:fall|slip|slide|drop) back",
        is_reached,
        ("current",),
    ),
    Row(
        "word",
        r"past (?:their|its) predicted|predicted to (?:less|T)|out of the (?:time|day)|first people|last N days|over the N days|last (?:four|three|two|six) days|any people",
        lambda _: False,
        (),
        True,
    ),
    Row("word", r"(?:after|before|than) the predicted", lambda _: False, (), True),
    Row("number", r"(?:other|any|more|overdue|blocked) (?:open )?projects", has("odds_none"), (), True),
    Row(
        "certainty",
        r"(?:mathematically|inevitable|inevitably|doomed|(?<!make )(?<!making )sure|certainly|definitely|guaranteed)",
        lambda _: False,
        (),
        True,
    ),
)

GUARDED: Mapping[str, str] = {
    word: rule
    for rule, words in {
        "negation": "not no never none nothing nobody without cannot neither nor lack lacks lacking missing hardly barely unable",
        "status": "green yellow amber red likely unlikely uncertain safe high low slim poor remote weak strong",
    }.items()
    for word in words.split()
}
