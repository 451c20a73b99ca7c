"""Leases: what a process holds until a moment, so that another takes it over where the process is gone.

A clock that is set back leaves leases that end far ahead; nobody may wait for those. A lease that ends later than one that
begins now could is therefore no lease. Whoever still holds it renews it by the clock as it is now.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Q
from django.utils import timezone

MOST_SKEW_S = 300.0
"""So far may the clocks of two machines differ, and a lease of the one ahead still counts on the other."""


def until(seconds: float) -> datetime:
    """When a lease of so many seconds ends that begins now."""
    return timezone.now() + timedelta(seconds=seconds)


def lapsed(seconds: float, field: str = "lease") -> Q:
    """Rows whose lease, of so many seconds, has ended."""
    return Q(**{f"{field}__lt": timezone.now()}) | Q(**{f"{field}__gt": until(seconds + MOST_SKEW_S)})


def in_force(seconds: float, field: str = "lease") -> Q:
    """Rows whose lease, of so many seconds, holds now."""
    return Q(**{f"{field}__range": (timezone.now(), until(seconds + MOST_SKEW_S))})


def silent(seconds: float, field: str) -> Q:
    """Rows whose last sign of life is older than so many seconds, or was given by a clock that has been set back since."""
    now = timezone.now()
    return Q(**{f"{field}__lt": now - timedelta(seconds=seconds)}) | Q(**{f"{field}__gt": until(MOST_SKEW_S)})


def alive(beat: datetime | None, seconds: float) -> bool:
    """Whether a sign of life was given within so many seconds."""
    return beat is not None and timezone.now() - timedelta(seconds=seconds) < beat <= until(MOST_SKEW_S)


def holds(end: datetime | None, seconds: float) -> bool:
    """Whether a lease of so many seconds that ends at `end` (None: there is none) holds now."""
    return end is not None and timezone.now() <= end <= until(seconds + MOST_SKEW_S)
