"""Files on the server that come in by their path: what a folder gives, what belongs to a slide, what is left out."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from mimetypes import guess_type
from pathlib import Path

from django.utils.translation import gettext

from apps.accounts.errors import Missing, Refusal
from hemaview.wsi.dicomseries import is_dicom
from hemaview.wsi.fields import natural_key
from hemaview.wsi.identity import Entry, names_patient
from hemaview.wsi.patientnames import name_may_tell_patient
from hemaview.wsi.sources.names import LISTED, LISTED_PICTURES, data_folder, kind_of_name, of_pictures
from hemaview.wsi.sources.omezarr import is_zarr

MOST_BESIDE, MOST_BELOW = 10_000, 10_000
"""So many files beside a DICOM file are looked at for others of its series, more are refused; so many in a folder for what is
left out."""
MOST_NAMED = 5


def with_companions(paths: list[Path]) -> tuple[list[Path], list[str]]:
    """A folder becomes its files; MRXS and DICOM bring what lies beside them. With the names of files of folders that are left
    out, pictures first; raises Refusal where a folder holds nothing that can come in."""
    files: list[Path] = []
    left_out: list[str] = []
    for path in paths:
        if not path.exists():
            raise Missing(gettext("There is no file {path}.").format(path=path), code="no-file")
        if path.is_dir() and not is_zarr(path):
            inside = _inside(path)
            left_out += _left_out(path, inside)
            files += inside
        else:
            files += _with_its_own(path)
    return sorted(dict.fromkeys(files), key=lambda p: natural_key(p.name)), left_out


def _with_its_own(path: Path) -> list[Path]:
    """A slide's file or a picture, with the files that belong to it."""
    beside = path.parent / data_folder(path.name) if data_folder(path.name) else None
    if path.is_dir():
        return [path]
    if beside is not None and beside.is_dir():
        return [path, *_visible(beside)]
    return [path, *_dicom_of(path.parent, _visible(path.parent))] if is_dicom(path) else [path]


def _dicom_of(folder: Path, files: Iterable[Path]) -> list[Path]:
    """The DICOM files among those of a folder; raises Refusal where not all can be looked at: one of the series might lack."""
    some = list(islice(files, MOST_BESIDE + 1))
    if len(some) > MOST_BESIDE:
        raise Refusal(
            gettext(
                "The folder {folder} holds more than {most} files, too many to look for those of one DICOM series: put the "
                "slide's files into a folder of their own."
            ).format(folder=folder, most=MOST_BESIDE),
            code="too-many-files",
        )
    return sorted(p for p in some if is_dicom(p))


def _visible(folder: Path) -> list[Path]:
    return sorted(p for p in folder.iterdir() if p.is_file() and not p.name.startswith("."))


def _inside(folder: Path) -> list[Path]:
    """The pictures in a folder, else its one slide; where it holds none, DICOM in the folders below, as archives export it."""
    inside = [p for p in _visible(folder) if of_pictures(p.name) or is_dicom(p)]
    slides = [p for p in _visible(folder) if (kind := kind_of_name(p.name)) and kind.slide and p not in inside]
    if not inside and len(slides) == 1:
        return _with_its_own(slides[0])
    if not inside and slides:
        raise Refusal(
            gettext("The folder {folder} contains {n} slides ({names}): choose the one to import.").format(
                folder=folder, n=len(slides), names=some_of([p.name for p in slides])
            ),
            code="mixed-files",
        )
    if all(is_dicom(p) and p.name.upper() == "DICOMDIR" for p in inside):
        inside = _dicom_of(folder, (p for p in folder.rglob("*") if p.is_file())) or inside
    if not inside:
        others = _left_out(folder, [])
        content = (
            gettext("it contains {names}").format(names=some_of(others)) if others else gettext("it contains no file")
        )
        raise Refusal(
            gettext("The folder {folder} contains no slide or picture that can be imported ({listed}): {held}.").format(
                folder=folder, listed=f"{LISTED}; {LISTED_PICTURES}", held=content
            ),
            code="unsupported-format",
        )
    return inside


def _left_out(folder: Path, inside: list[Path]) -> list[str]:
    """Names of the other files in a folder and below it, those that may be pictures or slides first."""
    members = set(inside)
    others = [p for p in islice(folder.rglob("*"), MOST_BELOW) if p.is_file() and p not in members]
    places = {p: str(p.relative_to(folder)) for p in others}
    order = sorted(others, key=lambda p: (not _like_a_picture(p.name), natural_key(places[p])))
    return [places[p] for p in order]


def _like_a_picture(name: str) -> bool:
    kind, _ = guess_type(name)
    return kind_of_name(name) is not None or (kind or "").startswith("image/")


def left_out_note(names: list[str], entries: list[Entry], accession: str) -> list[str]:
    """A sentence on files of a folder that did not come in; names that may say who the patient is are counted alone."""
    plain = [
        name
        for name in names
        if not names_patient(name, entries, accession)
        and not any(name_may_tell_patient(part, accession) for part in Path(name).parts)
    ]
    if not names:
        return []
    list_words = some_of(plain, len(names)) or gettext("{n} files").format(n=len(names))
    return [
        f"Left out of the folder: {list_words}. Slides and pictures ({LISTED_PICTURES}) that lie in the folder itself come in."
    ]


def some_of(names: list[str], of: int = 0) -> str:
    """The first names of so many (default: as are given), and how many more there are; "" where there are none."""
    first = names[:MOST_NAMED]
    more = max(of, len(names)) - len(first)
    return f"{', '.join(first)}{f' and {more} more' if more and first else ''}"


def named_dicom(paths: list[Path]) -> set[Path]:
    """The DICOM files among the paths that were named themselves."""
    return {path for path in paths if path.is_file() and is_dicom(path)}
