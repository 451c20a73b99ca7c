"""Tiles sent as stored show exactly what a full decode shows; a level that does not is not sent as stored."""

from __future__ import annotations

import io
import itertools
import os
from pathlib import Path

import imagecodecs
import numpy as np
import pytest
import tifffile
from PIL import Image

from hemaview.blobs import blob_of
from hemaview.wsi import open_slide
from hemaview.wsi.iccwords import without_words
from hemaview.wsi.jpeglevels import StoredLevel, stored_levels
from hemaview.wsi.jpegstream import header, prefix
from hemaview.wsi.tileindex import TileIndex, prefix_of, read_index
from hemaview.wsi.tileplan import plan_tiles
from tests.tiffs import Dialect, halves, picture, write_tiff

MATRIX = [
    Dialect(rgb, quality, sub, tile, big, order, in_file)
    for (rgb, sub), (quality, tile), (big, order), in_file in itertools.product(
        [(False, "420"), (False, "422"), (False, "444"), (True, "444"), (True, "420")],
        [(60, 256), (92, 240)],
        [(False, "<"), (True, "<"), (True, ">")],  # openslide 4.0.1 takes no classic TIFF of the other order
        [True, False],
    )
]


def served(index: TileIndex, number: int, column: int, row: int) -> bytes:
    """The very bytes that a browser is sent for a stored tile."""
    level, (offsets, counts) = index.levels[number], index.tables[number]
    place = level.place(column, row)
    fd = os.open(index.files[level.file].path, os.O_RDONLY)
    try:
        return prefix_of(level) + os.pread(fd, counts[place], offsets[place])[2:]
    finally:
        os.close(fd)


def planned(path: Path, tmp_path: Path, colour: str = "") -> TileIndex:
    plan_tiles(path, None, tmp_path / "i.hvt", colour)
    return read_index(tmp_path / "i.hvt")


@pytest.mark.parametrize("how", MATRIX, ids=lambda d: f"{'rgb' if d.rgb else 'ycc'}{d.subsampling}-q{d.quality}-{d.tile}"
                         f"{'-big' if d.big else ''}{d.order}{'-tables' if d.tables_in_file else ''}")  # fmt: skip
def test_every_dialect_is_sent_as_stored_and_equals_a_full_decode(how: Dialect, tmp_path: Path) -> None:
    path = tmp_path / "s.tif"
    write_tiff(path, halves(picture(509, 387), 1), how)
    index = planned(path, tmp_path)
    assert [level.stored for level in index.levels] == [True, True], index.levels
    with open_slide(path) as slide, tifffile.TiffFile(path) as tiff:
        for number, level in enumerate(index.levels):
            whole = tiff.pages[number].asarray()
            for row in range(level.rows):
                for column in range(level.columns):
                    raw = served(index, number, column, row)
                    x, y = column * level.tile_width, row * level.tile_height
                    w, h = min(level.tile_width, level.width - x), min(level.tile_height, level.height - y)
                    ours = imagecodecs.jpeg8_decode(raw)[:h, :w]
                    assert np.array_equal(ours, whole[y : y + h, x : x + w])
                    pixels = np.asarray(Image.open(io.BytesIO(raw)).convert("RGB"))[:h, :w]
                    theirs = slide.read(round(x * 2**number), round(y * 2**number), number, w, h)
                    if number == 0 or (column, row) == (0, 0):
                        assert np.abs(pixels.astype(int) - theirs).max() <= 2


def test_rgb_without_its_marker_would_show_wrong_colours(tmp_path: Path) -> None:
    path = tmp_path / "s.tif"
    write_tiff(path, [picture(256, 256)], Dialect(rgb=True, subsampling="444"))
    raw = served(planned(path, tmp_path), 0, 0, 0)
    assert b"Adobe" in raw[:40]
    without = raw[:2] + raw[18:]
    right, wrong = (np.asarray(Image.open(io.BytesIO(r)).convert("RGB")).astype(int) for r in (raw, without))
    assert np.abs(right - wrong).max() > 60


