"""What a file says of people, places, times and devices beside its pixels: listed for who may know it, and for nobody else.

Sources: EXIF 2.32, TIFF 6.0, XMP, OME-XML 2016-06; DICOM PS3.15, annex E (attributes of the basic profile).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from hemaview.wsi.pillowfile import open_picture
from hemaview.wsi.sources.names import PICTURE_CONTENTS

MOST_ENTRIES, MOST_CHARACTERS = 500, 300
_KINDS: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (kind, re.compile(words, re.IGNORECASE))
    for kind, words in (
        ("patient", r"patient|\bmrn\b|birth"),
        (
            "person",
            r"artist|author|owner|operator|\buser|experimenter|physician|firstname|lastname|email|copyright|xp_?author",
        ),
        ("place", r"gps|latitude|longitude|altitude|institution|hospital|station|address|location|\bsite"),
        ("date", r"date|\btime\b|acquired|timestamp"),
        ("device", r"serial|scanscope|\bhost|device|detector|camera ?id|instrument"),
        (
            "number",
            r"barcode|accession|case ?(id|no|number)|specimen|container|slide ?_?id|sample ?(id|no|name)\b|unique ?id|label",
        ),
        ("text", r"comment|description|keywords|title|caption|subject|document ?name|page ?name"),
    )
)
_PAIR = re.compile(r"([A-Za-z][\w .:/-]{1,60}?)\s*[=:]\s*\"?([^|\n\r\"<>;]{1,300})")
_ELEMENT = re.compile(r"<(?:\w+:)?(\w+)[^<>]*>([^<>]{2,300})</")
_TIFF_TEXT = {269: "DocumentName", 270: "ImageDescription", 285: "PageName", 306: "DateTime", 315: "Artist",
              316: "HostComputer", 700: "XMP", 33432: "Copyright", 33723: "IPTC", 42016: "ImageUniqueID",
              42032: "CameraOwnerName", 42033: "BodySerialNumber", 42037: "LensSerialNumber"}  # fmt: skip
_EXIF, _GPS = 34665, 34853
_LIKE_A_PERSON = re.compile(
    r"\w\^|\b[A-ZÀ-Þ][\w'’-]+, [A-ZÀ-Þ][\w'’-]+|\b(?:19|20)\d\d\b(?! ×)|\d{6,}|\d{1,2}[./-]\d{1,2}[./-]\d{2,4}"
)
"""SMITH^JOHN, Smith, John, a year, six digits in a row, 1.2.1961; not the size of a picture in px."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that a file says: of what kind, where it stands, its words."""

    kind: str
    where: str
    value: str


def entries_of(path: Path, name: str, kind: str, properties: Mapping[str, str], beside: Iterable[str]) -> list[Entry]:
    """All that is said in a file of this kind (`contents.kind_of`).

    `properties`: what a reader of slides says of it; `beside`: pictures beside the slide (a label can show a name).
    """
    entries = [Entry("file name", "file name", name)]
    entries += [Entry("picture", f"{one} picture", "a picture that can show who the patient is") for one in beside]
    readers = {"tiff": _of_tiff, "dicom": _of_dicom} | dict.fromkeys(PICTURE_CONTENTS, _of_picture)
    if kind in readers:
        entries += readers[kind](path)
    if kind == "other":
        entries += _of_czi(path)
    for key, value in properties.items():
        entries += _of_pair(key, value)
    return list(dict.fromkeys(entry for entry in entries if entry.value.strip()))[:MOST_ENTRIES]


def entries_of_folder(path: Path, name: str) -> list[Entry]:
    """The same of an OME-Zarr: its attributes and OME-XML."""
    entries = [Entry("file name", "file name", name)]
    for pattern in (".zattrs", "zarr.json", "METADATA.ome.xml"):
        for text in islice(path.rglob(pattern), MOST_ENTRIES):
            if text.stat().st_size <= 4 << 20:
                entries += _of_text(str(text.relative_to(path)), text.read_text(errors="replace").replace('":', "="))
    return list(dict.fromkeys(entry for entry in entries if entry.value.strip()))[:MOST_ENTRIES]


def kinds_of(entries: Iterable[Entry]) -> list[str]:
    """Of what kinds they are, the file's name apart."""
    return sorted({entry.kind for entry in entries} - {"file name"})


def names_patient(text: str, entries: Iterable[Entry], allowed: str = "") -> bool:
    """Whether a text holds a name or number of the patient that the file gives; `allowed` is the case's own number."""
    plain = _plain(text)
    for entry in entries:
        if entry.kind in ("patient", "person") and entry.kind != "date":
            words = re.split(r"[\^\s,;=]+", entry.value)
            for word in map(_plain, (entry.value, *words)):
                if len(word) >= 4 and word in plain and word not in _plain(allowed):
                    return True
    return False


