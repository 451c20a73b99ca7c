"""Grounds are measured place by place, and a line between two grounds stays where it is."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from hemaview.inference.grounds import grounds_of, one_ground
from hemaview.inference.pictures import as_learned, as_learned_in_places, on_ground

LIGHT, DIM = (230, 228, 235), (150, 165, 170)


def two_grounds() -> NDArray[np.uint8]:
    """256 µm of cells on two grounds, at 0.5 µm/px."""
    rgb = np.empty((512, 512, 3), np.uint8)
    rgb[:, :256], rgb[:, 256:] = LIGHT, DIM
    rng = np.random.default_rng(3)
    for x, y in rng.uniform(0, 512, (420, 2)):
        ground = np.array(LIGHT if x < 256 else DIM)
        cv2.circle(rgb, (int(x), int(y)), 7, (ground * (0.85, 0.65, 0.7)).tolist(), cv2.FILLED)
    return rgb


def test_each_place_has_its_own_ground_up_to_the_line_between_them() -> None:
    grounds = grounds_of(two_grounds(), 0.5, (1000.0, 2000.0), (2.0, 2.0))
    for x, wanted in ((100, LIGHT), (210, LIGHT), (300, DIM), (420, DIM)):
        points = np.array([[1000 + 2 * x, 2000 + 2 * y] for y in (60, 250, 440)], np.float64)
        assert np.abs(grounds.at(points) - wanted).max() < 8


def test_places_outside_the_part_have_the_ground_of_its_edge() -> None:
    grounds = grounds_of(two_grounds(), 0.5, (0.0, 0.0), (1.0, 1.0))
    assert np.array_equal(grounds.at(np.array([[-50.0, 100.0]])), grounds.at(np.array([[0.0, 100.0]])))


def test_a_photograph_has_one_ground() -> None:
    rgb = two_grounds()[:, :256]
    colours = one_ground(np.ascontiguousarray(rgb)).at(np.array([[0.0, 0.0], [9000.0, 70.0]]))
    assert np.abs(colours - LIGHT).max() <= 1


def test_a_picture_of_two_grounds_is_shown_as_each_part_would_be_alone() -> None:
    rgb = two_grounds()
    grounds = grounds_of(rgb, 0.5, (0.0, 0.0), (1.0, 1.0)).colours
    picture = as_learned_in_places(rgb, (254, 228, 203), (), grounds)
    for part in (np.s_[:, 20:220], np.s_[:, 292:492]):
        alone = on_ground(np.ascontiguousarray(rgb[part]), (254, 228, 203))
        assert np.abs(picture[part].astype(int) - alone).mean() < 4


def test_a_ground_that_is_known_is_left_as_it_is() -> None:
    rgb = two_grounds()[:, :200]
    assert as_learned(rgb, (254, 228, 203), (LIGHT,), np.array(LIGHT, np.float32)) is rgb
    grounds = grounds_of(np.ascontiguousarray(rgb), 0.5, (0.0, 0.0), (1.0, 1.0)).colours
    assert np.array_equal(as_learned_in_places(rgb, (254, 228, 203), (LIGHT,), grounds), rgb)
