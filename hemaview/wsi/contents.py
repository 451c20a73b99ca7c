"""What an incoming file is, told by its first bytes, and whether its name may be taken."""

from __future__ import annotations

import unicodedata
from pathlib import Path

from hemaview.words import gettext
from hemaview.wsi.errors import SlideError, Unsupported
from hemaview.wsi.sources.names import LISTED, LISTED_PICTURES, PICTURE_CONTENTS, kind_of_name

MAX_NAME = 200
HEAD_BYTES = 512

_BITMAP_HEADERS = (12, 16, 40, 52, 56, 64, 108, 124)
"""Lengths of the head of a Windows or OS/2 bitmap."""
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
        raise NameRefused(gettext("The file needs a name that does not begin with a dot."))
    if len(name.encode()) > MAX_NAME:
        raise NameRefused(
            gettext("The file's name is too long: give it at most {max_name} bytes.").format(max_name=MAX_NAME)
        )
    if any(c in name for c in '/\\:*?"<>|') or any(unicodedata.category(c)[0] == "C" for c in name):
        raise NameRefused(
            gettext("The file's name holds characters that are not allowed in names; rename it and try again.")
        )
    return name


def kind_of(path: Path) -> str:
    """'jpeg', 'png', 'webp', 'bmp', 'heif', 'avif', 'tiff', 'dicom' or 'other', by content; raises Archive for a packed file."""
    return kind_of_bytes(head_of(path), path.name)


def head_of(path: Path) -> bytes:
    """The first bytes of a file, by which it is known."""
    with path.open("rb") as stream:
        return stream.read(HEAD_BYTES)


def kind_of_bytes(head: bytes, name: str) -> str:
    """The same by a file's first 512 bytes."""
    if not head:
        raise Unsupported(gettext("{name} is empty.").format(name=name))
    for offset, magic in _ARCHIVES:
        if head[offset : offset + len(magic)] == magic:
            raise Archive(
                gettext("{name} is an archive; unpack it and send the slide or the pictures themselves.").format(
                    name=name
                )
            )
    if head[:3] == b"\xff\xd8\xff":
        return "jpeg"
    if head[:8] == b"\x89PNG\r\n\x1a\n":
        return "png"
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "webp"
    if head[:2] == b"BM" and int.from_bytes(head[14:18], "little") in _BITMAP_HEADERS:
        return "bmp"
    if head[4:8] == b"ftyp":
        return _of_brands(head)
    if head[:4] in (b"II*\x00", b"MM\x00*", b"II+\x00", b"MM\x00+"):
        return "tiff"
    if head[128:132] == b"DICM":
        return "dicom"
    return "other"


def _of_brands(head: bytes) -> str:
    """A file of boxes by its brands (ISO/IEC 23008-12, annex B; AV1 Image File Format, 2.1)."""
    boxed = head[8 : min(len(head), int.from_bytes(head[:4], "big"))]
    brands = {boxed[i : i + 4] for i in (0, *range(8, len(boxed) - 3, 4))}
    if brands & {b"avif", b"avis"}:
        return "avif"
    return "heif" if brands & {b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"mif1", b"msf1"} else "other"


def check_content(path: Path, name: str) -> str:
    """The kind of a file whose name promises one; raises Unsupported where content and name do not fit."""
    kind, kind_by_name = kind_of(path), kind_of_name(name)
    if kind == "dicom":  # an archive of pictures gives its files no suffix, or a number
        return kind
    if kind_by_name is None:
        raise Unsupported(
            gettext(
                "{name} is not a file type that HemaView takes: a slide ({listed}) or pictures ({listed_pictures})."
            ).format(name=name, listed=LISTED, listed_pictures=LISTED_PICTURES)
        )
    if kind_by_name.unread:
        raise Unsupported(f"{name} {kind_by_name.unread}.")
    if kind in PICTURE_CONTENTS and not kind_by_name.picture and kind not in kind_by_name.contents:
        raise Unsupported(
            gettext(
                "{name} contains a {kind} picture, not a slide; rename it to .{suffix} if it is a camera field."
            ).format(name=name, kind=kind.upper(), suffix=kind)
        )
    if kind == "other" and kind not in kind_by_name.contents:
        raise Unsupported(
            gettext("{name} is not what its name says: it is neither a slide nor a picture.").format(name=name)
        )
    return kind
