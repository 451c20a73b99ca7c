"""Photographs of one film that overlap are laid beside each other to the pixel."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from hemaview.wsi.overlap import OnFilm, Overlap, on_film, overlaps

PHOTOS = Path(__file__).parents[2] / "apps/desk/demo/chula-rbc12"


@pytest.fixture(scope="module")
def film() -> NDArray[np.uint8]:
    """1280 × 960 px of real cells."""
    rows = [[105, 253], [258, 328]]
    return np.vstack(
        [np.hstack([np.asarray(Image.open(PHOTOS / f"{n}.webp").convert("RGB")) for n in r]) for r in rows]
    )


def cut_out(
    film: NDArray[np.uint8], corners: list[tuple[int, int]], w: int = 640, h: int = 480
) -> list[NDArray[np.uint8]]:
    return [film[y : y + h, x : x + w] for x, y in corners]


def overlaps_of(pictures: list[NDArray[np.uint8]]) -> list[Overlap]:
    return overlaps(lambda i: pictures[i], [(p.shape[1], p.shape[0]) for p in pictures])


@pytest.mark.parametrize(
    "second", [(501, 0), (0, 333), (431, 307), (217, 11)], ids=["beside", "below", "at a corner", "far into it"]
)
def test_two_photographs_are_registered_to_the_pixel(film: NDArray[np.uint8], second: tuple[int, int]) -> None:
    assert overlaps_of(cut_out(film, [(0, 0), second])) == [Overlap(0, 1, *second)]


@pytest.mark.parametrize(
    ("corner", "w", "h"),
    [((201, 107), 320, 240), ((500, 31), 700, 500), ((400, 300), 640, 360)],
    ids=["a crop of it", "larger, beside it", "less high, below it"],
)
def test_photographs_of_different_sizes_are_registered_too(
    film: NDArray[np.uint8], corner: tuple[int, int], w: int, h: int
) -> None:
    (pair,) = overlaps_of([*cut_out(film, [(0, 0)]), *cut_out(film, [corner], w, h)])
    assert (pair.x_px, pair.y_px) == corner
    (back,) = overlaps_of([*cut_out(film, [corner], w, h), *cut_out(film, [(0, 0)])])
    assert (back.x_px, back.y_px) == (-corner[0], -corner[1])


def test_photographs_of_different_sizes_and_places_overlap_nowhere(film: NDArray[np.uint8]) -> None:
    assert (
        overlaps_of(
            [*cut_out(film, [(0, 0)]), *cut_out(film, [(660, 500)], 500, 400), *cut_out(film, [(660, 0)], 320, 240)]
        )
        == []
    )


def test_a_photograph_that_is_turned_a_little_is_registered_to_a_few_px(film: NDArray[np.uint8]) -> None:
    turned = np.asarray(Image.fromarray(film).rotate(0.4, Image.Resampling.BICUBIC, center=(560, 240)))
    (pair,) = overlaps_of([film[:480, :640], turned[:480, 480:1120]])
    assert abs(pair.x_px - 480) <= 2 and abs(pair.y_px) <= 2


def test_a_chain_has_one_place_on_the_film(film: NDArray[np.uint8]) -> None:
    corners = [(0, 0), (430, 5), (640, 300), (180, 480)]
    places = on_film(overlaps_of(cut_out(film, corners)), [(640, 480)] * 4)
    assert places == [OnFilm(0, x, y) for x, y in corners]


def test_photographs_that_overlap_none_have_no_place_and_each_group_its_own() -> None:
    pairs = [Overlap(1, 3, 500, 0), Overlap(2, 4, 0, 300)]
    places = on_film(pairs, [(640, 480)] * 5)
    assert places == [None, OnFilm(0, 0, 0), OnFilm(1, 0, 0), OnFilm(0, 500, 0), OnFilm(1, 0, 300)]


def test_pairs_that_disagree_by_a_few_px_are_averaged_and_a_contradicting_one_is_left_out() -> None:
    chain = [Overlap(0, 1, 300, 0), Overlap(1, 2, 300, 0)]
    assert on_film([*chain, Overlap(0, 2, 606, 0)], [(640, 480)] * 3) == [
        OnFilm(0, 0, 0), OnFilm(0, 302, 0), OnFilm(0, 604, 0)
    ]  # fmt: skip
    loop = [*chain, Overlap(2, 3, -300, 400), Overlap(0, 3, 300, 400), Overlap(1, 3, 0, 400)]
    places = on_film([*loop, Overlap(0, 2, 100, 90)], [(640, 480)] * 4)
    assert places == [OnFilm(0, 0, 0), OnFilm(0, 300, 0), OnFilm(0, 600, 0), OnFilm(0, 300, 400)]
