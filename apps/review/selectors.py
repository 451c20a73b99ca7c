"""What the gallery, the card and the counts read: the file's columns plus the latest events."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import numpy as np
from django.utils.translation import gettext
from numpy.typing import NDArray

from apps.accounts.api.inputs import refuse_value
from apps.accounts.errors import Missing, Refusal
from apps.analysis.cellfiles import cells_of, contour_of, schema_of
from apps.analysis.models import Job
from apps.review import mustsee
from apps.review.counts import effective
from apps.review.cutby import cut_by
from apps.review.models import AddedCell, LabelEvent, Reading
from apps.review.state import Label, Labels, added_cells, events_of, labels_of, reading_of
from apps.review.upon import reaches_over, upon
from hemaview.cells.likeness import compared_by, unlikeness
from hemaview.cells.outlined import Outline, within
from hemaview.cells.schema import Schema
from hemaview.cells.table import CUT, OUTSIDE, CellTable
from hemaview.cells.transport import margin, own_probability
from hemaview.counting.words import number_of
from hemaview.pipeline.unidentified import likeliest_names

VIEWS = ("unsure", "sure", "position", "largest", "smallest", "alike", "must-see")


@dataclass(frozen=True)
class Only:
    """Which of a list's cells are wanted."""

    outline: Outline = ()
    """Those within it (level-0 px); empty: wherever they lie."""
    classes: frozenset[int] | None = None
    """Those of these classes; None: of any."""
    least: float = 0.0
    """Those whose own probability is at least that, or that people named."""
    rows: frozenset[int] | None = None
    """Those rows; None: any."""
    added: frozenset[str] = frozenset()
    """Of added cells those ids, where `rows` names rows."""

    def holds(self, x: NDArray[np.floating], y: NDArray[np.floating]) -> NDArray[np.bool_]:
        return within(x, y, self.outline) if self.outline else np.ones(len(x), bool)

    def holds_added(self, cell: AddedCell, label: Label, schema: Schema) -> bool:
        if self.rows is not None and str(cell.pk) not in self.added:
            return False
        if self.classes is not None and index_of(schema, label) not in self.classes:
            return False
        return bool(self.holds(np.array([cell.x]), np.array([cell.y]))[0])


def gallery(
    job: Job, which: int | None, view: str, offset: int, limit: int, only: Only | None = None, like: int | None = None
) -> dict[str, Any]:
    """A page of cells of one effective class (None: all), ordered; machine label, person's label and state of each.

    The view `alike` begins with the cell in row `like` and goes on with those most like it, by what `alike_by` then says;
    raises Refusal."""
    labels, schema = labels_of(job), schema_of(job)
    cells = cells_of(job)
    classes = effective(job, labels)
    why = mustsee.reasons(job)
    if view == "must-see":
        rows = mustsee.open_rows(job, labels)
        if which is not None:
            rows = rows[classes[rows] == which]
    else:
        rows = np.flatnonzero(classes == which) if which is not None else np.arange(len(cells))
    if only is not None:
        rows = rows[_wanted(only, cells, classes, labels)[rows]]
    margins, alike_by = margin(cells), ""
    if view in ("unsure", "must-see"):
        rows = rows[np.argsort(margins[rows], kind="stable")]
    elif view == "sure":
        rows = rows[np.argsort(-margins[rows], kind="stable")]
    elif view in ("largest", "smallest"):
        size = _size_of(cells)[rows]
        rows = rows[np.argsort(-size if view == "largest" else size, kind="stable")]
    elif view == "alike":
        away, alike_by = _unlike(cells, like)
        rows = rows[np.argsort(away[rows], kind="stable")]
    extra = [
        (cell, label)
        for cell, label in added_cells(job, labels)
        if view not in ("must-see", "alike")
        and (which is None or index_of(schema, label) == which)
        and (only is None or only.holds_added(cell, label, schema))
    ]
    n = len(extra) + len(rows)
    items: list[dict[str, Any]] = []
    for cell, label in extra[offset : offset + limit]:
        items.append(
            {
                "row": None, "added": str(cell.pk), "x": cell.x, "y": cell.y, "w": cell.w, "h": cell.h,
                "class": index_of(schema, label), "label": index_of(schema, label), "p": None, "margin": None,
                "state": label.state, "must_see": "", "perhaps": None,
            }
        )  # fmt: skip
    first = max(0, offset - len(extra))
    own, perhaps = own_probability(cells), likeliest_names(cells, schema)
    for row in rows[first : first + limit - len(items)].tolist():
        label_of_row = labels.rows.get(row)
        items.append(
            {
                "row": row, "added": None, "x": float(cells.x[row]), "y": float(cells.y[row]), "w": int(cells.w[row]),
                "h": int(cells.h[row]), "class": int(cells.cls[row]), "label": int(classes[row]),
                "p": round(float(own[row]), 4), "margin": round(float(margins[row]), 4),
                "state": label_of_row.state if label_of_row else "", "must_see": why[row] if not label_of_row else "",
                "perhaps": int(perhaps[row]) if perhaps[row] >= 0 else None,
            }
        )  # fmt: skip
    return {
        "n": n,
        "total_open": len(mustsee.open_rows(job, labels)),
        "revision": labels.revision,
        "alike_by": alike_by,
        "rows": items,
    }


