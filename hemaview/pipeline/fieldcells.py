"""The cells of one field: segmentation, kind, finer class, measures; one table a field."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from hemaview.cells.schema import Schema
from hemaview.cells.table import CellTable
from hemaview.inference import CentreFinder, Classifier, Masker, Segmenter
from hemaview.inference.grounds import Grounds
from hemaview.inference.pictures import squares
from hemaview.methods.cellkind import KINDS
from hemaview.pipeline.fieldpicture import FieldPicture, picture_of
from hemaview.pipeline.lowpower import at_low_power
from hemaview.pipeline.measures import Measured, measure
from hemaview.pipeline.pieces import join_lobes, join_pieces
from hemaview.pipeline.pointed import CELL_SQUARE_UM, NO_CELL, middle_part, overlooked
from hemaview.pipeline.protocol import PlannedField
from hemaview.wsi.slide import Slide

_NUCLEATED = KINDS.index("nucleated")
GRANULOCYTES = ("segmented_neutrophil", "band_neutrophil", "eosinophil", "basophil")
PLATELETS = ("platelet", "giant_platelet", "platelet_clump")
SMUDGE_ODDS = 0.3
"""Smudges were learned from leukaemia alone, where a twelfth of the nucleated things are some; other films have few, and
white cells of strange stains were called so. On jhu-aml's val it costs three of 23 smudges."""
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
SMALLEST_CELL_UM2, SMALLEST_SPREAD_UM2 = 11.5, 0.8
"""Where, and how softly, a thing becomes too small for a cell: of schistocytes in chula-rbc12's train 95 % are at least 16 µm²
large."""
SPLIT_EVENLY = 0.02
"""What is given to platelet and dirt alike before their own odds part what was too small for a cell."""
ELLIPTOCYTE_MOST, OVALOCYTE_MOST, TWICE_AS_LONG = 0.68, 0.88, 0.5
"""Axis ratios beyond which a cell is rounder than an elliptocyte and an ovalocyte (of chula-rbc12's train 95 % have at most
0.64 and 0.84), and below which an oval cell is an elliptocyte (ICSH 2015, Palmer et al.)."""
AXIS_SPREAD = 0.025
"""How softly; chosen by hand."""
SINGLE_SOLIDITY, SINGLE_UM2 = 0.93, (15.0, 110.0)
"""Solidity and area of red cells that lie alone, by which the typical one of a field is told."""
LEAST_SINGLES = 8
TYPICAL_UM2 = float(np.pi * 3.6**2)
"""A disc 7.2 µm wide, where a field has fewer singles than LEAST_SINGLES."""
TWO_CELLS, SIZE_WEIGHT, DENT_WEIGHT, LARGER = 1.65, 9.0, 45.0, 1.25
"""Several cells that were not parted: a size of 1.65 typical cells is even odds for a solid thing, the weights make 0.1 of a cell
as telling as 0.02 of solidity, and nothing below 1.25 cells is several; chosen by hand."""
DOUBT = 0.005
"""How far either net may be wrong in everything, as a probability."""


@dataclass(frozen=True)
class Models:
    """The models of the blood-film protocol; `nucleus` draws nuclei where the protocol names such a model; `thresholds`:
    class to the probability from which a cell is called so even where another class is likelier."""

    segmentation: Segmenter
    kind: Classifier
    shape: Classifier
    nucleated: Classifier
    thresholds: Mapping[str, float]
    nucleus: Masker | None = None
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
    labels = models.segmentation.segment(picture.rgb, picture.mpp, picture.block_px)
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
        labels = models.segmentation.segment(picture.rgb, picture.mpp, picture.block_px)
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
    may = _around_points(slide, points, mpp, models.kind)[:, _NUCLEATED] >= LEAST_NUCLEATED
    rest = np.flatnonzero(~may)
    if models.seeker is not None and len(rest):
        fine = _around_points(slide, points[rest], mpp, models.nucleated)
        no_cell = [i for i, name in enumerate(models.nucleated.info.classes) if name in NO_CELL]
        may[rest] = 1 - fine[:, no_cell].sum(axis=1) >= LEAST_CELL
    return np.asarray(may)


