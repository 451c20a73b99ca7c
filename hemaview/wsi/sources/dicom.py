"""Whole-slide DICOM read frame by frame: any focal plane, bytes from anywhere (PS3.3 A.32.8, C.7.6.17.3)."""

from __future__ import annotations

from array import array
from collections.abc import Sequence

import imagecodecs
import numpy as np
import simplejpeg
from numpy.typing import NDArray

from hemaview.blobs import Blob
from hemaview.words import gettext
from hemaview.wsi import jpegstream
from hemaview.wsi.errors import SlideError, Unreadable, Unsupported
from hemaview.wsi.focus import sharpest
from hemaview.wsi.jpeglevels import Refused, StoredLevel, stored_levels
from hemaview.wsi.sources import dicomframes
from hemaview.wsi.sources.choice import NO_CHOICE, Choice, plane_note, refuse_missing
from hemaview.wsi.sources.dicomframes import DicomImage
from hemaview.wsi.sources.source import Facts, Level, Source
from hemaview.wsi.sources.tiles import Tile, TileCache, region, spread

_NATIVE = {dicomframes.IMPLICIT, "1.2.840.10008.1.2.1"}
_JPEG_2000 = {"1.2.840.10008.1.2.4.90", "1.2.840.10008.1.2.4.91"}
_JPEG_LS = {"1.2.840.10008.1.2.4.80", "1.2.840.10008.1.2.4.81"}
_RLE = "1.2.840.10008.1.2.5"
_DECODED = {dicomframes.JPEG_BASELINE, _RLE, *_NATIVE, *_JPEG_2000, *_JPEG_LS}


class DicomSource(Source):
    """The series that a file belongs to; the files beside it are looked at for its other levels."""

    def __init__(self, blob: Blob, choice: Choice = NO_CHOICE) -> None:
        images = dicomframes.images_of(blob)
        if not images:
            raise Unsupported(
                gettext("{title} is not part of a DICOM series of a whole slide.").format(title=blob.title)
            )
        self._plane = _plane(images[0], choice, blob.title)
        self._levels = [_Frames(image, blob.title) for image in images if image.focal_planes == images[0].focal_planes]
        full = images[0].width_px
        self.levels = tuple(Level(v.image.width_px, v.image.height_px, full / v.image.width_px) for v in self._levels)
        self._blob, self._cache = blob, TileCache()
        self._plane_chosen = self._plane >= 0
        if not self._plane_chosen:
            frames, planes = self._levels[0], images[0].focal_planes
            places = spread(frames.columns, frames.rows)
            self._plane = sharpest(planes, lambda z: np.hstack([frames.tile(c, r, z) for c, r in places]))

    @property
    def facts(self) -> Facts:
        image = self._levels[0].image
        notes: tuple[str, ...] = ()
        if image.focal_planes > 1:
            notes = (plane_note(self._plane + 1, image.focal_planes, self._plane_chosen),)
        return Facts(
            "dicom", image.mpp_xy, image.mpp_from, image.objective, notes, image.focal_planes,
            plane=self._plane + 1, plane_step_um=image.plane_step_um, stage=image.stage,
        )  # fmt: skip

    @property
    def icc(self) -> bytes:
        return self._levels[0].image.icc

    def tile_px(self, level: int) -> tuple[int, int]:
        image = self._levels[level].image
        return image.tile_width_px, image.tile_height_px

    def read_bgra(self, l0_x: int, l0_y: int, level: int, width_px: int, height_px: int) -> NDArray[np.uint8]:
        frames = self._levels[level]

        def tile(column: int, row: int) -> Tile | None:
            return self._cache.tile((level, column, row), lambda: frames.tile(column, row, self._plane))

        return region(self.levels[level], self.tile_px(level), (l0_x, l0_y), (width_px, height_px), tile)

    def stored_levels(self) -> list[StoredLevel | Refused]:
        return stored_levels(self._blob) if self._levels[0].image.focal_planes == 1 else []

    def files(self) -> Sequence[Blob]:
        return [frames.image.blob for frames in self._levels]

    def close(self) -> None:
        """Nothing is held open."""


