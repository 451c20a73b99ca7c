"""Where the frames of a DICOM whole-slide image lie, and its scale (PS3.3 A.32.8, PS3.5 A.4)."""

from __future__ import annotations

from array import array
from dataclasses import dataclass
from itertools import islice
from types import ModuleType
from typing import Any

from hemaview.blobs import Blob
from hemaview.words import gettext
from hemaview.wsi.errors import Unreadable
from hemaview.wsi.stage import Stage, of_axes

JPEG_BASELINE = "1.2.840.10008.1.2.4.50"
IMPLICIT = "1.2.840.10008.1.2"
MAX_FILES = 256
_ITEM, _END = b"\xfe\xff\x00\xe0", b"\xfe\xff\xdd\xe0"
_TAGS = [
    "SeriesInstanceUID", "ImageType", "TotalPixelMatrixColumns", "TotalPixelMatrixRows", "Rows", "Columns",
    "NumberOfFrames", "PhotometricInterpretation", "DimensionOrganizationType", "SamplesPerPixel", "BitsAllocated",
    "TotalPixelMatrixFocalPlanes", "NumberOfOpticalPaths", "SharedFunctionalGroupsSequence", "PixelSpacing",
    "ImagerPixelSpacing", "ImagedVolumeWidth", "ImagedVolumeHeight", "OpticalPathSequence", "PlanarConfiguration",
    "TotalPixelMatrixOriginSequence", "ImageOrientationSlide",
]  # fmt: skip


@dataclass(frozen=True)
class DicomImage:
    """One instance of the series that holds a level."""

    blob: Blob
    width_px: int
    height_px: int
    tile_width_px: int
    tile_height_px: int
    frames: int
    rgb: bool
    syntax: str
    sparse: bool
    pixel_data_at: int
    photometric: str = ""
    samples: int = 3
    bits: int = 8
    focal_planes: int = 1
    optical_paths: int = 1
    planar: bool = False
    mpp_xy: tuple[float, float] | None = None
    mpp_from: str = ""
    objective: float | None = None
    icc: bytes = b""
    stage: Stage | None = None
    plane_step_um: float | None = None
    """From one focal plane to the next, where it says."""


def quiet_pydicom() -> ModuleType:
    """pydicom, told not to write into the log what it thinks of values: they can say who the patient is."""
    import pydicom

    pydicom.config.settings.reading_validation_mode = pydicom.config.IGNORE
    return pydicom


def images_of(blob: Blob) -> list[DicomImage]:
    """The volume images of the series that `blob` belongs to, largest first; files beside it are looked at."""
    own = _read(blob)
    if own is None:
        return []
    series = own[0]
    images = {(own[1].width_px, own[1].height_px): own[1]} if own[1] else {}
    for other in islice(blob.beside(), MAX_FILES):
        header = _read(other)
        if header and header[0] == series and header[1]:
            images.setdefault((header[1].width_px, header[1].height_px), header[1])
    return sorted(images.values(), key=lambda i: -i.width_px * i.height_px)


def frames(image: DicomImage, expected: int) -> tuple[array[int], array[int]]:
    """Offset and byte count of each frame, row by row; raises Unreadable unless each is one JPEG in one fragment."""
    if image.syntax != JPEG_BASELINE:
        raise Unreadable(gettext("Its frames are not baseline JPEG."))
    if image.sparse or image.frames != expected:
        raise Unreadable(gettext("Its frames do not cover the grid one by one."))
    return encapsulated(image, expected)


def native(image: DicomImage) -> tuple[array[int], array[int]]:
    """The same of frames that are not compressed; raises Unreadable where they do not fit the file."""
    count = image.tile_width_px * image.tile_height_px * image.samples * image.bits // 8
    with image.blob.open() as stream:
        stream.seek(image.pixel_data_at)
        head = stream.read(12)
    sound = count > 0 and image.frames >= 0 and head[:4] == b"\xe0\x7f\x10\x00"
    first = image.pixel_data_at + (8 if image.syntax == IMPLICIT else 12)  # PS3.5, 7.1.2 and 7.1.3
    if not sound or first + count * image.frames > image.blob.size():
        raise Unreadable(gettext("Its pixel data are cut short."))
    return array("Q", range(first, first + count * image.frames, count)), array("I", [count] * image.frames)


def encapsulated(image: DicomImage, expected: int) -> tuple[array[int], array[int]]:
    """Offset and byte count of each compressed frame in the file's order; raises Unreadable unless each is one fragment."""
    offsets, counts = array("Q"), array("I")
    with image.blob.open() as stream:
        stream.seek(image.pixel_data_at)
        if stream.read(4) != b"\xe0\x7f\x10\x00":
            raise Unreadable(gettext("Its pixel data are not where they should be."))
        stream.seek(8, 1)
        first = True
        while len(offsets) <= expected:
            head = stream.read(8)
            if len(head) < 8 or head[:4] != _ITEM:
                if head[:4] != _END:
                    raise Unreadable(gettext("Its pixel data are cut short."))
                break
            count = int.from_bytes(head[4:], "little")
            if not first:
                offsets.append(stream.tell())
                counts.append(count)
            first = False
            stream.seek(count, 1)
    if len(offsets) != expected:
        raise Unreadable(gettext("Its frames are stored in several pieces."))
    return offsets, counts


