"""What is counted of one or several analyses of one examination: the machine's counts beside those that people left."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from apps.analysis.cellfiles import cells_of, counted_area_mm2, machine_errors_of, plan_of, schema_of
from apps.analysis.models import Job
from apps.review.state import REJECTED, RELABELLED, Labels, labels_of
from apps.review.triage import expected_moves
from hemaview.assays import AssayError
from hemaview.cells.schema import Schema
from hemaview.cells.table import CUT, OUTSIDE
from hemaview.counting.values import Result, Tally


def effective(job: Job, labels: Labels) -> NDArray[np.int16]:
    """int16 (n,): the class of each row as people left it, -1 where it was rejected."""
    schema = schema_of(job)
    classes = cells_of(job).cls.astype(np.int16)
    for row, label in labels.rows.items():
        if label.state == REJECTED:
            classes[row] = -1
        elif label.key:
            classes[row] = schema.index(label.key)
    return classes


@dataclass
class Account:
    """How the number of cells of one class came about; every difference explains itself."""

    machine: int = 0
    """Whole cells of the counted fields that the machine named so."""
    cut: int = 0
    """Further ones that an edge of the picture cuts, or that touch what is written into it; not counted."""
    outside: int = 0
    """Further ones found where nothing is counted, such as the feathered end; not counted."""
    rejected: int = 0
    """Of the machine's those that people rejected."""
    renamed_away: int = 0
    """Of the machine's those that people gave another class."""
    renamed_here: int = 0
    """Those of other classes, or cut ones, that people named so."""
    added: int = 0
    """Those that people added."""
    confirmed: int = 0
    """Those that people confirmed, named or added."""

    @property
    def counted(self) -> int:
        return self.machine - self.rejected - self.renamed_away + self.renamed_here + self.added


def accounts(job: Job, labels: Labels) -> dict[str, Account]:
    """Class key to how its number came about.

    A cell cut by the edge of a picture, or found outside what is counted, is left out unless a person named its class.
    """
    schema, cells, classes = schema_of(job), cells_of(job), effective(job, labels)
    cut, outside = (cells.flags & CUT) != 0, (cells.flags & OUTSIDE) != 0
    whole = ~cut & ~outside
    by_people = np.zeros(len(cells), bool)
    by_people[[row for row, label in labels.rows.items() if label.key and label.state == RELABELLED]] = True
    confirmed = np.zeros(len(cells), bool)
    confirmed[[row for row, label in labels.rows.items() if label.state != REJECTED]] = True
    counted_before, counted_now = whole, whole & (classes >= 0) | by_people
    by_section = {}
    for c in schema.classes:
        was, now = cells.cls == c.index, classes == c.index
        by_section[c.key] = Account(
            machine=int((was & counted_before).sum()),
            cut=int((was & cut & ~by_people).sum()),
            outside=int((was & outside & ~cut & ~by_people).sum()),
            rejected=int((was & counted_before & (classes < 0)).sum()),
            renamed_away=int((was & counted_before & ~now & (classes >= 0)).sum()),
            renamed_here=int((now & counted_now & ~(was & counted_before)).sum()),
            confirmed=int((now & counted_now & confirmed).sum()),
        )
    for label in labels.added.values():
        if label.state != REJECTED and label.key:
            by_section[label.key].added += 1
            by_section[label.key].confirmed += 1
    return by_section


def by_field(job: Job, labels: Labels) -> list[dict[str, int]]:
    """The counted cells of each field by class key, as people left them; added cells are in none."""
    schema, cells, classes = schema_of(job), cells_of(job), effective(job, labels)
    in_counts = ((cells.flags & (CUT | OUTSIDE)) == 0) & (classes >= 0)
    numbers, place = np.unique(cells.field, return_inverse=True)
    table = np.bincount(
        place[in_counts] * len(schema) + classes[in_counts], minlength=len(numbers) * len(schema)
    ).reshape(len(numbers), len(schema))
    return [{schema.classes[i].key: int(n[i]) for i in np.flatnonzero(n)} for n in table]


