"""What a report says, as plain data: case, slides, where cells were taken, counts, pictures, models, limits."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext, gettext_noop
from PIL import Image, ImageDraw

from apps.analysis.cellfiles import cells_of, counted_area_mm2, regions, schema_json, schema_of
from apps.analysis.models import Job, ModelVersion
from apps.analysis.scorewords import metric_words, prose, task_words
from apps.analysis.selectors import examinations, reported_jobs
from apps.cases.models import Case
from apps.laboratory.selectors import head
from apps.reports.holds import missing_slides
from apps.review.agreement import summary
from apps.review.bloodcount import blood_count
from apps.review.counts import effective
from apps.review.countsjson import pooled_json
from apps.review.crops import crop_jpeg
from apps.review.picking import hbf_counts
from apps.review.state import added_cells, labels_of, reading_of
from apps.slides.tiles import opened
from hemaview.assays import AssayError
from hemaview.cells.table import CUT
from hemaview.cells.transport import margin
from hemaview.wsi.deepzoom import encode_jpeg
from hemaview.wsi.errors import SlideError

DISCLAIMER = gettext_noop("AI-assisted; research use only. Not for diagnosis.")
FORMAT = "hemaview-report/3"
REPRESENTATIVE, ABNORMAL, CROP_PX = 5, 12, 112


def build(case: Case, jobs: Sequence[Job] | None = None, pictures: bool = True) -> dict[str, Any]:
    """The report of the case as it is now: a part for each examination, and what is missing.

    `jobs`: other analyses than the reported ones; without `pictures` it holds text and figures alone, and is made quickly.
    """
    jobs = reported_jobs(case) if jobs is None else jobs
    parts = [_examination(together, pictures) for together in examinations(jobs)]
    patient = {"sex": case.sex, "age_days": case.age_days, "analyser": case.analyser}
    return {
        "format": FORMAT,
        "software": f"HemaView {settings.VERSION}",
        "made_at": timezone.now().isoformat(timespec="seconds"),
        "disclaimer": gettext(DISCLAIMER),
        "laboratory": head(),
        "case": {
            "accession": case.accession,
            "pseudonym": case.pseudonym,
            "sex": case.sex,
            "age_days": case.age_days,
            "specimens": _specimens(case, jobs),
            "stain": case.stain,
            "question": case.question,
            "conclusion": case.conclusion,
            "comment": case.comment,
            "reader": case.reader.display_name if case.reader else "",
            "received": case.created_at.isoformat(timespec="seconds"),
            "analyser": case.analyser,
        },
        "blood_count": blood_count(patient, [part["counts"] for part in parts]),
        "examinations": parts,
        "missing": missing_slides(case, jobs),
        "models": _models(jobs),
    }


def _specimens(case: Case, jobs: Sequence[Job]) -> list[str]:
    return list(dict.fromkeys(j.slide.get_specimen_display() for j in jobs)) or [case.get_specimen_display()]


def _examination(jobs: Sequence[Job], pictures: bool) -> dict[str, Any]:
    """One part of the report: what was counted by one assay on the slides of one specimen."""
    first = jobs[0]
    try:
        title, codes = first.examination.title, dict(first.examination.codes)
    except AssayError:
        title, codes = first.assay, {}
    return {
        "assay": first.assay,
        "title": title,
        "specimen": first.slide.get_specimen_display(),
        "codes": codes,
        "rules": first.frozen["rules"],
        "classes": schema_json(schema_of(first)),
        "readers": summary(jobs),
        "counts": pooled_json(jobs),
        "hbf": hbf_counts(jobs),
        "slides": [_slide(job, pictures) for job in jobs],
        "pictures": _pictures(jobs) if pictures else [],
    }


def _slide(job: Job, pictures: bool) -> dict[str, Any]:
    slide = job.slide
    fields = regions(job)["fields"]
    counted_fields = [f for f in fields if f["used"]]
    reasons: dict[str, int] = {}
    for f in fields:
        if not f["used"] and f["reason"]:
            reasons[f["reason"]] = reasons.get(f["reason"], 0) + 1
    reading = reading_of(job)
    return {
        "id": str(slide.pk),
        "name": slide.name,
        "size": f"{slide.width:,} × {slide.height:,} px",
        "mpp": round(job.mpp, 4) if job.mpp else None,
        "mpp_source": job.mpp_source,
        "mpp_sd": round(job.mpp_sd, 4) if job.mpp_sd else None,
        "sha256": slide.sha256,
        "job": str(job.pk),
        "protocol": str(job.protocol),
        "reading": str(reading.pk) if reading else "",
        "label_revision": reading.revision if reading else 0,
        "cells": job.cells,
        "cells_sha256": job.cells_sha256,
        "fields_counted": len(counted_fields),
        "fields_refused": reasons,
        "counted_mm2": round(counted_area_mm2(job) or 0, 4) or None,
        "partial": job.partial,
        "duration_s": round(job.duration_s or 0, 1),
        "device": job.device,
        "software": job.software_version,
        "colour_policy": job.colour_policy,
        "notes": [*job.notes, *(g["sentence"] for g in job.guards)],
        "map": _map(job, counted_fields) if pictures else "",
    }


def _map(job: Job, counted_fields: list[dict[str, Any]]) -> str:
    """The slide with the counted fields outlined, as a data URI."""
    try:
        with opened(job.slide) as (reader, icc):
            picture = Image.fromarray(reader.thumbnail(720))
    except (SlideError, OSError):
        return ""
    scale = picture.width / job.slide.width
    draw = ImageDraw.Draw(picture)
    for f in counted_fields:
        box = [f["x"] * scale, f["y"] * scale, (f["x"] + f["w"]) * scale, (f["y"] + f["h"]) * scale]
        draw.rectangle(box, outline=(0, 60, 160), width=2)
    return _uri(encode_jpeg(np.asarray(picture), 82, icc))


def _pictures(jobs: Sequence[Job]) -> list[dict[str, Any]]:
    """Groups of pictures: the surest cells of each class with a nucleus, and every kind of abnormal cell."""
    groups: dict[str, dict[str, Any]] = {}
    try:
        picture_groups: Sequence[str] = jobs[0].examination.pictures
    except AssayError:
        picture_groups = ()
    for job in jobs:
        schema = schema_of(job)
        nucleated = schema.of_kind("nucleated")
        plain = next(iter(schema.of_kind("red_cell")), None)
        labels = labels_of(job)
        cells, classes, margins = cells_of(job), effective(job, labels), margin(cells_of(job))
        shown_rows = (cells.flags & CUT) == 0
        shown_rows[[row for row, label in labels.rows.items() if label.key]] = (
            True  # what a person named is counted, cut or not
        )
        for c in schema.classes:
            abnormal = c.must_see or c.key in picture_groups
            if not (abnormal or (c.counted and (c in nucleated or c == plain))):
                continue
            group = groups.setdefault(
                c.key, {"key": c.key, "name": c.name, "abnormal": abnormal, "must_see": c.must_see, "n": 0, "crops": []}
            )
            rows = np.flatnonzero((classes == c.index) & shown_rows)
            group["n"] += len(rows)
            # People's own labels first, then the surest.
            ranked = sorted(rows.tolist(), key=lambda r: (r not in labels.rows, -float(margins[r])))
            most = ABNORMAL if c.must_see else REPRESENTATIVE
            for row in ranked[: max(0, most - len(group["crops"]))]:
                group["crops"].append(
                    _crop(job, float(cells.x[row]), float(cells.y[row]), int(cells.w[row]), int(cells.h[row]))
                )
        for cell, label in added_cells(job, labels):
            if label.key in groups:
                groups[label.key]["n"] += 1
                if len(groups[label.key]["crops"]) < ABNORMAL:
                    groups[label.key]["crops"].append(_crop(job, cell.x, cell.y, cell.w, cell.h))
    with_cells = [g for g in groups.values() if g["n"]]
    for group in with_cells:
        group["crops"] = [c for c in group["crops"] if c]
    return sorted(with_cells, key=lambda g: (not g["must_see"], not g["abnormal"]))


def _crop(job: Job, x: float, y: float, w: float, h: float) -> str:
    try:
        return _uri(crop_jpeg(job, x, y, w, h, CROP_PX))
    except (SlideError, OSError):
        return ""


def _models(jobs: Sequence[Job]) -> list[dict[str, Any]]:
    models: dict[tuple[str, str, str], dict[str, Any]] = {}
    for job in jobs:
        for used in job.frozen.get("models", []):
            row = ModelVersion.objects.filter(algorithm__name=used["name"], version=used["version"]).first()
            card = row.card if row else {}
            if not _had_part(job, used):
                key = (used["name"], used["version"], "")
                models.setdefault(key, {**used, "title": card.get("title", used["name"]), "limits": [], "threshold": None,
                                       "measured": [], "no_part": True})  # fmt: skip
                continue
            models[(used["name"], used["version"], used.get("taught", {}).get("sha256", ""))] = {
                **used,
                "title": card.get("title", used["name"]),
                "limits": [prose(limit) for limit in card.get("limits", [])],
                "threshold": job.frozen.get("thresholds", {}).get(used["role"]),
                "measured": _measured(card.get("metrics", [])),
            }
    return list(models.values())


def _had_part(job: Job, used: Mapping[str, Any]) -> bool:
    """Whether a model could have named cells of the analysis. The net for strange films is asked where the usual one calls the
    film strange; a model of one's own whose card tells no stains never does."""
    if used["role"] != "nucleated-cell-elsewhere" or used.get("taught"):
        return True
    naming: Mapping[str, Any] = next((m for m in job.frozen["models"] if m["role"] == "nucleated-cell"), {})
    if not naming.get("own"):
        return True
    row = ModelVersion.objects.filter(algorithm__name=naming["name"], version=naming["version"]).first()
    return row is None or bool(row.card.get("stains"))


