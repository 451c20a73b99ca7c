"""How a protocol finds the cells of a field: which models it needs and what each is for.

Adding a way: a function that makes a finder of models, and a line in WAYS.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

from hemaview.cells.schema import Schema
from hemaview.cells.table import CellTable
from hemaview.inference import Boxes, Classifier, Detector, Masker, Model, Outliner, Segmenter
from hemaview.inference.pictures import rescale
from hemaview.methods.cellkind import KINDS
from hemaview.methods.cellshape import TYPICAL_PX, lightness
from hemaview.methods.nuclei import joined_lobes, nuclei, patch
from hemaview.pipeline.fieldcells import Models, cells_of_field, classes_of, overlap_share, with_size
from hemaview.pipeline.fieldpicture import picture_of
from hemaview.pipeline.measures import measure, measured_boxes
from hemaview.pipeline.pieces import LOBES_APART_UM
from hemaview.pipeline.protocol import PipelineError, PlannedField
from hemaview.pipeline.stitching import PATCH_PX, detect_stitched
from hemaview.wsi.slide import Slide

NUCLEI_MPP = 0.2
"""Scale at which the sizes of Sun et al.'s extraction hold: that of the cells p-net learned from."""
PATCH_OVERLAP_PX = 192


Thresholds = Mapping[str, Mapping[str, float]]


class Finder(Protocol):
    """The cells of one field. `thresholds`: role to what is asked of it, to the score from which it counts."""

    device: str
    thresholds: Thresholds

    def cells(self, slide: Slide, place: PlannedField, mpp: float, schema: Schema) -> CellTable: ...


@dataclass(frozen=True)
class Way:
    """Roles that must be filled, roles that may be, how a finder is made of the models in them and of the protocol's
    thresholds by role, the roles whose classes are those of the schema, and those that take a threshold."""

    roles: tuple[str, ...]
    make: Callable[[Mapping[str, Model], Mapping[str, float]], Finder]
    optional: tuple[str, ...] = ()
    named: tuple[str, ...] = ()
    scored: tuple[str, ...] = ()


class FilmFinder:
    """Segmentation, kind, then red-cell shapes and nucleated cells: the blood film."""

    def __init__(self, models: Mapping[str, Model], thresholds: Mapping[str, float]) -> None:
        nucleus, nucleated = models.get("nucleus-mask"), _fits(models, "nucleated-cell", Classifier)
        called = _called(nucleated, thresholds.get("nucleated-cell"))
        self.models = Models(
            _fits(models, "segmentation", Segmenter),
            _fits(models, "kind", Classifier),
            _fits(models, "red-cell-shape", Classifier),
            nucleated,
            called,
            _fits(models, "nucleus-mask", Masker) if nucleus is not None else None,
        )
        self.thresholds: Thresholds = {"nucleated-cell": called}
        self.device = _devices(models)

    def cells(self, slide: Slide, place: PlannedField, mpp: float, schema: Schema) -> CellTable:
        return cells_of_field(slide, place, mpp, self.models, schema)


class OutlineFinder:
    """Segmentation, kind, then circular, elongated or other from the shape of each red cell: sickle shapes."""

    def __init__(self, models: Mapping[str, Model], thresholds: Mapping[str, float]) -> None:
        self.segmentation = _fits(models, "segmentation", Segmenter)
        self.kind = _fits(models, "kind", Classifier)
        self.outline = _fits(models, "outline", Outliner)
        self.thresholds: Thresholds = {}
        self.device = _devices(models)

    def cells(self, slide: Slide, place: PlannedField, mpp: float, schema: Schema) -> CellTable:
        picture = picture_of(slide, place, mpp)
        labels = self.segmentation.segment(picture.rgb, picture.mpp, picture.block_px)
        found = measure(labels, picture.rgb)
        p = np.zeros((len(found), len(schema)), np.float32)
        if len(found):
            raw = picture.classes(self.kind, found.centres)
            kind = dict(zip(KINDS, with_size(raw, found.area_px * picture.mpp**2).T, strict=True))
            overlapped = overlap_share(found, kind["red_cell"], picture.mpp)
            red = np.flatnonzero(kind["red_cell"] > 0.02)
            singles = found.area_px[(kind["red_cell"] > 0.5) & (overlapped < 0.5)]
            grow = float(np.sqrt(TYPICAL_PX / np.median(singles))) if len(singles) else 1.0
            light = lightness(picture.rgb, labels == 0)
            shapes = self.outline.classify_cells(
                [_alone(labels, light, found.boxes[i], int(found.ids[i]), grow) for i in red]
            )
            names = {"circular": "circular", "elongated": "elongated", "other": "other_shape"}
            for column, name in enumerate(self.outline.info.classes):
                p[red, schema.index(names[name])] += (kind["red_cell"] * (1 - overlapped))[red] * shapes[:, column]
            p[:, schema.index("overlapped")] += kind["red_cell"] * overlapped
            p[:, schema.index("other_cell")] += kind["nucleated"]
            p[:, schema.index("artefact")] += kind["platelet"] + kind["nothing"]
        return picture.table(found, _summing(p), _likeliest(p), schema)


