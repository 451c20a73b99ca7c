"""What the gallery, the card and the counts read: the file's columns plus the latest events."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from apps.accounts.errors import Missing
from apps.analysis.cellfiles import cells_of, contour_of, counted_area_mm2
from apps.analysis.models import Job
from apps.review import mustsee
from apps.review.models import LabelEvent
from apps.review.state import REJECTED, Labels, added_cells, events_of, labels_of
from hemaview.cells.schema import Schema, schema
from hemaview.cells.table import CUT
from hemaview.cells.transport import margin, own_probability
from hemaview.counting.bloodfilm import Counts, count_blood_film
from hemaview.counting.rules import Rules, load_rules

VIEWS = ("unsure", "sure", "position", "must-see")


def effective(job: Job, labels: Labels) -> NDArray[np.int16]:
    """int16 (n,): the class of each row as people left it, -1 where it was rejected."""
    classes = cells_of(job).cls.astype(np.int16)
    for row, label in labels.rows.items():
        if label.state == REJECTED:
            classes[row] = -1
        elif label.label is not None:
            classes[row] = label.label
    return classes


def rules_of(job: Job) -> Rules:
    return load_rules(job.frozen["settings"].get("rules", "blood-film"))


def totals(job: Job, labels: Labels | None) -> Counter[str]:
    """Cells of each class: the machine's (labels None), or as people left them with the cells they added.

    A cell cut by the edge of a photograph is no whole cell: it is left out unless a person named its class.
    """
    known = schema(job.protocol.schema)
    cells = cells_of(job)
    classes = cells.cls.astype(np.int16) if labels is None else effective(job, labels)
    whole = (cells.flags & CUT) == 0
    if labels is not None:
        for row, label in labels.rows.items():
            whole[row] |= label.label is not None
    counted = np.bincount(classes[(classes >= 0) & whole], minlength=len(known))
    found = Counter({c.key: int(counted[c.index]) for c in known.classes if counted[c.index]})
    if labels is not None:
        for _, label in added_cells(job, labels):
            if label.state != REJECTED and label.label is not None:
                found[known.classes[label.label].key] += 1
    return found


def pooled_counts(jobs: Sequence[Job], reviewed: bool) -> Counts:
    """The counts of several slides of one case, pooled."""
    pooled: Counter[str] = Counter()
    area = 0.0
    for job in jobs:
        pooled += totals(job, labels_of(job) if reviewed else None)
        area += counted_area_mm2(job) or 0.0
    return count_blood_film(pooled, schema(jobs[0].protocol.schema), rules_of(jobs[0]), area or None)


def counts_json(job: Job) -> dict[str, Any]:
    """Machine and reviewed counts of one job side by side, and what must still be seen."""
    return {"revision": job.label_revision, **pooled_json([job])}


def _index(known: Schema, key: str) -> int | None:
    return known.index(key) if key in known.by_key else None


_NOUNS = {"wbc": "white cells", "rbc": "red cells", "nrbc": "erythroid cells"}


def pooled_json(jobs: Sequence[Job]) -> dict[str, Any]:
    """The same over several slides of one case, pooled; at least one job."""
    machine, reviewed = pooled_counts(jobs, False), pooled_counts(jobs, True)
    known, rules = schema(jobs[0].protocol.schema), rules_of(jobs[0])
    sections = []
    for m, r in zip(machine.sections, reviewed.sections, strict=True):
        noun = _NOUNS[m.key]
        rows = []
        for a, b in zip(m.rows, r.rows, strict=True):
            c = known.by_key[a.key]
            rows.append(
                {
                    "class": c.index,
                    "key": c.key,
                    "name": c.name,
                    "machine": _row_json(a),
                    "reviewed": _row_json(b),
                    "grade": {"text": b.grade.text, "crosses": b.grade.crosses} if b.grade else None,
                }
            )
        sections.append(
            {
                "key": m.key,
                "title": m.title,
                "unit": f"% of {r.n:,} {noun}",
                "n": {"machine": m.n, "reviewed": r.n},
                "rows": rows,
            }
        )
    return {
        "rules": {"name": rules.name, "version": rules.version},
        "partial": any(job.partial for job in jobs),
        "reviewed_n": sum(len(labels.rows) + len(labels.added) for labels in map(labels_of, jobs)),
        "sections": sections,
        "ratios": _ratios(machine, reviewed),
        "unsettled": [{"text": t} for t in reviewed.unsettled],
        "notes": list(reviewed.notes),
        "must_see": mustsee.pooled([(job, labels_of(job)) for job in jobs]),
        "nrbc": {
            "class": None if any(s["key"] == "nrbc" for s in sections) else _index(known, "erythroblast"),
            "machine": machine.nrbc,
            "reviewed": reviewed.nrbc,
        },
        "outside": [
            {"class": known.index(k), "name": known.by_key[k].name, "count": n} for k, n in reviewed.outside.items()
        ],
    }


def gallery(job: Job, which: int | None, view: str, offset: int, limit: int) -> dict[str, Any]:
    """A page of cells of one effective class (None: all), ordered; machine label, person's label and state of each."""
    labels = labels_of(job)
    cells = cells_of(job)
    classes = effective(job, labels)
    why = mustsee.reasons(job)
    if view == "must-see":
        rows = mustsee.open_rows(job, labels)
        if which is not None:
            rows = rows[classes[rows] == which]
    else:
        rows = np.flatnonzero(classes == which) if which is not None else np.arange(len(cells))
    margins = margin(cells)
    if view in ("unsure", "must-see"):
        rows = rows[np.argsort(margins[rows], kind="stable")]
    elif view == "sure":
        rows = rows[np.argsort(-margins[rows], kind="stable")]
    extra = [
        (cell, label)
        for cell, label in added_cells(job, labels)
        if view != "must-see" and (which is None or label.label == which)
    ]
    n = len(extra) + len(rows)
    items: list[dict[str, Any]] = []
    for cell, label in extra[offset : offset + limit]:
        items.append(
            {
                "row": None, "added": str(cell.pk), "x": cell.x, "y": cell.y, "w": cell.w, "h": cell.h,
                "class": label.label, "label": label.label, "p": None, "margin": None, "state": label.state,
                "must_see": "",
            }
        )  # fmt: skip
    first = max(0, offset - len(extra))
    own = own_probability(cells)
    for row in rows[first : first + limit - len(items)].tolist():
        label = labels.rows.get(row)
        items.append(
            {
                "row": row, "added": None, "x": float(cells.x[row]), "y": float(cells.y[row]), "w": int(cells.w[row]),
                "h": int(cells.h[row]), "class": int(cells.cls[row]), "label": int(classes[row]),
                "p": round(float(own[row]), 4), "margin": round(float(margins[row]), 4),
                "state": label.state if label else "", "must_see": why[row] if not label else "",
            }
        )  # fmt: skip
    return {"n": n, "total_open": len(mustsee.open_rows(job, labels)), "revision": labels.revision, "rows": items}


