"""How long the gate takes for a text, and what it refuses of true and of false texts, by kind of mutation.

Run: python benchmarks/gate.py
"""

import time
from collections import Counter
from dataclasses import replace

from asana_intel.narratives.gate.check import check_text
from asana_intel.narratives.outlines.goal import OUTLINE
from asana_intel_tests.unit.narratives.gate.goal_sheets import SHEETS
from asana_intel_tests.unit.narratives.gate.mutations import MUTATIONS
from asana_intel_tests.unit.narratives.gate.paraphrases import TEXTS

A_KIND = 200
LONGER = replace(OUTLINE, most_words=95, parts={"state": 3, "cause": 3, "action": 3})


def main() -> None:
    true = [(text, SHEETS[name]) for name, texts in TEXTS.items() for text in texts]
    for text, sheet in true:
        check_text(text, sheet, OUTLINE)
    start = time.process_time()
    refused = sum(not check_text(text, sheet, OUTLINE).passed for text, sheet in true)
    took = time.process_time() - start
    print(f"{1000 * took / len(true):.2f} ms of CPU a text; {refused} of {len(true)} true texts refused")
    tried, passed = Counter[str](), Counter[str]()
    for kind, mutate in MUTATIONS.items():
        wrong = [(w, sheet) for text, sheet in true for w in mutate(sheet, text) if w != text]
        for text, sheet in wrong[:: max(len(wrong) // A_KIND, 1)]:
            tried[kind] += 1
            passed[kind] += check_text(text, sheet, OUTLINE if kind == "too_long" else LONGER).passed
    for kind in tried:
        print(f"{kind:24} {tried[kind]:5} wrong texts, {passed[kind]} passed")
    print(f"{1 - passed.total() / tried.total():.4f} of {tried.total()} refused")


if __name__ == "__main__":
    main()