class NucleusFinder:
    """Nuclei without learning, then p-net: erythroblast or another nucleated cell (Sun et al.).

    p-net learned from white cells alone: what the kind net takes for no nucleated cell is kept from it.
    """

    def __init__(self, models: Mapping[str, Model], thresholds: Mapping[str, float]) -> None:
        self.nrbc = _fits(models, "nrbc", Classifier)
        self.kind = _fits(models, "kind", Classifier)
        self.thresholds: Thresholds = {"nrbc": _called(self.nrbc, thresholds.get("nrbc"))}
        self.device = _devices(models)

    def cells(self, slide: Slide, place: PlannedField, mpp: float, schema: Schema) -> CellTable:
        picture = picture_of(slide, place, mpp)
        factor = picture.mpp / NUCLEI_MPP
        small = rescale(self.nrbc.as_shown(picture.rgb), factor)
        labels = joined_lobes(nuclei(small), LOBES_APART_UM / NUCLEI_MPP)
        full = cv2.resize(labels.astype(np.float32), picture.rgb.shape[1::-1], interpolation=cv2.INTER_NEAREST)
        found = measure(np.asarray(full, np.int32), picture.rgb)
        nucleated = picture.classes(self.kind, found.centres)[:, KINDS.index("nucleated")]
        # On a film the threshold also takes red cells; they are not what this protocol is asked about.
        kept = np.flatnonzero(nucleated >= LEAST_NUCLEATED)
        found, nucleated = found.take(kept), nucleated[kept]
        p = np.zeros((len(found), len(schema)), np.float32)
        if len(found):
            boxes = np.rint(found.boxes * factor).astype(int)
            crops = np.stack([patch(small, (int(x), int(y), int(w), int(h))) for x, y, w, h in boxes])
            erythroblast = self.nrbc.classify_crops(crops)[:, self.nrbc.info.classes.index("erythroblast")]
            p[:, schema.index("erythroblast")] = nucleated * erythroblast
            p[:, schema.index("nucleated_cell")] = nucleated * (1 - erythroblast)
            p[:, schema.index("artefact")] = 1 - nucleated
        p = _summing(p)
        return picture.table(found, p, classes_of(p, self.thresholds["nrbc"], schema), schema)


class BoxFinder:
    """A detector on overlapping patches, stitched (Wang et al.).

    The model in the role `overview` chooses the fields, before the finder is asked (pipeline.overview).
    """

    def __init__(self, models: Mapping[str, Model], thresholds: Mapping[str, float]) -> None:
        self.detector = _fits(models, "detector", Detector)
        if "overview" in models:
            _fits(models, "overview", Detector)
        self._least = thresholds.get("detector", LEAST_DETECTION)
        self.thresholds: Thresholds = {"detector": {"box": self._least}}
        self._giants = [i for i, name in enumerate(self.detector.info.classes) if name == "megakaryocyte"]
        self.device = _devices(models)

    def cells(self, slide: Slide, place: PlannedField, mpp: float, schema: Schema) -> CellTable:
        picture = picture_of(slide, place, mpp)
        shown = self.detector.info.mpp or picture.mpp
        factor = picture.mpp / shown

        def single(patch: NDArray[np.uint8]) -> Boxes:
            found = self.detector.at_scale(patch)
            sides = (found.boxes[:, 2:] - found.boxes[:, :2]).max(axis=1)
            return found.take((sides <= LARGEST_CELL_UM / shown) | np.isin(found.labels, self._giants))

        found = detect_stitched(rescale(picture.rgb, factor), single, PATCH_PX, PATCH_OVERLAP_PX)
        found = found.take(found.scores >= self._least)
        p = np.zeros((len(found.scores), len(schema)), np.float32)
        columns = np.array([schema.index(name) for name in self.detector.info.classes])
        rows = np.arange(len(p))
        # One score a box is all a detector gives; the rest goes to what the box may be instead of a cell.
        p[rows, columns[found.labels]] = found.scores
        p[rows, schema.index("artefact")] += 1 - found.scores
        cls = columns[found.labels].astype(np.uint8)
        return picture.table(measured_boxes(found.boxes / factor), p, cls, schema)


