"""Kinds and finer classes put together: a white cell is not lost to one net's doubt, pieces of one cell are one again."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from hemaview.methods.cellkind import KINDS
from hemaview.pipeline.fieldcells import (
    SMUDGE_ODDS,
    agreed,
    rarer_smudges,
    with_axis_ratio,
    with_platelets_and_dirt,
    with_size,
)
from hemaview.pipeline.measures import measure
from hemaview.pipeline.pieces import join_lobes, join_pieces
from tests.schemas import BLOOD_FILM

NAMES = ("lymphocyte", "smudge", "platelet", "giant_platelet", "artefact")
MPP = 0.2


def mixed(kinds: tuple[float, float, float], fine: tuple[float, ...]) -> dict[str, float]:
    found = agreed(np.array([kinds], np.float32), np.array([fine], np.float32), NAMES)
    return dict(zip(NAMES, found[0].tolist(), strict=True))


def test_what_the_kind_net_is_sure_of_is_not_thrown_away_as_dirt_by_the_finer_net() -> None:
    p = mixed((0.998, 0.001, 0.001), (0.05, 0.01, 0.0, 0.0, 0.94))
    assert p["lymphocyte"] > 0.6 > p["artefact"] and sum(p.values()) == pytest.approx(1.0, abs=1e-3)
    # Where the kind net is in doubt the finer one decides.
    p = mixed((0.55, 0.05, 0.4), (0.03, 0.01, 0.0, 0.0, 0.96))
    assert p["artefact"] > 0.9


def test_only_what_is_surely_a_smudge_is_called_one() -> None:
    doubtful, sure = [0.35, 0.6, 0.0, 0.0, 0.05], [0.02, 0.97, 0.0, 0.0, 0.01]
    p = rarer_smudges(np.array([doubtful, sure], np.float32), NAMES)
    assert [NAMES[i] for i in p.argmax(axis=1)] == ["lymphocyte", "smudge"]
    assert p.sum(axis=1) == pytest.approx([1, 1])
    assert p[0, 1] / p[0, 0] == pytest.approx(SMUDGE_ODDS * 0.6 / 0.35)
    assert rarer_smudges(p[:, :1], NAMES[:1]) is not None


def test_a_platelet_of_the_kind_net_stays_one_and_keeps_the_finer_nets_size() -> None:
    p = mixed((0.01, 0.97, 0.02), (0.5, 0.0, 0.1, 0.4, 0.0))
    assert p["platelet"] + p["giant_platelet"] > 0.9
    assert p["giant_platelet"] / p["platelet"] == pytest.approx(4, rel=0.01)


def test_a_net_of_white_cells_alone_makes_no_white_cell_of_a_platelet_or_of_dirt() -> None:
    kinds = np.array([(0.97, 0.02, 0.01), (0.01, 0.98, 0.01), (0.02, 0.01, 0.97)], np.float32)
    fine, names = with_platelets_and_dirt(
        np.array([(0.7, 0.3)] * 3, np.float32), ["lymphocyte", "monocyte"], kinds, BLOOD_FILM
    )
    called = [names[i] for i in agreed(kinds, fine, names).argmax(axis=1)]
    assert called == ["lymphocyte", "platelet", "artefact"] and fine.sum(axis=1) == pytest.approx([1, 1, 1])
    same, as_before = with_platelets_and_dirt(np.full((3, 5), 0.2, np.float32), NAMES, kinds, BLOOD_FILM)
    assert as_before == list(NAMES) and same.shape == (3, 5), "a net that knows both is left alone"


def test_what_is_red_by_the_kind_net_keeps_its_share() -> None:
    assert sum(mixed((0.2, 0.05, 0.05), (0.4, 0.1, 0.2, 0.2, 0.1)).values()) == pytest.approx(0.3, abs=1e-3)


@pytest.mark.parametrize(("ratio", "name"), [(0.95, "normal"), (0.75, "ovalocyte"), (0.42, "elliptocyte")])
def test_how_long_a_cell_is_tells_ovalocyte_from_elliptocyte_whichever_the_net_says(ratio: float, name: str) -> None:
    classes = ("normal", "ovalocyte", "elliptocyte")
    for said in ((0.2, 0.7, 0.1), (0.2, 0.1, 0.7)):
        p = with_axis_ratio(np.array([said], np.float32), classes, np.array([ratio]))
        assert classes[int(p[0].argmax())] == name and p.sum() == pytest.approx(1)
    teardrop = with_axis_ratio(np.array([[0.9, 0.05, 0.05]], np.float32), classes, np.array([0.4]))
    assert classes[int(teardrop[0].argmax())] == "normal", "length alone makes no elliptocyte of another shape"


def test_a_thing_far_smaller_than_any_cell_is_none_though_it_lies_on_one_or_beside_one() -> None:
    kinds = np.array([[0, 0.7, 0.3, 0], [0.6, 0, 0, 0.4], [0, 0.7, 0.3, 0]], np.float32)
    weighed = with_size(kinds, np.array([5.0, 5.0, 40.0]))
    assert weighed.argmax(axis=1).tolist() == [KINDS.index(k) for k in ("platelet", "nothing", "nucleated")]
    assert weighed.sum(axis=1) == pytest.approx([1, 1, 1])


def discs(*places: tuple[float, float, float]) -> NDArray[np.int32]:
    """Numbered discs (x, y, radius in µm) on 300 × 300 px."""
    y, x = np.mgrid[:300, :300]
    labels = np.zeros((300, 300), np.int32)
    for number, (cx, cy, radius) in enumerate(places, 1):
        labels[(x * MPP - cx) ** 2 + (y * MPP - cy) ** 2 < radius**2] = number
    return labels


def joined(labels: NDArray[np.int32], kind: str = "nucleated") -> list[int]:
    found = measure(labels, np.full((*labels.shape, 3), 120, np.uint8))
    kinds = np.zeros((len(found), len(KINDS)), np.float32)
    kinds[:, KINDS.index(kind)] = 1
    join_pieces(labels, found, kinds, MPP)
    return sorted(set(np.unique(labels).tolist()) - {0})


def test_lobes_a_little_apart_are_one_cell_and_lobes_far_apart_are_not() -> None:
    assert len(joined(discs((20, 20, 3), (26.8, 20, 3), (23.4, 25.8, 2.5)))) == 1
    assert len(joined(discs((20, 20, 3), (30, 20, 3)))) == 2


def test_two_white_cells_that_touch_stay_two_and_red_cells_are_never_joined() -> None:
    assert len(joined(discs((20, 20, 5), (29.8, 20, 5)))) == 2
    assert len(joined(discs((20, 20, 3), (25.9, 20, 3)), "red_cell")) == 2


def test_a_splinter_beside_a_large_cell_is_part_of_it() -> None:
    assert len(joined(discs((25, 25, 8), (34.2, 25, 1.3)))) == 1


def granulocytes_joined(labels: NDArray[np.int32], named: bool = True) -> int:
    found = measure(labels, np.full((*labels.shape, 3), 120, np.uint8))
    joined_any = join_lobes(labels, found, np.full(len(found), named), MPP)
    left = len(np.unique(labels)) - 1
    assert joined_any == (left < len(found))
    return left


def test_lobes_of_a_granulocyte_whose_cytoplasm_is_too_pale_are_one_cell() -> None:
    bent = ((20, 20, 3.6), (27.4, 22, 3.6), (24, 29, 3.0))
    assert len(joined(discs(*bent))) > 1  # too large for lobes, too bent for one cell, by their masks alone
    assert granulocytes_joined(discs(*bent)) == 1


def test_what_was_not_named_a_granulocyte_and_nuclei_of_two_granulocytes_stay_apart() -> None:
    assert granulocytes_joined(discs((20, 20, 3.6), (27.4, 22, 3.6)), named=False) == 2
    assert granulocytes_joined(discs((20, 20, 4.5), (33, 20, 4.5))) == 2  # 4 µm between them
    assert granulocytes_joined(discs((20, 20, 4.6), (29.4, 26, 4.6), (38, 20, 4.6))) >= 2  # together too large for one
    assert granulocytes_joined(discs((20, 20, 5), (30.2, 20, 5))) == 2  # whole granulocytes


def test_a_red_cell_that_an_edge_cuts_is_no_dirt_for_being_small() -> None:
    kinds = np.zeros((3, len(KINDS)), np.float32)
    kinds[:2, KINDS.index("red_cell")] = 1
    kinds[2, KINDS.index("nucleated")] = 1
    weighed = with_size(kinds, np.array([5.0, 5.0, 5.0]), np.array([True, False, True]))
    assert weighed[0, KINDS.index("red_cell")] == 1
    assert weighed[1, KINDS.index("red_cell")] < 0.01
    # Of a white cell a corner says too little.
    assert weighed[2, KINDS.index("nucleated")] < 0.01