def _plane(image: DicomImage, choice: Choice, name: str) -> int:
    """The index of the chosen focal plane; -1 where none was chosen."""
    number = choice.plane_number
    if number is None:
        return 0 if image.focal_planes == 1 else -1
    refuse_missing(choice, name, planes=image.focal_planes, series=choice.series or 1)
    return number - 1


class _Frames:
    """One level: where its frames lie, and one of them decoded."""

    def __init__(self, image: DicomImage, name: str) -> None:
        self.image = image
        if image.samples != 3 or image.bits != 8:
            raise Unsupported(
                gettext(
                    "{name} is not an 8-bit colour picture, as bright-field pictures of a stained film are."
                ).format(name=name)
            )
        if image.optical_paths > 1:
            raise Unsupported(
                gettext("{name} holds {optical_paths} optical paths; export the one that is to be counted.").format(
                    name=name, optical_paths=image.optical_paths
                )
            )
        if image.sparse:
            raise Unsupported(
                gettext(
                    "{name} keeps its frames in no fixed order, which is read only where openslide decodes them."
                ).format(name=name)
            )
        if image.syntax not in _DECODED:
            raise Unsupported(
                gettext("{name} is stored in a coding that HemaView cannot decode ({syntax}).").format(
                    name=name, syntax=image.syntax
                )
            )
        if image.syntax in (_RLE, *_NATIVE) and image.photometric != "RGB":
            raise Unsupported(
                gettext("{name} holds {photometric} samples, not RGB; export it as JPEG or RGB.").format(
                    name=name, photometric=image.photometric
                )
            )
        if image.syntax in (*_JPEG_2000, *_JPEG_LS) and image.photometric not in ("RGB", "YBR_ICT", "YBR_RCT"):
            raise Unsupported(
                gettext("{name} holds {photometric} samples, not RGB; export it as JPEG or RGB.").format(
                    name=name, photometric=image.photometric
                )
            )
        self.columns = -(-image.width_px // image.tile_width_px)
        self.rows = -(-image.height_px // image.tile_height_px)
        if image.frames != self.columns * self.rows * image.focal_planes:
            raise Unreadable(gettext("{name} does not hold as many frames as its size needs.").format(name=name))
        compressed = image.syntax not in _NATIVE
        self.offsets, self.counts = self._ranges(compressed)

    def _ranges(self, compressed: bool) -> tuple[array[int], array[int]]:
        return dicomframes.encapsulated(self.image, self.image.frames) if compressed else dicomframes.native(self.image)

    def tile(self, column: int, row: int, plane: int) -> Tile:
        """uint8 (h, w, 3); frames are listed plane by plane, in each row by row (C.7.6.17.3)."""
        i = (plane * self.rows + row) * self.columns + column
        raw = self.image.blob.read(self.offsets[i], self.counts[i])
        shape = (self.image.tile_height_px, self.image.tile_width_px, 3)
        try:
            rgb = self._decoded(raw, shape)
        except (SlideError, ValueError, RuntimeError) as error:
            raise Unreadable(
                gettext("The picture data of this slide are damaged: a frame cannot be decoded.")
            ) from error
        if rgb.shape != shape or rgb.dtype != np.uint8:
            raise Unreadable(
                gettext("The picture data of this slide are damaged: a frame is not of the size that the file says.")
            )
        return rgb

    def _decoded(self, raw: bytes, shape: tuple[int, int, int]) -> Tile:
        syntax = self.image.syntax
        if syntax == dicomframes.JPEG_BASELINE:
            whole = jpegstream.prefix(b"", raw, self.image.rgb) + raw[2:]
            return np.asarray(simplejpeg.decode_jpeg(whole, "RGB", fastdct=False, fastupsample=False))
        if syntax in _JPEG_2000:
            return np.asarray(imagecodecs.jpeg2k_decode(raw))
        if syntax in _JPEG_LS:
            return np.asarray(imagecodecs.jpegls_decode(raw))
        if syntax == _RLE:  # its segments are planes, whatever else is said (PS3.5, G.2)
            planes = np.frombuffer(imagecodecs.dicomrle_decode(raw, np.uint8), np.uint8)
            return np.moveaxis(planes.reshape(3, *shape[:2]), 0, 2)
        array_ = np.frombuffer(raw, np.uint8)
        return np.moveaxis(array_.reshape(3, *shape[:2]), 0, 2) if self.image.planar else array_.reshape(shape)
