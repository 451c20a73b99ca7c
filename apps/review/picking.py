"""Candidates for picking: nucleated red cells of one analysis, ranked, each with its place in µm and what people said of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
from django.utils.translation import gettext, gettext_noop

from apps.analysis.cellfiles import cells_of, schema_of
from apps.analysis.models import Job
from apps.review.counts import effective
from apps.review.models import HbfMark
from apps.review.state import CONFIRMED as AGREED
from apps.review.state import REJECTED, RELABELLED, Labels, added_cells, labels_of
from hemaview.cells.table import CUT, OUTSIDE
from hemaview.wsi.stage import Stage

KEY = "erythroblast"
"""The class that is picked, in every examination that has it."""
PENDING, CONFIRMED, EXCLUDED = "pending", "confirmed", "excluded"
UNKNOWN_STAGE = gettext_noop("The slide's file does not state where it lay on the stage.")
HBF_OPEN = ""
"""Nobody has said anything of its HbF."""


@dataclass(frozen=True)
class Candidate:
    """One candidate of a nucleated red cell."""

    rank: int
    """From 1, in the order of the list."""
    row: int | None
    """Of the machine's cell; None: a person added it."""
    added: str | None
    """The id of an added cell; None: the machine found it."""
    x_px: float
    """At full resolution, from the upper left corner of the slide."""
    y_px: float
    """At full resolution, from the upper left corner of the slide."""
    x_um: float
    """From the upper left corner of the slide's picture or, of a slide made of photographs, of the one that shows it."""
    y_um: float
    """Likewise."""
    photograph: str
    """The photograph that shows it; "" on a scan."""
    field: int | None
    """In which it was found; None where a person added it."""
    probability: float | None
    """That it is a nucleated red cell, by the machine; None where a person added it."""
    state: str
    """Confirmed, excluded or pending."""
    hbf: str
    """An HbfMark.State; "" where nobody has said anything."""
    by: str
    """Who confirmed or excluded it."""
    hbf_by: str
    """Who said so."""
    cut: bool
    """Whether an edge cuts it, a scale bar touches it, or it lies where nothing is counted."""
    stage_um: tuple[float, float] | None
    """Its place (x, y) in the stage's coordinates; None where the slide's file does not know them."""

    @property
    def cell(self) -> str:
        """The cell's name within its analysis."""
        return self.added or str(self.row)


def has_candidates(job: Job) -> bool:
    """Whether the examination looks for nucleated red cells."""
    return KEY in schema_of(job).by_key


def candidates(job: Job, labels: Labels | None = None, until: datetime | None = None) -> Sequence[Candidate]:
    """The candidates of a job, likeliest first, those that people added before all: what the machine or a person named a
    nucleated red cell. `labels` as they were at some revision, HbF as it was `until` then; both as they are now if left out."""
    if not has_candidates(job):
        return []
    labels = labels_of(job) if labels is None else labels
    cells, schema = cells_of(job), schema_of(job)
    index = schema.index(KEY)
    now = effective(job, labels)
    rows = np.flatnonzero((cells.cls == index) | (now == index))
    p = np.nan_to_num(cells.p[rows, index].astype(float), nan=0.0)
    rows, p = rows[np.lexsort((rows, -p))], np.sort(-p) * -1
    marks = _hbf(labels, until)
    listed: list[Candidate] = []
    extra = [(c, label) for c, label in added_cells(job, labels) if label.key == KEY]
    for cell, label in extra:
        state = EXCLUDED if label.state == REJECTED else CONFIRMED
        place = _place(job, cell.x, cell.y)
        hbf, by = marks.get(str(cell.pk), (HBF_OPEN, ""))
        hbf = hbf if state == CONFIRMED else HBF_OPEN
        listed.append(
            Candidate(
                len(listed) + 1,
                None,
                str(cell.pk),
                cell.x,
                cell.y,
                *place,
                None,
                None,
                state,
                hbf,
                label.by,
                by,
                False,
                stage_place(job, cell.x, cell.y, place[2]),
            )
        )
    for row, probability in zip(rows.tolist(), p.tolist(), strict=True):
        event = labels.rows.get(row)
        state = PENDING
        if event is not None:
            agreed = now[row] == index and event.state in (AGREED, RELABELLED)
            state = CONFIRMED if agreed else EXCLUDED
        x, y = float(cells.x[row]), float(cells.y[row])
        place = _place(job, x, y)
        hbf, by = marks.get(row, (HBF_OPEN, ""))
        listed.append(
            Candidate(
                len(listed) + 1, row, None, x, y, *place, int(cells.field[row]), round(probability, 4), state,
                hbf if state == CONFIRMED else HBF_OPEN, event.by if event else "", by if state == CONFIRMED else "",
                bool(cells.flags[row] & (CUT | OUTSIDE)), stage_place(job, x, y, place[2]),
            )
        )  # fmt: skip
    return listed


