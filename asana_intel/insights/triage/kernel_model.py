"""Kernel ridge classification with probabilities that were checked on tasks left out. Knows likeness, not tasks.

One fit gives all: scores are likeness times weights, and from the same inverse follow the scores every task would have
got had its stretch of time been left out (Rasmussen & Williams, Gaussian Processes for Machine Learning, eq. 5.12, for
a block of rows). On those the noise, the probabilities and the cuts of ordered values are chosen.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

_NOISES = (1.0, 3.0, 10.0)
"""How far single tasks may lie off: more for labels that are given loosely."""
_TRIAL = 1000
_STRETCHES = 10
_SHARPNESS = np.geomspace(0.5, 32.0, 25)
_DOUBTS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5)
_PLACES = np.linspace(0.01, 0.995, 60)
_ROUNDS = 3
_LEAST_GAIN = 1e-6
Matrix = np.ndarray


@dataclass(frozen=True)
class KernelModel:
    """Fitted weights.

    Attributes:
        weights: n × classes.
        shares: Share of each class in the past.
        sharpness: What scores are multiplied by before they become probabilities.
        doubt: Share of tasks whose label says nothing about them: they get the shares of the past.
        left_out: Probabilities of the past tasks, each as if its stretch of time had been left out, n × classes.
        noise: What was added to the diagonal of the likeness; chosen where left-out tasks are least surprising.
    """

    weights: Matrix
    shares: Matrix
    sharpness: float
    doubt: float
    left_out: Matrix
    noise: float

    def probabilities(self, likeness: Matrix) -> Matrix:
        """Of m new tasks from their likeness to the n past ones: m × classes."""
        return _link(likeness @ self.weights + self.shares, self.shares, self.sharpness, self.doubt)


def fit(likeness: Matrix, classes: Matrix, count: int) -> KernelModel:
    """Fit to past tasks in order of time.

    Args:
        likeness: n × n, symmetric and positive semidefinite.
        classes: Class of each task, 0 .. count - 1.
        count: Number of classes.
    """
    trial = slice(-_TRIAL, None)
    trials = [_fit(likeness[trial, trial], classes[trial], count, noise) for noise in _NOISES]
    noise = _NOISES[int(np.argmin([_surprise(model.left_out, classes[trial]) for model in trials]))]
    return _fit(likeness, classes, count, noise)


def _fit(likeness: Matrix, classes: Matrix, count: int, noise: float) -> KernelModel:
    is_class = np.eye(count, dtype=np.float32)[classes]
    shares = is_class.mean(axis=0)
    inverse = np.linalg.inv(likeness + noise * np.eye(len(classes), dtype=np.float32))
    weights = inverse @ (is_class - shares)
    scores = is_class.copy()
    for stretch in np.array_split(np.arange(len(classes)), _STRETCHES):
        scores[stretch] -= np.linalg.solve(inverse[np.ix_(stretch, stretch)], weights[stretch])
    links = [(float(sharpness), doubt) for doubt in _DOUBTS for sharpness in _SHARPNESS]
    sharpness, doubt = min(links, key=lambda link: _surprise(_link(scores, shares, *link), classes))
    return KernelModel(weights, shares, sharpness, doubt, _link(scores, shares, sharpness, doubt), noise)


def learn_cuts(probabilities: Matrix, classes: Matrix) -> Matrix:
    """Where the expected value is cut into ordered values, so that quadratic kappa on left-out tasks is highest.

    The search starts where each value gets the share it has in the past, and moves one cut at a time. Kappa compares
    with guesses that have the same shares, so a guess that hides in the middle gains nothing.

    Args:
        probabilities: Of left-out tasks, n × classes.
        classes: What they are, 0 .. classes - 1, in order.

    Returns:
        Cuts in ascending order, one fewer than there are classes; a value on a cut belongs above it.
    """
    count, values = probabilities.shape[1], expected(probabilities)
    shares = np.cumsum(np.bincount(classes, minlength=count))[:-1] / len(classes)
    cuts, places = np.quantile(values, shares), np.quantile(values, _PLACES)
    best = _quadratic_kappa(classes, cut(values, cuts), count)
    for position in [*range(count - 1)] * _ROUNDS:
        for place in places:
            moved = np.sort(np.append(np.delete(cuts, position), place))
            if (kappa := _quadratic_kappa(classes, cut(values, moved), count)) > best + _LEAST_GAIN:
                best, cuts = kappa, moved
    return cuts


def cut(values: Matrix, cuts: Matrix) -> Matrix:
    """Position among the ordered values."""
    return np.searchsorted(cuts, values, side="right")


def expected(probabilities: Matrix) -> Matrix:
    """Expected position among the ordered values."""
    return probabilities @ np.arange(probabilities.shape[1])


def _link(scores: Matrix, shares: Matrix, sharpness: float, doubt: float) -> Matrix:
    """Probabilities: scores through a softmax, mixed with the shares of the past."""
    powers = np.exp(sharpness * (scores - scores.max(axis=1, keepdims=True)), dtype=np.float64)
    return (1 - doubt) * powers / powers.sum(axis=1, keepdims=True) + doubt * shares


def _surprise(probabilities: Matrix, classes: Matrix) -> float:
    """Mean log loss."""
    return float(-np.log(np.maximum(probabilities[np.arange(len(classes)), classes], 1e-9)).mean())


def _quadratic_kappa(truth: Matrix, said: Matrix, count: int) -> float:
    """Cohen's kappa with quadratic weights (Cohen 1968); 0 where all are the same."""
    seen = np.bincount(truth * count + said, minlength=count * count).reshape(count, count)
    by_chance = np.outer(seen.sum(axis=1), seen.sum(axis=0)) / len(truth)
    errors = np.subtract.outer(np.arange(count), np.arange(count)) ** 2
    whole = float((errors * by_chance).sum())
    return 1 - float((errors * seen).sum()) / whole if whole else 0.0