def _around_points(slide: Slide, points: NDArray[np.float64], mpp: float, model: Classifier) -> NDArray[np.float32]:
    """What a model makes of the pictures around points (n, 2: x, y), level-0 px: float32 (n, classes)."""
    side, shown = model.info.input_px * model.info.mpp / mpp, model.info.input_px
    pictures = [slide.read_scaled(x - side / 2, y - side / 2, side, side, shown, shown) for x, y in points]
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
    kept: list[int] = []
    for i in range(len(cells)):
        reach = 0.35 * np.sqrt(float(cells.w[i]) * float(cells.h[i]))
        if all(np.hypot(cells.x[i] - cells.x[k], cells.y[i] - cells.y[k]) >= reach for k in kept):
            kept.append(i)
    return cells.take(np.array(kept, np.int64))


def _cells_among(
    labels: NDArray[np.int32], picture: FieldPicture, models: Models, schema: Schema, least_nucleated: float = 0.0
) -> CellTable:
    """The cells of an instance mask (changed in place where pieces are joined), named and measured; those alone that the
    kind net gives at least so much of a nucleated cell."""
    rgb = picture.rgb

    def pictures() -> tuple[Measured, NDArray[np.float32]]:
        cells = measure(labels, rgb)
        kinds = picture.classes(models.kind, cells.centres)
        rows = np.flatnonzero(kinds[:, _NUCLEATED] >= least_nucleated)
        return (cells.take(rows), kinds[rows]) if len(rows) < len(cells) else (cells, kinds)

    def named(found: Measured, kinds: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.uint8]]:
        p = probabilities(picture, found, kinds, models, schema)
        return p, classes_of(p, models.thresholds, schema, models.called_from)

    found, kinds = pictures()
    if join_pieces(labels, found, kinds, picture.mpp):
        found, kinds = pictures()
    p, cls = named(found, kinds)
    if join_lobes(labels, found, np.isin(cls, [schema.index(name) for name in GRANULOCYTES]), picture.mpp):
        found, kinds = pictures()
        p, cls = named(found, kinds)
    share = None if models.nucleus is None else _nucleus_shares(picture, found, cls, models.nucleus, schema)
    return picture.table(found, p, cls, schema, share)


def _nucleus_shares(
    picture: FieldPicture, found: Measured, cls: NDArray[np.uint8], masker: Masker, schema: Schema
) -> NDArray[np.float64]:
    """The nucleus' share of each nucleated cell, from the mask that the model draws of the square around it."""
    share = found.nucleus_share.copy()
    rows = np.flatnonzero(schema.rows_of_kind(cls, "nucleated"))
    side = round(CELL_SQUARE_UM / picture.mpp)
    crops = squares(picture.rgb, found.centres[rows], side)
    for row, mask in zip(rows, masker.masks(crops), strict=True):
        drawn = middle_part(mask)
        nucleus, cytoplasm = int((drawn == 2).sum()), int((drawn == 1).sum())
        if nucleus + cytoplasm:
            share[row] = nucleus / (nucleus + cytoplasm)
    return share


UNCATEGORISED = "uncategorised"
LEAST_NEXT = 0.25
"""A shape less likely than that is not said of a cell in place of one that was held back."""


def classes_of(
    p: NDArray[np.float32],
    thresholds: Mapping[str, float],
    schema: Schema,
    called_from: Mapping[str, float] | None = None,
) -> NDArray[np.uint8]:
    """uint8 (n,): the likeliest class, or one whose threshold is passed. What is likeliest and yet less likely than `called_from`
    asks is the next likely class, or where that is less likely than LEAST_NEXT, uncategorised: no other shape is said of it."""
    if not len(p):
        return np.zeros(0, np.uint8)
    held = held_back(p, {schema.index(k): v for k, v in (called_from or {}).items()})
    cls = held.argmax(axis=1)
    if UNCATEGORISED in schema.by_key:
        doubtful = (cls != p.argmax(axis=1)) & (p[np.arange(len(p)), cls] < LEAST_NEXT)
        cls = np.where(doubtful, schema.index(UNCATEGORISED), cls)
    for name, threshold in thresholds.items():
        cls = np.where(p[:, schema.index(name)] >= threshold, schema.index(name), cls)
    return cls.astype(np.uint8)


