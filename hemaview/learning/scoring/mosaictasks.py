"""Does a scan count what its photographs count? Real fields joined to one tiled slide, counted as a scan and as photographs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyvips
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from hemaview.assays import assay
from hemaview.cells.schema import Schema
from hemaview.cells.store import read_cells
from hemaview.cells.table import CellTable
from hemaview.learning.engine.segment import CHULA_MPP
from hemaview.learning.experiment import Experiment
from hemaview.learning.recipes.film import Log
from hemaview.learning.sets import data
from hemaview.methods.card import cards
from hemaview.pipeline import RunRequest
from hemaview.pipeline.plan import Plan
from hemaview.pipeline.run import run

CELL_UM = 7.2
"""Cells nearer to the edge of their picture than a red cell's diameter are not asked for: the other picture's cells begin
there."""
SAME_CELL = 0.5
"""Two cells are one whose centres are nearer than this share of the smaller one's side."""
TILES_PX = (240, 256, 512)
OFFSETS_PX = ((0, 0), (331, 97), (650, 421))
"""Where in the slide the mosaic begins: other fields cut it."""
FIELDS, COLUMNS, WIDTH_PX, HEIGHT_PX = 40, 8, 640, 480
EVERYTHING = 1_000_000
"""Targets and fields that are never reached: all that there is is counted."""

Rgb = NDArray[np.uint8]
Row = dict[str, Any]


@dataclass(frozen=True)
class Mosaic:
    """A slide of pictures laid side by side."""

    slide: Path
    """Its file."""
    places: list[dict[str, Any]]
    """Where each picture lies, {x, y, w, h, name}, level-0 px."""
    mpp: float
    """µm/px."""


@dataclass(frozen=True)
class Agreement:
    """How alike a scan and its photographs are counted."""

    cells: int
    """Cells of the photographs that lie well inside their picture."""
    found_in_both: float
    """Share of them that the scan has too, or of the scan's that they have: the smaller one."""
    same_class: float
    """Share of the cells found in both that are called alike."""
    total_ratio: float
    """All cells of the scan to all of the photographs, edges included."""


