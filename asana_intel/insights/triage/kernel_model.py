"""Kernel ridge classification with probabilities that were checked on tasks left out. Knows likeness, not tasks.

One fit gives all: scores are likeness times weights, and from the same inverse follow the scores every task would have
got had its stretch of time been left out (Rasmussen & Williams, Gaussian Processes for Machine Learning, eq. 5.12, for
a block of rows). On those the spread of the probabilities and the cuts of ordered values are chosen.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

_NOISE = 1.0
_STRETCHES = 10
_SHARPNESS = np.geomspace(0.5, 16.0, 31)
Matrix = np.ndarray


@dataclass(frozen=True)
class KernelModel:
    """Fitted weights.

    Attributes:
        weights: n × classes.
        shares: Share of each class in the past.
        sharpness: What scores are multiplied by before they become probabilities.
        left_out: Probabilities of the past tasks, each as if its stretch of time had been left out, n × classes.
    """

    weights: Matrix
    shares: Matrix
    sharpness: float
    left_out: Matrix

    def probabilities(self, likeness: Matrix) -> Matrix:
        """Of m new tasks from their likeness to the n past ones: m × classes."""
        return _softmax((likeness @ self.weights + self.shares) * self.sharpness)


def fit(likeness: Matrix, classes: Matrix, count: int) -> KernelModel:
    """Fit to past tasks in order of time.

    Args:
        likeness: n × n, symmetric and positive semidefinite.
        classes: Class of each task, 0 .. count - 1.
        count: Number of classes.
    """
    is_class = np.eye(count, dtype=np.float32)[classes]
    shares = is_class.mean(axis=0)
    inverse = np.linalg.inv(likeness + _NOISE * np.eye(len(classes), dtype=np.float32))
    weights = inverse @ (is_class - shares)
    scores = is_class.copy()
    for stretch in np.array_split(np.arange(len(classes)), _STRETCHES):
        scores[stretch] -= np.linalg.solve(inverse[np.ix_(stretch, stretch)], weights[stretch])
    sharpness = min(_SHARPNESS, key=lambda factor: _surprise(_softmax(scores * factor), classes))
    return KernelModel(weights, shares, float(sharpness), _softmax(scores * sharpness))


def learn_cuts(probabilities: Matrix, classes: Matrix) -> Matrix:
    """Where the expected value is cut into ordered values, so that each gets the share it has in the past.

    Quadratic agreement punishes a guess that hides in the middle: with equal shares on both sides it is largest where
    guesses and truth go together most. Cuts are ascending, one fewer than there are classes.
    """
    count = probabilities.shape[1]
    shares = np.cumsum(np.bincount(classes, minlength=count))[:-1] / len(classes)
    return np.quantile(expected(probabilities), shares)


def expected(probabilities: Matrix) -> Matrix:
    """Expected position among the ordered values."""
    return probabilities @ np.arange(probabilities.shape[1])


def _softmax(scores: Matrix) -> Matrix:
    powers = np.exp(scores - scores.max(axis=1, keepdims=True), dtype=np.float64)
    return powers / powers.sum(axis=1, keepdims=True)


def _surprise(probabilities: Matrix, classes: Matrix) -> float:
    """Mean log loss."""
    return float(-np.log(np.maximum(probabilities[np.arange(len(classes)), classes], 1e-9)).mean())