def classes_apart(job: Job) -> frozenset[str]:
    """Keys of the classes whose cells are seen but in no section's n, such as overlapped cells and artefacts."""
    schema = schema_of(job)
    try:
        one_of_each = Tally({c.key: 1 for c in schema.classes})
        return frozenset(job.examination.count(one_of_each, schema, job.rules).outside)
    except AssayError:  # the package that brought the assay is gone
        return frozenset(c.key for c in schema.classes if not c.counted)


def row_names(job: Job) -> dict[str, str]:
    """By key the names of the rows that are of no class, such as the candidates of a search, in the reader's language."""
    try:
        result = job.examination.count(Tally({}), schema_of(job), job.rules)
    except AssayError:  # the package that brought the assay is gone
        return {}
    return {row.key: row.name for section in result.sections for row in section.rows if row.name}


@dataclass
class Pool:
    """Several analyses of one examination, counted together."""

    jobs: Sequence[Job]
    """The analyses."""
    schema: Schema
    """Of all of them."""
    machine: Tally
    """As the machine called the cells."""
    reviewed: Tally
    """With what people said."""
    accounts: dict[str, Account] = field(default_factory=dict)
    """By class, what became of its cells."""

    def result(self, reviewed: bool) -> Result:
        job = self.jobs[0]
        return job.examination.count(self.reviewed if reviewed else self.machine, self.schema, job.rules)


def pool(
    jobs: Sequence[Job],
    analyser: dict[str, float] | None = None,
    labels: Mapping[uuid.UUID, Labels] | None = None,
) -> Pool:
    """The analyses of one examination, at least one, pooled; `analyser` holds values of the laboratory's analyser, `labels` by
    job those that are known already."""
    every_field: list[dict[str, int]] = []
    machine: Counter[str] = Counter()
    tally: Counter[str] = Counter()
    confirmed: Counter[str] = Counter()
    excluded: Counter[str] = Counter()
    every: dict[str, Account] = {}
    for job in jobs:
        own_labels = (labels or {}).get(job.pk) or labels_of(job)
        every_field += by_field(job, own_labels)
        for key, account in accounts(job, own_labels).items():
            machine[key] += account.machine
            tally[key] += account.counted
            confirmed[key] += account.confirmed
            excluded[key] += account.rejected + account.renamed_away
            so_far = every.setdefault(key, Account())
            for name, value in vars(account).items():
                setattr(so_far, name, getattr(so_far, name) + value)
    plans = [plan_of(job) for job in jobs]
    areas = [(counted_area_mm2(job) or 0.0) if job.mpp and p else None for job, p in zip(jobs, plans, strict=True)]
    searched = [(p or {}).get("searched_mm2") or area for p, area in zip(plans, areas, strict=True)]
    poor = next((p["poor_fields"] for p in plans if p and p.get("poor_fields")), "")
    errors = {machine_errors_of(job) for job in jobs}
    facts: dict[str, Any] = {
        "counted_mm2": _whole_area(areas),
        "searched_mm2": _whole_area(searched),
        "poor_fields": poor,
        "analyser": analyser or {},
        "machine": dict(machine),
        "by_field": tuple(every_field),
        "errors": errors.pop() if len(errors) == 1 else None,
    }
    schema = max((schema_of(job) for job in jobs), key=len)
    own = Tally(dict(machine), **facts)
    return Pool(
        jobs, schema, own, Tally(dict(tally), confirmed=dict(confirmed), excluded=dict(excluded), **facts), every
    )


def _whole_area(areas: Sequence[float | None]) -> float | None:
    """Of all slides together; None where that of one is not known, for its cells would lie on the area of the others."""
    known = [area for area in areas if area is not None]
    return sum(known) or None if len(known) == len(areas) else None


def analyser_of(job: Job) -> dict[str, float]:
    """Values of the laboratory's analyser that were entered for the case."""
    return dict(job.slide.case.analyser)


def left_to_see(job: Job) -> dict[str, dict[str, Any]]:
    """What the counted cells that nobody confirmed can still change, by class (see `triage.expected_moves`)."""
    labels = labels_of(job)
    moves = expected_moves(cells_of(job), schema_of(job), labels.rows.keys())
    n_unseen = {key: a.counted - a.confirmed for key, a in accounts(job, labels).items()}
    return {
        key: {"left": n, "leave": moves[key][0], "come": moves[key][1]}
        for key, n in n_unseen.items()
        if n > 0 or moves[key][1] > 0
    }
