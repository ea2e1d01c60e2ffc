"""Overdue, blocked, finished, risk, sharply: words that say something of facts; what is to come is in certainty.py."""

from asana_intel.narratives.gate.lexicon import forms_of, words_of
from asana_intel.narratives.gate.reading import Reading, Truth

DONE = forms_of("finish complete close deliver") | {"done", "closes", "wrapped", "ticked", "completions", "completion"}


CLAIMING: dict[str, frozenset[str]] = {
    "overdue": frozenset({"overdue", "late"}),
    "blocked": frozenset(
        {
            "blocked",
            "wait",
            "waits",
            "waiting",
            "stuck",
            "depend",
            "depends",
            "depending",
            "dependent",
            "blocking",
            "blocks",
            "block",
        }
    ),
    "not_assessed": frozenset(
        {"unassessed", "assess", "assessed", "assessable", "missing", "lack", "lacks", "lacking"}
    ),
}


_DONE_KINDS = frozenset({"done_last_week", "slow_recent", "slow_usual", "progress", "current", "target"})


BAD_NOUNS = words_of(
    "risk risks problem problems issue issues obstacle obstacles bottleneck bottlenecks hurdle "
    "hurdles concern concerns worry warning blocker blockers setback setbacks"
)


DEGREES = words_of(
    "sharply slightly markedly steeply somewhat considerably noticeably clearly well far much "
    "substantially significantly modestly marginally little quite comfortably slowly steadily "
    "gradually sharp slight steep marked small modest clear big large significant considerable "
    "noticeable"
)


def _check_colour(reading: Reading, truth: Truth) -> None:
    """Risk and problem stand only with bad news, well and slightly only with a direction."""
    has_bad = any(k in reading.roles and reading.roles[k].is_bad(truth.sheet) for k in reading.bound_kinds())
    for at, word in enumerate(reading.words):
        if word in BAD_NOUNS and at not in reading.used and not has_bad:
            reading.refuse("word", f"'{word}' is said of no bad news")
        if word in DEGREES and at not in reading.used and not any(n in reading.directed for n in range(at - 3, at + 4)):
            reading.refuse("word", f"'{word}' is said of no direction")


def _check_claiming(reading: Reading, truth: Truth) -> None:
    for kind, words in CLAIMING.items():
        for at in range(len(reading.pieces)):
            if reading.word(at) not in words or (reading.word(at) == "late" and at in reading.used):
                continue
            if kind in truth.sheet:
                reading.state([kind])
            elif not _is_own_word(reading, at, truth):
                reading.refuse("evidence", f"'{reading.word(at)}' says something that the facts do not")
            reading.used.add(at)
    for at in reading.places("past"):
        if reading.word(at + 1) in ("due", "their", "its") or reading.is_phrase(at + 1, ("the", "due")):
            if "overdue" in truth.sheet:
                reading.state(["overdue"])
            elif not _is_own_word(reading, at, truth):
                reading.refuse("evidence", "nothing is known to be past due")


def _is_own_word(reading: Reading, at: int, truth: Truth) -> bool:
    return bool(reading.stated) and any(reading.word(at) in words for words in truth.own)


def _check_done(reading: Reading) -> None:
    for at in range(len(reading.pieces)):
        if reading.word(at) not in DONE or at in reading.used:
            continue
        near = [n for n in reading.bound if reading.distance(n, at) <= 8]
        is_counted = any(_DONE_KINDS & reading.kinds_at(n) for n in near)
        is_other = any(
            k not in reading.roles and not reading.pieces[n].token.mention for n in near for k in reading.kinds_at(n)
        )
        is_none = "done_last_week" in reading.bound_kinds()
        if not (is_counted or is_other or is_none):
            reading.refuse("evidence", f"'{reading.word(at)}' says something that the facts do not")
        reading.used.add(at)


def check_assertions(reading: Reading, truth: Truth) -> None:
    """Being late, waiting, finishing; risk only with bad news, well and slightly only with a direction."""
    _check_claiming(reading, truth)
    _check_done(reading)
    _check_colour(reading, truth)
