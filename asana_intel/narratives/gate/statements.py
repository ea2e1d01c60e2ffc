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


def _reason(*words: str) -> Holds:
    return lambda s: any(f.kind.name == "not_assessed" and any(w in f.text for w in words) for f in s)


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

DENIALS: tuple[Row, ...] = (
    Row(
        "negation",
        r"(?:cannot|can not|not|nor) (?:(?!and|but|so)[a-z']+ ){0,3}?(?:odds|chances?|probability|forecast|assessment|given|available|exist|computed|calculated|judged|quoted|evaluated|rated)|(?:no|without|not any) (?:[a-z]+ ){0,2}?(?:odds|chances?|probability|forecast|assessment|estimate)",
        has("not_assessed", "unassessed"),
        ("not_assessed",),
    ),
    Row(
        "negation",
        r"odds (?:[a-z']+ ){0,3}?(?:cannot|not|unavailable)",
        has("not_assessed", "unassessed"),
        ("not_assessed",),
    ),
    Row(
        "negation",
        r"(?:nothing|no (?:action|step|change|work|effort|more)) (?:[a-z-]+ ){0,4}?(?:done|do|happen|needed|required|necessary|called for|due|change|calls|needs)",
        any_of(_reason("not started"), _odds(0.7, 2)),
        ("not_assessed", "odds"),
    ),
    Row(
        "negation",
        r"without (?:any )?(?:change|changes|adjustment|adjustments|alteration|correction)",
        _odds(0.7, 2),
        ("odds",),
    ),
    Row(
        "negation",
        r"(?:no|without|lacks|lacking|nothing|never) (?:any |a )?(?:movement|motion|gain|growth|advance)",
        any_of(has("stalled"), is_zero("value_change", "window_gain")),
        ("stalled", "value_change"),
    ),
    Row(
        "negation",
        r"(?:nothing|no goal|not|no|without|neither) (?:[a-z-]+ ){0,3}?(?:links?|linked|ties?|tied|connects?|connected|leads?|related|attached|belongs?) <4>(?:goals?|task|it)",
        has("no_goal", "no_support"),
        ("no_goal", "no_support"),
    ),
    Row(
        "negation",
        r"no (?:one |single |other )?task (?:that |which |alone )?(?:would|could|can|will)",
        lambda s: "helper" not in s and "overload" in s,
        ("overload",),
    ),
    Row(
        "negation",
        r"(?:not|never|without|did not|nor) (?:yet |even )?(?:finish|finished|finishing|complete|completed|completing|close|closed|closing|deliver|delivered) (?:a single|one|any|a)(?: single)? tasks?",
        is_zero("done_last_week", "slow_recent"),
        ("done_last_week", "slow_recent"),
    ),
    Row(
        "negation",
        r"not (?:a|one|any)(?: single)? task",
        is_zero("done_last_week", "slow_recent"),
        ("done_last_week", "slow_recent"),
    ),
    Row("negation", r"(?:no|without) (?:more )?time <2>(?:left|remaining|remains)?", is_over, ("elapsed",)),
    Row("negation", r"no metric", _reason("metric"), ("not_assessed",)),
    Row(
        "negation",
        r"(?:not|cannot|could not|can not|no|never|yet to) <3>(?:assess|assessed|assessable|be assessed|put odds|give odds|assessment|known|available|possible)",
        has("not_assessed", "unassessed"),
        ("not_assessed",),
    ),
    Row("negation", r"(?:without|lacks?|no) (?:any )?odds", has("not_assessed", "unassessed"), ("not_assessed",)),
    Row(
        "negation",
        r"(?:no|without|lacks?|lacking|missing|does not have|has no|have no|not have|absence of|needs|not|unset) <4>target <1>(?:value)?",
        _reason("target"),
        ("not_assessed",),
    ),
    Row("negation", r"target value <3>missing", _reason("target"), ("not_assessed",)),
    Row(
        "negation",
        r"(?:no|without|lacks?|lacking|missing|not have|needs) <3>(?:start|start date|start day)",
        _reason("start d"),
        ("not_assessed",),
    ),
    Row(
        "negation",
        r"(?:no|without|lacks?|lacking|missing|not have|needs) <3>(?:due|end|due date|due day|deadline)",
        _reason("due", "date"),
        ("not_assessed",),
    ),
    Row(
        "negation",
        r"(?:no|without|lacks?|lacking|missing|not have|needs) <3>(?:metric|value|history|data|snapshots?|weeks)",
        _reason("metric", "value", "history", "data", "snapshot", "week"),
        ("not_assessed",),
    ),
    Row("negation", r"odds are (?:missing|lacking|unknown)", has("not_assessed"), ("not_assessed",)),
    Row("negation", r"no longer (?:fits?|matches|agrees|reflects)", shows("green")),
    Row(
        "negation",
        r"(?:finished|completed|closed|delivered) nothing",
        is_zero("done_last_week", "slow_recent"),
        ("done_last_week",),
    ),
    Row(
        "negation",
        r"not (?:match|keep up|suffice|enough|sufficient|reach|meet)",
        lambda s: (number(s, "pace") or 0) < (number(s, "needed_pace") or 0),
    ),
    Row(
        "negation",
        r"(?:what|which|something) (?:is |it )?(?:missing|lacks)",
        has("not_assessed", "unassessed"),
        ("not_assessed",),
    ),
    Row(
        "negation",
        r"(?:not|yet to|has yet to|never) <3>(?:start|started|starting|begun|begin|under way|underway)",
        _reason("not started"),
        ("not_assessed",),
    ),
    Row(
        "negation",
        r"nothing <3>(?:needed|required|to do|called for|need|necessary)",
        any_of(_reason("not started"), _odds(0.7, 2)),
        ("not_assessed", "odds"),
    ),
    Row(
        "negation",
        r"(?:not|no|without|never|nothing|zero) (?:(?!need)[a-z-]+ ){0,4}?(?:moved|budged|shifted|stirred|gained|gain|gains|move|moving|movement|changed|change|progress|progressed|advanced|grown|growth|increase|improved|improvement)(?: any| at all| anything)?(?! (?:is|are|seems|to the plan|of course|needed|required|of plan|called))",
        is_zero("value_change", "odds_change", "places", "pace", "window_gain"),
        ("stalled", "value_change", "odds_change", "places"),
    ),
    Row(
        "negation",
        r"(?:not|no|without|never|nothing|zero) (?:(?!need)[a-z-]+ ){0,4}?(?:moved|budged|shifted|stirred|gained|gain|gains|move|moving|movement|change|progress|progressed|advanced|grown|improved)(?: any| at all| anything)?(?! (?:is|are|seems|needed|required|called))",
        has("stalled"),
        ("stalled",),
    ),
    Row("negation", r"nothing <3>(?:gained|added|moved|came|won)", has("stalled"), ("stalled",)),
    Row(
        "negation",
        r"(?:no|not (?:a|any)(?: single)?|zero|none of the) (?:other |single |supporting )?tasks? <6>(?:finished|completed|closed|done|delivered)",
        is_zero("done_last_week", "slow_recent"),
        ("done_last_week",),
    ),
    Row(
        "negation",
        r"(?:finished|completed|closed|delivered|saw) (?:no|zero|not a single|not any) (?:tasks?|work)",
        is_zero("done_last_week", "slow_recent"),
        ("done_last_week", "slow_recent"),
    ),
    Row(
        "negation",
        r"(?:no|not|nothing|need not|without) <3>(?:change|changes|changing|adjustment|action|intervention|to change|correction) <3>(?:needed|required|necessary|called for|need|now|called|due|advised|of course|to the plan)",
        any_of(_reason("not started"), _odds(0.7, 2)),
        ("odds",),
        True,
    ),
    Row("negation", r"nothing <3>(?:change|changing|changed|adjusted)", _odds(0.7, 2), ("odds",), True),
    Row(
        "negation",
        r"(?:no|without) (?:need|reason) (?:to|for) <3>(?:change|changes|act|adjust|action)",
        _odds(0.7, 2),
        ("odds",),
    ),
    Row(
        "negation",
        r"(?:cannot|can not|ca not|not|unable to) <2>(?:move|start|proceed|begin|continue|go|advance|be started|be finished)",
        has("blocked", "blocked_there"),
        ("blocked",),
    ),
    Row("negation", r", (?:and )?not (?:its |the |their |a )?(?:usual |normal |typical )?[NP]\d+", lambda _: True),
    Row(
        "negation",
        r"(?:no|not a|not any|not one|removing any|any) (?:single |one )?(?:single |one )?task (?:alone )?(?:would |will |could |can |alone |by itself |on its own |not )*(?:change|alter|help|reduce|lower|shift|resolve|be enough)",
        lambda s: "helper" not in s and "overload" in s,
        ("overload",),
    ),
    Row(
        "negation",
        r"not (?:change|alter|help|shift|affect) (?:that|this|it|much)",
        lambda s: "helper" not in s and "overload" in s,
        ("overload",),
    ),
    Row(
        "negation",
        r"(?:nobody|no one|not|never|without|no) <3>(?:estimated|estimate|estimates|estimating)",
        has("inferred"),
        ("inferred",),
    ),
    Row(
        "negation",
        r"without (?:it|that task|this task|the task|that|this|E|T|task E|the task E)",
        has("odds_without"),
        ("odds_without",),
    ),
    Row(
        "negation",
        r"not <2>(?:ranked|rank|in the ranking|on the list|part of the ranking)",
        has("newcomer"),
        ("newcomer",),
    ),
    Row(
        "negation",
        r"(?:no|without|not|nothing|lacks) <3>(?:path|link|links|linked|route|connection) <3>goals?",
        has("no_goal", "no_support"),
        ("no_goal", "no_support"),
    ),
    Row("negation", r"no goal", has("no_goal", "effort", "unaligned"), ("no_goal",)),
    Row("negation", r"(?:no|without) (?:due date|due day)", lambda s: "due" not in s),
)