def test_missing_tiles_are_blank_and_need_no_decoder(tmp_path: Path) -> None:
    path = tmp_path / "s.tif"
    write_tiff(path, [picture(700, 700)], Dialect(sparse=(1, 4)))
    index = planned(path, tmp_path)
    assert index.levels[0].stored and index.levels[0].sparse_is_blank
    assert [i for i, n in enumerate(index.tables[0][1]) if n == 0] == [1, 4]


def test_a_level_whose_pixels_differ_from_openslides_is_decoded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "s.tif"
    write_tiff(path, halves(picture(512, 512), 1), Dialect())
    true = StoredLevel.tile

    def shifted(self: StoredLevel, column: int, row: int) -> bytes:
        return true(self, column, row) if self.width_px < 512 else true(self, 1 - column, row)

    monkeypatch.setattr(StoredLevel, "tile", shifted)
    index = planned(path, tmp_path)
    assert [level.stored for level in index.levels] == [False, True]
    assert "openslide" in index.levels[0].why


def test_what_a_browser_cannot_show_is_refused_with_its_reason(tmp_path: Path) -> None:
    path = tmp_path / "s.tif"
    tifffile.imwrite(path, picture(512, 512), tile=(256, 256), compression="deflate", photometric="rgb")
    assert [level.why for level in planned(path, tmp_path).levels] == ["Its compression is deflate, not JPEG."]
    tifffile.imwrite(path, picture(512, 512)[..., 0], tile=(256, 256), compression="jpeg")
    assert not planned(path, tmp_path).levels[0].stored


def test_hostile_tables_are_refused_before_any_pixel_is_read(tmp_path: Path) -> None:
    path = tmp_path / "s.tif"
    write_tiff(path, [picture(256, 256)], Dialect())
    raw = bytearray(path.read_bytes())
    at = raw.index(b"\xff\xd8\xff")
    raw[at : at + 8] = b"<script>"
    path.write_bytes(raw)
    levels = stored_levels(blob_of(path))
    assert [getattr(level, "why", "") for level in levels] == ["A tile of this slide is not a JPEG."]


def test_a_profile_goes_along_with_every_tile_when_it_is_carried(tmp_path: Path) -> None:
    from PIL import ImageCms

    icc = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    path = tmp_path / "s.tif"
    data = picture(512, 512)
    tifffile.imwrite(
        path, data, tile=(256, 256), compression="jpeg", photometric="ycbcr", subsampling=(2, 2), iccprofile=icc,
        metadata=None,
    )  # fmt: skip
    carried = planned(path, tmp_path)
    assert carried.colour == "carried" and carried.levels[0].stored
    image = Image.open(io.BytesIO(served(carried, 0, 1, 1)))
    assert image.info["icc_profile"] == without_words(icc)
    left_out = planned(path, tmp_path, "stored")
    assert "icc_profile" not in Image.open(io.BytesIO(served(left_out, 0, 1, 1))).info
    assert [level.stored for level in planned(path, tmp_path, "applied").levels] == [False]
    assert len({carried.stamp, left_out.stamp}) == 2


def test_headers_are_read_as_they_stand() -> None:
    raw = bytes(imagecodecs.jpeg8_encode(picture(64, 48), subsampling="422"))
    head = header(raw)
    assert (head.width_px, head.height_px, head.baseline, head.sampling[0], head.tables) == (
        64,
        48,
        True,
        (2, 1),
        True,
    )
    assert prefix(b"", raw, rgb=False) == b"\xff\xd8"


@pytest.mark.parametrize("raw", [b"", b"\xff\xd8", b"\xff\xd8\xff\xc0\x00", b"<script>", b"\xff\xd8\xff\xd9" * 9])
def test_what_is_no_jpeg_is_no_jpeg(raw: bytes) -> None:
    from hemaview.wsi.errors import Unreadable

    with pytest.raises(Unreadable):
        header(raw)
