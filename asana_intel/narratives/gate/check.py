"""The gate: a text passes only if every sentence is made of the sheet's facts; each rule is a module of its own.

A sentence that is word for word a claim that the outline makes on this sheet is true by construction; its numbers are
still compared with the facts. Every other sentence goes through all rules.
"""

import re
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache

from asana_intel.narratives.facts import FactSheet, Kind, Unit
from asana_intel.narratives.gate.actions import KNOWN, check_actions
from asana_intel.narratives.gate.aliases import aliases_of
from asana_intel.narratives.gate.binding import bind
from asana_intel.narratives.gate.denials import DENIALS
from asana_intel.narratives.gate.directions import DIRECTION_WORDS, check_directions
from asana_intel.narratives.gate.lexicon import CORE, LITTLE, NEVER, inflections, is_neutral, stem
from asana_intel.narratives.gate.phrases import check_causes, check_certainty
from asana_intel.narratives.gate.quantities import quantities_of, read_quantities
from asana_intel.narratives.gate.reading import Reading
from asana_intel.narratives.gate.statements import GUARDED, SAID, STATUSES, is_reached
from asana_intel.narratives.gate.tokens import (
    Masked,
    links,
    mask,
    plain_spaces,
    split_sentences,
    strange_characters,
    tokenize,
)
from asana_intel.narratives.gate.verdict import Verdict, Violation
from asana_intel.narratives.outlines.outline import Claim, Outline, Sentence

_LEAST_DISTINCT = 0.8
_MOST_REPEATS = 2
_WORDY = (Unit.entity, Unit.text, Unit.status)
_WORD = re.compile(r"[A-Za-z]+(?:-[A-Za-z]+)*")
_NO_EVIDENCE = frozenset({"scope", "window"})
_TOLD_IN_WORDS = frozenset({"not_assessed", "stalled", "value_change", "newcomer", "no_goal", "done_last_week", "rank"})
_SLACK_WORDS, _SLACK_SENTENCES, _SHORT = 1.07, 1, 60
"""What a text may be longer than an outline asks for: a person cuts a sentence in two, and sixty words are short."""
_SAME_AS = {"odds_before": ({"odds", "odds_change"},), "odds_change": ({"odds", "odds_before"},)}
"""A fact that must be told is also told by these together."""
_DENIED_TWICE = (
    r"(?:no|not|never|cannot|nothing) (?:(?!and |so |as |but |yet |because |since |which |that |while |with |if )[a-z'-]+ ){0,3}"
    r"(?:not|never|cannot|missing|lacking|without)|not 't|once (?:it|this|that|the goal) (?:has|is|was) not"
)
_ASIDE = (
    r"(?<= )[,;–—] (?:and|but|so|which|although|though|given|after|with|while|whereas|when|where|as|since|because|or|yet)"
    r"(?P<rest>(?: [^ ,;:.()–—]+){2,})(?= )"
)
_PLAIN_ASIDE = re.compile(
    r"\b(?:unusual|uncommon|infrequent|newly ranked|rare|rarely|seldom|atypical|not happen often|not (?:usual|common|typical)|(?:it|the goal) is due|day (?:came|is|drew) (?:closer|nearer))\b"
)
_REACHED = re.compile(r"\b(?:reached|met|achieved|hit|attained|fulfilled)\b")
_EITHER = re.compile(r"^[a-z]")

__all__ = ["Verdict", "Violation", "check_text"]


def check_text(text: str, sheet: FactSheet, outline: Outline) -> Verdict:
    """Whether a text may be published.

    Args:
        text: The text, whoever wrote it.
        sheet: What is known.
        outline: What may be said.
    """
    return _Check(plain_spaces(text).strip(), sheet, outline).verdict()


