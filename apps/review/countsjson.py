"""Counts of one or several analyses of one examination as the API, pages and reports say them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from django.utils.translation import gettext

from apps.accounts.errors import Conflict
from apps.analysis.models import Job
from apps.analysis.selectors import assay_title
from apps.review import mustsee
from apps.review.counts import Pool, analyser_of, left_to_see, pool
from apps.review.state import label_revision, labels_of
from hemaview.assays import AssayError
from hemaview.counting.intervals import Interval, difference
from hemaview.counting.values import Ratio, Result, Row, Section, result_json
from hemaview.counting.words import cells_of

UNLIKELY = 0.05


def results_json(jobs: Sequence[Job], reviewed: bool) -> dict[str, Any]:
    """One examination's result for scripts (see `hemaview.counting.values.result_json`); raises Conflict where the package that
    brought the examination is gone."""
    try:
        return result_json(pool(jobs, analyser_of(jobs[0])).result(reviewed))
    except AssayError as error:
        raise Conflict(str(error), code="examination-gone") from error


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
                "name": c.name if c else row.name or row.key.replace("_", " ").capitalize(),
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
        "unit": gettext("% of {cells}").format(cells=cells_of(reviewed.n, reviewed.noun)),
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
        "unit_in_name": reviewed.unit_in_name,
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
