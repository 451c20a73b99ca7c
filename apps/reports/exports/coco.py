"""Cells as a COCO data set: an image a slide, a category a class, box and outline of each cell."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import shapely
from django.conf import settings
from django.utils.translation import gettext, gettext_noop

from apps.reports.exports.exporter import Exporter
from apps.reports.exports.rings import polygons, rings_of
from apps.reports.exports.source import Source


def cells(source: Source) -> Iterator[bytes]:
    """Boxes and outlines in level-0 px. Cells that people rejected are no objects: they are left out, and their number said."""
    classes = {c.key: (c, part.schema) for part in source.parts for c in part.schema.classes}
    number = {key: place for place, key in enumerate(classes, start=1)}
    slides = list({part.job.slide_id: part.job.slide for part in source.parts}.values())
    image = {slide.pk: place for place, slide in enumerate(slides, start=1)}
    rejected = sum(part.columns["final_class"].count("rejected") for part in source.parts)
    head: dict[str, Any] = {
        "info": {
            "description": gettext("Cells of case {accession}. Research use only.").format(
                accession=source.case.accession
            ),
            "version": settings.VERSION,
            "status": source.status,
            "jobs": [str(part.job.pk) for part in source.parts],
            "rejected_cells_left_out": rejected,
        },
        "licenses": [],
        "images": [
            {"id": image[s.pk], "file_name": s.name, "width": s.width, "height": s.height, "sha256": s.sha256, "mpp_um": s.mpp}
            for s in slides
        ],
        "categories": [
            {"id": number[key], "name": key, "supercategory": c.group, "title": c.name} for key, (c, _) in classes.items()
        ],
    }  # fmt: skip
    yield (json.dumps(head, separators=(",", ":"))[:-1] + ',"annotations":[').encode()
    count = 0
    for part in source.parts:
        columns, shapes = part.columns, polygons(part)
        areas, bounds = shapely.area(shapes).round(2).tolist(), shapely.bounds(shapes).round(2).tolist()
        lines = []
        for row, key in enumerate(columns["final_class"]):
            if key not in number:
                continue
            left, top, right, bottom = bounds[row]
            count += 1
            annotation = {
                "id": count,
                "image_id": image[part.job.slide_id],
                "category_id": number[key],
                "bbox": [left, top, round(right - left, 2), round(bottom - top, 2)],
                "area": areas[row],
                "iscrowd": 0,
                "segmentation": rings_of(shapes[row]),
                "score": columns["probability"][row],
                "attributes": {name: columns[name][row] for name in ("cell", "machine_class", "state", "counted")},
            }
            lines.append(("," if count > 1 else "") + json.dumps(annotation, separators=(",", ":")))
            if len(lines) >= 2_000:
                yield "".join(lines).encode()
                lines = []
        yield "".join(lines).encode()
    yield b"]}"


CELLS = Exporter("coco", gettext_noop("Cells as COCO"), "-coco.json", "application/json", cells)
