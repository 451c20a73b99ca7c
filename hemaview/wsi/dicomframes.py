"""Where the JPEG frames of a DICOM whole-slide image lie (PS3.3 A.32.8, PS3.5 A.4)."""

from __future__ import annotations

from array import array
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hemaview.wsi.errors import Unreadable

JPEG_BASELINE = "1.2.840.10008.1.2.4.50"
MAX_FILES = 256
_ITEM, _END = b"\xfe\xff\x00\xe0", b"\xfe\xff\xdd\xe0"
_TAGS = [
    "SeriesInstanceUID", "ImageType", "TotalPixelMatrixColumns", "TotalPixelMatrixRows", "Rows", "Columns",
    "NumberOfFrames", "PhotometricInterpretation", "DimensionOrganizationType", "SamplesPerPixel", "BitsAllocated",
]  # fmt: skip


@dataclass(frozen=True)
class DicomImage:
    """One instance of the series that holds a level."""

    path: Path
    width_px: int
    height_px: int
    tile_width_px: int
    tile_height_px: int
    frames: int
    rgb: bool
    syntax: str
    sparse: bool
    pixel_data_at: int


def images_of(path: Path) -> list[DicomImage]:
    """The volume images of the series that `path` belongs to, largest first; files beside it are looked at."""
    own = _read(path)
    if own is None:
        return []
    series = own[0]
    found = {(own[1].width_px, own[1].height_px): own[1]} if own[1] else {}
    for other in sorted(path.parent.glob("*"))[:MAX_FILES]:
        if other == path or not other.is_file():
            continue
        read = _read(other)
        if read and read[0] == series and read[1]:
            found.setdefault((read[1].width_px, read[1].height_px), read[1])
    return sorted(found.values(), key=lambda i: -i.width_px * i.height_px)


def frames(image: DicomImage, expected: int) -> tuple[array[int], array[int]]:
    """Offset and byte count of each frame, row by row; raises Unreadable unless each is one JPEG in one fragment."""
    if image.syntax != JPEG_BASELINE:
        raise Unreadable("Its frames are not baseline JPEG.")
    if image.sparse or image.frames != expected:
        raise Unreadable("Its frames do not cover the grid one by one.")
    offsets, counts = array("Q"), array("I")
    with image.path.open("rb") as stream:
        stream.seek(image.pixel_data_at)
        if stream.read(4) != b"\xe0\x7f\x10\x00":
            raise Unreadable("Its pixel data are not where they should be.")
        stream.seek(8, 1)
        first = True
        while len(offsets) <= expected:
            head = stream.read(8)
            if len(head) < 8 or head[:4] != _ITEM:
                if head[:4] != _END:
                    raise Unreadable("Its pixel data are cut short.")
                break
            count = int.from_bytes(head[4:], "little")
            if not first:
                offsets.append(stream.tell())
                counts.append(count)
            first = False
            stream.seek(count, 1)
    if len(offsets) != expected:
        raise Unreadable("Its frames are stored in several pieces.")
    return offsets, counts


def _read(path: Path) -> tuple[str, DicomImage | None] | None:
    """Series and image of a file (None where it holds no level); None where the file is no DICOM at all."""
    import pydicom
    from pydicom.errors import InvalidDicomError

    try:
        with path.open("rb") as stream:
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
            path=path,
            width_px=int(data.TotalPixelMatrixColumns),
            height_px=int(data.TotalPixelMatrixRows),
            tile_width_px=int(data.Columns),
            tile_height_px=int(data.Rows),
            frames=int(data.get("NumberOfFrames", 1)),
            rgb=str(data.get("PhotometricInterpretation", "")) == "RGB",
            syntax=str(data.file_meta.TransferSyntaxUID),
            sparse=str(data.get("DimensionOrganizationType", "")) == "TILED_SPARSE",
            pixel_data_at=at,
        )
    except (InvalidDicomError, OSError, ValueError, AttributeError, TypeError, KeyError, EOFError):
        return None
