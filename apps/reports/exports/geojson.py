"""Cells as GeoJSON in level-0 px, each a detection as QuPath reads it."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from typing import Any

import shapely
from django.utils.translation import gettext_noop

from apps.reports.exports.exporter import Exporter
from apps.reports.exports.rings import polygons
from apps.reports.exports.source import Part, Source
from apps.review.models import Annotation

_SPACE = uuid.UUID("6f1f8bd2-54a4-4d0c-8a0e-3f6d0b6f2f11")
_GREY = [136, 136, 136]
_MEASURES = (
    ("Probability", "probability"), ("Area µm²", "area_um2"), ("Circularity", "circularity"), ("Pallor", "pallor"),
    ("N:C ratio", "nc_ratio"),
)  # fmt: skip
_AT_ONCE = 2_000


def cells(source: Source) -> Iterator[bytes]:
    """A FeatureCollection: an outline where there is a mask, else a box; `status` says whether it is signed."""
    about = {"status": source.status, "accession": source.case.accession}
    yield f'{{"type":"FeatureCollection","hemaview":{json.dumps(about)},"features":['.encode()
    lead = ""
    for part in source.parts:
        shapes = polygons(part)
        for first in range(0, len(shapes), _AT_ONCE):
            outlines = shapely.to_geojson(shapes[first : first + _AT_ONCE])
            lines = [
                _feature(part, first + number, geometry, source.status) for number, geometry in enumerate(outlines)
            ]
            yield (lead + ",".join(lines)).encode()
            lead = ","
    for annotation in source.annotations():
        yield (lead + _annotation(annotation, source.status)).encode()
        lead = ","
    yield b"]}"


def _feature(part: Part, row: int, geometry: str, status: str) -> str:
    columns = part.columns
    final = part.final(row)
    colour = [int(final.colour[i : i + 2], 16) for i in (1, 3, 5)] if final else _GREY
    properties: dict[str, Any] = {
        "objectType": "detection",
        "name": columns["cell"][row],
        "classification": {"name": final.name if final else "Rejected", "color": colour},
        "measurements": {name: columns[key][row] for name, key in _MEASURES if columns[key][row] is not None},
        "metadata": {
            "machine class": columns["machine_class"][row],
            "state": columns["state"][row],
            "counted": "yes" if columns["counted"][row] else "no",
            "slide": columns["slide"][row],
            "status": status,
        },
    }
    name = uuid.uuid5(_SPACE, columns["cell"][row])
    written = json.dumps(properties, separators=(",", ":"))
    return f'{{"type":"Feature","id":"{name}","geometry":{geometry},"properties":{written}}}'


def _annotation(annotation: Annotation, status: str) -> str:
    """A note of a person, as QuPath reads annotations."""
    points = annotation.points
    if annotation.kind == "point":
        geometry: dict[str, Any] = {"type": "Point", "coordinates": points[0]}
    elif annotation.kind == "line":
        geometry = {"type": "LineString", "coordinates": points}
    else:
        ring = points
        if annotation.kind == "rectangle":
            (left, top), (right, bottom) = points
            ring = [[left, top], [right, top], [right, bottom], [left, bottom]]
        geometry = {"type": "Polygon", "coordinates": [[*ring, ring[0]]]}
    properties = {
        "objectType": "annotation",
        "name": annotation.text,
        "metadata": {
            "kind": annotation.kind,
            "by": annotation.by.display_name,
            "at": annotation.at.isoformat(timespec="seconds"),
            "slide": annotation.slide.name,
            "status": status,
        },
    }
    feature = {"type": "Feature", "id": str(annotation.pk), "geometry": geometry, "properties": properties}
    return json.dumps(feature, separators=(",", ":"))


CELLS = Exporter("geojson", gettext_noop("Cells as GeoJSON (QuPath)"), "-cells.geojson", "application/geo+json", cells)
