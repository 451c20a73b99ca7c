"""The cells of one field: segmentation, kind, finer class, measures; one table a field."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from hemaview.cells.schema import Schema
from hemaview.cells.table import BY_NUCLEATED, BY_RED, BY_WITHOUT_NUCLEUS, CellTable
from hemaview.inference import CentreFinder, Classifier, Masker, Segmenter
from hemaview.inference.grounds import Grounds
from hemaview.inference.pictures import squares
from hemaview.methods.cellkind import KINDS
from hemaview.pipeline.fieldpicture import FieldPicture, picture_of
from hemaview.pipeline.looks import Looks
from hemaview.pipeline.lowpower import at_low_power
from hemaview.pipeline.maskrules import overlap_share, with_axis_ratio, with_platelet_size, with_size
from hemaview.pipeline.measures import Measured, measure
from hemaview.pipeline.naming import agreed, classes_of, rarer_smudges, with_platelets_and_dirt
from hemaview.pipeline.pieces import join_lobes, join_pieces
from hemaview.pipeline.plan import PlannedField
from hemaview.pipeline.pointed import CELL_SQUARE_UM, NO_CELL, middle_part, overlooked
from hemaview.wsi.slide import Slide

_NUCLEATED = KINDS.index("nucleated")
GRANULOCYTES = ("segmented_neutrophil", "band_neutrophil", "eosinophil", "basophil")
SEARCH_UM = 6.0
"""A cell's middle lies no farther than this from where the search at low power saw it, in either direction."""
SEARCH_HALO_UM = 12.0
"""Read around that: the largest cells of blood are 20 µm wide."""
REACH_UM = 8.0
"""What lies so far outside is looked at too: lobes that are joined to a cell."""
LEAST_NUCLEATED = 0.05
"""Probability of a nucleated cell, by the kind net, below which a place is not looked at further: of 758 cells that the
search met on train and val one has less than 0.02, three less than 0.05."""
LEAST_CELL = 0.5
"""The same by the net of nucleated cells; below `pointed.SURE`, for what is shown there lies a little off."""
ASKED_FROM = 0.02
"""Probability of a kind from which the finer net of that kind is asked: what lies below changes no class."""


@dataclass(frozen=True)
class Models:
    """The models of the blood-film protocol."""

    segmentation: Segmenter
    """Finds cells."""
    kind: Classifier
    """Tells red cells, nucleated cells, platelets and nothing from each other (`methods.cellkind.KINDS`)."""
    shape: Classifier
    """Names red cells."""
    nucleated: Classifier
    """Names nucleated cells."""
    thresholds: Mapping[str, float]
    """Class to the probability from which a cell is called so even where another class is likelier."""
    nucleus: Masker | None = None
    """Draws nuclei, where the protocol names such a model."""
    seeker: CentreFinder | None = None
    """Points at nucleated cells at low power, also at those that the segmentation takes for something else."""
    without_nucleus: Classifier | None = None
    """Parts platelets from dirt, where another net than `nucleated` does; it names the same classes."""

    @property
    def called_from(self) -> Mapping[str, float]:
        """Shape to the probability below which it is not called."""
        return self.shape.called_from


def cells_of_field(slide: Slide, place: PlannedField, mpp: float, models: Models, schema: Schema) -> CellTable:
    """Every cell whose centre lies in the field, level-0 px."""
    picture = picture_of(slide, place, mpp)
    labels = picture.instances(models.segmentation)
    cells = _cells_among(labels, picture, models, schema)
    if models.seeker is None:
        return cells
    points = at_low_power(slide, place, mpp).candidates(models.seeker)
    return _with_overlooked(picture, points, cells, models, schema)


def _with_overlooked(
    picture: FieldPicture, points: NDArray[np.float64], cells: CellTable, models: Models, schema: Schema
) -> CellTable:
    return overlooked(picture, points, cells, models.nucleated, models.nucleus, models.thresholds, schema)


