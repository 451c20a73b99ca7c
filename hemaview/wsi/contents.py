"""What an incoming file is, told by its first bytes, and whether its name may be taken."""

from __future__ import annotations

import re
import unicodedata
from pathlib import Path

from hemaview.wsi.errors import SlideError, Unsupported

PICTURE_SUFFIXES = {".jpg", ".jpeg", ".png", ".webp", ".tif", ".tiff"}
SLIDE_SUFFIXES = {
    ".svs", ".tif", ".tiff", ".ndpi", ".vms", ".vmu", ".scn", ".mrxs", ".bif", ".svslide", ".dcm", ".czi",
}  # fmt: skip
COMPANION_SUFFIXES = {".dat", ".ini", ".opt", ".jpg", ".dcm"}
_EXPORTED = re.compile(r"[A-Za-z0-9_-]+|\d+(\.\d+)+")
"""Names that archives of pictures (PACS) give: IM00001, or the instance's UID."""
MAX_NAME = 200

_ARCHIVES = (
    (0, b"PK\x03\x04"),
    (0, b"PK\x05\x06"),
    (0, b"\x1f\x8b"),
    (0, b"BZh"),
    (0, b"\xfd7zXZ\x00"),
    (0, b"7z\xbc\xaf\x27\x1c"),
    (0, b"Rar!\x1a\x07"),
    (0, b"\x28\xb5\x2f\xfd"),
    (257, b"ustar"),
)


class NameRefused(SlideError):
    """A file name that could be more than a name."""

    code = "name-refused"


class Archive(SlideError):
    """A packed file."""

    code = "archive"


def check_name(name: str) -> str:
    """The name in composed form, if it is only a name; raises NameRefused."""
    name = unicodedata.normalize("NFC", name)
    if not name or name in {".", ".."} or name.startswith("."):
        raise NameRefused("The file needs a name that does not begin with a dot.")
    if len(name.encode()) > MAX_NAME:
        raise NameRefused(f"The file's name is too long: give it at most {MAX_NAME} bytes.")
    if any(c in name for c in '/\\:*?"<>|') or any(unicodedata.category(c)[0] == "C" for c in name):
        raise NameRefused("The file's name holds characters that are not allowed in names; rename it and try again.")
    return name


def may_come(name: str) -> bool:
    """Whether a file may be received under this name; what it holds is looked at when it is there."""
    known = PICTURE_SUFFIXES | SLIDE_SUFFIXES | COMPANION_SUFFIXES
    return Path(name).suffix.lower() in known or _EXPORTED.fullmatch(name) is not None


def kind_of(path: Path) -> str:
    """'jpeg', 'png', 'webp', 'tiff', 'dicom' or 'other', by content; raises Archive for a packed file."""
    with path.open("rb") as stream:
        head = stream.read(512)
    if not head:
        raise Unsupported(f"{path.name} is empty.")
    for offset, magic in _ARCHIVES:
        if head[offset : offset + len(magic)] == magic:
            raise Archive(f"{path.name} is an archive; unpack it and send the slide or the pictures themselves.")
    if head[:3] == b"\xff\xd8\xff":
        return "jpeg"
    if head[:8] == b"\x89PNG\r\n\x1a\n":
        return "png"
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "webp"
    if head[:4] in (b"II*\x00", b"MM\x00*", b"II+\x00", b"MM\x00+"):
        return "tiff"
    if head[128:132] == b"DICM":
        return "dicom"
    return "other"


def check_content(path: Path, name: str) -> str:
    """The kind of a file whose name promises one; raises Unsupported where content and name do not fit."""
    kind, suffix = kind_of(path), Path(name).suffix.lower()
    if kind == "dicom":  # an archive of pictures gives its files no suffix, or a number
        return kind
    if suffix not in PICTURE_SUFFIXES | SLIDE_SUFFIXES:
        raise Unsupported(
            f"{name} is not a file type that HemaView takes: a slide (SVS, NDPI, MRXS, SCN, BIF, TIFF, DICOM) "
            "or pictures (JPEG, PNG, WebP, TIFF)."
        )
    if kind in ("jpeg", "png", "webp") and suffix not in PICTURE_SUFFIXES and suffix != ".mrxs":
        raise Unsupported(
            f"{name} holds a {kind.upper()} picture, not a slide; name it .{kind} if it is a camera field."
        )
    if kind == "other" and suffix in PICTURE_SUFFIXES | {".svs", ".dcm", ".ndpi", ".scn", ".bif", ".svslide"}:
        raise Unsupported(f"{name} does not hold what its name says: it is neither a slide nor a picture.")
    return kind
