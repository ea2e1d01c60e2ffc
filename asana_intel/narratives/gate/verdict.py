"""What the gate answers: a verdict, its violations and the sentences with their evidence; no rule is applied here."""

from dataclasses import dataclass

from asana_intel.narratives.outlines.outline import Sentence


@dataclass(frozen=True)
class Violation:
    """One thing that is wrong with a text.

    Args:
        rule: Short fixed name, such as number, role, direction or word.
        detail: What exactly; may quote the text, so it goes back to the model that wrote it and nowhere else.
    """

    rule: str
    detail: str


@dataclass(frozen=True)
class Verdict:
    """Whether a text may be published.

    Args:
        violations: What is wrong; none = it passed.
        sentences: The text's sentences, each with the facts it was found to state.
    """

    violations: tuple[Violation, ...]
    sentences: tuple[Sentence, ...]

    @property
    def passed(self) -> bool:
        """Whether nothing is wrong."""
        return not self.violations