def nucleated_cells_at(
    slide: Slide,
    field: PlannedField,
    points: NDArray[np.float64],
    mpp: float,
    models: Models,
    schema: Schema,
    grounds: Grounds,
) -> CellTable:
    """The nucleated cells and smudges of a field that lie near points (n, 2: x, y), level-0 px.

    Each place is looked at as `cells_of_field` looks at the whole: the same blocks of pixels, nets and rules, so that a cell
    found both ways is one cell. What no net sees a nucleated cell in is not looked at further.
    """
    tables = []
    for x, y in points[_may_be_nucleated(slide, points, mpp, models)]:
        half = SEARCH_UM / mpp
        box = round(x - half), round(y - half), round(2 * half), round(2 * half)
        place = replace(field, x=box[0], y=box[1], w=box[2], h=box[3])
        picture = picture_of(slide, place, mpp, grounds, SEARCH_HALO_UM)
        at = (np.array([[x, y]]) - (picture.left, picture.top)) / picture.scale
        labels = picture.instances(models.segmentation)
        near = np.unique(labels[_around(labels, at[0], (SEARCH_UM + REACH_UM) / picture.mpp)])
        labels = np.where(np.isin(labels, near), labels, 0)
        cells = _cells_among(labels, picture, models, schema, LEAST_NUCLEATED)
        tables.append(_with_overlooked(picture, np.array([[x, y]]), cells, models, schema))
    cells = CellTable.concatenate(tables, len(schema))
    rows = np.flatnonzero(schema.rows_of_kind(cells.cls, "nucleated") | np.isin(cells.cls, _smudges(schema)))
    return _once(_within(cells.take(rows), field, 1.0 / mpp))


def _may_be_nucleated(slide: Slide, points: NDArray[np.float64], mpp: float, models: Models) -> NDArray[np.bool_]:
    """bool (n,): around which of the points (n, 2: x, y), level-0 px, the kind net or that of nucleated cells sees what may be
    a nucleated cell."""
    if not len(points):
        return np.zeros(0, bool)
    # Where a net gives no answer (NaN) there may be one.
    may = ~(_around_points(slide, points, mpp, models.kind)[:, _NUCLEATED] < LEAST_NUCLEATED)
    rest = np.flatnonzero(~may)
    if models.seeker is not None and len(rest):
        fine = _around_points(slide, points[rest], mpp, models.nucleated)
        no_cell = [i for i, name in enumerate(models.nucleated.info.classes) if name in NO_CELL]
        may[rest] = ~(1 - fine[:, no_cell].sum(axis=1) < LEAST_CELL)
    return np.asarray(may)


def _around_points(slide: Slide, points: NDArray[np.float64], mpp: float, model: Classifier) -> NDArray[np.float32]:
    """What a model makes of the pictures around points (n, 2: x, y), level-0 px: float32 (n, classes)."""
    side, crop_px = model.info.input_px * model.info.mpp / mpp, model.info.input_px
    pictures = [slide.read_scaled(x - side / 2, y - side / 2, side, side, crop_px, crop_px) for x, y in points]
    return model.classify_crops(np.stack([model.as_shown(rgb) for rgb in pictures]))


def _around(labels: NDArray[np.int32], at: NDArray[np.float64], reach_px: float) -> tuple[slice, slice]:
    x, y = at
    return (
        slice(max(0, int(y - reach_px)), int(y + reach_px) + 1),
        slice(max(0, int(x - reach_px)), int(x + reach_px) + 1),
    )


def _smudges(schema: Schema) -> list[int]:
    return [schema.index("smudge")] if "smudge" in schema.by_key else []


def _within(cells: CellTable, field: PlannedField, tolerance_px: float) -> CellTable:
    """The cells of a field; one on its border may have its centre on either side: doubles are parted later."""
    inside = (cells.x >= field.x - tolerance_px) & (cells.x < field.x + field.w + tolerance_px)
    inside &= (cells.y >= field.y - tolerance_px) & (cells.y < field.y + field.h + tolerance_px)
    return cells.take(np.flatnonzero(inside))


def _once(cells: CellTable) -> CellTable:
    """Each cell once that was seen from two points of one field: the earlier one."""
    rows: list[int] = []
    for i in range(len(cells)):
        reach = 0.35 * np.sqrt(float(cells.w[i]) * float(cells.h[i]))
        if all(np.hypot(cells.x[i] - cells.x[k], cells.y[i] - cells.y[k]) >= reach for k in rows):
            rows.append(i)
    return cells.take(np.array(rows, np.int64))


def _cells_among(
    labels: NDArray[np.int32], picture: FieldPicture, models: Models, schema: Schema, least_nucleated: float = 0.0
) -> CellTable:
    """The cells of an instance mask (changed in place where pieces are joined), named and measured; those alone that the
    kind net gives at least so much of a nucleated cell."""
    rgb = picture.rgb

    def pictures() -> tuple[Measured, NDArray[np.float32]]:
        cells = measure(labels, rgb)
        kinds = picture.classes(models.kind, cells.centres)
        rows = np.flatnonzero(~(kinds[:, _NUCLEATED] < least_nucleated))
        return (cells.take(rows), kinds[rows]) if len(rows) < len(cells) else (cells, kinds)

    def name_cells(
        measured: Measured, kinds: NDArray[np.float32]
    ) -> tuple[NDArray[np.float32], NDArray[np.uint8], Looks]:
        p, as_red, as_other = _answers(picture, measured, kinds, models, schema)
        cls = classes_of(p, models.thresholds, schema, models.called_from)
        return p, cls, as_red.where(schema.rows_of_kind(cls, "red_cell"), as_other)

    measured, kinds = pictures()
    if join_pieces(labels, measured, kinds, picture.mpp):
        measured, kinds = pictures()
    p, cls, looks = name_cells(measured, kinds)
    if join_lobes(labels, measured, np.isin(cls, [schema.index(name) for name in GRANULOCYTES]), picture.mpp):
        measured, kinds = pictures()
        p, cls, looks = name_cells(measured, kinds)
    share = None if models.nucleus is None else _nucleus_shares(picture, measured, cls, models.nucleus, schema)
    return picture.table(measured, p, cls, schema, share, looks)


