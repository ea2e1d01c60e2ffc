"""What each kind of fact is called in a text, what it belongs to and which way it points; a registry, no rule is here.

How to add a kind: without a row here, a number binds to a fact by value and unit alone (and, where the fact id has a
letter, to the name of the same letter). Give the kind a row in `ROLES`, under its narrative, as soon as two kinds of
one unit stand in one sheet, or a swap of the two would pass: its cues are the words that stand beside its number. A cue
is a word or a phrase; `~word` is a weak cue that loses against a stronger one nearby; `@word` counts only directly
before the number, `>phrase` only after it. A kind whose value has a direction gets `is_signed`, or two kinds that are
compared get a row in `RELATIONS`; then words such as up, below or slower are held against it. A recommendation that may
be phrased freely gets a row in `ACTIONS`; every other one passes only with words of its claim. A narrative that has
roles also takes all its other words from lexicon.py; one that has none may use those of its claims and meanings.
"""

from asana_intel.narratives.facts import Kind
from asana_intel.narratives.gate.goal_relations import GOAL_ACTIONS, GOAL_RELATIONS
from asana_intel.narratives.gate.goal_roles import GOAL_ROLES
from asana_intel.narratives.gate.lexicon import words_of
from asana_intel.narratives.gate.role import Action, Relation, Role

ROLES: dict[Kind, dict[str, Role]] = {Kind.goal_progress: GOAL_ROLES}

SAME_AS: dict[str, tuple[str, ...]] = {"odds_before": ("odds", "odds_change"), "odds_change": ("odds", "odds_before")}
"""A fact that must be told is also told by these together."""


MOVES = words_of("up down by gain gained rose fell lost added adds higher lower change changed increase decrease")
"""Cues that say that something moved and not what; points of two things may have moved."""

RELATIONS: dict[Kind, tuple[Relation, ...]] = {Kind.goal_progress: GOAL_RELATIONS}

ACTIONS: tuple[Action, ...] = GOAL_ACTIONS