def may_name_patient(text: str, entries: Iterable[Entry]) -> bool:
    """Whether a free text of the file may say who the patient is: by what the file gives elsewhere, or because it is written
    as names of people, dates of birth or numbers of cases are."""
    return bool(_LIKE_A_PERSON.search(text)) or names_patient(text, entries)


def _plain(text: str) -> str:
    return "".join(c for c in text.casefold() if c.isalnum())


def _kind(key: str) -> str:
    return next((kind for kind, words in _KINDS if words.search(key)), "")


def _of_pair(key: str, value: str) -> Iterator[Entry]:
    kind = _kind(re.sub(r"(?<=[a-z])(?=[A-Z])", " ", key.replace("_", " "))) or _kind(key)
    if kind and value.strip():
        yield Entry(kind, key, value.strip()[:MOST_CHARACTERS])


def _of_text(where: str, text: str) -> list[Entry]:
    """The pairs of a text that say something of the kinds above; a short text without any is one itself."""
    text = text.strip("\0 \n\t")[:200_000]
    pairs = [*_PAIR.findall(text), *_ELEMENT.findall(text)]
    entries = [entry for key, value in pairs for entry in _of_pair(key.strip(), value)]
    entries = [Entry(e.kind, f"{where}: {e.where}", e.value) for e in entries]
    if not entries and text and not text.startswith("<"):
        entries += [Entry(_kind(where) or "text", where, text[:MOST_CHARACTERS])]
    return entries


def _words(value: Any) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


def _of_tiff(path: Path) -> list[Entry]:
    from hemaview.blobs import blob_of
    from hemaview.wsi import tiff
    from hemaview.wsi.errors import SlideError

    entries: list[Entry] = []
    try:
        for directory in tiff.TiffFile(blob_of(path)).directories:
            for tag, entry in directory.entries.items():
                own = tag in _TIFF_TEXT or (entry.kind == 2 and tag not in (271, 272, 305))
                if own and entry.nbytes <= 4 << 20:
                    entries += _of_text(_TIFF_TEXT.get(tag, f"tag {tag}"), _words(directory.data(tag)))
    except SlideError:  # what is wrong with the file is said by its reader
        return entries
    return entries + _of_exif(path)


def _of_picture(path: Path) -> list[Entry]:
    entries = _of_exif(path)
    with open_picture(path) as picture:
        picture.load() if picture.format == "PNG" and picture.width * picture.height < 1 << 24 else None
        for key, value in picture.info.items():
            if isinstance(value, str | bytes) and key not in ("exif", "icc_profile"):
                entries += _of_text(str(key), _words(value))
    return entries


def _of_exif(path: Path) -> list[Entry]:
    from PIL import ExifTags

    entries: list[Entry] = []
    try:
        with open_picture(path) as picture:
            exif = picture.getexif()
            sets = [
                (dict(exif), ExifTags.TAGS),
                (exif.get_ifd(_EXIF), ExifTags.TAGS),
                (exif.get_ifd(_GPS), ExifTags.GPSTAGS),
            ]
            for values, names in sets:
                for tag, value in values.items():
                    key = str(names.get(tag, f"tag {tag}"))
                    if tag in (_EXIF, _GPS) or (key == "ImageDescription" and picture.format == "TIFF"):
                        continue
                    text = _words(value).replace("\0", "").removeprefix("ASCII").removeprefix("UNICODE")
                    entries += list(_of_pair(key, text))
    except Exception:  # Pillow raises what it likes over broken EXIF, which says nothing then
        return entries
    return entries


def _of_czi(path: Path) -> list[Entry]:
    """Texts of a CZI's metadata; nothing for another file, or where its package is not installed."""
    with path.open("rb") as stream:
        if stream.read(10) != b"ZISRAWFILE":
            return []
    try:
        from pylibCZIrw import czi

        with czi.open_czi(str(path)) as file:
            return _of_text("CZI metadata", str(file.raw_metadata))
    except Exception:  # libCZI raises what it likes over a damaged file, which its reader refuses
        return []


def _of_dicom(path: Path) -> list[Entry]:
    from hemaview.wsi.sources.dicomframes import quiet_pydicom

    try:
        data = quiet_pydicom().dcmread(path, stop_before_pixels=True)
        entries: list[Entry] = []
        for element in data.iterall():
            key = element.keyword or str(element.tag)
            if element.VR in ("SQ", "OB", "OW", "UI", "UN") or element.value in (None, ""):
                continue
            kind = "patient" if key.startswith("Patient") else "person" if element.VR == "PN" else ""
            if kind:
                entries.append(Entry(kind, key, str(element.value)[:MOST_CHARACTERS]))
            else:
                entries += list(_of_pair(key, str(element.value)))
        return entries
    except Exception:  # pydicom raises what it likes over a damaged file, which its reader refuses
        return []