def held_back(p: NDArray[np.float32], called_from: Mapping[int, float]) -> NDArray[np.float32]:
    """p (n, classes) with nothing in those columns of a row that are less likely there than `called_from` asks."""
    if not called_from:
        return p
    left = p.copy()
    for column, least in called_from.items():
        left[p[:, column] < least, column] = 0
    return left


def probabilities(
    picture: FieldPicture, found: Measured, kinds: NDArray[np.float32], models: Models, schema: Schema
) -> NDArray[np.float32]:
    """float32 (n, classes of the schema): kinds mixed with the finer models' answers; rows sum to 1."""
    n = len(found)
    p = np.zeros((n, len(schema)), np.float32)
    if not n:
        return p
    kind = dict(zip(KINDS, with_size(kinds, found.area_px * picture.mpp**2, picture.cut(found)).T, strict=True))
    overlapped = overlap_share(found, kind["red_cell"], picture.mpp)
    red = np.flatnonzero(kind["red_cell"] > ASKED_FROM)
    shape = picture.classes(models.shape, found.centres[red])
    shape = with_axis_ratio(shape, models.shape.info.classes, found.axis_ratio[red])
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
        fine[rows] = picture.classes(net, found.centres[other[rows]], views)
    three = np.stack([kind[k][other] for k in ("nucleated", "platelet", "nothing")], axis=1)
    fine, names = with_platelets_and_dirt(rarer_smudges(fine, names), names, three, schema)
    p[np.ix_(other, np.array([schema.index(name) for name in names]))] += agreed(three, fine, names)
    few = (kind["nucleated"] + kind["platelet"]) <= ASKED_FROM
    p[few, schema.index("artefact")] += (kind["nucleated"] + kind["platelet"] + kind["nothing"])[few]
    return p / np.maximum(p.sum(axis=1, keepdims=True), 1e-9)


def rarer_smudges(fine: NDArray[np.float32], names: Sequence[str]) -> NDArray[np.float32]:
    """The finer net's answers (n, names) with the odds of a smudge lowered by SMUDGE_ODDS."""
    if "smudge" not in names:
        return fine
    weighed = fine.copy()
    weighed[:, names.index("smudge")] *= SMUDGE_ODDS
    return np.asarray(weighed / np.maximum(weighed.sum(axis=1, keepdims=True), 1e-9), np.float32)


def with_platelets_and_dirt(
    fine: NDArray[np.float32], names: Sequence[str], kinds: NDArray[np.float32], schema: Schema
) -> tuple[NDArray[np.float32], list[str]]:
    """The answers (n, names) and names of a finer net that knows no platelets or no dirt, as one that leaves both, where the
    schema has them, to the kind net (n, 3: nucleated, platelet, nothing): a net of white cells alone would name each platelet a
    white cell."""
    share = kinds / np.maximum(kinds.sum(axis=1, keepdims=True), 1e-9)
    lacking = [] if any(name in PLATELETS for name in names) else [(PLATELETS[0], share[:, 1])]
    lacking += [] if "artefact" in names else [("artefact", share[:, 2])]
    lacking = [(name, column) for name, column in lacking if name in schema.by_key]
    if not lacking:
        return fine, list(names)
    added = np.stack([column for _, column in lacking], axis=1)
    left = fine * (1 - added.sum(axis=1, keepdims=True))
    return np.concatenate([left, added], axis=1).astype(np.float32), [*names, *(name for name, _ in lacking)]


def agreed(kinds: NDArray[np.float32], fine: NDArray[np.float32], names: Sequence[str]) -> NDArray[np.float32]:
    """float32 (n, names): what is no red cell, by the kind net (n, 3: nucleated, platelet, nothing) and the finer one.

    Both say whether a thing is a nucleated cell, a platelet or dirt, and neither alone: in a stain that it never saw the
    finer net takes white cells for dirt that the kind net is sure of. Their odds are multiplied, softened by DOUBT.
    """
    dirt = np.array([name == "artefact" for name in names])
    plates = np.array([name in PLATELETS for name in names])
    groups = np.stack([~dirt & ~plates, plates, dirt])
    share = fine @ groups.T
    weight = (kinds + DOUBT) * (share + DOUBT)
    weight *= kinds.sum(axis=1, keepdims=True) / weight.sum(axis=1, keepdims=True)
    return np.asarray(fine * ((weight / np.maximum(share, 1e-6)) @ groups), np.float32)