def cell_card(job: Job, row: int) -> dict[str, Any]:
    """Everything about one cell; raises Missing."""
    cells = cells_of(job)
    if not 0 <= row < len(cells):
        raise Missing(f"This job has {len(cells)} cells; there is no cell {row}.")
    labels = labels_of(job)
    label = labels.rows.get(row)
    p = cells.p[row].astype(float)
    best = np.argsort(-p, kind="stable")
    area = _number(cells.area_um2[row])
    history = []
    for event in reversed(events_of(job.pk)):
        source = event.undoes if event.undoes_id else event
        if row in source.rows:
            history.append(
                {
                    "by": event.by.display_name,
                    "at": event.at,
                    "action": event.get_action_display(),
                    "label": source.label,
                    "undone": hasattr(event, "undone_by"),
                }
            )
    return {
        "row": row,
        "job": str(job.pk),
        "x": float(cells.x[row]),
        "y": float(cells.y[row]),
        "w": int(cells.w[row]),
        "h": int(cells.h[row]),
        "field": int(cells.field[row]),
        "cut": bool(cells.flags[row] & CUT),
        "class": int(cells.cls[row]),
        "label": int(effective(job, labels)[row]),
        "state": label.state if label else "",
        "p": round(float(own_probability(cells)[row]), 4),
        "margin": round(float(margin(cells)[row]), 4),
        "probabilities": [{"class": int(i), "p": round(float(p[i]), 4)} for i in best[:8] if p[i] >= 0.001],
        "measures": {
            "area_um2": area,
            "diameter_um": round(2 * (area / np.pi) ** 0.5, 2) if area else None,
            "circularity": _number(cells.circularity[row]),
            "pallor": _number(cells.pallor[row]),
            "nc_ratio": _number(cells.nc_ratio[row]),
        },
        "contour": contour_of(job, row),
        "history": history,
        "must_see": mustsee.reasons(job)[row] if not label else "",
        "crop_url": f"/api/jobs/{job.pk}/cells/{row}/crop.jpg",
    }


