"""Open a whole-slide file and read regions of it as RGB."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

import numpy as np
import openslide
from numpy.typing import NDArray

from hemaview.blobs import blob_of
from hemaview.words import gettext
from hemaview.wsi.buffers import on_white
from hemaview.wsi.colour import Colour, to_srgb
from hemaview.wsi.errors import OutOfBounds
from hemaview.wsi.iccwords import without_words
from hemaview.wsi.physical import PLAUSIBLE_MPP
from hemaview.wsi.sources.choice import NO_CHOICE, Choice
from hemaview.wsi.sources.openslidefile import OpenSlideSource
from hemaview.wsi.sources.registry import open_source
from hemaview.wsi.sources.source import Level, Source

__all__ = ["Level", "Slide", "open_slide"]


@dataclass
class Slide:
    """A slide opened for reading; safe to use from several threads.

    `source` reads it; here its pixels are put on white and, where `apply_icc` holds a profile, brought from it to sRGB.
    """

    source: Source
    apply_icc: bytes = b""

    @property
    def levels(self) -> tuple[Level, ...]:
        return self.source.levels

    @property
    def width_px(self) -> int:
        return self.levels[0].width_px

    @property
    def height_px(self) -> int:
        return self.levels[0].height_px

    @property
    def vendor(self) -> str:
        return self.source.facts.vendor

    @property
    def mpp_xy(self) -> tuple[float, float] | None:
        """µm per level-0 pixel across and down as the file says; None where it says nothing credible."""
        sides = self.source.facts.mpp_xy
        return sides if sides and all(PLAUSIBLE_MPP[0] <= v <= PLAUSIBLE_MPP[1] for v in sides) else None

    @property
    def mpp(self) -> float | None:
        """Their mean, µm per level-0 pixel."""
        sides = self.mpp_xy
        return sum(sides) / 2 if sides else None

    @property
    def objective(self) -> float | None:
        return self.source.facts.objective

    @property
    def associated(self) -> tuple[str, ...]:
        """Names of pictures beside the slide (label, macro, thumbnail); label and macro can show who the patient is."""
        return self.source.associated

    def associated_image(self, name: str) -> NDArray[np.uint8]:
        """The picture called `name`, uint8 (H, W, 3); raises OutOfBounds where there is none."""
        return _on_white(self.source.associated_image(name))

    @property
    def icc(self) -> bytes:
        """The ICC profile embedded in the file, without its words, for it goes out with tiles; b"" where there is none."""
        return without_words(self.source.icc)

    def level_for(self, downsample: float) -> int:
        """The coarsest stored level that is at least as fine as `downsample`."""
        best = 0
        for i, level in enumerate(self.levels):
            if level.downsample <= downsample * 1.01:
                best = i
        return best

    def read(self, l0_x: int, l0_y: int, level: int, width_px: int, height_px: int) -> NDArray[np.uint8]:
        """A region as uint8 (height_px, width_px, 3), its corner in level-0 px, its size in px of `level`.

        Outside the slide it is white. Raises OutOfBounds for a level or size that cannot be, Unreadable where the
        file's data are damaged.
        """
        bgrx = on_white(self.read_premultiplied(l0_x, l0_y, level, width_px, height_px))
        rgb = np.ascontiguousarray(bgrx[..., 2::-1])
        return to_srgb(rgb, self.apply_icc) if self.apply_icc else rgb

    def read_premultiplied(self, l0_x: int, l0_y: int, level: int, width_px: int, height_px: int) -> NDArray[np.uint8]:
        """The same as uint8 (height_px, width_px, 4), premultiplied BGRA, no profile applied."""
        if not 0 <= level < len(self.levels) or width_px <= 0 or height_px <= 0:
            raise OutOfBounds(
                gettext("There is no level {level} of size {width_px} × {height_px} px in this slide.").format(
                    level=level, width_px=width_px, height_px=height_px
                )
            )
        return self.source.read_bgra(l0_x, l0_y, level, width_px, height_px)

    def read_scaled(
        self, l0_x: float, l0_y: float, l0_w: float, l0_h: float, out_w: int, out_h: int
    ) -> NDArray[np.uint8]:
        """The level-0 rectangle as uint8 (out_h, out_w, 3), read at the nearest finer level and area-averaged down."""
        from PIL import Image

        downsample = max(l0_w / out_w, l0_h / out_h)
        level = self.level_for(max(downsample, 1.0))
        scale = self.levels[level].downsample
        w, h = max(1, round(l0_w / scale)), max(1, round(l0_h / scale))
        rgb = self.read(round(l0_x), round(l0_y), level, w, h)
        if (w, h) == (out_w, out_h):
            return rgb
        shrink = w > out_w or h > out_h
        resample = Image.Resampling.BOX if shrink and downsample / scale > 2 else Image.Resampling.BILINEAR
        return np.asarray(Image.fromarray(rgb).resize((out_w, out_h), resample))

    def thumbnail(self, side_px: int = 320) -> NDArray[np.uint8]:
        """The whole slide fitted into side_px × side_px, uint8 (H, W, 3)."""
        scale = side_px / max(self.width_px, self.height_px)
        out_w, out_h = max(1, round(self.width_px * scale)), max(1, round(self.height_px * scale))
        return self.read_scaled(0, 0, self.width_px, self.height_px, out_w, out_h)

    def close(self) -> None:
        self.source.close()

    def __enter__(self) -> Slide:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def open_slide(
    path: str | Path,
    colour: str = Colour.STORED,
    cache: openslide.OpenSlideCache | None = None,
    choice: Choice = NO_CHOICE,
    in_place: bool = True,
) -> Slide:
    """Open a slide's file; raises Unsupported or Unreadable with one sentence.

    `colour`: what happens to an embedded profile (`applied`: all that is read has been brought to sRGB); `cache`: decoded
    tiles shared with other open slides; `choice`: which series and focal plane, of a file that holds several;
    `in_place=False`: not by openslide (`sources.registry.open_source`).

    For files of unknown origin call `hemaview.wsi.sandbox.probe` first: some make openslide abort.
    """
    source = open_source(blob_of(Path(path)), choice, in_place)
    if cache is not None and isinstance(source, OpenSlideSource):
        source.share(cache)
    slide = Slide(source)
    if colour == Colour.APPLIED:
        slide.apply_icc = slide.icc
    return slide


def _on_white(rgba: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """RGBA (not premultiplied) or RGB or grey to RGB, transparent pixels on white."""
    if rgba.ndim == 2:
        return np.repeat(rgba[..., None], 3, axis=2)
    if rgba.shape[2] == 3:
        return rgba
    alpha = rgba[..., 3]
    if alpha.min() == 255:
        return np.ascontiguousarray(rgba[..., :3])
    weight = alpha[..., None].astype(np.uint16)
    mixed = (rgba[..., :3].astype(np.uint16) * weight + 255 * (255 - weight) + 127) // 255
    return mixed.astype(np.uint8)
