"""Files that are no slides, or are broken: refused with one sentence, in a child process, in bounded time."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from hemaview.wsi.contents import check_name
from hemaview.wsi.errors import SlideError
from hemaview.wsi.sandbox import probe
from hemaview.wsi.slide import open_slide
from tests.factories import film_file


def tiff(entries: list[tuple[int, int, int, int]], following: int = 0) -> bytes:
    """A little-endian TIFF of one directory at byte 8."""
    body = struct.pack("<H", len(entries))
    for tag, kind, count, value in entries:
        body += struct.pack("<HHII", tag, kind, count, value)
    return b"II*\0" + struct.pack("<I", 8) + body + struct.pack("<I", following)


BASE = [(256, 4, 1, 512), (257, 4, 1, 512), (258, 3, 1, 8), (259, 3, 1, 7), (322, 4, 1, 256), (323, 4, 1, 256)]
BROKEN: dict[str, bytes] = {
    "empty.svs": b"",
    "text.svs": b"patient list, not a slide\n" * 10,
    "picture.svs": b"\xff\xd8\xff\xe0\x00\x10JFIF" + b"\0" * 200,
    "zip.tif": b"PK\x03\x04" + b"\0" * 200,
    "loop.tif": tiff(BASE, following=8),
    "past-end.tif": b"II*\0" + struct.pack("<I", 10**6) + b"\0" * 20,
    "huge.tif": tiff([(256, 4, 1, 2**31 - 1), (257, 4, 1, 2**31 - 1), *BASE[2:]]),
    "no-tile.tif": tiff([*BASE[:4], (322, 4, 1, 0), (323, 4, 1, 0)]),
    "many-tiles.tif": tiff([*BASE, (324, 4, 2**31, 8), (325, 4, 2**31, 8)]),
    "data-past-end.tif": tiff([*BASE, (324, 4, 1, 10**7), (325, 4, 1, 5000)]),
}


@pytest.mark.parametrize("name", sorted(BROKEN))
def test_a_broken_file_is_refused_with_one_sentence(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_bytes(BROKEN[name])
    with pytest.raises(SlideError) as refused:
        probe(path)
    message = refused.value.message
    assert message.endswith(".") and len(message) < 250 and "Traceback" not in message
    assert refused.value.code


def test_a_slide_cut_short_is_refused(tmp_path: Path) -> None:
    whole = film_file(tmp_path / "whole.tif").read_bytes()
    cut = tmp_path / "cut.tif"
    cut.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(SlideError):
        probe(cut)


def test_a_good_slide_tells_its_facts(tmp_path: Path) -> None:
    facts = probe(film_file(tmp_path / "film.tif"))
    assert (facts.width, facts.height) == (1024, 768)
    assert facts.mpp == pytest.approx(0.25, rel=1e-3)


@pytest.mark.parametrize("name", ["../x.tif", "a/b.tif", "c:\\x.tif", "", "..", "x\n.tif", "x\x00.tif"])
def test_names_are_never_paths(name: str) -> None:
    with pytest.raises(SlideError):
        check_name(name)


def test_a_region_outside_the_slide_is_white_and_a_bad_level_is_refused(tmp_path: Path) -> None:
    with open_slide(film_file(tmp_path / "film.tif")) as slide:
        assert slide.read(-64, -64, 0, 32, 32).min() == 255
        with pytest.raises(SlideError):
            slide.read(0, 0, 99, 10, 10)


def test_a_grey_sixteen_bit_picture_with_alpha_still_becomes_a_field(tmp_path: Path) -> None:
    from hemaview.wsi.fields import write_fields

    Image.fromarray((np.arange(4800).reshape(60, 80) * 13).astype(np.uint16)).save(tmp_path / "a.png")
    Image.fromarray(np.full((50, 70, 4), 128, np.uint8)).save(tmp_path / "b.png")
    sheet = write_fields([tmp_path / "a.png", tmp_path / "b.png"], tmp_path / "out.tif", None)
    assert len(sheet["fields"]) == 2
    with open_slide(tmp_path / "out.tif") as slide:
        assert slide.read(0, 0, 0, 10, 10).shape == (10, 10, 3)
