"""Causes and certainty: what a text gives as a reason must state a fact, and nothing is foretold as certain."""

import re
from collections.abc import Sequence

from asana_intel.narratives.gate.lexicon import LITTLE, stem
from asana_intel.narratives.gate.reading import Reading, compile_pattern
from asana_intel.narratives.gate.statements import is_over, is_reached

_CAUSE = (
    r"(?:because of|because|due to|owing to|on account of|as a result of|as a consequence of|thanks to|driven by"
    r"|caused by|explained by|attributed to|attributable to|stems from|stemming from|which is why|reason is|reason for"
    r"|cause is|causes|the result of|(?:is|are|was|were) down to(?! (?:P|N|O|D|at|about|only|just|around)\d*)|follows from|following from|blamed on|brought about by|triggered by|given that|in view of|in light of)"
)
_NO_CAUSE = r"(?:due to (?:be|start|end|begin|finish|close)|the main reasons?)"
_SINCE = r"(?:(?<!soon )(?<!long )(?<!well )(?<!much )(?<!far )as|since)(?! (?:of |new\b|it now|it has now|the next step|a next step|now\b|we were|it was|they were|was |it 's going|it is going|things 's|they 's|last |then|a next|a first|next|is\b|a whole|a rule|the target|target|a target|number |one\b|against|compared|opposed|shown|part |things|they are|it (?:has|did|looks|seems)|a step|a result,|follows|usual|normal|mentioned|noted|agreed|set|a share|a consequence,|a week|the (?:previous|week|last)|you (?:are|go|do|did|have)|we (?:are|go|do|did|have)|things (?:are|go)|long|planned|before|at |well|it stands|things|expected|usual|far|long|much|soon|in |D|on |ever|with|such|the start|achieved|done|reached|complete|completed|green|red|yellow|its due|overdue|blocked|this week|new|they (?:were|are)|it (?:is|was)|asana|opposed|before))"
_CHANCE = (
    r"(?:odds|chances?|probability|likelihood|likely|unlikely|prospects?|confidence|forecast|outlook|P|whether|if|how)"
)
_SUCCESS = r"(?:met|reached|hit|achieved|attained|missed|exceeded|fulfilled|delivered)"
_SUCCEED = r"(?:meet|reach|hit|achieve|attain|miss|exceed|succeed|fail|make it|make|get there|come in|land|(?:finish|complete)(?! (?:, re-plan|, replan|, drop|or drop|or re|the [NO]|those|these|them))|fall short|arrive|end)(?! (?:much|any|a|no|little) difference)"
_SUBJECT = (
    r"(?:target|goal|it|we|they|objective|metric|project|team|E|N|that|which|this|date|deadline|doubt|success|failure)"
)


def check_causes(reading: Reading, said: Sequence[frozenset[str]] = ()) -> None:
    """A reason must state a fact that the sheet has; 'since last week' and 'due on' are no reasons.

    Args:
        reading: The sentence.
        said: Stems of the words of each claim that can be made on the sheet.
    """
    for pattern in (_CAUSE, _SINCE):
        for match in reading.find(pattern):
            if reading.has(_NO_CAUSE) and match.group().startswith("due"):
                continue
            end = reading.clause(match.end() + 1)[1]
            if match.start() <= 1:
                end = min(end, reading.line.find(" , ", match.end()) % (len(reading.line) + 1))
            if reading.line[end - 1 :].startswith(" ( ") or reading.line[end:].startswith("( "):
                end = reading.line.find(")", end) % (len(reading.line) + 1)
            after = reading.places(match.end(), end)
            if match.group() == "given that" and re.match(
                r" (?:, |gap|difference|shortfall|pace|rate|trend|fall|drop|rise)", reading.line[match.end() :]
            ):
                continue  # points back to what was said
            if match.group() == "because of" and _is_gap(reading, match.end()):
                continue
            if "peak_gain" in reading.stated and re.match(
                r" (?:just |only )?(?:one|a single)\b", reading.line[match.end() :]
            ):
                continue
            if match.group() == "which is why":
                if not {"not_assessed", "cause"} & {f.kind.name for f in reading.sheet}:
                    reading.refuse("cause", "a reason is drawn")
                continue
            if not any(_is_reason(reading, n) for n in after) and not (
                _is_reason_word(reading, match.end(), end) or _is_claimed(reading.line[match.end() : end], said)
            ):
                reading.refuse("cause", f"'{match.group()}' gives a reason that the facts do not know")


def _is_reason(reading: Reading, at: int) -> bool:
    """Whether a place of the text states a fact that may be a reason."""
    ids = reading.bound.get(at, ())
    return any(reading.sheet[f].kind.name not in ("goal", "scope", "portfolio", "person", "newcomer") for f in ids)


def _is_gap(reading: Reading, end: int) -> bool:
    """Whether the reason is the gap of two paces that the sentence before told."""
    is_told = {"pace", "needed_pace"} <= reading.before
    if reading.before & {"cause", "helper"} and re.match(
        r" (?:this|that|the|these|those) (?:tasks?|work) ", reading.line[end:]
    ):
        return True
    return is_told and bool(re.match(r" (?:this|that|the) (?:gap|difference|shortfall) ", reading.line[end:]))


def _is_reason_word(reading: Reading, start: int, end: int) -> bool:
    said = [n for n in reading.places(start, end) if stem(reading.pieces[n].word) not in LITTLE | {"", "."}]
    told = [n for n in said if n in reading.told and reading.pieces[n].word not in ("new", "newcomer")]
    return bool(told) and len(told) >= 0.4 * len(said)