LEAST_DETECTION = 0.3
LARGEST_CELL_UM = 30.0
"""No cell of the marrow but a megakaryocyte is larger: such a box holds several, and would swallow theirs."""
LEAST_NUCLEATED = 0.2

WAYS: dict[str, Way] = {
    "film": Way(
        ("segmentation", "kind", "red-cell-shape", "nucleated-cell"),
        FilmFinder,
        ("nucleus-mask",),
        ("red-cell-shape", "nucleated-cell"),
        ("nucleated-cell",),
    ),
    "outline": Way(("segmentation", "kind", "outline"), OutlineFinder),
    "nuclei": Way(("nrbc", "kind"), NucleusFinder, scored=("nrbc",)),
    "boxes": Way(("detector",), BoxFinder, ("overview",), ("detector",), ("detector",)),
}


def finder(
    way: str, models: Mapping[str, Model], known: Schema, thresholds: Mapping[str, float] | None = None
) -> Finder:
    """The finder of a way over its models by role, with the protocol's thresholds by role in place of the models' own;
    raises PipelineError where a model is missing, does not fit, or names classes that the schema does not have, and
    where a role takes no threshold."""
    if way not in WAYS:
        raise PipelineError(f"The protocol asks for a way of finding cells that there is not: {way}.")
    for role in WAYS[way].roles:
        if role not in models:
            raise PipelineError(f"The protocol names no model for {role}.")
    for role in WAYS[way].named:
        strange = [c for c in models[role].info.classes if c not in known.by_key]
        if strange:
            raise PipelineError(
                f"{models[role].info.name} names classes that the schema {known.name} does not have: {', '.join(strange)}."
            )
    for role in thresholds or {}:
        if role not in WAYS[way].scored:
            taken = ", ".join(WAYS[way].scored) or "no role"
            raise PipelineError(f"The protocol sets a threshold for {role}, which takes none; here {taken} does.")
    return WAYS[way].make(models, thresholds or {})


_M = TypeVar("_M")


def _fits(models: Mapping[str, Any], role: str, kind: type[_M]) -> _M:
    model = models[role]
    if not isinstance(model, kind):
        raise PipelineError(f"{model.info.name} stands in the role {role}, which it cannot fill.")
    return model


def _called(model: Classifier, asked: float | None) -> Mapping[str, float]:
    """Class to the probability from which a cell is called so: the protocol's in place of the model's own."""
    return model.thresholds if asked is None else dict.fromkeys(model.thresholds or ("erythroblast",), asked)


def _devices(models: Mapping[str, Model]) -> str:
    """Where the models run, each place once, in the order of their roles."""
    return " and ".join(dict.fromkeys(model.info.device for model in models.values()))


def _alone(
    labels: NDArray[np.int32], light: NDArray[np.float32], box: NDArray[np.float64], number: int, grow: float
) -> tuple[NDArray[np.bool_], NDArray[np.float32]]:
    """(mask, light) of one cell of a field, `grow` times as large."""
    x, y, w, h = (int(v) for v in box)
    here = np.s_[max(0, y - 1) : y + h + 2, max(0, x - 1) : x + w + 2]
    own, shade = np.pad((labels[here] == number).astype(np.float32), 2), np.pad(light[here], 2, mode="edge")
    size = (max(4, round(own.shape[1] * grow)), max(4, round(own.shape[0] * grow)))
    mask, inside = (cv2.resize(part, size, interpolation=cv2.INTER_LINEAR) for part in (own, shade))
    return np.asarray(mask >= 0.5), np.asarray(inside, np.float32)


def _summing(p: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray(p / np.maximum(p.sum(axis=1, keepdims=True), 1e-9), np.float32)


def _likeliest(p: NDArray[np.float32]) -> NDArray[np.uint8]:
    return p.argmax(axis=1).astype(np.uint8) if len(p) else np.zeros(0, np.uint8)
