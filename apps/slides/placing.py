"""Slides on their way in: looked at, their files placed in the slide's folder, their rows stored."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import uuid
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from django.db import transaction
from django.utils.translation import gettext

from apps.accounts import stores
from apps.accounts.errors import Conflict, Refusal
from apps.audit.services import record
from apps.cases.locks import hold_open
from apps.cases.models import Case
from apps.slides.folders import left_out_note
from apps.slides.identity import keep_own_names
from apps.slides.incoming import Incoming, common_mpp, look_at, nameless, stored_name
from apps.slides.models import Slide
from apps.slides.services import plausible_mpp
from apps.slides.uploads import as_refusal, refuse_full_disk
from hemaview.wsi.contents import check_name
from hemaview.wsi.errors import SlideError
from hemaview.wsi.identity import Entry, kinds_of, names_patient
from hemaview.wsi.patientnames import name_may_tell_patient
from hemaview.wsi.sources.choice import NO_CHOICE, Choice

_OF_SOURCE = ("mpp", "mpp_from", "vendor", "objective", "notes", "stage")
"""What is known of a slide that is converted by its own file alone."""

_OF_SEVERAL_PLANES = re.compile(r"(?:.*: )?Focal plane \d+ of (?!1,)\d+, ")
"""The note of a slide whose file holds several focal planes."""


@dataclass(frozen=True)
class ImportOptions:
    """What a person says of a slide that comes in."""

    name: str = ""
    """"": as its files are called."""
    mpp: float | None = None
    """µm/px; None: as its file says, else from its cells."""
    preset: str = ""
    """The laboratory's preset that `mpp` is of."""
    specimen: str = ""
    """Where it is another than the case's."""
    convert: bool = False
    """Whether it is converted once it is ready, to be served as stored."""
    choice: Choice = NO_CHOICE
    """Of several series and focal planes."""
    in_place: bool = False
    """Whether files on the server stay where they are."""


NO_OPTIONS = ImportOptions()


def placed(
    user: Any,
    case: Case,
    files: list[tuple[Path, str]],
    options: ImportOptions,
    *,
    move: bool,
    dicom: set[Path] | None = None,
    number: int = 1,
    left_out: list[str] | None = None,
) -> Slide:
    """A slide that is not stored yet, its files in its folder; raises Refusal, which leaves no folder.

    `dicom` as in `look_at`; `number`: the how many-th new slide of the case it will be; `left_out`: names of files
    that lay beside these and do not come in.
    """
    mpp, in_place = options.mpp, options.in_place
    if mpp is not None:
        plausible_mpp(mpp)
    try:
        incoming = look_at(files, dicom or set(), options.choice)
        title = check_name(options.name) if options.name else incoming.title
    except SlideError as error:
        raise as_refusal(error) from error
    entries = [entry for probe in incoming.probes for entry in probe.identity]
    incoming = nameless(incoming, entries, case.accession, rename=not in_place)
    files, main, probes = incoming.files, incoming.main, incoming.probes
    names = [file_name for _, file_name in files]
    if len(set(names)) != len(names):
        raise Refusal(gettext("Two of the files have the same name."), code="name-refused")
    pictures = all(p.kind == "picture" for p in probes)
    if pictures and in_place:
        raise Refusal(gettext("Photographs are joined into a new slide, so they cannot stay in place."), code="invalid")
    foreign = not pictures and probes[0].convert
    if foreign and in_place:
        raise Refusal(gettext("This slide is converted when it comes in, so it cannot stay in place."), code="invalid")
    total = sum(path.stat().st_size for path, _ in _each_file(files))
    if not move and not in_place:
        refuse_full_disk(total)
    digest = digest_of([path for path, _ in files], incoming.choice) if total <= 512 * 1024**2 else ""
    refuse_known(case, digest)
    slide = Slide(case=case, name=title, created_by=user, sha256=digest, size_bytes=total, in_place=in_place)
    slide.own_specimen = "" if options.specimen == case.specimen else options.specimen
    beside = left_out_note(left_out or [], entries, case.accession)
    slide.import_request = {"main": main, "pictures": pictures, "names": names, "mpp": mpp}
    slide.import_request |= {
        "convert": options.convert,
        "notes": [*incoming.notes, *beside],
        "named": bool(options.name),
    }
    slide.identifying = sorted([*kinds_of(entries), *(["file name"] if incoming.own_names else [])])
    if not options.name and _tells(slide.name, incoming, entries, case.accession):
        slide.name = f"Slide {case.slides.count() + number}"
    slide.import_request |= {"choice": asdict(incoming.choice), "preset": options.preset}
    if foreign:
        slide.import_request["source"] = {k: v for k, v in asdict(probes[0]).items() if k in _OF_SOURCE}
    if pictures:
        slide.import_request["file_mpp"], slide.import_request["scale_notes"] = common_mpp(probes)
    originals = slide.folder / "original"
    try:
        if in_place:
            slide.folder.mkdir(parents=True)
            slide.path = str(files[names.index(main)][0].resolve())
        else:
            originals.mkdir(parents=True)
            for path, file_name in files:
                _place(path, originals / stored_name(file_name, names), move)
            keep_own_names(slide, incoming.own_names)
    except BaseException:
        stores.slides().delete(str(slide.pk))
        raise
    return slide


