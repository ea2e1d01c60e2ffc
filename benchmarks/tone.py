"""How often the tone and the haste of a comment are read right, beside raw VADER, on comments labelled by hand.

Run: python benchmarks/tone.py. Prints the tables of docs/tone.md, and what 100,000 comments cost to read. Intervals are
95 %, by bootstrap over comments. A test holds the page to the same tables.
"""

from __future__ import annotations

import csv
import time
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

from asana_intel.narratives.tone.tone import label_of, read_comment

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Labels = NDArray[np.str_]

ROOT = Path(__file__).resolve().parents[1]
LABELS = ROOT / "asana_intel_tests" / "unit" / "narratives" / "tone_labels"
TONES = ("negative", "neutral", "positive")
DRAWS, SEED = 2_000, 7
MANY = 100_000


def labelled(name: str) -> list[dict[str, str]]:
    """The labelled comments of `dev` or `holdout`: text, tone, is_urgent (yes or no)."""
    with (LABELS / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def raw_vader(texts: list[str]) -> Labels:
    """Labels by VADER as it comes, at the thresholds its authors name."""
    scores = [SCORER.polarity_scores(text)["compound"] for text in texts]
    return np.array(["negative" if s <= -0.05 else "positive" if s >= 0.05 else "neutral" for s in scores])


def ours(texts: list[str]) -> Labels:
    """Labels by the product; what it does not score is neutral."""
    return np.array([label_of(read_comment(text).tone) for text in texts])


def always_neutral(texts: list[str]) -> Labels:
    """What a method must beat."""
    return np.array(["neutral"] * len(texts))


METHODS: dict[str, Callable[[list[str]], Labels]] = {
    "always neutral": always_neutral,
    "raw VADER": raw_vader,
    "ours": ours,
}
SCORER = SentimentIntensityAnalyzer()


def accuracy(said: Labels, true: Labels) -> float:
    """Share of right labels."""
    return float((said == true).mean())


def precision(said: Labels, true: Labels, label: str = "negative") -> float:
    """Share of those called `label` that are; 0 where none is called so."""
    called = said == label
    return float((true[called] == label).mean()) if called.any() else 0.0


def recall(said: Labels, true: Labels, label: str = "negative") -> float:
    """Share of those that are `label` and called so."""
    return precision(true, said, label)


def macro_f1(said: Labels, true: Labels) -> float:
    """Mean over the three labels of the harmonic mean of precision and recall."""
    pairs = [(precision(said, true, label), recall(said, true, label)) for label in TONES]
    return float(np.mean([2 * p * r / (p + r) if p + r else 0.0 for p, r in pairs]))


MEASURES = {"accuracy": accuracy, "negative: precision": precision, "negative: recall": recall, "macro F1": macro_f1}


def with_interval(measure: Callable[[Labels, Labels], float], said: Labels, true: Labels) -> str:
    """The figure, and the middle 95 % of it over drawn sets of comments."""
    chosen = np.random.default_rng(SEED).integers(0, len(true), (DRAWS, len(true)))
    low, high = np.quantile([measure(said[drawn], true[drawn]) for drawn in chosen], (0.025, 0.975))
    return f"{measure(said, true):.2f} [{low:.2f}, {high:.2f}]"


def tone_table(name: str) -> str:
    """Markdown: every method on one set."""
    rows = labelled(name)
    true = np.array([row["tone"] for row in rows])
    lines = [f"| {len(rows)} comments | {' | '.join(MEASURES)} |", "|---|" + "---|" * len(MEASURES)]
    for method, read in METHODS.items():
        said = read([row["text"] for row in rows])
        lines.append(f"| {method} | {' | '.join(with_interval(m, said, true) for m in MEASURES.values())} |")
    return "\n".join(lines)


def gain(name: str) -> str:
    """How much more often ours is right than raw VADER, on the same comments."""
    rows = labelled(name)
    true = np.array([row["tone"] for row in rows])
    texts = [row["text"] for row in rows]
    better = (ours(texts) == true).astype(float) - (raw_vader(texts) == true)
    chosen = np.random.default_rng(SEED).integers(0, len(true), (DRAWS, len(true)))
    low, high = np.quantile(better[chosen].mean(axis=1), (0.025, 0.975))
    return f"{better.mean():+.2f} [{low:+.2f}, {high:+.2f}]"


def urgent_table() -> str:
    """Markdown: precision and recall of the words of haste on both sets."""
    lines = ["| urgent words | urgent comments | precision | recall |", "|---|---|---|---|"]
    for name, about in (("dev", "seen while the words were chosen"), ("holdout", "hold-out")):
        rows = labelled(name)
        true = np.array([row["is_urgent"] for row in rows])
        said = np.array(["yes" if read_comment(row["text"]).is_urgent else "no" for row in rows])
        figures = [with_interval(lambda s, t, f=f: f(s, t, "yes"), said, true) for f in (precision, recall)]
        lines.append(f"| {about} | {(true == 'yes').sum()} of {len(rows)} | {' | '.join(figures)} |")
    return "\n".join(lines)


def cpu_seconds() -> float:
    """CPU seconds to read 100,000 different comments of one to three sentences."""
    texts = [row["text"] for name in ("dev", "holdout") for row in labelled(name)]
    drawn = np.random.default_rng(SEED)
    many = [f"{' '.join(drawn.choice(texts, drawn.integers(1, 4)))} #{n}" for n in range(MANY)]
    begun = time.process_time()
    for text in many:
        read_comment(text)
    return time.process_time() - begun


def main() -> None:
    """Print everything."""
    print(f"Hold-out:\n\n{tone_table('holdout')}\n\nours - raw VADER, accuracy: {gain('holdout')}\n")
    print(f"Seen while the words were chosen:\n\n{tone_table('dev')}\n\n{urgent_table()}\n")
    print(f"{MANY:,} comments: {cpu_seconds():.1f} s of CPU")


if __name__ == "__main__":
    main()
