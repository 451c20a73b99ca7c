"""Is a result settled against a clinical limit, and if not, how many more cells would settle it?"""

from __future__ import annotations

from dataclasses import dataclass

from hemaview.counting.intervals import proportion

MOST = 1_000_000


@dataclass(frozen=True, slots=True)
class Settled:
    """`more_cells` is None where the result is settled, or would not be within a million cells at this share."""

    settled: bool
    more_cells: int | None


def against(count: int, n: int, limit: float) -> Settled:
    """count of n against a limit (0-1).

    Not settled while the exact interval holds the limit; then the smallest k for which round(p·(n+k)) of n+k
    excludes it, p the present share.
    """
    if not _holds(count, n, limit):
        return Settled(True, None)
    p = count / n
    if abs(p - limit) < 1e-12:
        return Settled(False, None)
    # Rounding makes the test jump from one k to the next: find where it begins to hold, then the first k near there.
    low, high = 1, 1
    while _holds(round(p * (n + high)), n + high, limit):
        low, high = high, high * 2
        if high > MOST:
            return Settled(False, None)
    while high - low > 256:
        middle = (low + high) // 2
        if _holds(round(p * (n + middle)), n + middle, limit):
            low = middle
        else:
            high = middle
    start = max(1, low - 2048)
    for k in range(start, high + 1):
        if not _holds(round(p * (n + k)), n + k, limit):
            return Settled(False, k)
    return Settled(False, high)


def _holds(count: int, n: int, limit: float) -> bool:
    interval = proportion(min(count, n), n)
    return interval.low <= limit <= interval.high