def _unlike(cells: CellTable, row: int | None) -> tuple[NDArray[np.float32], str]:
    """(float32 (n,): how little each cell is like that of the row, what they are compared by)."""
    if row is None:
        raise Refusal(gettext("Name the cell that the others are to be like: like=ROW."), code="invalid")
    if row >= len(cells):
        sentence = gettext("Give the row of a cell, from 0 to {last}.").format(last=f"{len(cells) - 1:,}")
        refuse_value("like", sentence)
    away = unlikeness(cells, row)
    away[row] = -1  # before others that are quite alike
    return away, compared_by(cells, row)


def _wanted(only: Only, cells: CellTable, classes: NDArray[np.int16], labels: Labels) -> NDArray[np.bool_]:
    """bool (n,): which rows are wanted; a rejected one goes by the machine's class."""
    wanted = only.holds(cells.x, cells.y)
    if only.classes is not None:
        wanted &= np.isin(np.where(classes < 0, cells.cls, classes), list(only.classes))
    if only.least > 0:
        by_people = np.isin(np.arange(len(cells)), list(labels.rows))
        wanted &= by_people | (own_probability(cells) >= only.least)
    if only.rows is not None:
        wanted &= np.isin(np.arange(len(cells)), list(only.rows))
    return np.asarray(wanted)


def _size_of(cells: CellTable) -> NDArray[np.float64]:
    """float64 (n,): area in µm², of the box where there is no mask; the two are told apart by their scale, so one job's boxes
    are brought to its areas by the median of their quotient."""
    box = cells.w.astype(np.float64) * cells.h
    area = cells.area_um2.astype(np.float64)
    has_area = np.isfinite(area) & (area > 0) & (box > 0)
    factor = float(np.median(area[has_area] / box[has_area])) if has_area.any() else 1.0
    return np.where(has_area, area, box * factor)


