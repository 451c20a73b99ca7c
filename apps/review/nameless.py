"""Examinations of which too many cells have no name: shares of the rest would be of a part that nobody drew."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from apps.analysis.models import Job
from apps.analysis.selectors import examinations
from apps.review.counts import pool
from apps.review.remembered import Remembered
from apps.review.state import Labels, labels_of_all, reading_of
from hemaview.assays import AssayError

MOST_PERCENT = 5.0
"""Of the cells of a differential, beyond which its shares say nothing."""

Key = TypeVar("Key")


@dataclass(frozen=True)
class Nameless:
    """An examination with too many unidentified cells."""

    title: str
    """Of the section that they lie outside of."""
    n: int
    """Unidentified cells."""
    every: int
    """With those that are counted in the section."""

    @property
    def percent(self) -> float:
        return 100 * self.n / self.every


_found: Remembered[Any, tuple[Nameless, ...]] = Remembered(8192)
"""By the analyses of an examination, their cell files, readings and revisions: a worklist asks for all cases."""


def too_nameless(jobs: Sequence[Job]) -> list[Nameless]:
    """Those of the examinations that these analyses make; of each its first section, for others would name the same cells."""
    return too_nameless_of({0: jobs})[0]


def too_nameless_of(jobs_by: Mapping[Key, Sequence[Job]]) -> dict[Key, list[Nameless]]:
    """The same of the analyses of several cases, with one query for all the labels that are not remembered."""
    groups = {key: [(_state(own), own) for own in examinations(jobs)] for key, jobs in jobs_by.items()}
    unknown = {state: own for every in groups.values() for state, own in every if _found.get(state) is None}
    labels = labels_of_all(job for own in unknown.values() for job in own)
    fresh = {state: _found.put(state, _of(own, labels)) for state, own in unknown.items()}
    return {
        key: [one for state, _ in every for one in fresh.get(state) or _found.get(state) or ()]
        for key, every in groups.items()
    }


def _of(jobs: Sequence[Job], labels: Mapping[uuid.UUID, Labels]) -> tuple[Nameless, ...]:
    try:
        sections = pool(jobs, labels=labels).result(reviewed=True).sections
    except AssayError:  # the package that brought the assay is gone: nothing is counted
        return ()
    # Of a later one, such as the numbers of nucleated red cells, n is a few of the nucleated cells or none.
    first = next((Nameless(s.title, s.unidentified, s.n + s.unidentified) for s in sections if s.unidentified), None)
    return (first,) if first and first.percent > MOST_PERCENT else ()


def _state(jobs: Sequence[Job]) -> tuple[Any, ...]:
    readings = [(job, reading_of(job)) for job in jobs]
    return tuple((job.pk, job.cells_sha256, r.pk if r else None, r.revision if r else 0) for job, r in readings)
