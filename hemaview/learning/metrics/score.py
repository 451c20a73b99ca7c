"""Scores with 95 % bootstrap intervals; every one takes plain arrays."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from hemaview.counting import agreement
from hemaview.learning.evidence import Evidence
from hemaview.learning.sets.data import DataError


@dataclass(frozen=True)
class Score:
    """One line of the table that `evaluate` prints."""

    method: str
    """The model's name; `best` for the default of the task."""
    task: str
    """What was asked, one of `TASKS`."""
    dataset: str
    """The set's name."""
    split: str
    """train, val or test."""
    n: int
    """Cells, pictures or fields that were asked about."""
    metric: str
    """What the value is."""
    value: float
    """Rounded, as low and high are."""
    low: float
    """Of its 95 % interval."""
    high: float
    """Of its 95 % interval."""
    n_labels: int = 0
    """How many labels of the set itself taught the model; 0 for all that are judged as they ship."""

    def as_json(self) -> dict[str, Any]:
        row = asdict(self)
        if not self.n_labels:
            del row["n_labels"]
        return row

    @classmethod
    def rounded(
        cls,
        method: str,
        task: str,
        dataset: str,
        split: str,
        n: int,
        metric: str,
        value: float,
        low: float,
        high: float,
    ) -> Score:
        """A score with five decimals."""
        return cls(method, task, dataset, split, n, metric, round(value, 5), round(low, 5), round(high, 5))


def bootstrap(
    n: int, statistic: Callable[[NDArray[np.int64]], float], rounds: int = 400, seed: int = 11
) -> tuple[float, float]:
    """The 2.5 and 97.5 percentile of `statistic(rows)` over resampled rows of n."""
    rng = np.random.default_rng(seed)
    values = [statistic(rng.integers(0, n, n)) for _ in range(rounds)]
    return float(np.nanpercentile(values, 2.5)), float(np.nanpercentile(values, 97.5))


def accuracy(truth: NDArray[np.int64], predicted: NDArray[np.int64]) -> float:
    return float((truth == predicted).mean())


def macro_f1(truth: NDArray[np.int64], predicted: NDArray[np.int64]) -> float:
    """Mean F1 over the classes that occur in truth."""
    values = []
    for c in np.unique(truth):
        hits = ((truth == c) & (predicted == c)).sum()
        values.append(2 * hits / ((truth == c).sum() + (predicted == c).sum()))
    return float(np.mean(values))


def mean_recall(truth: NDArray[np.int64], predicted: NDArray[np.int64]) -> float:
    return float(np.mean([(predicted[truth == c] == c).mean() for c in np.unique(truth)]))


def mean_accuracy(truth: NDArray[np.int64], predicted: NDArray[np.int64]) -> float:
    """Mean over the classes that occur in truth of the accuracy of that class against all others (Wang et al., eq. 18)."""
    return float(np.mean([((truth == c) == (predicted == c)).mean() for c in np.unique(truth)]))


def area_under_roc(p: NDArray[np.float32], truth: NDArray[np.bool_]) -> float:
    """How often a true one is given more than another (Hanley & McNeil 1982), ties by half; no number where all are one."""
    true, other = int(truth.sum()), int((~truth).sum())
    if not true or not other:
        return float("nan")
    return float((rankdata(p)[truth].sum() - true * (true + 1) / 2) / (true * other))


def kappa(truth: NDArray[np.int64], predicted: NDArray[np.int64]) -> float:
    """Cohen's kappa of class numbers against truth."""
    n = int(max(truth.max(), predicted.max())) + 1
    return agreement.kappa(np.bincount(truth * n + predicted, minlength=n * n).reshape(n, n)).value


def expected_calibration_error(p: NDArray[np.float32], truth: NDArray[np.int64], bins: int = 15) -> float:
    """Mean gap between confidence and accuracy (Guo et al. 2017)."""
    best = p.argmax(axis=1)
    confidence, is_hit = p[np.arange(len(p)), best], best == truth
    place = np.minimum((confidence * bins).astype(int), bins - 1)
    return float(
        sum(
            abs(is_hit[place == b].mean() - confidence[place == b].mean()) * (place == b).mean()
            for b in range(bins)
            if (place == b).any()
        )
    )


