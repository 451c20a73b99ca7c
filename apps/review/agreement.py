"""How far two readers of a case agree: kappa with its interval, each class by McNemar's test, and the cells to decide on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from django.utils.translation import gettext, ngettext
from numpy.typing import NDArray

from apps.accounts.errors import Conflict
from apps.accounts.models import User
from apps.analysis.cellfiles import schema_key, schema_of
from apps.analysis.models import Job
from apps.analysis.selectors import assay_title, examinations
from apps.review.differences import REJECTED_KEY, Difference, Pair, first_readers, may_not_decide, pair_of
from apps.review.models import Reading
from apps.review.state import is_second_of, reads_blind
from hemaview.counting.agreement import kappa, mcnemar
from hemaview.counting.intervals import Interval

MOST_SHOWN = 500
KAPPA_FROM = 20
"""Cells that two readers named: of fewer a kappa and its interval say nothing."""


def readings_json(jobs: Sequence[Job]) -> list[dict[str, Any]]:
    """The readings of a case's jobs by role: who reads, how, how far; alike in all its jobs. While the case is signed none is
    open."""
    readings: dict[str, Reading] = {}
    cells: Counter[str] = Counter()
    for job in jobs:
        for reading in job.readings.select_related("reader"):
            readings.setdefault(reading.role, reading)
            cells[reading.role] += reading.revision
    signed = any(job.slide.case.locked for job in jobs)
    order = [Reading.Role.FIRST, Reading.Role.SECOND, Reading.Role.CONSENSUS]
    return [
        {
            "role": r.role,
            "reader": r.reader.display_name if r.reader else "",
            "reader_id": r.reader_id,
            "blind": r.blind,
            "state": Reading.State.CLOSED if signed else r.state,
            "acts": cells[r.role],
            "by": readers_of([r for job in jobs for r in job.readings.all() if r.role == role]),
        }
        for role in order
        if (r := readings.get(role))
    ]


def readers_of(readings: Sequence[Reading]) -> list[str]:
    """People who said something in these readings, in alphabetical order; what was carried over is not counted."""
    people = User.objects.filter(labelevent__reading__in=readings, labelevent__carried=False).distinct()
    return sorted(person.display_name for person in people)


def agreement_json(user: Any, jobs: Sequence[Job]) -> dict[str, Any]:
    """Readings of a case, and once the second is closed, or where it is open to see: agreement and differences."""
    readings = readings_json(jobs)
    hidden = any(r["role"] == Reading.Role.SECOND and r["blind"] and r["state"] == Reading.State.OPEN for r in readings)
    pairs = [] if hidden else [pair for job in jobs if (pair := pair_of(job))]
    tables = []
    for together in examinations([p.job for p in pairs]):
        mine = [p for p in pairs if p.job in together]
        tables.append(_table(mine))
    every = [(p, d) for p in pairs for d in p.differences]
    every.sort(key=lambda one: (one[1].decided is not None, one[1].first, one[1].second))
    return {
        "readings": readings,
        "hidden": hidden,
        "decidable": (decidable := bool(pairs) and all(p.consensus for p in pairs)),
        "why_not_you": next((why for p in pairs if (why := may_not_decide(user, p.job))), "") if decidable else "",
        "examinations": tables,
        "n": len(every),
        "open": sum(d.decided is None for _, d in every),
        "differences": [_difference_json(p, d) for p, d in every[:MOST_SHOWN]],
        "mine": any(is_second_of(user, r) for job in jobs for r in job.readings.all()),
    }


def summary(jobs: Sequence[Job]) -> dict[str, Any]:
    """What a report says of who read an examination."""
    readings = [r for job in jobs for r in job.readings.select_related("reader")]
    by_role = {role: [r for r in readings if r.role == role] for role, _ in Reading.Role.choices}
    pairs = [pair for job in jobs if (pair := pair_of(job))]
    second = by_role[Reading.Role.SECOND]
    answer: dict[str, Any] = {
        "first": readers_of(by_role[Reading.Role.FIRST]),
        "second": sorted({r.reader.display_name for r in second if r.reader}),
        "blind": bool(second) and all(r.blind for r in second),
        "closed": bool(second) and all(r.state == Reading.State.CLOSED for r in second),
        "decided_by": (decided_by := readers_of(by_role[Reading.Role.CONSENSUS])),
        "decided_by_first": sorted({*decided_by} & _first_names(jobs)),
    }
    carried = User.objects.filter(labelevent__reading__in=by_role[Reading.Role.FIRST], labelevent__carried=True)
    if names := sorted({person.display_name for person in carried.distinct()}):
        answer["carried_by"] = names
    if pairs and answer["closed"]:
        table = _table(pairs)
        answer |= {
            "n": table["n"],
            "same": table["same"],
            "kappa": table["kappa"],
            "differences": sum(len(p.differences) for p in pairs),
        }
    return answer


def _first_names(jobs: Sequence[Job]) -> set[str]:
    readers: set[int] = set().union(*first_readers(jobs).values())
    return {person.display_name for person in User.objects.filter(pk__in=readers)}


def refuse_blind(user: Any, case_id: int) -> None:
    """Raise Conflict where the person reads an analysis of the case blind: what they ask for shows the labels of others."""
    if reads_blind(user, case_id):
        raise Conflict(
            gettext("You are reading this case blind: this is shown after you have closed your reading."),
            code="blind-reading",
        )


def _table(pairs: Sequence[Pair]) -> dict[str, Any]:
    table: Counter[tuple[str, str]] = Counter()
    for pair in pairs:
        table.update(pair.table)
    first = pairs[0].job
    names = {c.key: c.name for c in schema_of(first).classes} | {REJECTED_KEY: gettext("Rejected")}
    keys = [key for key in names if any(key in cell for cell in table)]
    matrix = np.array([[table[a, b] for b in keys] for a in keys], np.int64).reshape(len(keys), len(keys))
    n = int(matrix.sum())
    return {
        "assay": first.assay,
        "title": assay_title(first),
        "n": n,
        "same": int(np.trace(matrix)),
        **_kappa(matrix),
        "classes": [_class(key, names, matrix, place) for place, key in enumerate(keys)],
    }


def _class(key: str, names: Mapping[str, str], matrix: Any, place: int) -> dict[str, Any]:
    both = int(matrix[place, place])
    only_first, only_second = int(matrix[place].sum()) - both, int(matrix[:, place].sum()) - both
    neither = int(matrix.sum()) - both - only_first - only_second
    return {
        "key": key,
        "name": names[key],
        "both": both,
        "only_first": only_first,
        "only_second": only_second,
        **_kappa(np.array([[both, only_first], [only_second, neither]])),
        "mcnemar_p": round(mcnemar(only_first, only_second), 5),
    }


def _kappa(matrix: NDArray[np.int64]) -> dict[str, Any]:
    """Kappa of a square table of cells with its interval; null with `why` where both readers named too few."""
    n = int(matrix.sum())
    if n >= KAPPA_FROM:
        return {"kappa": _interval(kappa(matrix)), "why": ""}
    why = ngettext(
        "Both readers named {n} cell; kappa needs at least {least}.",
        "Both readers named {n} cells; kappa needs at least {least}.",
        n,
    )
    return {"kappa": None, "why": why.format(n=n, least=KAPPA_FROM)}


def _difference_json(pair: Pair, d: Difference) -> dict[str, Any]:
    job = f"/api/v1/jobs/{pair.job.pk}"
    return {
        "job": str(pair.job.pk),
        "schema": schema_key(pair.job),
        "row": d.row,
        "added": d.added or None,
        "x": d.x,
        "y": d.y,
        "first": d.first,
        "second": d.second,
        "machine": d.machine,
        "decided": d.decided_key,
        "decided_by": d.decided.by if d.decided else "",
        "crop_url": f"{job}/cells/{d.row}/crop.jpg" if d.row is not None else f"{job}/added/{d.added}/crop.jpg",
    }


def _interval(interval: Interval) -> dict[str, float]:
    return {"value": round(interval.value, 4), "low": round(interval.low, 4), "high": round(interval.high, 4)}