def write_mosaic(
    path: Path,
    pictures: Sequence[Rgb],
    mpp: float,
    columns: int,
    tile_px: int = 256,
    offset: tuple[int, int] = (0, 0),
) -> Mosaic:
    """Pictures of one size beside each other on a tiled, pyramidal JPEG TIFF, as a scanner writes it."""
    h, w = pictures[0].shape[:2]
    rows = -(-len(pictures) // columns)
    ground = np.median([np.percentile(p.reshape(-1, 3), 85, axis=0) for p in pictures], axis=0)
    sheet = np.empty((offset[1] + rows * h, offset[0] + columns * w, 3), np.uint8)
    sheet[:] = ground.astype(np.uint8)
    places = []
    for i, picture in enumerate(pictures):
        x, y = offset[0] + w * (i % columns), offset[1] + h * (i // columns)
        sheet[y : y + h, x : x + w] = picture
        places.append({"x": x, "y": y, "w": w, "h": h, "name": str(i)})
    image = pyvips.Image.new_from_array(sheet).copy(interpretation="srgb", xres=1000 / mpp, yres=1000 / mpp)
    image.tiffsave(
        str(path),
        tile=True,
        pyramid=True,
        compression="jpeg",
        Q=92,
        tile_width=tile_px,
        tile_height=tile_px,
        bigtiff=True,
    )
    return Mosaic(path, places, mpp)


class _Silent:
    """A sink that nobody reads."""

    def stop_asked(self) -> bool:
        return False

    def phase(self, text: str, share: float = 0.0) -> None: ...

    def planned(self, plan: Plan, device: str) -> None: ...

    def field_done(self, fields_done: int, total: int, cells: int) -> None: ...


def film_request(slide: Path, folder: Path, mpp: float, photos: list[dict[str, Any]], **settings: Any) -> RunRequest:
    """A run of the blood-film protocol, its red-cell shapes by the smaller net."""
    film = assay("blood_film")
    order = next(o for o in film.orders if o.name == "blood-film")
    name_by_role = {**order.models, "red-cell-shape": "red-cell-shape-net"}
    models = {role: (name, cards()[name].version, cards()[name].sha256) for role, name in name_by_role.items()}
    return RunRequest(
        slide=slide, folder=folder, protocol=order.name, assay=film, schema=film.schema, finder=order.finder,
        settings={**order.settings, **settings}, models=models, thresholds={}, mpp=mpp, photo_fields=photos,
    )  # fmt: skip


def count_mosaic(mosaic: Mosaic, folder: Path, as_photos: bool) -> CellTable:
    """Every cell of a mosaic, counted as photographs or as a scan; targets off."""
    photos = mosaic.places if as_photos else []
    request = film_request(mosaic.slide, folder, mosaic.mpp, photos, rbc=EVERYTHING, wbc=0, max_fields=EVERYTHING)
    run(request, _Silent())
    return read_cells(folder / "cells.arrow")[0]


def agreement(photos: CellTable, scan: CellTable, mosaic: Mosaic, schema: Schema) -> Agreement:
    """How alike the two tables are; what one calls an artefact is no cell of it, but may be the other's partner."""
    inner = [_well_inside(t, mosaic) & (t.cls != schema.index("artefact")) for t in (photos, scan)]
    there, back = partners(photos, scan), partners(scan, photos)
    both = inner[0] & (there >= 0)
    alike = photos.cls[both] == scan.cls[there[both]]
    cells = [int((t.cls != schema.index("artefact")).sum()) for t in (photos, scan)]
    shares = ((there >= 0)[inner[0]], (back >= 0)[inner[1]])
    return Agreement(
        int(inner[0].sum()),
        min(float(s.mean()) if len(s) else 0.0 for s in shares),
        float(alike.mean()) if len(alike) else 0.0,
        cells[1] / max(1, cells[0]),
    )


def partners(cells: CellTable, others: CellTable) -> NDArray[np.int64]:
    """For each cell the row of the same cell in another table, int64 (n,), -1 where it has none."""
    if not len(cells) or not len(others):
        return np.full(len(cells), -1, np.int64)
    tree = cKDTree(np.stack([others.x, others.y], axis=1).astype(np.float64))
    distance, row = tree.query(np.stack([cells.x, cells.y], axis=1).astype(np.float64))
    smaller = np.minimum(np.minimum(cells.w, cells.h), np.minimum(others.w, others.h)[row])
    return np.where(distance < SAME_CELL * smaller, row, -1).astype(np.int64)


def _well_inside(cells: CellTable, mosaic: Mosaic) -> NDArray[np.bool_]:
    inside = np.zeros(len(cells), bool)
    margin = CELL_UM / mosaic.mpp
    for p in mosaic.places:
        inside |= (
            (cells.x > p["x"] + margin) & (cells.x < p["x"] + p["w"] - margin)
            & (cells.y > p["y"] + margin) & (cells.y < p["y"] + p["h"] - margin)
        )  # fmt: skip
    return inside


def mosaic_study(experiment: Experiment, out: Path, epochs: int, log: Log) -> list[Row]:
    """The agreement of a mosaic of chula-rbc12's val with its photographs, by the size of its tiles and its place."""
    if not data.has(experiment, "chula-rbc12", "val"):
        raise data.DataError(f"chula-rbc12/val is not in {experiment.root}.")
    files = data.files(experiment, "chula-rbc12", "val")[:FIELDS]
    pictures = [data.image(experiment, "chula-rbc12", "val", f)[:HEIGHT_PX, :WIDTH_PX] for f in files]
    rows = []
    for tile in TILES_PX:
        for offset in OFFSETS_PX:
            name = f"tiles of {tile} px, from {offset[0]}, {offset[1]}"
            log(name)
            folder = out / f"{tile}-{offset[0]}-{offset[1]}"
            folder.mkdir(parents=True, exist_ok=True)
            mosaic = write_mosaic(folder / "mosaic.tif", pictures, CHULA_MPP, COLUMNS, tile, offset)
            photos, scan = (count_mosaic(mosaic, folder / how, how == "photos") for how in ("photos", "scan"))
            in_common = agreement(photos, scan, mosaic, assay("blood_film").schema)
            log(f"  {in_common}")
            rows.append(
                {"variant": name, "found_in_both": in_common.found_in_both, "same_class": in_common.same_class,
                 "total_ratio": in_common.total_ratio, "cells": in_common.cells}
            )  # fmt: skip
    return rows
