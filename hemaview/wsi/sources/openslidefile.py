"""What openslide reads: scanners' formats, generic tiled TIFF, whole-slide DICOM."""

from __future__ import annotations

import logging
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import openslide
from numpy.typing import NDArray
from PIL import ImageCms

from hemaview.blobs import Blob
from hemaview.words import gettext
from hemaview.wsi.buffers import read_bgra
from hemaview.wsi.colour import LEFT_OUT, profile_name
from hemaview.wsi.dicomseries import is_dicom
from hemaview.wsi.errors import Unreadable, Unsupported
from hemaview.wsi.jpeglevels import Refused, StoredLevel, stored_levels
from hemaview.wsi.sources.choice import NO_CHOICE, Choice
from hemaview.wsi.sources.names import LISTED
from hemaview.wsi.sources.source import Facts, Level, Source
from hemaview.wsi.stage import Stage, upright

logger = logging.getLogger(__name__)


def takes(blob: Blob, head: bytes) -> bool:
    """Whether openslide knows the file; it opens files by path alone."""
    return blob.path is not None and openslide.OpenSlide.detect_format(blob.path) is not None


class OpenSlideSource(Source):
    """A file opened by openslide. A handle is dead after its first error, so every later read raises it again."""

    def __init__(self, blob: Blob, choice: Choice = NO_CHOICE) -> None:
        path = blob.path
        if path is None or choice:
            raise Unsupported(
                gettext("{title} holds one slide that only a local file can be read from.").format(title=blob.title)
            )
        self._blob, self._handle = blob, _open(path)
        self._lock, self._dead = threading.Lock(), ""
        self.levels = tuple(
            Level(int(w), int(h), float(d))
            for (w, h), d in zip(self._handle.level_dimensions, self._handle.level_downsamples, strict=True)
        )

    def share(self, cache: openslide.OpenSlideCache) -> None:
        """Keep decoded tiles in a cache that other slides share."""
        self._handle.set_cache(cache)

    @property
    def facts(self) -> Facts:
        properties = self._handle.properties
        x, y = (_number(properties.get(k)) for k in (openslide.PROPERTY_NAME_MPP_X, openslide.PROPERTY_NAME_MPP_Y))
        sides = (x, y) if x and y else None
        return Facts(
            vendor=str(properties.get(openslide.PROPERTY_NAME_VENDOR, "")),
            mpp_xy=sides,
            mpp_from="the scanner's properties" if x and y else "",
            objective=_number(properties.get(openslide.PROPERTY_NAME_OBJECTIVE_POWER)),
            notes=self._of_colour(),
            stage=stage_of(properties, (self.levels[0].width_px, self.levels[0].height_px), sides),
        )

    @property
    def icc(self) -> bytes:
        return self._profile()[0]

    def _profile(self) -> tuple[bytes, bool]:
        """The embedded profile, and whether it is broken: then it is left out."""
        try:
            profile = self._handle.color_profile
        except (ImageCms.PyCMSError, OSError, ValueError):
            return b"", True
        return (b"" if profile is None else bytes(profile.tobytes())), False

    def _of_colour(self) -> tuple[str, ...]:
        icc, broken = self._profile()
        if broken or not icc:
            return (gettext(LEFT_OUT),) if broken else ()
        if name := profile_name(icc):
            return (gettext("Its colours are those of the profile {name} that it carries.").format(name=name),)
        return (gettext("Its colours are those of the profile without a name that it carries."),)

    @property
    def associated(self) -> tuple[str, ...]:
        return tuple(sorted(self._handle.associated_images.keys()))

    def associated_image(self, name: str) -> NDArray[np.uint8]:
        if name not in self.associated:
            return super().associated_image(name)
        with self._lock:
            return np.asarray(self._handle.associated_images[name])

    def tile_px(self, level: int) -> tuple[int, int] | None:
        properties = self._handle.properties
        w, h = (_number(properties.get(f"openslide.level[{level}].tile-{side}")) for side in ("width", "height"))
        return (int(w), int(h)) if w and h else None

    def read_bgra(self, l0_x: int, l0_y: int, level: int, width_px: int, height_px: int) -> NDArray[np.uint8]:
        if self._dead:
            raise Unreadable(self._dead)
        try:
            return read_bgra(self._handle, l0_x, l0_y, level, width_px, height_px)
        except openslide.OpenSlideError as error:
            logger.warning("openslide: %s", error)
            self._dead = gettext("The picture data of this slide are damaged: a part cannot be decoded.")
            raise Unreadable(self._dead) from error

    def stored_levels(self) -> list[StoredLevel | Refused]:
        return stored_levels(self._blob)

    def files(self) -> Sequence[Blob]:
        return [self._blob]

    def close(self) -> None:
        self._handle.close()


def stage_of(
    properties: Mapping[str, str], size_px: tuple[int, int], mpp_xy: tuple[float, float] | None
) -> Stage | None:
    """Of openslide's properties: Hamamatsu states where the scan's centre lies from the slide's, in nm.

    Aperio's Left and Top are left alone: it does not state which way their axes run.
    """
    offsets = [_number(properties.get(f"hamamatsu.{axis}OffsetFromSlideCentre")) for axis in "XY"]
    if offsets[0] is None or offsets[1] is None:
        return None
    centre_px, um = (size_px[0] / 2, size_px[1] / 2), (offsets[0] / 1000, offsets[1] / 1000)
    return upright(centre_px, um, mpp_xy, "Hamamatsu's offset from the slide's centre")


def _open(path: Path) -> openslide.OpenSlide:
    try:
        return openslide.OpenSlide(path)
    except openslide.OpenSlideUnsupportedFormatError as error:
        raise Unsupported(
            gettext("{name} is not a slide format that HemaView reads ({listed}).").format(
                name=path.name, listed=LISTED
            )
        ) from error
    except (openslide.OpenSlideError, OSError) as error:
        # What openslide does not read of these is no damage: another source reads it, and says what is wrong.
        kind = "CZI" if path.suffix.lower() == ".czi" else "DICOM file" if is_dicom(path) else ""
        if kind:
            raise Unsupported(
                gettext("{name} is a {kind} of a kind that openslide does not read ({error}).").format(
                    name=path.name, kind=kind, error=error
                )
            ) from error
        raise Unreadable(
            gettext("{name} cannot be opened: it is damaged or incomplete ({error}).").format(
                name=path.name, error=error
            )
        ) from error


def _number(text: str | None) -> float | None:
    try:
        return float(text) if text is not None else None
    except ValueError:
        return None
