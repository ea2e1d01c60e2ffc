"""The gate: a text passes only if every sentence is made of the sheet's facts; the rules are in binding and guards.

A sentence that is word for word a claim that the outline makes on this sheet is true by construction; its numbers are
still compared with the facts. Every other sentence goes through all rules.
"""

import re
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise

from asana_intel.narratives.facts import FactSheet, Unit
from asana_intel.narratives.gate.advice import action_words
from asana_intel.narratives.gate.assertions import DONE
from asana_intel.narratives.gate.binding import bind
from asana_intel.narratives.gate.guards import RULES, guarded_words
from asana_intel.narratives.gate.lexicon import WORDS, inflections
from asana_intel.narratives.gate.quantities import NOUNS, quantities_of, read_quantities
from asana_intel.narratives.gate.reading import Reading, Truth, relations_of
from asana_intel.narratives.gate.roles import ACTIONS, ROLES, SAME_AS
from asana_intel.narratives.gate.tokens import (
    Masked,
    Token,
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
_PART_WORDS = 3
_WORDY = (Unit.entity, Unit.text, Unit.status)
_KNOWN_CLAIMS = frozenset(c for action in ACTIONS for c in action.claims)
_WORD = re.compile(r"[A-Za-z]+(?:-[A-Za-z]+)*")

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
        self.heir: tuple[str, ...] = ()
        self.told: set[str] = set()
        self.previous: frozenset[str] = frozenset()
        self.claims = [(claim, plain_spaces(claim.words(sheet))) for claim in outline.possible(sheet)]
        self.claims.sort(key=lambda pair: -len(pair[1]))
        self.facts_of: dict[str, tuple[str, ...]] = {}
        for fact in sheet:
            if fact.kind.unit in (Unit.entity, Unit.text):
                name = plain_spaces(fact.text).strip()
                name = name.rstrip(".") if fact.kind.unit is Unit.text else name
                for form in {name, name[:1].upper() + name[1:]} if fact.kind.unit is Unit.text else {name}:
                    self.facts_of[form] = (*self.facts_of.get(form, ()), fact.fact_id)

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
        self.counted.update(
            f for f in claim.facts if self.sheet[f].kind.unit not in _WORDY and self.sheet.text(f) in words
        )
        self.previous = frozenset(self.sheet[f].kind.name for f in claim.facts)
        self.heir = tuple(f for f in claim.facts if self.sheet[f].kind.unit is Unit.entity) or self.heir

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
        tokens = self._with_parts(tokenize(sentence, mentions))
        truth = self._truth()
        reading = Reading(read_quantities(tokens), self.sheet, heir=self.heir, previous=self.previous)
        bind(reading, self._pairs())
        for rule in RULES:
            rule(reading, truth)
        self._check_words(reading, truth)
        names = [m for m in reading.mentions() if self._is_name(reading.bound[m])]
        self.heir = reading.bound[names[-1]] if names else self.heir
        if not any(_is_evidence(reading, f) for f in reading.stated):
            self.refuse("evidence", f"a sentence states no fact: {masked.unmask(sentence)}")
        self._count(reading)
        self.previous = frozenset(reading.bound_kinds())
        self.told |= {f for ids in reading.bound.values() for f in ids} | reading.told
        self.violations += reading.violations
        self.sentences.append(
            Sentence(masked.unmask(sentence), tuple(f.fact_id for f in self.sheet if f.fact_id in reading.stated))
        )

    def _is_name(self, fact_ids: Sequence[str]) -> bool:
        return any(self.sheet[f].kind.unit is Unit.entity for f in fact_ids)

    def _count(self, reading: Reading) -> None:
        numbers = [f for n, ids in reading.bound.items() if reading.pieces[n].quantity is not None for f in ids[:1]]
        for fact, times in Counter(numbers).items():
            if times > 1:
                self.refuse("repetition", f"{fact} is said twice in a sentence")
        self.counted.update(set(numbers))

    def _check_words(self, reading: Reading, truth: Truth) -> None:
        """Every word left must be of the closed vocabulary, or a word of the sheet for its things."""
        for at, piece in enumerate(reading.pieces):
            word = piece.word
            if piece.token.kind == "sign" and piece.quantity is None and piece.token.text.isalnum():
                self.refuse("number", f"'{piece.token.text}' stands where no number can be read")
            if not word or piece.fault:
                continue
            if piece.token.text[0].isupper() and not _may_begin(reading, at):
                self.refuse("entity", f"'{piece.token.text}' is no name of the facts")
            if at in reading.used or word in WORDS or word in guarded_words() or word in truth.words:
                continue
            if not self._is_counted(reading, at):
                self.refuse("word", f"'{piece.token.text}' is not a word for a report of these facts")

    def _is_counted(self, reading: Reading, at: int) -> bool:
        """Whether a word is what the goal's name counts: in "Win 40 shops" the word after 40."""
        if self._is_measured(reading, at):
            return True
        number = reading.pieces[at - 1].quantity if at else None
        if number is None or not {"current", "target"} & reading.kinds_at(at - 1):
            return False
        targets = [f.text for f in self.sheet if f.kind.name == "target"]
        names = [f.text.lower() for f in self.sheet if f.kind.name == "goal"]
        return any(f"{t} {reading.word(at)}" in n for t in targets for n in names)

    def _is_measured(self, reading: Reading, at: int) -> bool:
        """Whether a word of the goal's name stands for its metric: in "Raise coverage", coverage stands at 64 %."""
        names = frozenset().union(*(_forms_in(f.text) for f in self.sheet if f.kind.name == "goal"))
        if reading.word(at) not in names:
            return False
        start, end = reading.clause(at)
        near = range(max(start, at - 6), min(end, at + 6))
        return any({"current", "target"} & reading.kinds_at(n) for n in near)

    def _check_whole(self) -> None:
        words = self.text.split()
        if len(words) > self.outline.most_words:
            self.refuse("length", f"{len(words)} words, at most {self.outline.most_words}")
        if len(self.sentences) > self.outline.most_sentences:
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
        for fact in sorted(self.sheet.required - self._told()):
            self.refuse("omission", f"must not leave out: {fact}")

    def _told(self) -> set[str]:
        """Facts that the text tells; where roles are known, a claim tells only the facts whose text it holds."""
        told, is_strict = set(self.told), self.sheet.kind in ROLES
        for claim, words in self.claims:
            if any(s.claim_id == claim.claim_id for s in self.sentences):
                told |= {f for f in claim.facts if not is_strict or _says(words, self.sheet.text(f))}
        for fact, others in SAME_AS.items():
            if told.issuperset(others):
                told.add(fact)
        return told

    def _mask(self, text: str) -> Masked:
        return mask(text, list(self.facts_of), plain=_is_plain)

    def _with_parts(self, tokens: list[Token]) -> list[Token]:
        """Runs of words that stand in a text fact, as one mention of it: "no target value"."""
        for fact in self.sheet:
            roles = ROLES.get(self.sheet.kind, {})
            if fact.kind.unit is Unit.text and (fact.kind.name == "not_assessed" or fact.kind.name not in roles):
                tokens = _merge_runs(tokens, _words_of(plain_spaces(fact.text)), fact.fact_id)
        return tokens

    def _truth(self) -> Truth:
        if not hasattr(self, "_known_truth"):
            own, words = [], set[str]()
            is_registered = self.sheet.kind in ROLES
            asking = list(self.outline.parts)[-1]
            for claim, text in self.claims:
                if is_registered and (claim.part != asking or claim.claim_id in _KNOWN_CLAIMS):
                    continue
                said = frozenset(w.lower() for w in _WORD.findall(self._mask(text).text))
                words |= set() if is_registered else said
                if claim.claim_id not in _KNOWN_CLAIMS:
                    own.append(said)
            for fact in self.sheet:
                words |= set() if is_registered else _words_in(fact.kind.meaning)
                if fact.kind.unit not in (Unit.entity, Unit.text):
                    words |= _words_in(fact.text)
            self._known_truth = Truth(
                self.sheet,
                frozenset(c.claim_id for c, _ in self.claims),
                tuple(own),
                frozenset(words) - action_words(),
                relations_of(self.sheet),
            )
        return self._known_truth

    def _pairs(self) -> frozenset[tuple[str, str]]:
        """Numbers that the outline's claims, or the facts themselves, write as "x of y"."""
        texts = [] if self.sheet.kind in ROLES else [self._mask(t).text for _, t in self.claims]
        texts += [f.text for f in self.sheet if f.kind.unit is not Unit.entity]
        pairs = set()
        for text in texts:
            numbers = quantities_of(text)
            pairs |= {(str(a.value), str(b.value)) for a, b in pairwise(numbers) if a.leads_of and b.follows_of}
        return frozenset(pairs)


def _says(words: str, text: str) -> bool:
    """Whether a sentence holds the text of a fact, whole numbers and whole words."""
    return re.search(rf"(?<![\w.,]){re.escape(text.lower().rstrip('.'))}(?!\w)", words.lower()) is not None


def _may_begin(reading: Reading, at: int) -> bool:
    """Whether a capital letter is no sign of a name here."""
    before = reading.pieces[at - 1].token.text if at else ":"
    return before in (":", ".", ";", "(", '"', "“", "'", "–", "—", "-") or reading.word(at) == "asana"


def _is_evidence(reading: Reading, fact_id: str) -> bool:
    kind = reading.sheet[fact_id].kind
    role = reading.roles.get(kind.name)
    return kind.unit is not Unit.entity and (role is None or role.is_evidence)


@lru_cache(maxsize=4096)
def _words_in(text: str) -> frozenset[str]:
    return frozenset(w.lower() for w in _WORD.findall(text))


@lru_cache(maxsize=1024)
def _forms_in(text: str) -> frozenset[str]:
    """Words of a name, and their forms: Publish 24 guides, published."""
    return frozenset().union(*(inflections(w) for w in _words_in(text) if len(w) > 2))


@lru_cache(maxsize=1024)
def _words_of(text: str) -> tuple[str, ...]:
    return tuple(t.word for t in tokenize(text, {}))


@lru_cache(maxsize=4096)
def _is_plain(name: str) -> bool:
    """Whether a name is made of words that a report uses itself, so that it must stand out to count as a name."""
    words = _words_in(name)
    known = WORDS | guarded_words() | action_words() | DONE | frozenset(NOUNS)
    if words:
        return all(w in known or all(p in known for p in w.split("-")) for w in words)
    return not any(c.isalpha() for c in name) and any(c.isdigit() for c in name)


def _merge_runs(tokens: list[Token], fact_words: tuple[str, ...], fact_id: str) -> list[Token]:
    merged, at = [], 0
    while at < len(tokens):
        length = _run_length(tokens, at, fact_words)
        if length >= _PART_WORDS:
            merged.append(Token("mention", "part", (fact_id,), is_part=True))
            at += length
        else:
            merged.append(tokens[at])
            at += 1
    return merged


def _run_length(tokens: Sequence[Token], at: int, fact_words: tuple[str, ...]) -> int:
    """Length of the longest run of words that stands in a fact; with a "no" it must end as the fact does."""
    best = 0
    for start, word in enumerate(fact_words):
        if tokens[at].word != word or tokens[at].kind == "sign":
            continue
        length = 0
        while (
            at + length < len(tokens)
            and start + length < len(fact_words)
            and tokens[at + length].word == fact_words[start + length]
            and tokens[at + length].kind != "sign"
        ):
            length += 1
        denies = {"no", "not", "never"}.intersection(fact_words[start : start + length])
        ends = start + length == len(fact_words) or not fact_words[start + length].isalnum()
        if not denies or ends:
            best = max(best, length)
    return best