def cell_card(job: Job, row: int) -> dict[str, Any]:
    """Everything about one cell; raises Missing."""
    cells = cells_of(job)
    if not 0 <= row < len(cells):
        raise Missing(
            gettext("This job has {cells}; there is no cell {row}.").format(
                cells=number_of(len(cells), "cell"), row=row
            )
        )
    labels, schema, reading = labels_of(job), schema_of(job), reading_of(job)
    label = labels.rows.get(row)
    p = np.nan_to_num(cells.p[row].astype(float), nan=0.0)
    best = np.argsort(-p, kind="stable")
    area = _number(cells.area_um2[row])
    history = []
    for event in reversed(events_of(reading.pk) if reading else []):
        source = event.undoes or event
        if row in source.rows:
            history.append(
                {
                    "by": event.by.display_name,
                    "at": event.at,
                    "action": event.get_action_display(),
                    "label": schema.index(source.label_key) if source.label_key else None,
                    "carried": event.carried,
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
        "cut_by": cut_by(job, row) if cells.flags[row] & CUT else "",
        "outside": bool(cells.flags[row] & OUTSIDE),
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
        "others": _others(job, row),
        "must_see": mustsee.reasons(job)[row] if not label else "",
        "crop_url": f"/api/v1/jobs/{job.pk}/cells/{row}/crop.jpg",
    }


def _others(job: Job, row: int) -> list[dict[str, Any]]:
    """What the first reader said of a cell, for a second one who reads openly; what both said, once there is a consensus."""
    own = reading_of(job)
    if own is None or own.role == Reading.Role.FIRST or (own.role == Reading.Role.SECOND and own.blind):
        return []
    sentences = []
    for reading in job.readings.order_by("created_at"):
        if reading.pk != own.pk and reading.role != Reading.Role.CONSENSUS:
            labels = labels_of(job, reading)
            label, now = labels.rows.get(row), int(effective(job, labels)[row])
            sentences.append(
                {
                    "role": reading.role,
                    "by": label.by if label else "",
                    "label": now if now >= 0 else None,
                    "state": label.state if label else "",
                }
            )
    return sentences


def labels_json(job: Job, since: int = 0) -> dict[str, Any]:
    """The delta over the cell file: rows and added cells that people touched (after `since`)."""
    labels, schema = labels_of(job), schema_of(job)
    keys = {key for key, (revision, _) in labels.touched.items() if revision > since}
    return {
        "reading": str(labels.reading) if labels.reading else None,
        "revision": labels.revision,
        "rows": [row_json(schema, labels, key) for key in sorted(k for k in keys if isinstance(k, int))],
        "added": added_json(job, labels, keys if since else None),
        "gone": [k for k in keys if isinstance(k, str) and k not in labels.added],
    }


def index_of(schema: Schema, label: Label) -> int | None:
    """The class that a person gave, as its index in the job's schema; None where they gave none."""
    return schema.index(label.key) if label.key else None


def row_json(schema: Schema, labels: Labels, row: int) -> dict[str, Any]:
    label = labels.rows.get(row)
    if label is None:
        return {"row": row, "label": None, "state": "", "by": "", "at": None}
    return {
        "row": row,
        "label": index_of(schema, label),
        "state": label.state,
        "by": label.by,
        "at": label.at,
        "carried": label.carried,
    }


def added_json(job: Job, labels: Labels, only: Collection[int | str] | None = None) -> list[dict[str, Any]]:
    """The added cells that stand, or those of them with one of the given ids."""
    schema, cells = schema_of(job), added_cells(job, labels)
    return [
        {
            "id": str(c.pk), "x": c.x, "y": c.y, "w": c.w, "h": c.h, "label": index_of(schema, label), "state": label.state,
            "by": label.by, "at": label.at, "added_by": c.by.display_name, "added_at": c.at,
            "upon": upon(job, c, cells), "cut": reaches_over(job.slide, c),
        }
        for c, label in cells
        if only is None or str(c.pk) in only
    ]  # fmt: skip


def last_event_of(reading: Reading, user: Any) -> LabelEvent | None:
    """The person's newest event that is not undone and is no undo itself."""
    return (
        LabelEvent.objects.filter(reading=reading, by=user, undone_by__isnull=True, carried=False)
        .exclude(action=LabelEvent.Action.UNDO)
        .order_by("-revision")
        .first()
    )


def last_undone_of(reading: Reading, user: Any) -> LabelEvent | None:
    """The event that the person undid last and has not done again; None where they have done something new since."""
    own = LabelEvent.objects.filter(reading=reading, by=user, carried=False).exclude(action=LabelEvent.Action.UNDO)
    fresh = own.filter(redoes__isnull=True).order_by("-revision").first()
    undone = own.filter(undone_by__isnull=False, redone_by__isnull=True).order_by("-undone_by__revision")
    last = undone.select_related("undone_by").first()
    # Whatever is new since the undoing makes it a thing of the past.
    return last if last and (fresh is None or fresh.revision < last.undone_by.revision) else None


def _number(value: Any) -> float | None:
    number = float(value)
    return round(number, 3) if np.isfinite(number) else None