SAID: tuple[Row, ...] = (
    Row("evidence", r"(?:overdue|past due|late(?! last))", has("overdue", "overdue_there"), ("overdue",), True),
    Row("evidence", r"(?:too late|too late for <3>|late)", _is_late, ("predicted",)),
    Row("evidence", r"past (?:their|its|the) (?:due|deadline)", any_of(_is_late, is_over), ("predicted", "elapsed")),
    Row(
        "evidence",
        r"due (?:day|date) (?:is |has |came |drew |got |gets |comes |moved |draws |being |getting )*(?:closer|nearer|near)",
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
        r"(?:time (?:is|has run|ran|was) (?:up|out)|(?:deadline|due day|due date) <6>(?:arrived|has come|has passed)|(?:time|goal|period) is over)",
        is_over,
        ("elapsed",),
        True,
    ),
    Row("evidence", r"(?:today|due day|last day)", any_of(is_over, has("due")), ()),
    Row("evidence", r"(?:overload|overloaded|too full)", has("overload", "overload_weeks", "overload_share"), (), True),
    Row("evidence", r"(?:inferred)", has("inferred"), ("inferred",), True),
    Row("evidence", r"(?:new|newcomer|entry|enters|entered|new entry)", has("newcomer"), ("newcomer",)),
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
        _reason("not started"),
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
        r"(?:after|later than) <2>(?:due date|due day|deadline|end of)",
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
ROWS = (*STATUSES, *DENIALS, *SAID)
