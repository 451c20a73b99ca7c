"""Exact intervals of counts; never a normal approximation.

scipy.stats takes longer to import than all else that a command or a page needs, so it is imported where it is used.

Sources: Clopper & Pearson 1934; Rümke 1985 (imprecision of the differential); Garwood 1936 for Poisson counts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

import numpy as np

CONFIDENCE = 0.95


@dataclass(frozen=True, slots=True)
class Interval:
    """A value with its exact 95 % interval."""

    value: float
    """The estimate."""
    low: float
    """Its lower end."""
    high: float
    """Its upper end."""

    def scaled(self, factor: float) -> Interval:
        return Interval(self.value * factor, self.low * factor, self.high * factor)


def proportion(count: int, n: int, confidence: float = CONFIDENCE) -> Interval:
    """count of n as a proportion 0-1 with its Clopper-Pearson interval; raises ValueError where it cannot be."""
    if not 0 <= count <= n or n <= 0:
        raise ValueError(f"{count} of {n} is not a proportion.")
    from scipy.stats import beta

    tail = (1 - confidence) / 2
    low = 0.0 if count == 0 else float(beta.ppf(tail, count, n - count + 1))
    high = 1.0 if count == n else float(beta.ppf(1 - tail, count + 1, n - count))
    return Interval(count / n, low, high)


def percent(count: int, n: int) -> Interval:
    """count of n in percent."""
    return proportion(count, n).scaled(100)


def odds(a: int, b: int) -> Interval:
    """a to b (as M:E or NRBC to WBC): p = a/(a+b) exact, then p/(1-p); high is infinite where b = 0."""
    share = proportion(a, a + b)
    return Interval(a / b if b else float("inf"), _odds(share.low), _odds(share.high))


def rate(count: int, exposure: float, confidence: float = CONFIDENCE) -> Interval:
    """Events per unit of exposure (cells per mm², per field) with the exact Poisson interval (Garwood)."""
    if count < 0 or exposure <= 0:
        raise ValueError(f"{count} over {exposure} is not a rate.")
    from scipy.stats import chi2

    tail = (1 - confidence) / 2
    low = 0.0 if count == 0 else float(chi2.ppf(tail, 2 * count)) / 2
    high = float(chi2.ppf(1 - tail, 2 * (count + 1))) / 2
    return Interval(count / exposure, low / exposure, high / exposure)


def difference(a: int, n: int, b: int, m: int) -> float:
    """Fisher's exact two-sided p that a of n and b of m are shares of one whole."""
    from scipy.stats import fisher_exact

    return float(fisher_exact([[a, n - a], [b, m - b]]).pvalue)


def difference_of_shares(a: int, n: int, b: int, m: int) -> Interval:
    """b of m less a of n, as proportions, with a 95 % interval (Newcombe 1998, method 10: hybrid of Wilson's scores)."""
    if not 0 <= a <= n or not 0 <= b <= m or not n or not m:
        raise ValueError(f"{a} of {n} and {b} of {m} are not two proportions.")
    p, q = a / n, b / m
    (low_p, high_p), (low_q, high_q) = _wilson(a, n), _wilson(b, m)
    low = (q - p) - sqrt((q - low_q) ** 2 + (high_p - p) ** 2)
    high = (q - p) + sqrt((high_q - q) ** 2 + (p - low_p) ** 2)
    return Interval(q - p, max(-1.0, low), min(1.0, high))


def spread_over(parts: Sequence[tuple[int, int]], draws: int = 2000) -> Interval | None:
    """Count of n as a proportion over parts (count, n), such as fields, that may differ more than chance would have it: a
    95 % bootstrap interval that draws whole parts, always the same ones; None for fewer than three parts.

    Source: Efron & Tibshirani 1993, chapter 8.6 (clusters).
    """
    table = np.array([part for part in parts if part[1]], np.float64).reshape(-1, 2)
    if len(table) < 3:
        return None
    resamples = table[np.random.default_rng(0).integers(0, len(table), (draws, len(table)))].sum(axis=1)
    low, high = np.percentile(resamples[:, 0] / resamples[:, 1], (2.5, 97.5))
    count, n = table.sum(axis=0)
    return Interval(float(count / n), float(low), float(high))


def _wilson(count: int, n: int) -> tuple[float, float]:
    z = 1.959963984540054
    p = count / n
    middle, width = p + z * z / (2 * n), z * sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    return (middle - width) / (1 + z * z / n), (middle + width) / (1 + z * z / n)


def _odds(p: float) -> float:
    return float("inf") if p >= 1 else p / (1 - p)
