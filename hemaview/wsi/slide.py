"""Open a whole-slide file and read regions of it as RGB."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType

import numpy as np
import openslide
from numpy.typing import NDArray

from hemaview.wsi.colour import Colour, to_srgb
from hemaview.wsi.errors import OutOfBounds, Unreadable, Unsupported
from hemaview.wsi.physical import PLAUSIBLE_MPP
from hemaview.wsi.regions import on_white, read_bgra


@dataclass(frozen=True, slots=True)
class Level:
    """One stored resolution: size in its own pixels and its downsample against level 0."""

    width_px: int
    height_px: int
    downsample: float


@dataclass
class Slide:
    """A slide file opened for reading; safe to use from several threads.

    A handle of openslide is dead after its first error, so the error is kept and every later read raises it again.
    Where `apply_icc` holds a profile, everything read has been brought from it to sRGB.
    """

    path: Path
    _handle: openslide.OpenSlide
    levels: tuple[Level, ...]
    apply_icc: bytes = b""
    _dead: str = ""
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def width_px(self) -> int:
        return self.levels[0].width_px

    @property
    def height_px(self) -> int:
        return self.levels[0].height_px

    @property
    def vendor(self) -> str:
        return str(self._handle.properties.get(openslide.PROPERTY_NAME_VENDOR, ""))

    @property
    def mpp_xy(self) -> tuple[float, float] | None:
        """µm per level-0 pixel across and down as the file says; None where it says nothing credible."""
        try:
            x, y = (
                float(self._handle.properties[k])
                for k in (openslide.PROPERTY_NAME_MPP_X, openslide.PROPERTY_NAME_MPP_Y)
            )
        except (KeyError, ValueError):
            return None
        return (x, y) if all(PLAUSIBLE_MPP[0] <= v <= PLAUSIBLE_MPP[1] for v in (x, y)) else None

    @property
    def mpp(self) -> float | None:
        """Their mean, µm per level-0 pixel."""
        sides = self.mpp_xy
        return sum(sides) / 2 if sides else None

    @property
    def objective(self) -> float | None:
        try:
            return float(self._handle.properties[openslide.PROPERTY_NAME_OBJECTIVE_POWER])
        except (KeyError, ValueError):
            return None

    @property
    def associated(self) -> tuple[str, ...]:
        """Names of pictures beside the slide (label, macro, thumbnail); label and macro can show who the patient is."""
        return tuple(sorted(self._handle.associated_images.keys()))

    def associated_image(self, name: str) -> NDArray[np.uint8]:
        """The picture called `name`, uint8 (H, W, 3); raises OutOfBounds where there is none."""
        if name not in self.associated:
            raise OutOfBounds(f"This slide has no picture called {name!r}.")
        with self._lock:
            return _on_white(np.asarray(self._handle.associated_images[name]))

    @property
    def icc(self) -> bytes:
        """The ICC profile embedded in the file, b"" where there is none."""
        profile = self._handle.color_profile
        return b"" if profile is None else bytes(profile.tobytes())

    def native_tile_px(self, level: int) -> tuple[int, int] | None:
        """Width and height of the tiles that the file stores at `level`, as openslide tells them, or None."""
        try:
            return tuple(
                int(self._handle.properties[f"openslide.level[{level}].tile-{k}"]) for k in ("width", "height")
            )  # type: ignore[return-value]
        except (KeyError, ValueError):
            return None

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
        """The same as uint8 (height_px, width_px, 4), premultiplied BGRA as openslide gives it, no profile applied."""
        if not 0 <= level < len(self.levels) or width_px <= 0 or height_px <= 0:
            raise OutOfBounds(f"There is no level {level} of size {width_px} × {height_px} px in this slide.")
        if self._dead:
            raise Unreadable(self._dead)
        try:
            return read_bgra(self._handle, l0_x, l0_y, level, width_px, height_px)
        except openslide.OpenSlideError as error:
            self._dead = f"The picture data of this slide are damaged: {error}."
            raise Unreadable(self._dead) from error

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
        self._handle.close()

    def __enter__(self) -> Slide:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def open_slide(path: str | Path, colour: str = Colour.STORED, cache: openslide.OpenSlideCache | None = None) -> Slide:
    """Open a whole-slide file; raises Unsupported or Unreadable with one sentence.

    `colour`: what happens to an embedded profile (`applied`: all that is read has been brought to sRGB); `cache`: decoded
    tiles shared with other open slides.

    For files of unknown origin call `hemaview.wsi.sandbox.probe` first: some make openslide abort.
    """
    path = Path(path)
    try:
        handle = openslide.OpenSlide(path)
    except openslide.OpenSlideUnsupportedFormatError as error:
        raise Unsupported(
            f"{path.name} is not a slide format that HemaView reads (SVS, NDPI, MRXS, SCN, BIF, TIFF, DICOM)."
        ) from error
    except (openslide.OpenSlideError, OSError) as error:
        raise Unreadable(f"{path.name} cannot be opened: it is damaged or incomplete ({error}).") from error
    levels = tuple(
        Level(int(w), int(h), float(d))
        for (w, h), d in zip(handle.level_dimensions, handle.level_downsamples, strict=True)
    )
    if cache is not None:
        handle.set_cache(cache)
    slide = Slide(path=path, _handle=handle, levels=levels)
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
