"""Makes the classifiers of a run fit for its film: cells that the finder points at tell them how it is stained."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from hemaview.inference import CentreFinder, Classifier, Model
from hemaview.inference.filmstatistics import MOST_CELLS, fit_for, statistics_of
from hemaview.methods.card import cards
from hemaview.pipeline.folder import RunFolder
from hemaview.pipeline.lowpower import LowPower, at_low_power
from hemaview.pipeline.protocol import Plan, Sink
from hemaview.wsi.slide import Slide

MOST_FIELDS = 40
"""No more fields than this are looked at for them."""


def fit_to_film(slide: Slide, plan: Plan, models: Mapping[str, Model], folder: Path, sink: Sink) -> dict[str, Model]:
    """The models by role, those in whose card it stands made fit for the film; what they took from it is kept in the run's
    folder, so that a run that goes on names cells alike."""
    taking = {r: m for r, m in models.items() if isinstance(m, Classifier) and cards()[m.info.name].adapts}
    if not taking:
        return dict(models)
    sink.phase("looking at how the film is stained")
    seeker = models.get("nucleated-cell-finder")
    views: list[tuple[LowPower, NDArray[np.float64]]] | None = None
    fitted = dict(models)
    for role, model in taking.items():
        path = RunFolder(folder).statistics_file(role)
        statistics = _read(path)
        if statistics is None:
            if views is None:
                views = _places(slide, plan, seeker if isinstance(seeker, CentreFinder) else None)
            statistics = statistics_of(model.info.name, _crops(slide, plan, model, views)) or {}
            _write(path, statistics)
        if statistics:
            fitted[role] = fit_for(model, statistics)
    return fitted


def _places(slide: Slide, plan: Plan, seeker: CentreFinder | None) -> list[tuple[LowPower, NDArray[np.float64]]]:
    """Fields at low power and where nucleated cells may lie on each, level-0 px (n, 2), MOST_CELLS in all: those counted
    first, then those of the search, in the plan's order."""
    order = [f.index for f in plan.counted] + plan.search
    fields = {f.index: f for f in plan.fields}
    views = []
    cells = 0
    for index in list(dict.fromkeys(order))[:MOST_FIELDS]:
        view = at_low_power(slide, fields[index], plan.mpp)
        points = view.candidates(seeker)
        views.append((view, points))
        cells += len(points)
        if cells >= MOST_CELLS:
            break
    return views


def _crops(
    slide: Slide, plan: Plan, model: Classifier, views: list[tuple[LowPower, NDArray[np.float64]]]
) -> NDArray[np.uint8]:
    """The cells as the model is shown them, uint8 (n, input_px, input_px, 3); those at a photograph's edge are left out."""
    side, shown = model.info.input_px * model.info.mpp / plan.mpp, model.info.input_px
    crops = []
    for view, points in views:
        place = view.place
        low, high = ((place.x, place.y), (place.x + place.w, place.y + place.h)) if place.photo else (
            (0, 0), (slide.width_px, slide.height_px)
        )  # fmt: skip
        whole = ((points - side / 2 >= low) & (points + side / 2 <= high)).all(axis=1)
        points = points[whole]
        grounds = view.grounds().at(points)
        for (x, y), ground in zip(points, grounds, strict=True):
            rgb = slide.read_scaled(x - side / 2, y - side / 2, side, side, shown, shown)
            crops.append(model.on_ground(rgb, ground))
    return np.stack(crops) if crops else np.zeros((0, shown, shown, 3), np.uint8)


def _write(path: Path, statistics: dict[str, Tensor]) -> None:
    part = path.with_suffix(".part")
    save_file({k: v.contiguous() for k, v in statistics.items()}, part)
    part.replace(path)


def _read(path: Path) -> dict[str, Tensor] | None:
    """What was taken before; None where it must be taken (again)."""
    try:
        return dict(load_file(path)) if path.exists() else None
    except (OSError, SafetensorError):
        return None