def labels_json(job: Job, since: int = 0) -> dict[str, Any]:
    """The delta over the cell file: rows and added cells that people touched (after `since`)."""
    labels = labels_of(job)
    keys = {key for key, (revision, _) in labels.touched.items() if revision > since}
    return {
        "revision": labels.revision,
        "rows": [row_json(labels, key) for key in sorted(k for k in keys if isinstance(k, int))],
        "added": [j for j in added_json(job, labels) if since == 0 or j["id"] in keys],
        "gone": [k for k in keys if isinstance(k, str) and k not in labels.added],
    }


def row_json(labels: Labels, row: int) -> dict[str, Any]:
    label = labels.rows.get(row)
    if label is None:
        return {"row": row, "label": None, "state": "", "by": "", "at": None}
    return {"row": row, "label": label.label, "state": label.state, "by": label.by, "at": label.at}


def added_json(job: Job, labels: Labels) -> list[dict[str, Any]]:
    return [
        {
            "id": str(c.pk), "x": c.x, "y": c.y, "w": c.w, "h": c.h, "label": label.label, "state": label.state,
            "by": label.by, "at": label.at,
        }
        for c, label in added_cells(job, labels)
    ]  # fmt: skip


def last_event_of(job: Job, user: Any) -> LabelEvent | None:
    """The person's newest event that is not undone and is no undo itself."""
    return (
        LabelEvent.objects.filter(job=job, by=user, undone_by__isnull=True)
        .exclude(action=LabelEvent.Action.UNDO)
        .order_by("-revision")
        .first()
    )


def _ratios(machine: Counts, reviewed: Counts) -> list[dict[str, Any]]:
    found = []
    for key, name, attribute in (
        ("nrbc_per_100_wbc", "NRBC per 100 white cells", "nrbc_per_100_wbc"),
        ("it_ratio", "Immature to total neutrophils (I:T)", "it_ratio"),
        ("platelets_per_mm2", "Platelets per mm² of the counted fields", "platelets_per_mm2"),
    ):
        a, b = getattr(machine, attribute), getattr(reviewed, attribute)
        found.append({"key": key, "name": name, "machine": _interval_json(a), "reviewed": _interval_json(b)})
    return found


def _interval_json(interval: Any) -> dict[str, Any] | None:
    if interval is None:
        return None
    digits = 2 if interval.value < 10 else 1 if interval.value < 1000 else 0
    text = f"{interval.value:.{digits}f} ({interval.low:.{digits}f}-{interval.high:.{digits}f})"
    return {"value": interval.value, "low": interval.low, "high": interval.high, "text": text}


def _row_json(row: Any) -> dict[str, Any]:
    if row.percent is None:
        return {"count": row.count, "value": None, "low": None, "high": None}
    p = row.percent
    return {"count": row.count, "value": round(p.value, 3), "low": round(p.low, 3), "high": round(p.high, 3)}


def _number(value: Any) -> float | None:
    number = float(value)
    return None if np.isnan(number) else round(number, 3)
