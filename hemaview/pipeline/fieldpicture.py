"""One field as a picture, and what was found in it as a table of cells in level-0 px."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hemaview.cells.schema import Schema
from hemaview.cells.table import CUT, UNANSWERED, CellTable
from hemaview.inference import Classifier, Segmenter
from hemaview.inference.grounds import Grounds, one_ground
from hemaview.pipeline.burntin import covered, without_marks
from hemaview.pipeline.eyepiece import Eyepiece, on_ground_beyond, reach_out, without_rim
from hemaview.pipeline.looks import Looks
from hemaview.pipeline.lowpower import at_low_power
from hemaview.pipeline.measures import Measured
from hemaview.pipeline.noanswer import unanswered, with_unanswered
from hemaview.pipeline.plan import PlannedField
from hemaview.wsi.slide import Slide

HALO_UM = 16.0
BLOCK_UM = 10.24
"""Fields are read in whole blocks counted from the slide's corner, so that their nets' pixels fall on one grid."""
FINEST_MPP = 0.15
"""Finer pictures are brought to this scale: no model looks closer."""
MAX_CONTOUR_POINTS = 96
GROUND_STEP_UM = 4.0
"""How finely a whole picture's grounds are told to a model that is shown all of it."""


@dataclass(frozen=True)
class FieldPicture:
    """A field with its surroundings, as nets are shown it."""

    rgb: NDArray[np.uint8]
    """uint8 (H, W, 3); what lies beyond `seen` is what lies beside it, mirrored."""
    mpp: float
    """µm/px of `rgb`."""
    block_px: int
    """It is whole blocks of this side; 0: a photograph, which is none."""
    left: int
    """Level-0 px of its corner."""
    top: int
    """Level-0 px of its corner."""
    scale: tuple[float, float]
    """Level-0 px (x, y) to one of its px."""
    place: PlannedField
    """The field itself."""
    slide_mpp: float
    """µm/px of level 0."""
    seen: tuple[int, int, int, int]
    """Left, top, right and bottom, level-0 px, of what was scanned; of a part of a photograph, of that."""
    grounds: Grounds
    """Colours of the ground over it."""
    eyepiece: Eyepiece | None = None
    """The round field of a photograph through an eyepiece; its rim is painted as ground in `rgb`."""
    inside: NDArray[np.bool_] | None = None
    """Where a part of a photograph through an eyepiece shows its round field, or lies beyond the photograph, (H, W); the rim is
    painted as ground in `rgb`. None of any other."""
    marks: NDArray[np.bool_] | None = None
    """Where a camera's program wrote into it, (H, W); painted as ground in `rgb`. None where nowhere."""

    def table(
        self,
        measured: Measured,
        p: NDArray[np.float32],
        cls: NDArray[np.uint8],
        schema: Schema,
        nucleus_share: NDArray[np.float64] | None = None,
        looks: Looks | None = None,
    ) -> CellTable:
        """Every cell whose centre lies in the field; p float32 (n, classes), cls uint8 (n,), looks of the measured cells. One
        whose p is not finite is unidentified; raises NoAnswer where the schema has no such class."""
        rows = np.flatnonzero(self._inside(measured))
        silent = unanswered(p)
        p, cls = with_unanswered(p, cls, silent & self._inside(measured), schema)
        cut = self.cut(measured)
        n = len(rows)
        red, nucleated = schema.rows_of_kind(cls, "red_cell"), schema.rows_of_kind(cls, "nucleated")
        centres = self.to_slide(measured.centres)
        share = measured.nucleus_share if nucleus_share is None else nucleus_share
        area_um2 = measured.area_px * self.mpp**2
        nothing = np.float16("nan")
        looks = (looks or Looks.unknown(len(measured))).take(rows)
        return CellTable(
            x=centres[rows, 0].astype(np.float32),
            y=centres[rows, 1].astype(np.float32),
            w=np.clip(np.rint(measured.boxes[rows, 2] * self.scale[0]), 1, 65535).astype(np.uint16),
            h=np.clip(np.rint(measured.boxes[rows, 3] * self.scale[1]), 1, 65535).astype(np.uint16),
            cls=cls[rows],
            p=p[rows].astype(np.float16),
            field=np.full(n, self.place.index, np.uint32),
            flags=(np.where(cut[rows], CUT, 0) | np.where(silent[rows], UNANSWERED, 0)).astype(np.uint8),
            area_um2=area_um2[rows].astype(np.float16),
            circularity=measured.circularity[rows].astype(np.float16),
            pallor=np.where(red[rows], measured.pallor[rows].astype(np.float16), nothing),
            nc_ratio=np.where(nucleated[rows], share[rows].astype(np.float16), nothing),
            embedded_by=looks.by,
            embedding=looks.numbers,
            contour=tuple(_deltas(measured.contours[i], measured.centres[i], np.array(self.scale)) for i in rows),
        )

    def instances(self, model: Segmenter) -> NDArray[np.int32]:
        """Its cells by a segmentation, int32 (H, W), 0: background."""
        return self.on_slide(model.segment(self.rgb, self.mpp, self.block_px))

    def on_slide(self, labels: NDArray[np.int32]) -> NDArray[np.int32]:
        """The instances int32 (H, W) without what lies beyond `seen`."""
        (left, top), (right, bottom) = self._within()
        if (left, top, right, bottom) != (0, 0, labels.shape[1], labels.shape[0]):
            inside = np.zeros(labels.shape, bool)
            inside[top:bottom, left:right] = True
            labels = np.where(inside, labels, 0)
        return labels

    def _within(self) -> tuple[tuple[int, int], tuple[int, int]]:
        h, w = self.rgb.shape[:2]
        return _seen_of((self.left, self.top), self.scale, (w, h), self.seen)

    def classes(self, model: Classifier, centres_px: NDArray[np.float64], views: int = 0) -> NDArray[np.float32]:
        """What the model makes of cells at centres_px (n, 2: x, y) of the picture: float32 (n, classes)."""
        return self.classes_and_looks(model, centres_px, views)[0]

    def classes_and_looks(
        self, model: Classifier, centres_px: NDArray[np.float64], views: int = 0
    ) -> tuple[NDArray[np.float32], NDArray[np.int8]]:
        """The same, and how the cells look to the model: int8 (n, EMBEDDED)."""
        grounds = self.grounds_at(centres_px)
        return model.classify_and_embed(self.rgb, centres_px, self.mpp, views, self.block_px, grounds)

    def grounds_at(self, centres_px: NDArray[np.float64]) -> NDArray[np.float32]:
        """The colours of the ground float32 (n, 3) at centres_px (n, 2: x, y) of the picture."""
        return self.grounds.at(self.to_slide(np.asarray(centres_px, np.float64).reshape(-1, 2)))

    def shown_to(self, model: Classifier) -> NDArray[np.uint8]:
        """The whole picture with its grounds as the model learned them."""
        if self.place.photo:
            return model.as_shown(self.rgb)
        h, w = (max(1, round(side * self.mpp / GROUND_STEP_UM)) for side in self.rgb.shape[:2])
        x, y = np.meshgrid((np.arange(w) + 0.5) * self.rgb.shape[1] / w, (np.arange(h) + 0.5) * self.rgb.shape[0] / h)
        grounds = self.grounds_at(np.stack([x.ravel(), y.ravel()], axis=1)).reshape(h, w, 3)
        return model.as_shown(self.rgb, grounds)

    def to_slide(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Points (n, 2: x, y) of the picture in level-0 px."""
        return np.asarray(points * self.scale + (self.left, self.top))

    def _inside(self, measured: Measured) -> NDArray[np.bool_]:
        centres, place = self.to_slide(measured.centres), self.place
        tolerance = (
            1.0 / self.slide_mpp
        )  # a cell on the border may have its centre on either side; doubles are parted later
        low = np.maximum((place.x - tolerance, place.y - tolerance), self.seen[:2])
        high = np.minimum((place.x + place.w + tolerance, place.y + place.h + tolerance), self.seen[2:])
        return np.asarray(((centres >= low) & (centres < high)).all(axis=1))

    def cut(self, measured: Measured) -> NDArray[np.bool_]:
        """Cells that touch the edge of the photograph, its eyepiece's rim, what is written into it, or the scan's edge: the rest
        was never seen."""
        cut = self._cut_by_edges(measured)
        if self.inside is not None:
            cut |= reach_out(np.asarray(measured.boxes, np.float64), self.inside)
        return cut if self.marks is None else cut | reach_out(np.asarray(measured.boxes, np.float64), ~self.marks)

    def _cut_by_edges(self, measured: Measured) -> NDArray[np.bool_]:
        low, high = measured.boxes[:, :2], measured.boxes[:, :2] + measured.boxes[:, 2:]
        if self.place.photo:
            size = np.array(self.rgb.shape[1::-1])
            edge = np.asarray((low <= 1).any(axis=1) | (high >= size - 1).any(axis=1))
            return edge if self.eyepiece is None else edge | self.eyepiece.cuts(np.asarray(measured.boxes, np.float64))
        # Its px do not end where the scan does: one of them, or of the scan's where those are coarser, is as near as can be.
        near = np.maximum(1.0, self.scale)
        first, last = np.array(self.seen[:2]) + near, np.array(self.seen[2:]) - near
        return np.asarray((self.to_slide(low) <= first).any(axis=1) | (self.to_slide(high) >= last).any(axis=1))


def picture_of(
    slide: Slide, place: PlannedField, mpp: float, grounds: Grounds | None = None, halo_um: float = HALO_UM
) -> FieldPicture:
    """Read a field of a slide of `mpp` µm/px; a scan's field with a halo so that no cell of it is cut. Its grounds are
    measured where they are not given: one of a photograph, place by place of a scan."""
    shrink = max(1.0, FINEST_MPP / mpp)
    if place.photo:
        left, top, width, height, block = place.x, place.y, place.w, place.h, 0
        size_px = (round(width / shrink), round(height / shrink))
    else:
        step, halo = max(1, round(BLOCK_UM / mpp)), round(halo_um / mpp)
        block = max(1, round(step / shrink))
        first = (place.x - halo) // step, (place.y - halo) // step
        n = -((-place.x - place.w - halo) // step) - first[0], -((-place.y - place.h - halo) // step) - first[1]
        left, top, width, height = first[0] * step, first[1] * step, n[0] * step, n[1] * step
        size_px = (n[0] * block, n[1] * block)
    if shrink > 1:
        rgb = slide.read_scaled(left, top, width, height, *size_px)
    else:
        rgb = slide.read(left, top, 0, width, height)
    scale = (width / rgb.shape[1], height / rgb.shape[0])
    seen = _box(place.within) if place.within else (0, 0, slide.width_px, slide.height_px)
    inside = None
    if not place.photo:
        inside = _inside_of(place, (left, top), scale, rgb.shape[1::-1])
        rgb = rgb if inside is None else on_ground_beyond(rgb, inside)
        rgb = _mirrored(rgb, *_seen_of((left, top), scale, rgb.shape[1::-1], seen))
    marks = covered(place.marks, (left, top), scale, rgb.shape[1::-1]) if place.marks else None
    if marks is not None:
        rgb = without_marks(rgb, marks)
    rgb, eyepiece = without_rim(rgb) if place.photo else (rgb, None)
    if grounds is None:
        # A scan's at low power, as the search for nucleated cells sees them: a cell found both ways is shown alike.
        grounds = one_ground(rgb) if place.photo else at_low_power(slide, place, mpp).grounds()
    return FieldPicture(
        rgb, mpp * sum(scale) / 2, block, left, top, scale, place, mpp, seen, grounds, eyepiece, inside, marks
    )


def _inside_of(
    place: PlannedField, corner: tuple[int, int], scale: tuple[float, float], size: tuple[int, int]
) -> NDArray[np.bool_] | None:
    """`FieldPicture.inside` of a picture of size (w, h) px."""
    if not place.round_field:
        return None
    inside = covered([place.round_field], corner, scale, size)
    (left, top), (right, bottom) = _seen_of(corner, scale, size, _box(place.within))
    beyond = np.ones_like(inside)
    beyond[top:bottom, left:right] = False
    return np.asarray(inside | beyond)


def _box(sides: list[int]) -> tuple[int, int, int, int]:
    left, top, right, bottom = sides
    return left, top, right, bottom


def _seen_of(
    corner: tuple[int, int], scale: tuple[float, float], size: tuple[int, int], seen: tuple[int, int, int, int]
) -> tuple[tuple[int, int], tuple[int, int]]:
    """Left and top, right and bottom, px, of what of a picture of size (w, h) lies within what was `seen`, level-0 px."""
    first = [max(0, int(np.ceil((px - at) / s))) for at, s, px in zip(corner, scale, seen[:2], strict=True)]
    last = [min(n, int((px - at) / s)) for at, s, n, px in zip(corner, scale, size, seen[2:], strict=True)]
    return (first[0], first[1]), (last[0], last[1])


def _mirrored(rgb: NDArray[np.uint8], first: tuple[int, int], last: tuple[int, int]) -> NDArray[np.uint8]:
    """The picture uint8 (H, W, 3) with what lies within `first` and `last` (x, y) mirrored beyond them: white there would be
    taken for the ground, and dim the whole field to nets that look at how bright a picture is by parts."""
    h, w = rgb.shape[:2]
    (left, top), (right, bottom) = first, last
    if (left, top, right, bottom) == (0, 0, w, h) or right <= left or bottom <= top:
        return rgb
    return np.pad(rgb[top:bottom, left:right], ((top, h - bottom), (left, w - right), (0, 0)), mode="symmetric")


def _deltas(contour: NDArray[np.float64], centre: NDArray[np.float64], scale: NDArray[np.float64]) -> NDArray[np.int16]:
    """Contour points from the centre in quarter level-0 px."""
    step = max(1, -(-len(contour) // MAX_CONTOUR_POINTS))
    return np.clip(np.rint((contour[::step] + 0.5 - centre) * scale * 4), -32768, 32767).astype(np.int16)