def _tells(title: str, incoming: Incoming, entries: list[Entry], accession: str) -> bool:
    """Whether a slide's own title holds, or looks as if it holds, a name or number of the patient."""
    stems = (Path(name).stem for name in incoming.own_names.values())
    looks = name_may_tell_patient(title, accession) or any(stem in title for stem in stems)
    return looks or names_patient(title, entries, accession)


def store(user: Any, case: Case, slides: list[Slide]) -> None:
    """Rows of placed slides, all or none; where none, their files are gone, too."""
    try:
        with transaction.atomic():
            row = hold_open(case)
            for slide in slides:
                slide.case = row
                slide.save(force_insert=True)
                facts = {"files": len(slide.import_request["names"]), "bytes": slide.size_bytes}
                record(user, "slide.received", "slide", slide.pk, accession=case.accession, **facts)
    except BaseException:
        for slide in slides:
            stores.slides().delete(str(slide.pk))
        raise


def _place(source: Path, target: Path, move: bool) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if move:
        os.replace(source, target)
        source.touch()
    elif source.is_dir():
        shutil.copytree(source, target)
    else:
        shutil.copyfile(source, target)


def _each_file(files: list[tuple[Path, str]]) -> list[tuple[Path, str]]:
    """The files, and those in the folders among them."""
    every = []
    for path, name in files:
        inside = sorted(p for p in path.rglob("*") if p.is_file()) if path.is_dir() else [path]
        every += [(p, name) for p in inside]
    return every


def digest_of(paths: list[Path], choice: Choice = NO_CHOICE) -> str:
    """sha256 of one file, or of the sorted hashes of several (order and names do not matter), and of what was chosen."""
    digests = []
    for path, _ in _each_file([(path, path.name) for path in paths]):
        with path.open("rb") as stream:
            digests.append(hashlib.file_digest(stream, "sha256").hexdigest())
    if choice:
        digests.append(f"series {choice.series}, focal plane {choice.plane}")
    return digests[0] if len(digests) == 1 else hashlib.sha256("".join(sorted(digests)).encode()).hexdigest()


def refuse_known(case: Case, digest: str, but: uuid.UUID | None = None) -> None:
    same = Slide.objects.filter(case=case, sha256=digest).exclude(status=Slide.Status.REFUSED)
    if but is not None:
        same = same.exclude(pk=but)
    there = same.first() if digest else None
    if there is None:
        return
    if not there.planes and any(_OF_SEVERAL_PLANES.match(note) for note in there.notes):
        raise Conflict(
            gettext(
                "This slide is already in case {accession}, with only one of its focal planes: remove it there and import it "
                "again to see the others, or choose a plane (--plane N) to import that one as a slide of its own."
            ).format(accession=case.accession),
            code="slide-exists",
        )
    raise Conflict(
        gettext("This slide is already in case {accession}.").format(accession=case.accession), code="slide-exists"
    )
