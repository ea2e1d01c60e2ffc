"""Because, due to, as a result: only with bad news that the sheet holds; other words are judged elsewhere."""

from collections.abc import Sequence

from asana_intel.narratives.gate.assertions import CLAIMING
from asana_intel.narratives.gate.lexicon import words_of
from asana_intel.narratives.gate.reading import Reading, Truth, by_first_word

CAUSES = by_first_word(
    "because, because of, due to, owing to, caused by, driven by, on account of, "
    "as a result of, the reason is, the cause is, the reason, the cause, reason, reasons, "
    "cause, causes, explained by, stems from, stem from, held back by, as a consequence of, "
    "held back, dragged by, drag, drags, slowed by, blame, weighed down by, one reason, "
    "since, resulting from, result of, explains, explain, behind this, behind that, "
    "comes from, come from, attributed to, reflects, reflecting, is down to"
)


_EFFECTS = by_first_word(
    "which is why, that is why, as a result, for that reason, which explains, leading to, which is reflected"
)


_SINCE = (
    ("last", "week"),
    ("the", "last", "week"),
    ("a", "week"),
    ("the", "week", "before"),
    ("the", "previous", "week"),
    ("then",),
    ("previous", "week"),
    ("one", "week"),
    ("the", "prior", "week"),
    ("prior", "week"),
    ("the", "past", "week"),
    ("the", "week"),
)


CAUSE_WORDS = words_of(
    "because owing caused cause causes driven reason reasons explained explains explain stems stem "
    "consequence dragged drag drags blame weighed attributed result resulting results account "
    "reflects reflecting held"
)


def check_causes(reading: Reading, truth: Truth) -> None:
    """What is given as a cause must be bad news that the sheet holds, and nothing that rose is explained by it."""
    for at in range(len(reading.pieces)):
        if at in reading.used and reading.word(at) != "since":
            continue
        phrase = reading.phrase_at(at, _EFFECTS)
        if phrase:
            rest = range(at + len(phrase), len(reading.pieces))
            if at == 0 and any(k in reading.roles and reading.roles[k].is_bad(truth.sheet) for k in reading.previous):
                reading.used.update(range(at, at + len(phrase)))
                continue
            is_told = any(n > at for n in reading.bound) or any(
                n in reading.acts or n in reading.directed for n in rest
            )
            _need_bad(reading, truth, range(at), phrase, is_told=is_told)
            reading.used.update(range(at, at + len(phrase)))
            continue
        phrase = reading.phrase_at(at, CAUSES)
        if phrase is None or (phrase == ("since",) and any(reading.is_phrase(at + 1, s) for s in _SINCE)):
            continue
        stops = (
            n
            for n in range(at + len(phrase) + 1, len(reading.pieces))
            if reading.pieces[n].token.text in (",", ";", ":")
        )
        _need_bad(reading, truth, range(at, next(stops, len(reading.pieces))), phrase)
        reading.used.update(range(at, at + len(phrase)))


def _need_bad(reading: Reading, truth: Truth, places: range, phrase: Sequence[str], *, is_told: bool = True) -> None:
    bound = {k for n in places for k in reading.kinds_at(n)}
    told = {k for k in reading.bound_kinds() if any(reading.word(n) in CLAIMING.get(k, ()) for n in places)}
    is_bad = any(k in reading.roles and reading.roles[k].is_bad(truth.sheet) for k in bound | told)
    has_risen = any(
        reading.word(n) in ("up", "rose", "risen", "improved", "climbed", "increased")
        for n in range(len(reading.pieces))
    )
    if not is_bad or has_risen or not is_told:
        reading.refuse("cause", f"'{' '.join(phrase)}' is not followed by bad news of the facts")
