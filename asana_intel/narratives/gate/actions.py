"""What a text may recommend: rows of words and the claims of the outline that allow them; nothing else is advice.

A clause of advice (after "Next:", should, consider, please, or beginning with such a verb) must match a row of which a
claim can be made on the sheet, or must use the words of another possible claim.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from asana_intel.narratives.gate.lexicon import LITTLE, stem, words_of
from asana_intel.narratives.gate.reading import Reading, compile_pattern


@dataclass(frozen=True)
class Action:
    """One sort of advice.

    Args:
        claims: Claims that allow it, any of them.
        pattern: Words, in the language of reading.py.
        facts: Kinds of facts that allow it where no claim does.
    """

    claims: tuple[str, ...]
    pattern: str
    facts: tuple[str, ...] = ()


_GET_DONE = r"(?:finish|finishing|complete|completing|close|closing|clear|clearing|tackle|tackling|resolve|resolving|finished|cleared|completed|resolved|handle|address|settle|sort out|work through|deal with|catch up on|go through|going through|review|reviewing|reviewed|look at|re-planned|re-plan|replan|replanned|reschedule|rescheduled|re-planning|drop|dropping|dropped|re-date|redate|update|set|agree|agreeing|give|giving)"
_LOWER = r"(?:resetting|shifting|lower|lowering|lowered|reduce|reducing|reduced|move|moving|moved|extend|extending|extended|revise|revising|revised|cut|cutting|rethink|rethinking|revisit|revisiting|reconsider|reconsidering|adjust|adjusting|adjusted|postpone|postponing|postponed|push|pushing|relax|relaxing|relaxed|change|changing|changed|agree|agreeing|agreed|set|setting|shift|shifting|reset|renegotiate|ease|weigh|choose|later|lesser|smaller|new|push back|pushed|put back)"

ACTIONS: tuple[Action, ...] = (
    Action(
        ("close_missed",),
        r"(?:close|closing|closed|move|give|giving|decide|decides|agree|whether|settle|set|roll|carry) <8>(?:goal|date|rest|it)",
    ),
    Action(
        ("close_missed", "close_reached"),
        r"(?:close|closing|closed|mark|marked|marking) <3>(?:goal|it|this|done|achieved|reached|complete|completed)",
    ),
    Action(("close_reached",), r"(?:goal|it) (?:can|could|should|may) (?:now )?be (?:closed|marked|completed)"),
    Action(
        ("close_reached",),
        r"(?:raise|raising|raised|set|setting|agree|agreeing|agree on|lift|increase|pick|choose|consider) <3>(?:target)",
    ),
    Action(("close_reached",), r"target (?:could be |should be |can be |may be |be )?(?:raised|lifted|increased)"),
    Action(
        ("hold_target",),
        r"(?:protect|keep|hold|secure|guard|defend|safeguard|preserve|maintain|sustain|retain|protecting|keeping|holding|safeguarding|preserving|watch|stay) <4>(?:reached|target|level|it|what|value|result|this|that|achieved|there|position|metric|above)",
    ),
    Action(
        ("status_too_green",),
        r"(?:update|updating|correct|correcting|fix|revise|revising|adjust|review|change|changing|align|bring|set) <6>(?:status|plan|green)",
    ),
    Action(
        ("status_too_green",),
        r"(?:status|plan) <6>(?:updated|corrected|changed|revised|adjusted|reviewed|updating|update|change|correcting)",
    ),
    Action(("rescope", "raise_pace", "close_missed"), rf"{_LOWER} <7>(?:target|date|deadline|due day|dates)"),
    Action(
        ("rescope", "raise_pace"),
        r"(?:target|date|deadline|due day) <5>(?:move|moved|lowered|revised|changed|adjusted|extended|reconsidered|down|rethinking|relaxed|back)",
    ),
    Action(
        ("raise_pace", "rescope"),
        r"(?:reach|raise|raising|increase|increasing|lift|lifting|step up|speed up|get|bring|pick up|quicken|accelerate|go|rise|move|aim|work) <6>(?:N|pace|rate)",
    ),
    Action(("raise_pace",), r"(?:pace|rate) of N"),
    Action(
        ("raise_pace", "rescope", "close_missed"),
        r"(?:different|other|new|another|later|lower|revised|adjusted) (?:target|date|due|deadline)",
    ),
    Action(("raise_pace",), r"pace <4>(?:rise|raised|increase|increased|climb|pick up|reach)"),
    Action(
        ("unblock",),
        r"(?:get|getting|finish|finishing|complete|completing|clear|clearing|unblock|unblocking|resolve|resolving|close|free|release|take|taking|push|focus on|settle|deal with|move|chase|prioritise|prioritize) <5>(?:E|T|blocked|waiting|wait|N|them|these|done|way|path|through|blocker|blockers|what)",
        ("blocked",),
    ),
    Action(("unblock",), r"E <5>(?:cleared|done|finished|completed|way|resolved|closed|first|settled)", ("blocked",)),
    Action(
        ("ask_slow",),
        r"(?:ask|asking|learn|find out|clarify|establish) <3>(?:reasons?|cause|causes|owner)|(?:ask|asking|identify|determine|discover|examine|explain|investigate|give|giving|redirect|reassign|reallocate|uncover|raise|find out|finding out|look into|looking into|look at|check|see|understand|review|learn|work out|clarify|establish|talk|speak|discuss|explore|move|shift|move work) <8>(?:why|what|how|slow|slowed|work|people|it|E|to)",
        ("slow_project",),
    ),
    Action(("ask_slow",), r"(?:move|shift|bring|add) <3>(?:work|people|capacity|help)", ("slow_project",)),
    Action(
        ("clear_overdue",),
        rf"(?:{_GET_DONE}|check|discuss|talk|go over|run through|assign|bring|revisit|reset|redate|sort|walk|decide|put) <9>(?:overdue|late|past|N|those|them|these|dates?|each)",
        ("overdue",),
    ),
    Action(
        ("clear_overdue",),
        r"(?:N|overdue|late|tasks|these|those|them|each) <8>(?:new dates?|re-planned|finished|dropped|reviewed|cleared|rescheduled|completed|resolved|date that holds|replanned|clear)",
        ("overdue",),
    ),
    Action(
        ("clear_overdue",),
        r"(?:finished|re-planned|replanned|dropped|reviewed|cleared|completed|rescheduled|resolved)",
        ("overdue",),
    ),
    Action(
        ("helps_later",),
        r"(?:move|moving|shift|shifting|push|pushing|postpone|postponing|delay|delaying|start|do|put|schedule|defer|deferring|bring) <5>(?:later|week|back)",
    ),
    Action(
        ("helps_without",),
        r"(?:remove|removing|take|taking|drop|dropping|hand|handing|give|giving|move|moving|reassign|reassigning|free) <5>(?:it|E|T|that|away|off|out|task|over)",
    ),
    Action(("hold_course",), r"(?:course|pace|plan) can be (?:held|kept|maintained)"),
    Action(
        ("pull_lever",),
        r"(?:weigh|weighing|consider|considering|think about|allow|allowing|give|giving|take|taking|speed up|speeding up|work|working|look at|grant|granting|try|discuss|evaluate|add|adding|use|go for|ask for|set|assess|extend|extending|explore|examine|move) (?:[a-z0-9',-]+ ){0,6}?(?:T|N|P|weeks?|pace|target|extension|deadline|date)",
    ),
    Action(
        ("hold_course",),
        r"(?:hold|keep|stay|continue|maintain|maintaining|carry on|proceed|stick|keeping|staying|holding|continuing|carrying) <4>(?:course|going|plan|planned|pace|on|as|steady|way|path|with|this|it|now|up)",
    ),
    Action(
        ("pull_lever",),
        r"(?:weigh|weighing|considering|consider|exploring|discussing|discuss|explore) (?:up )?(?:that |it |possibility |idea |choice |this |here |too |now |next |first |well |option |the |as the next step |as a next step )*(?:\.|,|;|and)",
        ("lever",),
    ),
    Action(
        ("pull_lever",),
        r"(?:T|N|P|O|weeks?|pace|target|extension|deadline|date|option|that|it|this) <9>(?:weighed|considered|discussed|explored|examined)",
    ),
    Action(
        ("hold_target",),
        r"(?:level|target|value|result|it|this) <3>(?:protecting|protected|held|kept|safeguarded|defended|secured)",
    ),
    Action(("ask_slow",), r"owner <3>(?:asked|consulted) <3>(?:why|what|how)", ("slow_project",)),
    Action(("clear_overdue",), r"(?:tasks?|those|them|each) <9>(?:re dated|re date|redated|dates?)", ("overdue",)),
    Action(
        ("supply_evidence",),
        r"(?:value|date|target|metric|it|one|which|that|this|day) <4>(?:added|set|entered|given|provided|supplied|filled|fixed|corrected|recorded|remedied)",
    ),
    Action(
        ("hold_course",),
        r"(?:no|nothing|not) <6>(?:change|needed|changes|adjustment|action|needs|calls|required|changing|changed)",
    ),
    Action(
        ("agree_on_work",),
        r"(?:agree|settle|decide|discuss|clarify|choose|pick|sort out|identify|talk|ask|work out|determine|establish|review|go over|fix|set|rank|order|prioritise|prioritize|focus|put|select|list|define) <9>(?:work|tasks|matters|priorities|owner|important|first)|agreement <9>(?:work|tasks|matters|important)",
    ),
    Action(
        ("await_start",),
        r"(?:check|checking|make sure|see|ensure|confirm|verify|review|beyond) <6>(?:tasks|planned|plan|plans)",
    ),
    Action(("await_start",), r"nothing <3>(?:needed|required|to do|do|needs)"),
    Action(
        ("supply_evidence",),
        r"(?:set|setting|give|giving|given|add|adding|enter|entering|provide|supply|fill|put|record|mend|fix|define|complete|correct|need|needs|once|agree|choose) <6>(?:one|value|date|target|it|this|missing|metric|what|right|gap|asana)",
    ),
    Action(("supply_evidence",), r"(?:missing|lacking) and should be (?:added|set|given|entered|supplied|provided)"),
    Action(("supply_evidence",), r"(?:next|sync) <4>(?:assess|assessed|assessment)"),
    Action(("supply_evidence",), r"should (?:get|have|receive|be given) (?:one|a)"),
)
_MARKER = (
    r"(?:next|next step|next steps|next up|action|actions|recommendation|suggestion|step|advice|first|then|now|please|let 's|let us|worth|consider|considering|suggest|recommend|propose"
    r"|advise|should|can be|once|needs to be|need to be|could be|'d|needs|best to|better to)"
)
_VERBS = words_of(
    "hold keep stay continue maintain carry raise lift increase speed accelerate step pick quicken bring add move "
    "shift adjust change revise reset rethink revisit lower reconsider clear re-plan replan reschedule close "
    "finish resolve tackle catch complete update correct give supply provide fill set enter unblock free remove "
    "put leave take ask call start begin consider reduce relax postpone cut renegotiate ease fix align stick "
    "proceed push boost sustain settle identify determine safeguard preserve investigate redirect reassign assign "
    "clarify handle address sort review define release agree find check mark decide weigh drop look make get "
    "ensure confirm mend protect secure reach plan wait discuss talk focus let go allow extend prioritise "
    "prioritize escalate stop cancel delete hire celebrate tell show explain help try use work share send write "
    "learn understand"
)


def check_actions(
    reading: Reading, possible: Iterable[str], own: Iterable[frozenset[str]], advised: Iterable[frozenset[str]] = ()
) -> bool:
    """Refuses advice that no claim of the sheet allows; returns whether the sentence advises."""
    allowed, kinds = set(possible), {f.kind.name for f in reading.sheet}
    spans = list(_advice(reading))
    if not spans and not reading.stated and any(_fits(a, reading.line, allowed, kinds) for a in ACTIONS):
        spans = [(0, len(reading.line))]  # advice that begins with another word: either mark it, or ...
    for start, end in spans:
        part = f" {reading.line[start:end].strip()} "
        fitting = [(a, m) for a in ACTIONS if (m := _fits(a, part, allowed, kinds))]
        if fitting:
            reading.covered.update(reading.places(start, end))
            for action, match in fitting:
                reading.stated.update(f for f in action.facts if f in reading.sheet)
                reading.covered.update(reading.places(start + match.start() - 1, start + match.end()))
        wrong = _wrong_way(part, allowed)
        if wrong:
            reading.refuse("action", wrong)
        elif not fitting and not _is_own(part, own) and not _is_near(part, advised):
            reading.refuse("action", f"not what the facts ask for: {part.strip()}")
    return bool(spans)


def _fits(action: Action, part: str, allowed: set[str], kinds: set[str]) -> re.Match[str] | None:
    """Where an action that the sheet allows stands in a part of a text."""
    if not allowed.intersection(action.claims) and not kinds.intersection(action.facts):
        return None
    return compile_pattern(action.pattern).search(part)


def _wrong_way(part: str, allowed: set[str]) -> str:
    """Why advice about the target goes the wrong way; a target is raised where it is reached and lowered elsewhere."""
    is_up = compile_pattern(
        r"(?:raise|raising|higher|lift|increase|bigger|larger) <2>target|target <3>(?:raised|up)"
    ).search(part)
    is_down = compile_pattern(
        r"(?:lower|lowering|reduce|cut|smaller|reducing) <2>target|(?:set|agree|choose) an? (?:lower|fewer|smaller)|target <3>(?:lowered|reduced)"
    ).search(part)
    if is_up and "close_reached" not in allowed and "achieved" not in part:
        return "the target is not to be raised"
    if is_down and not {"rescope", "raise_pace", "close_missed", "agree_on_work"} & allowed:
        return "the target is not to be lowered"
    return ""


def _advice(reading: Reading) -> Iterable[tuple[int, int]]:
    """Start and end of the advising parts of a sentence."""
    line = reading.line
    words = line.split()
    if words[:1] == ["either"]:
        words = words[1:]
    begins = (
        words[0] in _VERBS
        and words[1:2] not in (["progress"], ["than"])
        and len(words) > 2
        and not re.match(r"[PO]\d", words[1])
        and words[0] not in ("work",)
    )
    if begins or re.search(
        r" (?:is|are|comes?|should be|would be|be) (?:then |the |our |what is )*next(?: step| steps| action| move)? \.? ?$",
        line,
    ):
        yield 0, len(line)
        return
    for match in re.finditer(rf" (?:{_MARKER[3:-1]})(?= )", line):
        marker, after = match.group().strip(), line[match.end() :].split()
        if marker in ("next", "action", "actions", "step", "advice", "first", "then", "now") or marker.startswith(
            "next"
        ):
            if not after or not (
                after[0] in (":", ",", "–", "is")
                or (after[:2] in (["we", "should"], ["we", "need"], ["we", "must"]) and match.start() == 0)
                or (after[0] in _VERBS and marker != "now" and match.start() == 0)
            ):
                continue
            if (
                marker in ("then", "now", "first")
                and after[0] in (",", ":", "is")
                and not (len(after) > 1 and after[1] in _VERBS)
            ):
                continue
        elif marker == "'d":
            if (
                not after
                or after[:2] == ["get", "there"]
                or after[0] not in _VERBS | {"suggest", "recommend", "rather"}
            ):
                continue
        elif (
            marker == "can be"
            and not (after and after[0] in ("held", "kept", "closed", "maintained", "lowered", "moved", "raised"))
        ) or (marker in ("worth", "needs", "considering") and not (after and after[0].endswith("ing"))):
            continue
        elif marker == "should" and re.match(r"(?:be )?(?:reach|reached|met|hit|make)\b", " ".join(after)):
            continue  # a forecast, not advice
        start = match.end()
        if marker in ("should", "could be", "can be", "needs to be", "need to be", "needs"):
            start = _clause_start(line, match.start())
        if marker == "worth" and len(after) < 4:
            start = 0  # a later date is worth agreeing on
        yield start, len(line)
        return
    for match in re.finditer(r" (?:;|:|so|–|, so|, and|, or) (?P<v>[a-z-]+) ", line):
        if match.group("v") in _VERBS and not re.match(r"(?:progress|than) ", line[match.end() :]):
            yield match.start("v") - 1, len(line)
            return


def _clause_start(line: str, at: int) -> int:
    """Where the clause of a passive advice begins: after "and", "so" or a semicolon, else at the sentence's start."""
    ends = [m.end() - 1 for m in re.finditer(r" (?:; (?:and|so)?|, (?:and|so)|and|so(?! far| that)) ", line[:at])]
    return ends[-1] if ends else 0


_LITTLE = LITTLE | {stem(w) for w in ("as", "next", "week", "not", "no", "than", "from")}


def _is_near(part: str, advised: Iterable[frozenset[str]]) -> bool:
    """Whether half of the words are those of one piece of advice that is possible, whatever the verb."""
    words = {stem(w) for w in re.findall(r"[a-z'-]+", part)} - _LITTLE - {""}
    return any(len(words & claim) >= max(2, 0.5 * len(words)) for claim in advised)


def _is_own(part: str, own: Iterable[frozenset[str]]) -> bool:
    """Whether most of the advice's words are those of one possible claim that is no row here."""
    words = {stem(w) for w in re.findall(r"[a-z'-]+", part)} - _LITTLE - {""}
    return any(len(words & claim) >= max(2, 0.6 * len(words)) for claim in own)


KNOWN = frozenset(c for a in ACTIONS for c in a.claims)
