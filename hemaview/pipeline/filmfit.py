"""Makes the classifiers of a run fit for its film: cells that the finder points at tell them how it is stained."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.torch import load_file, save
from torch import Tensor

from hemaview.blobs import whole_file
from hemaview.inference import CentreFinder, Classifier, Model, Stain, Taught, stain_beside
from hemaview.inference.filmstatistics import MOST_CELLS, STRANGE_FILMS, fit_for, statistics_of
from hemaview.inference.pictures import rescale
from hemaview.methods.nuclearstain import MPP, nuclear, red_density
from hemaview.pipeline.cellcrops import Views, cell_crops
from hemaview.pipeline.finders.common import WITHOUT_NUCLEUS
from hemaview.pipeline.folder import RunFolder
from hemaview.pipeline.lowpower import LowPower, at_low_power
from hemaview.pipeline.plan import Plan, Sink
from hemaview.words import gettext_noop
from hemaview.wsi.slide import Slide

MOST_FIELDS = 40
"""No more fields than this are looked at for them."""


NAMING, ELSEWHERE = "nucleated-cell", "nucleated-cell-elsewhere"
"""The role that names nucleated cells, and the one that does where the film is stained unlike any that the first learned from."""
LOOK_UM, LOOK_MPP = 27.0, 0.2
"""What is looked at around a cell to tell its stain: as much as the net's training pictures show."""
LEAST_NUCLEUS_UM2 = 25.0
"""Nuclei of white cells are 30 to 90 µm² large, platelets less than 10."""
_STAIN = "strange"
"""The name in the run's folder of what the film's stain is."""


def fit_to_film(
    slide: Slide, plan: Plan, models: Mapping[str, Model], folder: RunFolder, sink: Sink, taught: Taught | None = None
) -> tuple[dict[str, Model], Stain]:
    """(the models by role, how the film is stained beside what the net in the role NAMING learned from). Unless it is usual, the
    net in the role ELSEWHERE, where there is one, takes that one's place; a net in whose card it stands is made fit for the
    film. Where the film's laboratory has `taught` one of the two nets, that one names the cells of every film. What was decided
    and taken is kept in the run's folder, so that a run that goes on names cells alike. What has no nucleus is named by the
    usual net (WITHOUT_NUCLEUS)."""
    naming, elsewhere = models.get(NAMING), models.get(ELSEWHERE)
    if isinstance(elsewhere, Classifier):
        elsewhere = elsewhere.calibrated_on(STRANGE_FILMS)
    fitted = {role: model for role, model in models.items() if role != ELSEWHERE}
    if not isinstance(naming, Classifier) or not (isinstance(elsewhere, Classifier) or naming.card.adapts or taught):
        return fitted, Stain.USUAL
    both = [model for model in (naming, elsewhere) if isinstance(model, Classifier)]
    own = next((model for model in both if taught and model.info.name == taught.base), None)
    sink.phase(gettext_noop("looking at how the film is stained"))
    path = folder.statistics_file
    statistics = _read(path)
    if statistics is None:
        seeker = models.get("nucleated-cell-finder")
        views = _places(slide, plan, seeker if isinstance(seeker, CentreFinder) else None)
        stain = stain_beside(_looks(slide, plan, views), naming.stains) if naming.stains else Stain.USUAL
        namer = own or (elsewhere if stain is not Stain.USUAL and isinstance(elsewhere, Classifier) else naming)
        own_statistics = (
            statistics_of(namer.info.name, _crops(slide, plan, namer, views)) if namer.card.adapts else None
        )
        statistics = dict(own_statistics or {})
        statistics[_STAIN] = torch.tensor(int(stain))
        with folder.writing():
            _write(path, statistics)
    stain = Stain(int(statistics.pop(_STAIN)))
    if taught is not None and own is not None:
        fitted |= {NAMING: taught.by(own, statistics), WITHOUT_NUCLEUS: naming}
        return fitted, stain
    namer = elsewhere if stain is not Stain.USUAL and isinstance(elsewhere, Classifier) else naming
    fitted |= {NAMING: fit_for(namer, statistics) if statistics else namer, WITHOUT_NUCLEUS: naming}
    return fitted, stain


def _looks(slide: Slide, plan: Plan, views: Views) -> list[NDArray[np.uint8]]:
    """Squares around the cells, uint8 (side, side, 3), as they are; platelets and dirt, which are stained otherwise, left out."""
    side, crop_px = LOOK_UM / plan.mpp, round(LOOK_UM / LOOK_MPP)
    squares = (
        slide.read_scaled(x - side / 2, y - side / 2, side, side, crop_px, crop_px)
        for view, points in views
        for x, y in _whole(slide, view, points, side)
    )
    return [rgb for rgb in squares if _nuclear_um2(rgb) >= LEAST_NUCLEUS_UM2]


def _nuclear_um2(rgb: NDArray[np.uint8]) -> float:
    """How much of the middle of a square at LOOK_MPP is stained like a nucleus, µm²."""
    dense = nuclear(red_density(rescale(rgb, LOOK_MPP / MPP)))
    rim = dense.shape[0] // 4
    return float(dense[rim:-rim, rim:-rim].sum()) * MPP**2


def _whole(slide: Slide, view: LowPower, points: NDArray[np.float64], side_px: float) -> NDArray[np.float64]:
    """The points around which a square of side_px lies within the photograph, or the scan."""
    place = view.place
    low, high = (0, 0), (slide.width_px, slide.height_px)
    if place.photo:
        low, high = (place.x, place.y), (place.x + place.w, place.y + place.h)
    elif place.within:
        low, high = (place.within[0], place.within[1]), (place.within[2], place.within[3])
    return points[((points - side_px / 2 >= low) & (points + side_px / 2 <= high)).all(axis=1)]


def _places(slide: Slide, plan: Plan, seeker: CentreFinder | None) -> Views:
    """Fields at low power and where nucleated cells may lie on each, level-0 px (n, 2), MOST_CELLS in all: those counted
    first, then those of the search, in the plan's order."""
    order = [f.index for f in plan.counted_fields] + plan.search
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


def _crops(slide: Slide, plan: Plan, model: Classifier, views: Views) -> NDArray[np.uint8]:
    """The cells as the model is shown them; those at a photograph's edge are left out."""
    side = model.info.input_px * model.info.mpp / plan.mpp
    return cell_crops(slide, plan.mpp, model, [(view, _whole(slide, view, points, side)) for view, points in views])


def _write(path: Path, statistics: dict[str, Tensor]) -> None:
    with whole_file(path) as stream:
        stream.write(save({k: v.contiguous() for k, v in statistics.items()}))


def _read(path: Path) -> dict[str, Tensor] | None:
    """What was taken before; None where it must be taken (again)."""
    try:
        return dict(load_file(path)) if path.exists() else None
    except (OSError, SafetensorError):
        return None
