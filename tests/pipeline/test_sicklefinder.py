"""The sickle protocol's finder: what it points at is a sickle cell, alone or by its outline; scale by the round field."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import pytest

from hemaview.assays import assay
from hemaview.learning.scoring.sickletasks import cells_of, sickle_finder
from hemaview.pipeline.eyepiece import eyepiece_of
from hemaview.pipeline.finders import outline
from hemaview.pipeline.measures import Measured
from hemaview.pipeline.scale import mpp_through_eyepiece, seen_with
from hemaview.wsi.syntheticfields import KINDS, draw_field

SCHEMA = assay("sickle").schema
LONG, ROUND, OTHER = (SCHEMA.index(k) for k in ("elongated", "circular", "other_shape"))


def measured(centres: list[tuple[float, float]], areas_px: list[float]) -> Measured:
    n = len(centres)
    nothing = np.zeros(n)
    return Measured(
        np.arange(1, n + 1, dtype=np.int32), np.zeros((n, 4)), np.array(centres, float), np.array(areas_px), nothing,
        nothing, nothing, nothing, nothing, tuple(np.zeros((0, 2)) for _ in range(n)),
    )  # fmt: skip


class Picture:
    mpp = 0.2
    eyepiece = None
    inside = None


def rows(n: int, best: int) -> Any:
    p = np.zeros((n, len(SCHEMA)), np.float32)
    p[:, best], p[:, OTHER] = 0.7, 0.3
    return p


def test_a_point_names_the_single_cell_that_it_lies_in_and_stands_alone_elsewhere() -> None:
    # A cell, a clump, a speck.
    cells, p = measured([(100, 100), (300, 300), (500, 500)], [1000, 9000, 40]), rows(3, ROUND)
    points = np.array([[104.0, 98, 0.9], [305, 300, 0.8], [500, 500, 0.7], [700, 700, 0.6]])
    alone = outline._point_out(points, cells, p, Picture(), 0.2, SCHEMA)  # type: ignore[arg-type]
    assert p.argmax(axis=1).tolist() == [LONG, ROUND, ROUND]
    assert alone[:, :2].tolist() == [[305, 300], [500, 500], [700, 700]]
    assert np.allclose(p.sum(axis=1), 1)


def test_an_outline_alone_makes_no_sickle_cell_where_the_finder_sees_nothing_at_all() -> None:
    cells, p = measured([(100, 100), (300, 300)], [1000, 1000]), rows(2, LONG)
    outline._hold_back(np.array([[302.0, 300, 0.11]]), cells, p, 0.2, SCHEMA)
    assert p.argmax(axis=1).tolist() == [OTHER, LONG]


def test_the_drawn_sickle_cells_of_a_phones_field_are_found_and_round_ones_are_not() -> None:
    cells = cells_of(sickle_finder(), draw_field("sickle"), "drawn.png")
    assert cells is not None
    n = int((cells.cls == LONG).sum())
    assert 12 <= n <= KINDS["sickle"].cells["sickle"] + 1


def test_the_round_field_tells_the_scale_that_red_cells_do_not() -> None:
    rgb = np.full((1000, 1000, 3), 10, np.uint8)
    cv2.circle(rgb, (500, 500), 487, (220, 220, 220), cv2.FILLED)
    eyepiece = eyepiece_of(rgb)
    assert eyepiece is not None
    mpp = mpp_through_eyepiece(eyepiece)
    assert mpp == pytest.approx(0.2, rel=0.06)
    assert seen_with(mpp * 1.2, mpp)
    assert seen_with(mpp * 2.5, mpp)  # a ×40 objective
    assert not seen_with(mpp * 4.2, mpp)
    assert not seen_with(mpp * 0.5, mpp)
