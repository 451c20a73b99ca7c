"""What is no stained film, marrow or section is recognised, and what is one is left alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from hemaview.inference.pictures import rescale
from hemaview.pipeline.cheaplook import LOOK_MPP
from hemaview.pipeline.specimen import Signs, guards, looks_like, signs_of

DEMO = Path(__file__).parents[2] / "apps/desk/demo/chula-rbc12"
CHULA_MPP = 0.19


def fields() -> list[NDArray[np.uint8]]:
    return [np.asarray(Image.open(p).convert("RGB")) for p in sorted(DEMO.glob("*.webp"))]


def codes(pictures: list[NDArray[np.uint8]], *expected: str) -> list[str]:
    return [g["code"] for g in guards([signs_of(rgb, CHULA_MPP) for rgb in pictures], expected)]


def page() -> NDArray[np.uint8]:
    """A page of black text on white with a coloured frame."""
    picture = Image.new("RGB", (1200, 800), (250, 250, 250))
    draw = ImageDraw.Draw(picture)
    for y in range(20, 780, 18):
        draw.text(
            (20, y), "Report of the laboratory, leukocytes 7.2 x 10^9/l, erythrocytes 4.6 " * 2, fill=(20, 30, 120)
        )
    return np.asarray(picture)


def test_real_fields_of_a_film_pass_one_by_one_and_together() -> None:
    assert codes(fields(), "film") == []
    assert [codes([rgb], "film") for rgb in fields()] == [[]] * len(fields())


def test_a_film_is_no_marrow_and_no_section() -> None:
    assert codes(fields(), "marrow") == codes(fields(), "block") == ["looks-like-film"]
    sentence = guards([signs_of(rgb, CHULA_MPP) for rgb in fields()[:2]], ("marrow",))[0]["sentence"]
    assert sentence == (
        "This slide looks like a blood film, not like a marrow smear: check the specimen and the examination."
    )


def test_an_examination_that_asks_for_nothing_takes_any_stained_specimen() -> None:
    assert codes(fields()) == []


def test_inverted_colours_are_recognised() -> None:
    assert codes([255 - rgb for rgb in fields()], "film") == ["inverted"]


@pytest.mark.parametrize("stated_mpp", [0.1, 0.19, 0.4])
def test_inverted_colours_are_recognised_whatever_scale_is_stated(stated_mpp: float) -> None:
    for shown, code in ((lambda rgb: 255 - rgb, ["inverted"]), (lambda rgb: rgb, [])):
        read_at = max(stated_mpp, LOOK_MPP)  # as a run reads them
        pictures = [rescale(shown(rgb), stated_mpp / read_at) for rgb in fields()[:4]]
        assert [g["code"] for g in guards([signs_of(rgb, read_at) for rgb in pictures], ("film",))] == code


def test_gaps_between_crowded_cells_and_their_pale_middles_are_no_inverted_cells() -> None:
    crowded = np.full((600, 800, 3), (225, 215, 222), np.uint8)
    picture = Image.fromarray(crowded)
    draw = ImageDraw.Draw(picture)
    for y in range(-20, 640, 52):
        for x in range(-20 + 27 * (y // 52 % 2), 840, 54):
            draw.ellipse((x - 25, y - 25, x + 25, y + 25), fill=(190, 120, 150))
            draw.ellipse((x - 12, y - 12, x + 12, y + 12), fill=(222, 190, 205))
    signs = signs_of(np.asarray(picture), CHULA_MPP)
    assert "inverted" not in [g["code"] for g in guards([signs], ("film",))]


@pytest.mark.parametrize("fault", ["red and green exchanged", "RGB read as YCbCr", "YCbCr read as RGB"])
def test_colours_that_no_stained_cell_has_are_recognised(fault: str) -> None:
    def shown(rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
        if fault == "red and green exchanged":
            return np.ascontiguousarray(rgb[..., [1, 0, 2]])
        if fault == "RGB read as YCbCr":
            return np.asarray(Image.frombytes("YCbCr", rgb.shape[1::-1], rgb.tobytes()).convert("RGB"))
        return np.asarray(Image.fromarray(rgb).convert("YCbCr")).copy()

    assert codes([shown(rgb) for rgb in fields()], "film") == ["wrong-colours"]


def test_a_picture_without_colour_is_recognised() -> None:
    grey = [np.repeat(np.asarray(Image.fromarray(rgb).convert("L"))[..., None], 3, axis=2) for rgb in fields()]
    assert codes(grey, "film") == ["no-colour"]


@pytest.mark.parametrize("mpp", [0.19, 0.25])
def test_a_page_of_text_is_recognised(mpp: float) -> None:
    assert [g["code"] for g in guards([signs_of(page(), mpp)], ("film",))] in (["drawing"], ["no-colour"])


def test_marrow_and_sections_are_told_apart_by_their_nuclei_in_green_light() -> None:
    facts: dict[str, Any] = {
        "area_um2": 1e4,
        "tissue": 0.5,
        "cells": 0.1,
        "nuclei": 0.25,
        "stain": (0.25, 0.47, 0.28),
        "chroma": 18.0,
        "one_colour": 0.02,
        "edge": 30.0,
    }
    marrow, section = (
        Signs(green=green, dark_discs=2, light_discs=0, light_share=0.0, **facts) for green in (0.54, 0.46)
    )
    assert looks_like([marrow]) == "marrow" and looks_like([section]) == "block"
    assert [g["code"] for g in guards([marrow] * 3, ("film",))] == ["looks-like-marrow"]
    assert [g["code"] for g in guards([section] * 3, ("film",))] == ["looks-like-block"]


def test_pictures_of_single_cells_say_nothing_of_the_specimen() -> None:
    facts: dict[str, Any] = {
        "tissue": 0.5,
        "cells": 0.1,
        "nuclei": 0.4,
        "green": 0.54,
        "stain": (0.25, 0.47, 0.28),
        "chroma": 18.0,
        "one_colour": 0.02,
        "edge": 30.0,
    }
    assert looks_like([Signs(area_um2=700.0, dark_discs=0, light_discs=0, light_share=0.0, **facts)]) == ""
