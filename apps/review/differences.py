"""Two readings of one analysis beside each other: on what they agree, where they differ, and what was decided since."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from django.utils.translation import gettext

from apps.analysis.cellfiles import cells_of, schema_of
from apps.analysis.models import Job
from apps.cases.selectors import rights_of
from apps.review.counts import effective
from apps.review.matching import partners
from apps.review.models import AddedCell, CarriedLabel, LabelEvent, Reading
from apps.review.remembered import Remembered
from apps.review.state import REJECTED, Label, Labels, added_cells, labels_of

REJECTED_KEY = "rejected"
"""In place of a class: the reader rejected the cell."""


def first_readers(jobs: Iterable[Job]) -> dict[uuid.UUID, set[int]]:
    """Keys of who read each job first, by its key; one query: who labelled its cells or those of the analysis whose labels were
    carried over to it, be it that somebody else decided on them since, and who added cells."""
    readers: dict[uuid.UUID, set[int]] = {job.pk: set() for job in jobs}
    first = {"reading__job__in": list(readers), "reading__role": Reading.Role.FIRST}
    rows = [
        kind.objects.filter(**first).order_by().values_list("reading__job", "by")
        for kind in (LabelEvent, AddedCell, CarriedLabel)
    ]
    for job, person in rows[0].union(*rows[1:]):
        readers[job].add(person)
    return readers


def may_not_decide(user: Any, job: Job) -> str:
    """Why this person does not decide between the two readers of a job, in a sentence; "" where they may.

    Who read first would judge their own reading, also where their labels came over from an earlier analysis. Only somebody who
    both signs and administers the case may, as the last of a small laboratory; the report then says so.
    """
    if user.pk not in first_readers([job])[job.pk]:
        return ""
    if {"sign", "administer"} <= rights_of(user, job.slide.case):
        return ""
    return gettext("You read these cells first; somebody else decides between the two readings.")


@dataclass(frozen=True)
class Difference:
    """A cell that two readers call otherwise."""

    row: int | None
    """Of the machine's cell; None: a reader added it."""
    added: str
    """The cell of the reader who added it; "" for a cell of the machine."""
    x: float
    """Of its centre, level-0 px."""
    y: float
    """Of its centre, level-0 px."""
    w: float
    """Of its box, level-0 px."""
    h: float
    """Of its box, level-0 px."""
    first: str
    """Key of a class or REJECTED_KEY; "" where the first reader has no such cell."""
    second: str
    """The same of the second reader."""
    machine: str
    """Key of the machine's class."""
    decided: Label | None
    """In the consensus; None before somebody decided."""

    @property
    def key(self) -> str:
        """A class that one of the readers gave."""
        return next(k for k in (self.first, self.second) if k and k != REJECTED_KEY)

    @property
    def decided_key(self) -> str:
        if self.decided is None:
            return ""
        return REJECTED_KEY if self.decided.state == REJECTED else self.decided.key


@dataclass
class Pair:
    """The first and the second reading of a job."""

    job: Job
    """That is read twice."""
    first: Reading
    """The first reading."""
    second: Reading
    """The second."""
    consensus: Reading | None
    """None before it is made."""
    table: Counter[tuple[str, str]] = field(default_factory=Counter)
    """Cells on which both readers said something, by what the first and what the second called them."""
    agreed_rows: list[tuple[int, Label]] = field(default_factory=list)
    """The machine's cells that both call alike."""
    agreed_added: list[tuple[AddedCell, Label]] = field(default_factory=list)
    """Cells that both added and call alike."""
    differences: list[Difference] = field(default_factory=list)
    """Cells that they call otherwise."""

    @property
    def open(self) -> int:
        return sum(d.decided is None for d in self.differences)


_open: Remembered[Any, int] = Remembered(8192)
"""Differences on which nobody has decided, by readings and revisions: a worklist asks for all cases."""


def open_differences(job: Job) -> int:
    """How many differences of a job wait for a decision; quick where its readings have not changed since it was last asked."""
    state = (job.pk, job.cells_sha256, *sorted((r.role, r.revision) for r in job.readings.all()))
    return _open.or_make(state, lambda: pair.open if (pair := pair_of(job)) else 0)


def pair_of(job: Job) -> Pair | None:
    """The two readings compared cell by cell; None where the job was not read twice."""
    readings = {r.role: r for r in job.readings.all()}
    first, second = readings.get(Reading.Role.FIRST), readings.get(Reading.Role.SECOND)
    if first is None or second is None:
        return None
    pair = Pair(job, first, second, readings.get(Reading.Role.CONSENSUS))
    a, b = labels_of(job, first), labels_of(job, second)
    _compare_rows(pair, a, b)
    _compare_added(pair, a, b)
    return pair


def _compare_rows(pair: Pair, a: Labels, b: Labels) -> None:
    job = pair.job
    schema, cells = schema_of(job), cells_of(job)
    now_a, now_b = effective(job, a), effective(job, b)
    decided = labels_of(job, pair.consensus).rows if pair.consensus else {}

    def key(value: Any) -> str:
        return schema.classes[int(value)].key if value >= 0 else REJECTED_KEY

    for row in sorted(a.rows.keys() | b.rows.keys()):
        if row in a.rows and row in b.rows:
            pair.table[key(now_a[row]), key(now_b[row])] += 1
        if now_a[row] == now_b[row]:
            pair.agreed_rows.append((row, a.rows.get(row) or b.rows[row]))
            continue
        pair.differences.append(
            Difference(
                row, "", float(cells.x[row]), float(cells.y[row]), float(cells.w[row]), float(cells.h[row]),
                key(now_a[row]), key(now_b[row]), schema.classes[int(cells.cls[row])].key, decided.get(row),
            )
        )  # fmt: skip


def _compare_added(pair: Pair, a: Labels, b: Labels) -> None:
    job = pair.job
    mine = [(c, label) for c, label in added_cells(job, a) if label.state != REJECTED]
    theirs = [(c, label) for c, label in added_cells(job, b) if label.state != REJECTED]
    standing = labels_of(job, pair.consensus) if pair.consensus else Labels()
    decided = {(c.x, c.y): label for c, label in added_cells(job, standing)}
    mates = partners(_boxes(mine), _boxes(theirs)).tolist()
    for (cell, label), mate in zip(mine, mates, strict=True):
        other = theirs[mate][1].key if mate >= 0 else ""
        if other:
            pair.table[label.key, other] += 1
        if other == label.key:
            pair.agreed_added.append((cell, label))
        else:
            pair.differences.append(_added(cell, label.key, other, decided))
    matched = {mate for mate in mates if mate >= 0}
    for place, (cell, label) in enumerate(theirs):
        if place not in matched:
            pair.differences.append(_added(cell, "", label.key, decided))


def _added(cell: AddedCell, first: str, second: str, decided: dict[tuple[float, float], Label]) -> Difference:
    return Difference(
        None, str(cell.pk), cell.x, cell.y, cell.w, cell.h, first, second, "", decided.get((cell.x, cell.y))
    )


def _boxes(cells: list[tuple[AddedCell, Label]]) -> Any:
    return np.array([(c.x, c.y, c.w, c.h) for c, _ in cells], np.float64).reshape(-1, 4)
