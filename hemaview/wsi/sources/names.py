"""Which file names and suffixes the house knows: one table, for slides, their companions and pictures."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import PurePath

_EXPORTED = re.compile(r"[A-Za-z0-9_-]+|\d+(\.\d+)+")
"""Names that archives of pictures (PACS) give: IM00001, or the instance's UID."""


_OF_SYSTEMS = frozenset({"desktop.ini", "thumbs.db"})
"""What Windows writes into folders."""


@dataclass(frozen=True, slots=True)
class FileKind:
    """A kind of file by its name."""

    title: str
    suffixes: tuple[str, ...]
    contents: tuple[str, ...]
    """What its first bytes may be, in the words of `contents.kind_of`."""
    slide: bool = True
    picture: bool = False
    beside: tuple[str, ...] = ()
    """Suffixes of the files that belong to it."""
    folder: str = ""
    """The folder beside it that holds its pixels, `{stem}` standing for its name without suffix."""
    unread: str = ""
    """Why no file of this kind can be read."""


KINDS: list[FileKind] = [
    FileKind("SVS", (".svs",), ("tiff",)),
    FileKind("NDPI", (".ndpi",), ("tiff",)),
    FileKind("MRXS", (".mrxs",), ("jpeg", "other"), beside=(".dat", ".ini"), folder="{stem}"),
    FileKind("SCN", (".scn",), ("tiff",)),
    FileKind("BIF", (".bif",), ("tiff",)),
    FileKind("TIFF", (".tif", ".tiff"), ("tiff",), picture=True),
    FileKind("DICOM", (".dcm",), ("dicom",)),
    FileKind("Trestle or Sakura", (".svslide",), ("tiff", "other")),
    FileKind("VMS", (".vms", ".vmu"), ("other",), beside=(".opt", ".jpg")),
    FileKind(
        "VSI", (".vsi",), ("tiff",), beside=(".ets",), folder="_{stem}_",
        unread="keeps its pixels in the folder beside it, which HemaView does not read: save the slide as TIFF or DICOM",
    ),
    FileKind("CZI", (".czi",), ("other",)),
    FileKind("JPEG", (".jpg", ".jpeg"), ("jpeg",), slide=False, picture=True),
    FileKind("PNG", (".png",), ("png",), slide=False, picture=True),
    FileKind("WebP", (".webp",), ("webp",), slide=False, picture=True),
    FileKind("BMP", (".bmp", ".dib"), ("bmp",), slide=False, picture=True),
    FileKind("HEIC", (".heic", ".heif", ".hif"), ("heif",), slide=False, picture=True),
    FileKind("AVIF", (".avif",), ("avif",), slide=False, picture=True),
]  # fmt: skip
PACKED_FOLDER = ".zarr.tar"
"""An OME-Zarr as the case page sends it: its folder in one file (`foldertar`), unpacked when it has come."""
LISTED = "SVS, NDPI, MRXS, SCN, BIF, TIFF, DICOM, CZI"
LISTED_PICTURES = "JPEG, PNG, WebP, TIFF, BMP, HEIC, AVIF"
PICTURE_CONTENTS = frozenset(c for kind in KINDS if kind.picture and not kind.slide for c in kind.contents)
"""What holds a picture and never a slide, in the words of `contents.kind_of`."""


def kind_of_name(name: str) -> FileKind | None:
    """The kind that a name's suffix stands for."""
    suffix = PurePath(name).suffix.lower()
    return next((kind for kind in KINDS if suffix in kind.suffixes), None)


def of_pictures(name: str) -> bool:
    kind = kind_of_name(name)
    return kind is not None and kind.picture


def of_sets(name: str) -> FileKind | None:
    """The kind of a slide that is this file together with others found by their names; None for all others."""
    kind = kind_of_name(name)
    return kind if kind is not None and kind.beside else None


def may_come(name: str) -> bool:
    """Whether a file may be received under this name; what it holds is looked at when it is there.

    The case page asks the same before it sends (frontend/case/incoming.ts).
    """
    if name.lower() in _OF_SYSTEMS:
        return False
    suffix = PurePath(name).suffix.lower()
    beside = any(suffix in kind.beside for kind in KINDS)
    if name.lower().endswith(PACKED_FOLDER):
        return True
    return kind_of_name(name) is not None or beside or _EXPORTED.fullmatch(name) is not None


def data_folder(name: str) -> str:
    """The folder beside a slide's file that holds its pixels; "" where there is none."""
    kind = kind_of_name(name)
    return kind.folder.format(stem=PurePath(name).stem) if kind is not None else ""
