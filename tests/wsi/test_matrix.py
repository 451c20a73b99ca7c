"""Every way to lay out one picture in a TIFF shows that picture: planes, bits, codings, tiles, byte order, orientation."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile

from hemaview.wsi.picture import read_pictures
from tests.wsi.test_orientation import AS_STORED, TAG
from tests.wsi.test_pictures import film

LAYOUTS = ("contig", "separate", "ome-planes", "pages")
BITS = (8, 10, 12, 14, 16)
CODINGS = (None, "lzw", "deflate", "zstd", "packbits", "jpeg2000")
ALL = itertools.product(LAYOUTS, BITS, CODINGS, (None, (64, 64)), "<>", (1, 6))
# tifffile hands big-endian samples to the JPEG 2000 encoder as they lie, so such a file holds another picture.
CASES = [c for c in ALL if not (c[2] == "jpeg2000" and c[4] == ">" and c[1] > 8)]
SOME = CASES[::29]


def check(case: tuple[Any, ...], folder: Path) -> None:
    layout, bits, coding, tile, order, orientation = case
    look = film()
    look[0, 0] = 255  # the brightest sample that the camera knows, so that the bits can be measured
    stored = np.ascontiguousarray(AS_STORED[orientation](look))
    samples = stored.astype(np.uint16) << (bits - 8) if bits > 8 else stored
    path = folder / ("a.ome.tif" if layout == "ome-planes" else "a.tif")
    how: dict[str, Any] = {"compression": coding, "extratags": [(TAG, "H", 1, orientation, True)]}
    how |= {"tile": tile} if tile else {}
    how |= {"compressionargs": {"level": 0}} if coding == "jpeg2000" else {}
    with tifffile.TiffWriter(path, byteorder=order, ome=layout == "ome-planes") as out:
        if layout == "contig":
            out.write(samples, photometric="rgb", metadata=None, **how)
        elif layout == "separate":
            out.write(np.moveaxis(samples, 2, 0), photometric="rgb", planarconfig="separate", metadata=None, **how)
        elif layout == "ome-planes":
            out.write(np.moveaxis(samples, 2, 0), photometric="minisblack", metadata={"axes": "CYX"}, **how)
        else:
            for _ in range(2):
                out.write(samples, photometric="rgb", metadata=None, **how)
    pictures = read_pictures(path, path.name, "tiff")
    assert len(pictures) == (2 if layout == "pages" else 1)
    for picture in pictures:
        assert np.array_equal(picture.image.numpy(), look), case


@pytest.mark.parametrize("case", SOME, ids=str)
def test_some_layouts_of_a_picture_show_it(case: tuple[Any, ...], tmp_path: Path) -> None:
    check(case, tmp_path)


@pytest.mark.prove
@pytest.mark.parametrize("case", CASES, ids=str)
def test_every_layout_of_a_picture_shows_it(case: tuple[Any, ...], tmp_path: Path) -> None:
    check(case, tmp_path)
