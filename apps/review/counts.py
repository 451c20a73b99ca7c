"""What is counted of one or several analyses of one examination: the machine's counts beside those that people left."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from django.utils.translation import gettext
from numpy.typing import NDArray

from apps.analysis.cellfiles import cells_of, counted_area_mm2, machine_errors_of, plan_of, schema_of
from apps.analysis.models import Job
from apps.analysis.selectors import assay_title
from apps.review import mustsee
from apps.review.state import REJECTED, RELABELLED, Labels, added_cells, label_revision, labels_of
from apps.review.triage import expected_moves
from hemaview.assays import AssayError
from hemaview.cells.schema import Schema
from hemaview.cells.table import CUT, OUTSIDE
from hemaview.counting.intervals import Interval, difference
from hemaview.counting.values import Ratio, Result, Row, Section, Tally, result_json
from hemaview.counting.words import number_of

UNLIKELY = 0.05


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
    for _, label in added_cells(job, labels):
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


def pool(jobs: Sequence[Job], analyser: dict[str, float] | None = None) -> Pool:
    """The analyses of one examination, at least one, pooled; `analyser` holds values of the laboratory's analyser."""
    every_field: list[dict[str, int]] = []
    machine: Counter[str] = Counter()
    tally: Counter[str] = Counter()
    confirmed: Counter[str] = Counter()
    excluded: Counter[str] = Counter()
    every: dict[str, Account] = {}
    for job in jobs:
        every_field += by_field(job, labels_of(job))
        for key, account in accounts(job, labels_of(job)).items():
            machine[key] += account.machine
            tally[key] += account.counted
            confirmed[key] += account.confirmed
            excluded[key] += account.rejected + account.renamed_away
            so_far = every.setdefault(key, Account())
            for name, value in vars(account).items():
                setattr(so_far, name, getattr(so_far, name) + value)
    areas = [counted_area_mm2(job) or 0.0 for job in jobs]
    plans = [plan_of(job) or {} for job in jobs]
    searched = sum(p.get("searched_mm2") or a for p, a in zip(plans, areas, strict=True))
    poor = next((p["poor_fields"] for p in plans if p.get("poor_fields")), "")
    errors = {machine_errors_of(job) for job in jobs}
    facts: dict[str, Any] = {
        "counted_mm2": sum(areas) or None,
        "searched_mm2": searched or None,
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


def results_json(jobs: Sequence[Job], reviewed: bool) -> dict[str, Any]:
    """One examination's result for scripts (see `hemaview.counting.values.result_json`)."""
    return result_json(pool(jobs, analyser_of(jobs[0])).result(reviewed))


def counts_json(job: Job) -> dict[str, Any]:
    """Machine and reviewed counts of one job side by side, and what must still be seen."""
    return {"revision": label_revision(job), "triage": left_to_see(job), **pooled_json([job])}


def pooled_json(jobs: Sequence[Job]) -> dict[str, Any]:
    """The same over several slides of one case, pooled; at least one job."""
    first = jobs[0]
    title = assay_title(first)
    must_see = mustsee.pooled([(job, labels_of(job)) for job in jobs])
    try:
        pooled = pool(jobs, analyser_of(first))
        machine, reviewed = pooled.result(False), pooled.result(True)
        headline = list(first.examination.headline)
    except AssayError as error:
        return {
            "assay": first.assay,
            "title": title,
            "why": str(error),
            "headline": [],
            "rules": None,
            "partial": any(job.partial for job in jobs),
            "reviewed_n": 0,
            **{
                name: []
                for name in ("sections", "ratios", "findings", "unsettled", "notes", "outside", "slides", "differences")
            },
            "must_see": must_see,
            "accounts": {},
        }
    by_key = {s.key: s for s in machine.sections}
    machine_ratios = {r.key: r for r in machine.ratios}
    return {
        "assay": first.assay,
        "title": title,
        "why": "",
        "headline": headline,
        "rules": {"name": first.rules.name, "version": first.rules.version, "sha256": first.frozen["rules_sha256"]},
        "partial": any(job.partial for job in jobs),
        "reviewed_n": sum(len(labels.rows) + len(labels.added) for labels in map(labels_of, jobs)),
        "sections": [_section_json(by_key[s.key], s, pooled) for s in reviewed.sections],
        "ratios": [_ratio_json(machine_ratios[r.key], r) for r in reviewed.ratios],
        "findings": [{"key": f.key, "text": f.text} for f in reviewed.findings],
        "unsettled": [{"key": u.key, "text": u.text, "more_cells": u.more_cells} for u in reviewed.unsettled],
        "notes": list(reviewed.notes),
        "must_see": must_see,
        "outside": [
            {"class": pooled.schema.index(key), "key": key, "name": pooled.schema.by_key[key].name, "count": n}
            for key, n in reviewed.outside.items()
        ],
        "slides": _slides_json(jobs, reviewed) if len(jobs) > 1 else [],
        "differences": _differences(jobs, reviewed) if len(jobs) == 2 else [],
        "accounts": {
            key: vars(a) | {"counted": a.counted} for key, a in pooled.accounts.items() if any(vars(a).values())
        },
    }


def _slides_json(jobs: Sequence[Job], together: Result) -> list[dict[str, Any]]:
    """Each slide by itself: n and counts of the sections that give shares."""
    sections = [s.key for s in together.sections if any(r.percent for r in s.rows)]
    rows = []
    for job in jobs:
        own = pool([job]).result(True)
        own_sections = [s for key in sections if (s := own.section(key))]
        rows.append(
            {
                "slide": job.slide.name,
                "job": str(job.pk),
                "sections": [
                    {"key": s.key, "title": s.title, "n": s.n, "rows": {r.key: r.count for r in s.rows if r.count}}
                    for s in own_sections
                ],
            }
        )
    return rows


def _differences(jobs: Sequence[Job], together: Result) -> list[dict[str, Any]]:
    """Classes whose share differs between two slides by more than chance (Fisher's exact test, p below UNLIKELY)."""
    first, second = (pool([job]).result(True) for job in jobs)
    differences = []
    for section in together.sections:
        a, b = first.section(section.key), second.section(section.key)
        if not a or not b or not a.n or not b.n or not any(r.percent for r in section.rows):
            continue
        counts = {r.key: r.count for r in b.rows}
        for row in a.rows:
            p = difference(row.count, a.n, counts.get(row.key, 0), b.n)
            if p < UNLIKELY:
                differences.append({"section": section.key, "key": row.key, "p": round(p, 5)})
    return differences


def _section_json(machine: Section, reviewed: Section, pooled: Pool) -> dict[str, Any]:
    before = {r.key: r for r in machine.rows}
    rows = []
    for row in reviewed.rows:
        c = pooled.schema.by_key.get(row.key)
        rows.append(
            {
                "class": c.index if c else None,
                "key": row.key,
                "name": c.name if c else row.key.replace("_", " ").capitalize(),
                "machine": _row_json(before.get(row.key) or Row(row.key, 0)),
                "reviewed": _row_json(row),
                "grade": {"text": row.grade.text, "crosses": row.grade.crosses} if row.grade else None,
                "absolute": None if reviewed.below_floor else _interval_json(row.absolute),
                "with_machine_errors": _interval_json(row.with_errors),
            }
        )
    return {
        "key": reviewed.key,
        "title": reviewed.title,
        "noun": reviewed.noun,
        "unit": gettext("% of {cells}").format(
            cells=number_of(reviewed.n, reviewed.noun.removesuffix("s"), reviewed.noun)
        ),
        "n": {"machine": machine.n, "reviewed": reviewed.n},
        "target": reviewed.target or _target_of(pooled, reviewed),
        "floor": reviewed.floor,
        "below_floor": reviewed.below_floor,
        "note": reviewed.note,
        "rows": rows,
    }


def _target_of(pooled: Pool, section: Section) -> int | None:
    """How many cells of a section were asked for, where a target counts its classes."""
    keys = {row.key for row in section.rows}
    for target in pooled.jobs[0].examination.targets:
        if target.classes and set(target.classes) <= keys:
            wanted = sum(target.wanted(job.frozen["settings"]) for job in pooled.jobs)
            return wanted or None
    return None


def _ratio_json(machine: Ratio, reviewed: Ratio) -> dict[str, Any]:
    return {
        "key": reviewed.key,
        "name": reviewed.name,
        "unit": reviewed.unit,
        "machine": _interval_json(machine.value),
        "reviewed": _interval_json(reviewed.value),
        "why": reviewed.why,
        "basis": reviewed.basis,
    }


def _interval_json(interval: Interval | None) -> dict[str, Any] | None:
    if interval is None:
        return None
    digits = 2 if interval.value < 10 else 1 if interval.value < 1000 else 0
    high = interval.high if np.isfinite(interval.high) else None
    high_text = f"{high:.{digits}f}" if high is not None else gettext("no upper limit")
    text = f"{interval.value:.{digits}f} ({interval.low:.{digits}f}–{high_text})"
    return {"value": interval.value, "low": interval.low, "high": high, "text": text}


def _row_json(row: Row) -> dict[str, Any]:
    if row.percent is None:
        return {"count": row.count, "value": None, "low": None, "high": None}
    p = row.percent
    return {"count": row.count, "value": round(p.value, 3), "low": round(p.low, 3), "high": round(p.high, 3)}
