"""Large slides to measure on: a drawn film, repeated until it has the size of a scan."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import pyvips

from hemaview.wsi.synthetic import Film, draw_film

FULL, QUICK = (40_000, 30_000), (6_144, 4_608)
QUALITY = 75


@dataclass(frozen=True)
class BenchSlide:
    """A generated slide: 256 px tiles coded YCbCr 4:2:0, or 240 px tiles coded RGB as Aperio does."""

    path: Path
    tile_px: int
    width: int
    height: int

    @property
    def columns(self) -> int:
        return -(-self.width // self.tile_px)

    @property
    def rows(self) -> int:
        return -(-self.height // self.tile_px)


@lru_cache(maxsize=1)
def film() -> Film:
    """The drawn film that the scan is made of."""
    return draw_film(2048, 1536, seed=11)


def make_slides(folder: Path, size: tuple[int, int], tiles_px: tuple[int, ...]) -> list[BenchSlide]:
    """One pyramid for each tile size; the picture is the same."""
    width, height = size
    image = pyvips.Image.new_from_array(film().rgb).copy(interpretation="srgb")
    # Mirrored copies, so that no edge shows where one ends.
    pair = image.join(image.fliphor(), "horizontal")
    block = pair.join(pair.flipver(), "vertical").copy_memory()
    whole = block.replicate(-(-width // block.width), -(-height // block.height)).crop(0, 0, width, height)
    slides = []
    for tile_px in tiles_px:
        path = folder / f"scan-{width}x{height}-{tile_px}.tif"
        if not path.exists():
            part = path.with_suffix(".part.tif")
            whole.tiffsave(
                str(part), tile=True, tile_width=tile_px, tile_height=tile_px, pyramid=True, compression="jpeg",
                Q=QUALITY, bigtiff=True, rgbjpeg=tile_px == 240, xres=4000, yres=4000, resunit="cm", keep="none",
            )  # fmt: skip
            part.rename(path)
        slides.append(BenchSlide(path, tile_px, width, height))
    return slides