def hbf_counts(jobs: Sequence[Job]) -> dict[str, int]:
    """Of the confirmed candidates of several jobs: how many there are, and how many of each HbF state; {} where nobody said
    anything of HbF and the examination is not that of nucleated red cells alone."""
    alone = all([c.key for c in schema_of(job).classes if c.must_see] == [KEY] for job in jobs)
    if not alone and not HbfMark.objects.filter(reading__job__in=jobs).exists():
        return {}
    confirmed = [c for job in jobs for c in candidates(job) if c.state == CONFIRMED]
    states = {state: sum(c.hbf == state for c in confirmed) for state in HbfMark.State.values}
    return {"confirmed": len(confirmed), **states, "open": len(confirmed) - sum(states.values())}


def picking_json(job: Job) -> dict[str, Any]:
    """The candidates for scripts, with how many there are of each state."""
    listed = candidates(job)
    states = {state: sum(c.state == state for c in listed) for state in (PENDING, CONFIRMED, EXCLUDED)}
    confirmed = [c for c in listed if c.state == CONFIRMED]
    hbf = {state: sum(c.hbf == state for c in confirmed) for state in HbfMark.State.values}
    return {
        "mpp": job.mpp,
        "stage": stage_words(job),
        "revision": labels_of(job).revision,
        "states": states,
        "hbf": {**hbf, "open": len(confirmed) - sum(hbf.values())},
        "candidates": [
            {
                "rank": c.rank, "row": c.row, "added": c.added, "x_um": round(c.x_um, 1), "y_um": round(c.y_um, 1),
                "photograph": c.photograph, "probability": c.probability, "state": c.state, "hbf": c.hbf, "by": c.by,
                "hbf_by": c.hbf_by, "cut": c.cut, "stage_x_um": _tenth(c.stage_um, 0), "stage_y_um": _tenth(c.stage_um, 1),
            }
            for c in listed
        ],
    }  # fmt: skip


def _hbf(labels: Labels, until: datetime | None) -> dict[int | str, tuple[str, str]]:
    """Row or added cell to (HbF state, who said so)."""
    if labels.reading is None:
        return {}
    marks = HbfMark.objects.filter(reading_id=labels.reading).select_related("by").order_by("at", "id")
    if until is not None:
        marks = marks.filter(at__lte=until)
    return {m.row if m.row is not None else str(m.added_id): (m.state, m.by.display_name) for m in marks}


def stage_place(job: Job, x_px: float, y_px: float, photograph: str) -> tuple[float, float] | None:
    """µm on the stage of a point of the slide, level-0 px; None where the file of the slide, or of the photograph, knows none."""
    record = next((s for s in job.slide.stage if s["photograph"] == photograph), None)
    return Stage.of_json(record).at(x_px, y_px, float(job.mpp)) if record is not None and job.mpp else None


def stage_words(job: Job) -> str:
    """Where the stage's coordinates come from, or that there are none."""
    sources = ", ".join(sorted({str(record["source"]) for record in job.slide.stage}))
    if not sources:
        return gettext(UNKNOWN_STAGE)
    photographs = {record["photograph"] for record in job.slide.stage} - {""}
    if len(photographs) < len(job.slide.photo_fields):
        sentence = gettext("Stage coordinates from {sources}; not for every photograph.")
    else:
        sentence = gettext("Stage coordinates from {sources}.")
    return sentence.format(sources=sources)


def _tenth(um: tuple[float, float] | None, axis: int) -> float | None:
    return None if um is None else round(um[axis], 1)


def _place(job: Job, x: float, y: float) -> tuple[float, float, str]:
    """(x, y in µm, photograph) of a point of the slide, level-0 px."""
    mpp = float(job.mpp or 0)
    for photo in job.slide.photo_fields:
        if photo["x"] <= x < photo["x"] + photo["w"] and photo["y"] <= y < photo["y"] + photo["h"]:
            return (x - photo["x"]) * mpp, (y - photo["y"]) * mpp, str(photo.get("name", ""))
    return x * mpp, y * mpp, ""
