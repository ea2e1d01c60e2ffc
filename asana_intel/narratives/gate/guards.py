"""All rules about words, in their order, and the words they look at; each rule stands in a module of its own."""

from functools import cache

from asana_intel.narratives.gate.advice import check_actions
from asana_intel.narratives.gate.assertions import BAD_NOUNS, CLAIMING, DEGREES, DONE, check_assertions
from asana_intel.narratives.gate.causes import CAUSE_WORDS, CAUSES, check_causes
from asana_intel.narratives.gate.certainty import MODALS, REACH, REACHED, REACHES, check_certainty
from asana_intel.narratives.gate.denials import NEGATIONS, check_denials, check_negations
from asana_intel.narratives.gate.directions import check_directions, directions_by_word
from asana_intel.narratives.gate.statuses import COLOURS, LEVELS, check_statuses

RULES = (
    check_statuses,
    check_actions,
    check_denials,
    check_directions,
    check_negations,
    check_causes,
    check_assertions,
    check_certainty,
)
"""In the order in which they may mark words as understood."""


@cache
def guarded_words() -> frozenset[str]:
    """Words that some rule looks at; the vocabulary need not know them."""
    directed = {parts[0] for group in directions_by_word().values() for parts, _ in group if len(parts) == 1}
    causal = {parts[0] for group in CAUSES.values() for parts in group if len(parts) == 1}
    levels = {*LEVELS, *COLOURS, "likely", "unlikely", "uncertain", "very", "success"}
    claiming = frozenset().union(*CLAIMING.values())
    return frozenset(
        directed
        | causal
        | levels
        | claiming
        | CAUSE_WORDS
        | NEGATIONS
        | DONE
        | REACH
        | REACHES
        | REACHED
        | MODALS
        | BAD_NOUNS
        | DEGREES
    )