def _measured(metrics: Sequence[dict[str, Any]]) -> list[str]:
    """A line for each task and figure that a reader of reports would ask for: with its interval, or from the worst set to
    the best where there are several."""
    by_figure: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for m in metrics:
        if m["metric"] in _TOLD:
            by_figure.setdefault((m["task"], m["metric"]), []).append(m)
    lines = []
    for (task, metric), rows in by_figure.items():
        values = sorted(m["value"] for m in rows)
        if len(rows) == 1:
            m = rows[0]
            lines.append(
                gettext("{dataset}, {task}: {metric} {value} ({low}–{high})").format(
                    dataset=m["dataset"], task=task_words(task), metric=metric_words(metric), value=f"{m['value']:.3f}",
                    low=f"{m['low']:.3f}", high=f"{m['high']:.3f}",
                )
            )  # fmt: skip
        else:
            lines.append(
                gettext("{n} sets, {task}: {metric} {least} to {most}").format(
                    n=len(rows), task=task_words(task), metric=metric_words(metric), least=f"{values[0]:.3f}",
                    most=f"{values[-1]:.3f}",
                )
            )  # fmt: skip
    return lines


_TOLD = ("accuracy", "cell_f1_50", "miou", "sensitivity", "specificity", "whole_and_single")


def _uri(jpeg: bytes) -> str:
    return "data:image/jpeg;base64," + base64.b64encode(jpeg).decode()