def with_size(
    kinds: NDArray[np.float32], area_um2: NDArray[np.float64], cut: NDArray[np.bool_] | None = None
) -> NDArray[np.float32]:
    """Kinds in the light of the mask: a thing far smaller than any cell is a platelet or dirt, what it lies on or beside
    notwithstanding. Of schistocytes in chula-rbc12's train 95 % are at least 16 µm² large. How large a red cell is that an
    edge has `cut` (n,) nobody knows."""
    platelet, nothing = KINDS.index("platelet"), KINDS.index("nothing")
    cells = [KINDS.index("red_cell"), KINDS.index("nucleated")]
    keep = np.repeat(1 / (1 + np.exp(-(area_um2 - SMALLEST_CELL_UM2) / SMALLEST_SPREAD_UM2))[:, None], 2, axis=1)
    if cut is not None:
        keep[cut, 0] = 1.0
    small = (kinds[:, cells] * (1 - keep)).sum(axis=1)
    among = (kinds[:, platelet] + SPLIT_EVENLY) / (kinds[:, platelet] + kinds[:, nothing] + 2 * SPLIT_EVENLY)
    weighed = kinds.copy()
    weighed[:, cells] *= keep
    weighed[:, platelet] += small * among
    weighed[:, nothing] += small * (1 - among)
    return weighed


def with_axis_ratio(
    shape: NDArray[np.float32], classes: tuple[str, ...], axis_ratio: NDArray[np.float64]
) -> NDArray[np.float32]:
    """Shape probabilities in the light of the mask: a round cell is no elliptocyte, whatever its tint, and an oval one more
    than twice as long as wide is one (ICSH 2015, Palmer et al.).

    Elliptocytes of chula-rbc12 come from two runs of pictures, so their tint is learnt with their shape, and on another
    ground hardly any is named. Of those in train 95 % have an axis ratio of at most 0.64, of ovalocytes at most 0.84; what is
    rounder is the rounder class.
    """
    weighed = shape.copy()
    if "elliptocyte" in classes and "ovalocyte" in classes:
        long, oval = classes.index("elliptocyte"), classes.index("ovalocyte")
        keep = 1 / (1 + np.exp((axis_ratio - ELLIPTOCYTE_MOST) / AXIS_SPREAD))
        weighed[:, oval] += weighed[:, long] * (1 - keep)
        weighed[:, long] *= keep
        twice = 1 / (1 + np.exp((axis_ratio - TWICE_AS_LONG) / AXIS_SPREAD))
        weighed[:, long] += weighed[:, oval] * twice
        weighed[:, oval] *= 1 - twice
        weighed[:, oval] *= 1 / (1 + np.exp((axis_ratio - OVALOCYTE_MOST) / AXIS_SPREAD))
    return np.asarray(weighed / np.maximum(weighed.sum(axis=1, keepdims=True), 1e-9), np.float32)


def overlap_share(found: Measured, red: NDArray[np.float32], mpp: float) -> NDArray[np.float64]:
    """0 … 1: how surely a red thing is several cells that were not parted: too large, and dented, for one."""
    area = found.area_px * mpp**2
    singles = area[(red > 0.5) & (found.solidity > SINGLE_SOLIDITY) & (area > SINGLE_UM2[0]) & (area < SINGLE_UM2[1])]
    typical = float(np.median(singles)) if len(singles) >= LEAST_SINGLES else TYPICAL_UM2
    size = area / typical
    evidence = SIZE_WEIGHT * (size - TWO_CELLS) + DENT_WEIGHT * (SINGLE_SOLIDITY - found.solidity)
    return np.asarray(np.where(size > LARGER, 1 / (1 + np.exp(-np.clip(evidence, -30, 30))), 0.0))
