"""Which source opens which file: the house's own kinds and those that packages bring (entry point `hemaview.slide_sources`)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from importlib.metadata import entry_points

from hemaview.blobs import Blob
from hemaview.words import gettext
from hemaview.wsi.contents import HEAD_BYTES, kind_of_bytes
from hemaview.wsi.errors import SlideError, Unsupported
from hemaview.wsi.sources import openslidefile
from hemaview.wsi.sources.choice import NO_CHOICE, Choice
from hemaview.wsi.sources.names import KINDS, LISTED, PICTURE_CONTENTS, FileKind, of_pictures
from hemaview.wsi.sources.omezarr import folder_of
from hemaview.wsi.sources.source import Source

GROUP = "hemaview.slide_sources"


@dataclass(frozen=True)
class SourceKind:
    """A way to open slides. Kinds are asked in the order of `priority`, highest first; the house's own lie from 10 to 100."""

    key: str
    priority: int
    takes: Callable[[Blob, bytes], bool]
    """Whether it may be asked to open the file, by its name and its first HEAD_BYTES; cheap, and raises nothing."""
    open: Callable[[Blob, Choice], Source]
    """The open slide; raises SlideError. One that raises Unsupported lets the next kind be asked."""
    in_place: bool = False
    """Its files are read as they lie whenever a tile is asked for. Others are converted once, when they come in."""
    folders: bool = False
    """It opens folders, and no files."""
    names: tuple[FileKind, ...] = ()
    """Names of files that only this kind reads."""


def _later(module: str, name: str) -> Callable[[Blob, Choice], Source]:
    """Opens by a class of `sources`, loaded when it is first asked for: a server that shows tiles needs none of them."""

    def opened(blob: Blob, choice: Choice) -> Source:
        source: Source = getattr(import_module(f"hemaview.wsi.sources.{module}"), name)(blob, choice)
        return source

    return opened


def _folder(blob: Blob, head: bytes) -> bool:
    return True


def _czi(blob: Blob, head: bytes) -> bool:
    return head[:10] == b"ZISRAWFILE"


def _dicom(blob: Blob, head: bytes) -> bool:
    return head[128:132] == b"DICM"


def _tiff(blob: Blob, head: bytes) -> bool:
    return head[:4] in (b"II*\x00", b"MM\x00*", b"II+\x00", b"MM\x00+")


def _picture(blob: Blob, head: bytes) -> bool:
    try:
        kind = kind_of_bytes(head, blob.title)
    except SlideError:
        return False
    return kind in PICTURE_CONTENTS or (kind == "tiff" and of_pictures(blob.title))


_OWN = (
    SourceKind("openslide", 100, openslidefile.takes, openslidefile.OpenSlideSource, in_place=True),
    SourceKind("ome-zarr", 80, _folder, _later("omezarr", "OmeZarrSource"), folders=True),
    SourceKind("czi", 70, _czi, _later("czi", "CziSource")),
    SourceKind("dicom", 60, _dicom, _later("dicom", "DicomSource")),
    SourceKind("tiled-tiff", 50, _tiff, _later("tiledtiff", "TiledTiffSource")),
    SourceKind("pictures", 10, _picture, _later("pictures", "PictureSource")),
)


@cache
def source_kinds() -> tuple[SourceKind, ...]:
    """Every kind, in the order in which they are asked. Names that packages bring are known from the first call on."""
    kinds = [entry.load() for entry in entry_points(group=GROUP)]
    for kind in kinds:
        KINDS.extend(row for row in kind.names if row not in KINDS)
    return tuple(sorted((*_OWN, *kinds), key=lambda kind: -kind.priority))


def open_source(blob: Blob, choice: Choice = NO_CHOICE, in_place: bool = True) -> Source:
    """The slide that a file holds, by the first kind that takes it; raises SlideError with one sentence.

    `in_place=False` asks no kind that reads files as they lie: openslide shows of a plain TIFF the first page's samples as they
    are stored, whatever else the file says.
    """
    folder = folder_of(blob) is not None
    try:
        head = b"" if folder else blob.read(0, HEAD_BYTES)
    except OSError as error:
        raise Unsupported(
            gettext("{title} cannot be read: {strerror}.").format(title=blob.title, strerror=error.strerror or error)
        ) from error
    refusal: SlideError | None = None
    for kind in source_kinds():
        if kind.folders != folder or (kind.in_place and not in_place) or not kind.takes(blob, head):
            continue
        try:
            return kind.open(blob, choice)
        except Unsupported as error:
            refusal = error
    raise refusal or Unsupported(
        gettext("{title} is not a slide format that HemaView reads ({listed}).").format(title=blob.title, listed=LISTED)
    )