_SAME = {
    stem(word): stem(other)
    for word, other in (
        ("date", "day"),
        ("pushed", "moved"),
        ("put", "moved"),
        ("little", "small"),
        ("low", "small"),
        ("people", "taken"),
    )
}


def _is_claimed(part: str, said: Sequence[frozenset[str]]) -> bool:
    """Whether a reason is said mostly with the words of one claim of the sheet."""
    words = {_SAME.get(w, w) for w in (stem(w) for w in re.findall(r"[a-z'-]+", part))} - LITTLE - {""}
    return len(words) > 1 and any(len(words & claim) >= max(2, 0.6 * len(words)) for claim in said)


def check_certainty(reading: Reading) -> None:
    """Refuses a bare prediction, and a target that is called reached where it is not."""
    done = is_reached(reading.sheet)
    modal = r"(?:will|shall|would|should|can|could|must|may|might|cannot|going to|set to|certain to|bound to|about to|able to|expected to|expect to|on course to|guaranteed to|heading to|'ll|wo not|not|poised to|destined to|projected to|due to)"
    patterns = (
        rf"{modal} (?:not |never |still |now |easily |only |also |just )*(?:be |get )?{_SUCCESS}",
        rf"{_SUBJECT} <1>{modal} (?:not |never |still |now |be able to |also |only |just )*{_SUCCEED}(?! (?:N|O) (?:tasks|a week|per week|points))",
        rf"expect(?:s|ed)? (?:the goal |the target |it )?to (?:be )?(?:{_SUCCESS}|{_SUCCEED})",
        rf"{_SUBJECT} (?:surely |now |also )*(?:reaches|meets|hits|achieves|attains|misses|exceeds|succeeds|fails|makes it)",
        rf"(?:target|goal|objective|N|D) (?:of N )?(?:is|was|has been|have been|will be|are|gets|has|have) (?:already |now |just |also |not |been |all )*(?:been )?{_SUCCESS}",
        rf"(?<!at what )(?<!where )(?<!what )(?:goal|it|we|E|resellers) (?:has|have|had|'ve|'s) (?:already |now |just )*(?:been )?{_SUCCESS}",
        r"(?:no doubt|certain|certainty|for sure|without fail|bound to|guaranteed)",
    )
    for n, pattern in enumerate(patterns):
        for match in reading.find(pattern):
            if not (
                _is_chance(reading, match.start(), match.end())
                or _is_part(reading, match.end())
                or (n > 2 and _is_done(reading, match.group(), is_done=done))
            ):
                reading.refuse("certainty", f"'{match.group()}' is foretold or told as done")


def _is_part(reading: Reading, end: int) -> bool:
    """Whether only a part is told as reached: it has reached 22 of 40."""
    following = re.match(r"(?: (?:only|just|about|a|load|of))* (?P<n>[NP]\d+) ", reading.line[end:])
    if following is not None:
        ids = reading.bound.get(int(following.group("n")[1:]), ())
        if ids and not {reading.sheet[f].kind.name for f in ids} & {"target", "odds", "progress", "expected"}:
            return True
    return compiled(r"N (?:out )?of", f" {reading.line[end : end + 30]} ") or compiled(
        r"N of (?:the |its )?N", f"{reading.line[reading.clause(end - 1)[0] : end]} "
    )


def _is_done(reading: Reading, said: str, *, is_done: bool) -> bool:
    is_negative = " not " in f" {said} " or "miss" in said or "fail" in said
    if is_done:
        return not is_negative
    return is_negative and is_over(reading.sheet) and "cannot" not in said


def _is_chance(reading: Reading, start: int, end: int) -> bool:
    """Whether odds are spoken of in the clause before it, or it is the forecast's own day."""
    lo, hi = reading.clause(start)
    if re.search(r"(?:, )?so (?:the |it |that )", reading.line[lo:start]) and "needed" not in reading.line:
        return False
    before, after = reading.line[lo:start], reading.line[end : end + 60]
    if re.search(r"\bdates? (?:that|which|they) ?$", before):
        return True  # a date that holds is agreed, nothing is foretold of the goal
    if compiled(r"(?:no doubt|certain|guarantee)", f" {reading.line[start:end]} "):
        return False
    is_before = compiled(_CHANCE, f"{before} ") and not before.startswith((" , so", " , and"))
    is_forecast = any(
        reading.sheet[f].kind.name == "predicted" for n in reading.places(start, hi) for f in reading.bound.get(n, ())
    )
    follows = (
        compiled(r"(?:, )?(?:with|at|has|have|carries) (?:odds|a|an|P|chance)", f" {after.strip()} ")
        and after.strip()[:14].find("odds") >= -1
    )
    lo_all = reading.line[:start]
    is_way = (
        compiled(
            r"(?:to|would|of|for|needed|if|before|until|than|after|whether|on current form|as things go|that)",
            f"{before[-30:]} ",
        )
        and "will" not in reading.line[start:end]
        and compiled(
            r"(?:odds|chances?|probability|likelihood|prospects?|pace|needs?|takes?|would take|on current form|as things go|forecast)",
            f"{lo_all} ",
        )
    )
    return bool(
        is_before
        or is_forecast
        or is_way
        or (follows and compiled(r"(?:odds|chance|P|probability|likelihood)", f" {after} "))
    )


def compiled(pattern: str, text: str) -> bool:
    """Whether a pattern of the small language stands in a part of a line."""
    return compile_pattern(pattern).search(text) is not None