def _read(blob: Blob) -> tuple[str, DicomImage | None] | None:
    """Series and image of a file (None where it holds no level); None where the file is no DICOM at all."""
    pydicom = quiet_pydicom()
    try:
        with blob.open() as stream:
            if stream.read(132)[128:] != b"DICM":
                return None
            stream.seek(0)
            data: Any = pydicom.dcmread(stream, stop_before_pixels=True, specific_tags=_TAGS)
            at = stream.tell()
        series = str(data.get("SeriesInstanceUID", ""))
        kind = [str(v).upper() for v in data.get("ImageType", [])]
        if "VOLUME" not in kind or "TotalPixelMatrixColumns" not in data:
            return series, None
        return series, DicomImage(
            blob=blob,
            width_px=int(data.TotalPixelMatrixColumns),
            height_px=int(data.TotalPixelMatrixRows),
            tile_width_px=int(data.Columns),
            tile_height_px=int(data.Rows),
            frames=int(data.get("NumberOfFrames", 1)),
            rgb=str(data.get("PhotometricInterpretation", "")) == "RGB",
            syntax=str(data.file_meta.TransferSyntaxUID),
            sparse=str(data.get("DimensionOrganizationType", "")) == "TILED_SPARSE",
            pixel_data_at=at,
            photometric=str(data.get("PhotometricInterpretation", "")),
            samples=int(data.get("SamplesPerPixel", 3)),
            bits=int(data.get("BitsAllocated", 8)),
            focal_planes=int(data.get("TotalPixelMatrixFocalPlanes", 1) or 1),
            optical_paths=int(data.get("NumberOfOpticalPaths", 1) or 1),
            planar=bool(data.get("PlanarConfiguration", 0)),
            **(scale := _scale(data)),
            **_optics(data),
            stage=_stage(data, scale.get("mpp_xy")),
            plane_step_um=_plane_step_um(data),
        )
    except Exception:  # pydicom raises what it likes over bytes that are no sound DICOM (tests/wsi/test_fuzz.py)
        return None


def _scale(data: Any) -> dict[str, Any]:
    """µm/px across and down, from the most exact attribute that gives it (PS3.3 C.7.6.16.2.1, C.8.12.4, 10.7.1)."""
    groups = data.get("SharedFunctionalGroupsSequence") or []
    measures = [m for g in groups for m in g.get("PixelMeasuresSequence") or []]
    width, height = data.get("ImagedVolumeWidth"), data.get("ImagedVolumeHeight")
    volume = None
    if width and height and data.TotalPixelMatrixColumns and data.TotalPixelMatrixRows:
        volume = (float(height) / int(data.TotalPixelMatrixRows), float(width) / int(data.TotalPixelMatrixColumns))
    candidates = [
        (measures[0].get("PixelSpacing") if measures else None, "its pixel measures"),
        (data.get("PixelSpacing"), "its pixel spacing"),
        (volume, "the size of its volume"),
        (data.get("ImagerPixelSpacing"), "its imager's pixel spacing"),
    ]
    for spacing_mm, source in candidates:  # down before across
        if spacing_mm and len(spacing_mm) == 2 and all(float(v) > 0 for v in spacing_mm):
            return {"mpp_xy": (float(spacing_mm[1]) * 1000, float(spacing_mm[0]) * 1000), "mpp_from": source}
    return {}


def _plane_step_um(data: Any) -> float | None:
    """From one focal plane to the next (PS3.3 C.7.6.16.2.1, Spacing Between Slices)."""
    groups = data.get("SharedFunctionalGroupsSequence") or []
    spacings_mm = [m.get("SpacingBetweenSlices") for g in groups for m in g.get("PixelMeasuresSequence") or []]
    return float(spacings_mm[0]) * 1000 if spacings_mm and spacings_mm[0] and float(spacings_mm[0]) > 0 else None


def _stage(data: Any, mpp_xy: tuple[float, float] | None) -> Stage | None:
    """The slide coordinate system, in mm: its origin at the first pixel's centre, its axes by the row's and column's cosines."""
    origins, cosines = data.get("TotalPixelMatrixOriginSequence") or [], data.get("ImageOrientationSlide")
    if not origins or cosines is None or len(cosines) != 6:
        return None
    offsets = [origins[0].get(f"{axis}OffsetInSlideCoordinateSystem") for axis in "XY"]
    if any(offset is None for offset in offsets):
        return None
    um = (float(offsets[0]) * 1000, float(offsets[1]) * 1000)
    right, down = (float(cosines[0]), float(cosines[1])), (float(cosines[3]), float(cosines[4]))
    return of_axes((0.5, 0.5), um, mpp_xy, right, down, "DICOM's slide coordinate system")


def _optics(data: Any) -> dict[str, Any]:
    paths = data.get("OpticalPathSequence") or []
    power = paths[0].get("ObjectiveLensPower") if paths else None
    icc = paths[0].get("ICCProfile", b"") if paths else b""
    return {"objective": float(power) if power else None, "icc": bytes(icc or b"")}