class _Check:
    """One check of one text."""

    def __init__(self, text: str, sheet: FactSheet, outline: Outline) -> None:
        self.text, self.sheet, self.outline = text, sheet, outline
        self.violations: list[Violation] = []
        self.sentences: list[Sentence] = []
        self.counted: Counter[str] = Counter()
        self.told: set[str] = set()
        self.before: frozenset[str] = frozenset()
        self.claims = [(claim, plain_spaces(claim.words(sheet))) for claim in outline.possible(sheet)]
        self.claims.sort(key=lambda pair: -len(pair[1]))
        self.facts_of: dict[str, tuple[str, ...]] = {}
        person = sheet.text("person") if "person" in sheet else ""
        for fact in sheet:
            if fact.kind.unit in (Unit.entity, Unit.text):
                name = plain_spaces(fact.text).strip()
                name = name.rstrip(".") if fact.kind.unit is Unit.text else name
                is_phrase = _is_phrase(fact.kind.unit, name)
                for other in (name, *aliases_of(name, person)):
                    known = (fact.fact_id, "person") if person and person in other != name else (fact.fact_id,)
                    for form in {other, other[:1].upper() + other[1:]} if is_phrase else {other}:
                        self.facts_of[form] = (*self.facts_of.get(form, ()), *known)
        masked = [(c, self._mask(w).text) for c, w in self.claims]
        self.own = [frozenset(stem(w.lower()) for w in _WORD.findall(w)) for c, w in masked if c.claim_id not in KNOWN]
        texts = [f.text for f in sheet if f.kind.unit is Unit.text]
        self.said = [frozenset(stem(w.lower()) for w in _WORD.findall(w)) for w in (*(w for _, w in masked), *texts)]
        self.advised = [words for (c, _), words in zip(masked, self.said, strict=False) if c.claim_id in KNOWN]
        self.phrases = " | ".join(re.sub(r"[^a-z' ]", "", w.lower()) for _, w in masked)
        self.words = self._sheet_words([w for _, w in masked])

    def verdict(self) -> Verdict:
        """Runs all rules."""
        if not self.text:
            self.refuse("length", "the text is empty")
        for part in self._parts():
            claim = next((c for c, words in self.claims if words == part), None)
            if claim is not None:
                self._check_claim(claim, part)
            else:
                self._check_free(part)
        self._check_whole()
        return Verdict(tuple(dict.fromkeys(self.violations)), tuple(self.sentences))

    def refuse(self, rule: str, detail: str) -> None:
        """Notes a violation."""
        self.violations.append(Violation(rule, detail))

    def _parts(self) -> list[str]:
        """The text cut into claims made word for word, and free text between them."""
        parts, free, rest = [], "", self.text
        while rest:
            claim = next(
                (w for _, w in self.claims if rest.startswith(w) and rest[len(w) : len(w) + 1] in ("", " ")), None
            )
            if claim is not None:
                parts += [free.strip()] if free.strip() else []
                parts.append(claim)
                free, rest = "", rest[len(claim) :].lstrip()
                continue
            end = re.search(r"[.!?…]['\"”’)]*\s+", rest)
            cut = end.end() if end else len(rest)
            free, rest = free + rest[:cut], rest[cut:]
        return [*parts, free.strip()] if free.strip() else parts

    def _check_claim(self, claim: Claim, words: str) -> None:
        """A claim word for word: only its numbers are compared with its facts."""
        self.sentences.append(Sentence(words, claim.facts, claim.claim_id))
        masked = self._mask(words)
        known = [q for f in self.sheet for t in (f.text, f.kind.meaning) for q in quantities_of(t)]
        for piece in read_quantities(tokenize(masked.text, {})):
            if piece.quantity is not None and piece.token.kind in ("number", "iso"):
                value = piece.quantity.value
                if not any(q.value == value and q.unit == piece.quantity.unit for q in known):
                    self.refuse("number", f"{value} is no number of the facts")
        # A goal's claims name facts on which they only rest; those of the other kinds may tell one in words: "all of them".
        is_of_goal = self.sheet.kind is Kind.goal_progress
        said = [f for f in claim.facts if not is_of_goal or _says(words, self.sheet.text(f))]
        self.counted.update(f for f in said if self.sheet[f].kind.unit not in _WORDY)
        self.told.update(said)
        self.before = frozenset(claim.facts)

    def _check_free(self, text: str) -> None:
        masked = self._mask(text)
        if strange := strange_characters(masked.text):
            self.refuse("character", f"characters that are not allowed: {' '.join(strange)}")
        if set("!?") & set(masked.text):
            self.refuse("character", "a report neither asks nor shouts")
        if found := links(masked.text):
            self.refuse("markup", f"a link: {found[0]}")
        mentions = {private: self.facts_of[name] for private, name in masked.names.items()}
        for sentence in split_sentences(masked.text):
            self._check_sentence(masked, sentence, mentions)
        if not masked.text.rstrip("\"'”’)").endswith((".", "…")) and not text.endswith(tuple(self.facts_of)):
            self.refuse("length", "the last sentence does not end")

    def _check_sentence(self, masked: Masked, sentence: str, mentions: dict[str, tuple[str, ...]]) -> None:
        reading = Reading(
            read_quantities(tokenize(sentence, mentions)), self.sheet, self.before, frozenset(self.counted)
        )
        bind(reading)
        self._check_rows(reading)
        is_advice = check_actions(reading, [c.claim_id for c, _ in self.claims], self.own, self.advised)
        check_causes(reading, self.said)
        check_certainty(reading)
        check_directions(reading)
        self._check_words(reading)
        if not is_advice:
            self._check_asides(reading)
        if not is_advice and not any(_is_evidence(self.sheet, f) for f in reading.stated):
            self.refuse("evidence", f"a sentence states no fact: {masked.unmask(sentence)}")
        if is_advice and not reading.violations:
            self._note_advice(reading)
        numbers = {ids[0] for n, ids in reading.bound.items() if reading.pieces[n].quantity is not None}
        self.counted.update(numbers)
        self.before = frozenset(reading.stated)
        self.told |= {f for ids in reading.bound.values() for f in ids}
        self.told |= {f for f in reading.stated if self.sheet[f].kind.name in _TOLD_IN_WORDS}
        self.violations += reading.violations
        stated = tuple(f.fact_id for f in self.sheet if f.fact_id in reading.stated)
        self.sentences.append(Sentence(masked.unmask(sentence), stated))

    def _check_asides(self, reading: Reading) -> None:
        """A clause that hangs on by a comma must state something, or use the words of a claim."""
        for match in re.finditer(_ASIDE, reading.line):
            places = reading.places(match.start(), match.end())
            if any(n in reading.bound or n in reading.covered or n in reading.told for n in places):
                continue
            words = {stem(w) for w in re.findall(r"[a-z'-]+", match.group("rest"))} - LITTLE
            words = {"day" if w == stem("date") else w for w in words}
            if len(words) < 2 and reading.line[match.end() :].startswith(" , "):
                continue  # only the subject, before something put in
            if _PLAIN_ASIDE.search(match.group("rest")) or (
                is_reached(self.sheet) and _REACHED.search(match.group("rest"))
            ):
                continue
            if words and not any(len(words & claim) >= max(1, 0.4 * len(words)) for claim in self.said):
                reading.refuse("evidence", f"'{match.group().strip()}' states no fact")

    def _note_advice(self, reading: Reading) -> None:
        """Advice that states nothing rests on the fact that its claim needs: the first that is known of these."""
        if not any(_is_evidence(self.sheet, f) for f in reading.stated):
            basis = ("needed_pace", "not_assessed", "odds", "overload")
            reading.stated.update([f for f in basis if f in self.sheet][:1])

    def _check_rows(self, reading: Reading) -> None:
        wrong = []
        for row in (*STATUSES, *DENIALS, *SAID):
            for match in reading.find(row.pattern):
                if row.holds(self.sheet) and not (row.rule == "negation" and _is_double(match.group())):
                    self._cover(reading, row.rule, match)
                    if row.states and row.rule in ("negation", "evidence"):
                        reading.told.update(reading.places(match.start(), match.end()))
                    reading.stated.update(f for f in row.states if f in self.sheet)
                elif row.is_guard:
                    wrong.append((row, match))
        for match in reading.find(_DENIED_TWICE):
            reading.refuse("negation", f"'{match.group()}' denies twice")
        for row, match in wrong:
            if not reading.covered.issuperset(reading.places(match.start(), match.end())) and not self._is_claimed(
                match.group()
            ):
                reading.refuse(row.rule, f"'{match.group()}' does not agree with the facts")
        for at, piece in enumerate(reading.pieces):
            if piece.word in GUARDED and at not in reading.covered:
                following = reading.pieces[at + 1].word if at + 1 < len(reading.pieces) else ""
                if not (following and self._is_claimed(f"{piece.word} {following}")):
                    reading.refuse(GUARDED[piece.word], f"'{piece.word}' is not said by the facts")

    def _cover(self, reading: Reading, rule: str, match: re.Match[str]) -> None:
        """Marks the words of a row as true; a denial is covered by rows of denials only."""
        said = reading.places(match.start(), match.end())
        reading.covered.update(
            n for n in said if rule == "negation" or GUARDED.get(reading.pieces[n].word) != "negation"
        )

    def _is_claimed(self, words: str) -> bool:
        """Whether a claim that can be made on the sheet says the words; goals have rows for all of theirs."""
        return self.sheet.kind is not Kind.goal_progress and f" {words} " in f" {self.phrases} "

    def _check_words(self, reading: Reading) -> None:
        """Every word must be neutral English or of the sheet; a capital letter makes a name of it."""
        for at, piece in enumerate(reading.pieces):
            word = piece.word
            if piece.token.kind == "sign" and piece.quantity is None and piece.token.text.isalnum():
                reading.refuse("number", f"'{piece.token.text}' stands where no number can be read")
            if not word or piece.fault:
                continue
            is_known = is_neutral(word) or word in DIRECTION_WORDS
            if (
                piece.token.text[0].isupper()
                and not _may_begin(reading, at)
                and word not in self.names
                and not (word[:5] in self.starts and len(word) > 5)
            ):
                reading.refuse("entity", f"'{piece.token.text}' is no name of the facts")
            is_near = word[:5] in self.starts and len(word) > 5
            if word == "thanks" and at + 1 < len(reading.pieces) and reading.pieces[at + 1].word == "to":
                continue  # a cause, which another rule judges
            if word == "great" and at + 1 < len(reading.pieces) and reading.pieces[at + 1].word == "deal":
                continue
            if (word in NEVER and word not in self.names) or not (is_known or is_near or word in self.words):
                reading.refuse("word", f"'{piece.token.text}' is not a word for a report of these facts")
        first = reading.pieces[0].token.text
        if _EITHER.match(first) and reading.pieces[0].quantity is None:
            reading.refuse("character", "a sentence begins in lower case")

    def _sheet_words(self, claims: Sequence[str]) -> frozenset[str]:
        said = {w.lower() for text in claims for w in _WORD.findall(text)} - NEVER
        self.names: set[str] = set()
        for fact in self.sheet:
            if fact.kind.unit is Unit.entity:
                self.names |= {form for w in _words_in(fact.text) for form in inflections(w)}
            else:
                said |= _words_in(fact.text)
            said |= _words_in(fact.kind.meaning)
        self.starts = {w[:5] for w in self.names if len(w) > 5}
        return frozenset(said | self.names | {f for w in said if len(w) > 3 for f in inflections(w)})

    def _check_whole(self) -> None:
        words = self.text.split()
        if len(words) > max(_SLACK_WORDS * self.outline.most_words, _SHORT):
            self.refuse("length", f"{len(words)} words, at most {self.outline.most_words}")
        if len(self.sentences) > self.outline.most_sentences + _SLACK_SENTENCES:
            self.refuse("length", f"{len(self.sentences)} sentences, at most {self.outline.most_sentences}")
        texts = [s.text.lower() for s in self.sentences]
        if len(set(texts)) < len(texts):
            self.refuse("repetition", "a sentence stands twice")
        for fact, times in self.counted.items():
            if times > _MOST_REPEATS:
                self.refuse("repetition", f"{fact} is said {times} times")
        triples = [tuple(w.lower() for w in words[n : n + 3]) for n in range(len(words) - 2)]
        if triples and len(set(triples)) < _LEAST_DISTINCT * len(triples):
            self.refuse("repetition", "the text says the same words again and again")
        for fact, others in _SAME_AS.items():
            if any(self.told.issuperset(o) for o in others):
                self.told.add(fact)
        for fact in sorted(self.sheet.required - self.told):
            self.refuse("omission", f"must not leave out: {fact}")

    def _mask(self, text: str) -> Masked:
        phrases = {
            n
            for n, ids in self.facts_of.items()
            if any(_is_phrase(self.sheet[f].kind.unit, self.sheet[f].text) for f in ids)
        }
        return mask(text, list(self.facts_of), plain=lambda name: name not in phrases and _is_plain(name))