def _nucleus_shares(
    picture: FieldPicture, measured: Measured, cls: NDArray[np.uint8], masker: Masker, schema: Schema
) -> NDArray[np.float64]:
    """The nucleus' share of each nucleated cell, from the mask that the model draws of the square around it."""
    share = measured.nucleus_share.copy()
    rows = np.flatnonzero(schema.rows_of_kind(cls, "nucleated"))
    side = round(CELL_SQUARE_UM / picture.mpp)
    crops = squares(picture.rgb, measured.centres[rows], side)
    for row, mask in zip(rows, masker.masks(crops), strict=True):
        parts = middle_part(mask)
        nucleus, cytoplasm = int((parts == 2).sum()), int((parts == 1).sum())
        if nucleus + cytoplasm:
            share[row] = nucleus / (nucleus + cytoplasm)
    return share


def _answers(
    picture: FieldPicture, measured: Measured, kinds: NDArray[np.float32], models: Models, schema: Schema
) -> tuple[NDArray[np.float32], Looks, Looks]:
    """(float32 (n, classes of the schema): kinds mixed with the finer models' answers; rows sum to 1, or are NaN where a model
    that was asked gave no answer; how the cells look to the net of red cells, and to those of other cells)."""
    n = len(measured)
    p = np.zeros((n, len(schema)), np.float32)
    as_red, as_other = Looks.unknown(n), Looks.unknown(n)
    if not n:
        return p, as_red, as_other
    kind = dict(zip(KINDS, with_size(kinds, measured.area_px * picture.mpp**2, picture.cut(measured)).T, strict=True))
    overlapped = overlap_share(measured, kind["red_cell"], picture.mpp)
    red = np.flatnonzero(kind["red_cell"] > ASKED_FROM)
    shape, looks = picture.classes_and_looks(models.shape, measured.centres[red])
    as_red.note(red, looks, BY_RED)
    shape = with_axis_ratio(shape, models.shape.info.classes, measured.axis_ratio[red])
    for column, name in enumerate(models.shape.info.classes):
        p[red, schema.index(name)] += kind["red_cell"][red] * (1 - overlapped[red]) * shape[:, column]
    p[:, schema.index("overlapped")] += kind["red_cell"] * overlapped
    p[kind["red_cell"] <= ASKED_FROM, schema.index("normal")] += (kind["red_cell"] * (1 - overlapped))[
        kind["red_cell"] <= ASKED_FROM
    ]
    other = np.flatnonzero(kind["nucleated"] + kind["platelet"] > ASKED_FROM)
    fine = np.zeros((len(other), len(models.nucleated.info.classes)), np.float32)
    # Of platelets and dirt it only has to tell platelets apart: one view will do.
    white = kind["nucleated"][other] > ASKED_FROM
    names = list(models.nucleated.info.classes)
    others = models.without_nucleus
    if others is None or list(others.info.classes) != names:
        others = models.nucleated
    for net, rows, views in ((models.nucleated, np.flatnonzero(white), 0), (others, np.flatnonzero(~white), 1)):
        fine[rows], looks = picture.classes_and_looks(net, measured.centres[other[rows]], views)
        as_other.note(other[rows], looks, BY_NUCLEATED if net is models.nucleated else BY_WITHOUT_NUCLEUS)
    three = np.stack([kind[k][other] for k in ("nucleated", "platelet", "nothing")], axis=1)
    fine = with_platelet_size(rarer_smudges(fine, names), names, measured.area_px[other] * picture.mpp**2)
    fine, names = with_platelets_and_dirt(fine, names, three, schema)
    p[np.ix_(other, np.array([schema.index(name) for name in names]))] += agreed(three, fine, names)
    few = (kind["nucleated"] + kind["platelet"]) <= ASKED_FROM
    p[few, schema.index("artefact")] += (kind["nucleated"] + kind["platelet"] + kind["nothing"])[few]
    return p / np.maximum(p.sum(axis=1, keepdims=True), 1e-9), as_red, as_other
