"""Other ways to write a name or phrase of the sheet: its part before a colon, the same count in digits; no rule is here."""

import re
from collections.abc import Iterator

from asana_intel.narratives.gate.quantities import NUMBER_WORDS

_IN_WORDS = {word: str(int(value)) for word, value in NUMBER_WORDS.items() if word != "dozen"}
_COUNTED = re.compile(rf"^(?P<count>{'|'.join(_IN_WORDS)}|\d+) (?P<rest>.+)$")
_IN_PROJECT = re.compile(r"^tasks (?:in|on|for|of|about|with) (?P<project>(?!theirs).+)$")
_LEAST_PREFIX = 3


def aliases_of(text: str, person: str = "") -> Iterator[str]:
    """Forms of a name that mean the same, the name itself left out.

    Args:
        text: The name or phrase.
        person: Whose tasks "theirs" are.
    """
    prefix, colon, _ = text.partition(": ")
    if colon and len(prefix) >= _LEAST_PREFIX:
        yield prefix
    if text == "a task of theirs":
        yield from ("one of their tasks", "one task of theirs", "a single task of theirs", "a task of their own")
        yield from ("one of their own tasks", "a task that is theirs", "one of the tasks of theirs", "one of theirs")
        yield from ("one task", "a single task")
        if person:
            yield from (f"one of {person}'s tasks", f"one of {person}'s own tasks", f"a task of {person}'s")
            yield from (f"one task of {person}'s", f"one of the tasks of {person}", f"one task of {person}'s own")
    counted = _COUNTED.match(text)
    if counted is None:
        return
    count, rest = counted.group("count"), counted.group("rest")
    inside = _IN_PROJECT.match(rest)
    for number in {count, _IN_WORDS.get(count, count)}:
        forms = [rest]
        if inside is not None:
            project = inside.group("project")
            forms += [f"{project} tasks", f"tasks from {project}", f"tasks of {project}", f"tasks for {project}"]
            forms += [
                f"tasks in {project}",
                f"tasks within {project}",
                f"tasks belonging to {project}",
                f"tasks on {project}",
            ]
        if rest == "tasks of theirs":
            forms += ["of their tasks", "of their own tasks", "tasks of their own"]
        yield from (f"{number} {form}" for form in forms if f"{number} {form}" != text)