def best_temperature(logits: NDArray[np.float32], allowed: NDArray[np.bool_]) -> float:
    """The temperature that makes held-out labels most likely (Guo et al. 2017); labels may allow several classes."""
    from scipy.optimize import minimize_scalar

    def loss(log_t: float) -> float:
        z = logits / np.exp(log_t)
        z = z - z.max(axis=1, keepdims=True)
        p = np.exp(z)
        p /= p.sum(axis=1, keepdims=True)
        return float(-np.log(np.maximum((p * allowed).sum(axis=1), 1e-9)).mean())

    return float(np.exp(minimize_scalar(loss, bounds=(-1.5, 1.5), method="bounded").x))


def share(method: str, task: str, dataset: str, split: str, metric: str, hits: Sequence[NDArray[np.bool_]]) -> Score:
    """The share of hits, over all pictures together; raises DataError where there is nothing to hit."""
    every = np.concatenate([np.zeros(0), *hits])
    if not len(every):
        raise DataError(f"{dataset}/{split} holds nothing that {task} could be measured on.")
    low, high = bootstrap(len(every), lambda r: float(every[r].mean()))
    return Score.rounded(method, task, dataset, split, len(every), metric, float(every.mean()), low, high)


def threshold_between(
    p: NDArray[np.float32], truth: NDArray[np.bool_], sensitivity: float, specificity: float, at: float = 0.5
) -> float:
    """A threshold in hundredths, at most 0.5, of those that keep both on held-out cells: `at` 0 the lowest, which misses
    least, at 0.5 the middle in log-odds, as far from missing as from false calls. The lowest that keeps the specificity
    where none keeps both."""
    if truth.all() or not truth.any():
        return 0.5
    hundredths = np.arange(1, 100) / 100
    spares = (p[~truth][None] < hundredths[:, None]).mean(axis=1) >= specificity
    finds = (p[truth][None] >= hundredths[:, None]).mean(axis=1) >= sensitivity
    both = hundredths[spares & finds]
    if len(both):
        low, high = (np.log(t / (1 - t)) for t in (both[0], both[-1]))
        return float(min(0.5, round(1 / (1 + np.exp(-low - at * (high - low))), 2)))
    return float(min(0.5, hundredths[int(spares.argmax())])) if spares.any() else 0.5


def by_group(
    p: NDArray[np.float32], classes: Sequence[str], groups: dict[str, str]
) -> tuple[NDArray[np.float32], list[str]]:
    """Probabilities (n, classes) summed within `groups` (class → its group), and the groups' names in their order."""
    names = sorted(set(groups.values()))
    summed = np.zeros((len(p), len(names)), np.float32)
    for column, name in enumerate(classes):
        summed[:, names.index(groups[name])] += p[:, column]
    return summed, names


def scored(
    evidence: Evidence,
    method: str,
    task: str,
    dataset: str,
    split: str,
    p: NDArray[np.float32],
    truth: NDArray[np.int64],
    names: Sequence[str] = (),
) -> list[Score]:
    """The rows of `measured`; the answers are noted in `evidence` where the classes' `names` are given."""
    evidence.note_answers((method, task, dataset), p, truth, names)
    return measured(method, task, dataset, split, p, truth)


def measured(
    method: str, task: str, dataset: str, split: str, p: NDArray[np.float32], truth: NDArray[np.int64]
) -> list[Score]:
    """Accuracy, macro F1, mean recall, mean accuracy one against the rest and calibration error of class probabilities
    (n, classes) against truth (n,)."""
    best = p.argmax(axis=1)
    n = len(truth)
    rows = []
    measures = (
        ("accuracy", accuracy),
        ("macro_f1", macro_f1),
        ("mean_recall", mean_recall),
        ("mean_accuracy", mean_accuracy),
    )
    for metric, function in measures:
        low, high = bootstrap(n, lambda r, f=function: f(truth[r], best[r]))  # type: ignore[misc]
        rows.append(Score.rounded(method, task, dataset, split, n, metric, function(truth, best), low, high))
    ece = expected_calibration_error(p, truth)
    low, high = bootstrap(n, lambda r: expected_calibration_error(p[r], truth[r]))
    # Drawing again adds noise, which this error takes for more of itself: the percentiles are mirrored (basic bootstrap).
    low, high = min(ece, max(0.0, 2 * ece - high)), max(ece, 2 * ece - low)
    rows.append(Score.rounded(method, task, dataset, split, n, "ece", ece, low, high))
    return rows
