"""Which files of a folder are one DICOM slide: instances by series, read from their heads (PS3.3 A.32.8)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hemaview.words import gettext
from hemaview.wsi.errors import Unreadable
from hemaview.wsi.sources.dicomframes import quiet_pydicom

DICOMDIR = "1.2.840.10008.1.3.10"
_TAGS = [
    "SeriesInstanceUID", "SeriesDescription", "SeriesNumber", "ImageType", "TotalPixelMatrixColumns", "TotalPixelMatrixRows",
    "TotalPixelMatrixFocalPlanes", "NumberOfOpticalPaths",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Instance:
    """One file: its series, and the size in px of the level that it holds (0 × 0 where it holds none)."""

    name: str
    series: str
    description: str
    number: str
    width_px: int
    height_px: int
    focal_planes: int = 1
    optical_paths: int = 1


def is_dicom(path: Path) -> bool:
    """Whether the file begins as DICOM does, whatever its name (PS3.10, 7.1)."""
    if not path.is_file():
        return False
    with path.open("rb") as stream:
        return stream.read(132)[128:] == b"DICM"


def read_instance(path: Path, name: str) -> Instance:
    """What a DICOM file says of itself; `series` is "" for a DICOMDIR. Raises Unreadable."""
    pydicom = quiet_pydicom()
    try:
        data: Any = pydicom.dcmread(path, stop_before_pixels=True, specific_tags=_TAGS)
        kind = [str(v).upper() for v in data.get("ImageType", None) or []]
        if "SeriesInstanceUID" not in data and data.file_meta.get("MediaStorageSOPClassUID", "") != DICOMDIR:
            raise ValueError("no series")
        level = "VOLUME" in kind and "TotalPixelMatrixColumns" in data
        return Instance(
            name=name,
            series=str(data.get("SeriesInstanceUID", "")),
            description=str(data.get("SeriesDescription", "") or "").strip(),
            number=str(data.get("SeriesNumber", "") or "").strip(),
            width_px=int(data.TotalPixelMatrixColumns) if level else 0,
            height_px=int(data.TotalPixelMatrixRows) if level else 0,
            focal_planes=int(data.get("TotalPixelMatrixFocalPlanes", 1) or 1),
            optical_paths=int(data.get("NumberOfOpticalPaths", 1) or 1),
        )
    except Exception as error:  # pydicom raises what it likes over bytes that are no sound DICOM
        raise Unreadable(gettext("{name} is damaged and cannot be read as DICOM.").format(name=name)) from error