def _is_double(words: str) -> bool:
    """Whether something is denied twice."""
    return sum(w in ("not", "no", "never", "nothing", "nobody", "without", "cannot") for w in words.split()) > 1


def _is_phrase(unit: Unit, name: str) -> bool:
    """Whether a fact's text may stand in lower case within a sentence and with a capital at its start."""
    return unit is Unit.text or (unit is Unit.entity and name[:1].islower())


def _says(words: str, text: str) -> bool:
    """Whether a sentence holds the text of a fact, whole numbers and whole words."""
    return re.search(rf"(?<![\w.,]){re.escape(text.lower().rstrip('.'))}(?!\w)", words.lower()) is not None


def _may_begin(reading: Reading, at: int) -> bool:
    """Whether a capital letter is no sign of a name here."""
    before = reading.pieces[at - 1].token.text if at else ":"
    return before in (":", ".", ";", "(", '"', "“", "'", "–", "—", "-") or reading.pieces[at].word in ("asana", "i")


def _is_evidence(sheet: FactSheet, fact_id: str) -> bool:
    kind = sheet[fact_id].kind
    return kind.name in ("cause", "helper") or (kind.unit is not Unit.entity and kind.name not in _NO_EVIDENCE)


@lru_cache(maxsize=4096)
def _words_in(text: str) -> frozenset[str]:
    return frozenset(w.lower() for w in _WORD.findall(text)) | frozenset(
        p for w in _WORD.findall(text.lower()) for p in w.split("-")
    )


@lru_cache(maxsize=4096)
def _is_plain(name: str) -> bool:
    """Whether a name is made of words that may also stand for themselves: "On track", "12", "Not green"."""
    words = [w.lower() for w in re.findall(r"[A-Za-z']+|\d+", name)]
    is_short = len(words) < 3 or any(w in GUARDED and w not in ("high", "low") for w in words)
    return is_short and all(w.isdigit() or w in CORE or w in GUARDED or w in DIRECTION_WORDS for w in words)
