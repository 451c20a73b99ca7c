"""Slides come in: checked in a limited child, copied, joined where they are camera fields, made ready to view."""

from __future__ import annotations

import hashlib
import os
import shutil
import uuid
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone

from apps.accounts import stores
from apps.accounts.errors import Conflict, Refusal
from apps.audit.services import record
from apps.cases.models import Case
from apps.cases.selectors import require
from apps.cases.services import hold_open
from apps.slides.incoming import (
    asked_dicom,
    common_mpp,
    contradicted,
    look_at,
    nameless,
    scale_notes,
    stored_name,
    title_of_fields,
    with_companions,
)
from apps.slides.models import Slide
from apps.slides.services import IMPORT_LEASE, plausible_mpp
from apps.slides.uploads import as_refusal, discard, put_back, refuse_full_disk, take_complete
from hemaview.wsi.contents import check_name
from hemaview.wsi.errors import SeveralSeries, SlideError
from hemaview.wsi.identity import kinds_of, names_patient
from hemaview.wsi.sandbox import convert as convert_source
from hemaview.wsi.sandbox import join_fields, prepare, probe_many
from hemaview.wsi.sources.choice import NO_CHOICE, Choice

_IMPORTED = ("status", "percent", "message", "path", "photo_fields", "sha256", "width", "height", "vendor", "objective",
             "associated", "mpp", "mpp_source", "side_pyramid", "colour", "icc_bytes", "tile_levels", "conversion",
             "notes", "import_request", "name")  # fmt: skip
"""What an import finds out of a slide."""
_OF_SOURCE = ("mpp", "mpp_from", "vendor", "objective", "notes")
"""What is known of a slide that is converted by its own file alone."""
CONVERTED = "It was converted when it came in, and each part compared with the original: what is analysed is JPEG of quality 90."


def begin_import_of_uploads(
    user: Any,
    case: Case,
    upload_ids: list[uuid.UUID],
    name: str = "",
    mpp: float | None = None,
    convert: bool = False,
    specimen: str = "",
    choice: Choice = NO_CHOICE,
    preset: str = "",
) -> Slide:
    """Turn complete uploads into one slide row that a worker will make ready; refusals leave nothing behind.

    Of several requests for the same uploads at once, one gets them; the others are told that they are gone. Where a series
    must be chosen first (code several-series) the uploads stay.
    """
    require(user, case, "annotate")
    uploads = take_complete(user, case, upload_ids)
    files = [(u.file, u.name) for u in uploads]
    try:
        slide = _begin(user, case, files, name, mpp, specimen, move=True, convert=convert, choice=choice, preset=preset)
    except Refusal as refusal:
        if refusal.code == SeveralSeries.code:
            put_back(uploads)
        else:
            discard(uploads)
        raise
    except BaseException:
        discard(uploads)
        raise
    discard(uploads)
    return slide


def begin_import_of_files(
    user: Any,
    case: Case,
    paths: list[Path],
    name: str = "",
    mpp: float | None = None,
    in_place: bool = False,
    convert: bool = False,
    specimen: str = "",
    choice: Choice = NO_CHOICE,
    preset: str = "",
) -> Slide:
    """The same for files on the server (the command line); they are copied, or left where they are."""
    require(user, case, "annotate")
    files = [(p, p.name) for p in with_companions(paths)]
    how: dict[str, Any] = {"move": False, "in_place": in_place, "convert": convert, "asked": asked_dicom(paths)}
    how |= {"choice": choice, "preset": preset}
    return _begin(user, case, files, name, mpp, specimen, **how)


def run_import(slide_id: uuid.UUID | str) -> Slide:
    """Make an importing slide ready: join, hash, thumbnail, missing low levels. Safe to run twice and after a crash."""
    slide = _claim_import(slide_id)
    if slide is None:
        return Slide.objects.get(pk=slide_id)
    try:
        _make_ready(slide)
    except SlideError as error:
        _refuse(slide, error.message)
    except Refusal as refusal:
        _refuse(slide, refusal.message)
    except OSError as error:
        _refuse(slide, f"The file could not be stored: {error.strerror or error}.")
    return Slide.objects.select_related("case").filter(pk=slide.pk).first() or slide


def sweep_imports() -> list[str]:
    """Ids of imports whose worker is gone; the caller rings for them again."""
    late = timezone.now() - IMPORT_LEASE
    waiting = Slide.objects.filter(status=Slide.Status.IMPORTING)
    return [str(s.pk) for s in waiting if s.import_beat is None or s.import_beat < late]


def _begin(
    user: Any,
    case: Case,
    files: list[tuple[Path, str]],
    name: str,
    mpp: float | None,
    specimen: str,
    *,
    move: bool,
    in_place: bool = False,
    convert: bool = False,
    asked: set[Path] | None = None,
    choice: Choice = NO_CHOICE,
    preset: str = "",
) -> Slide:
    if mpp is not None:
        plausible_mpp(mpp)
    try:
        incoming = look_at(files, asked or set(), choice)
        title = check_name(name) if name else incoming.title
    except SlideError as error:
        raise as_refusal(error) from error
    entries = [entry for probe in incoming.probes for entry in probe.identity]
    if not in_place:
        incoming = nameless(incoming, entries, case.accession)
    files, main, probes = incoming.files, incoming.main, incoming.probes
    names = [file_name for _, file_name in files]
    if len(set(names)) != len(names):
        raise Refusal("Two of the files have the same name.", code="name-refused")
    pictures = all(p.kind == "picture" for p in probes)
    if pictures and in_place:
        raise Refusal("Photographs are joined into a new slide, so they cannot stay in place.", code="invalid")
    foreign = not pictures and probes[0].convert
    if foreign and in_place:
        raise Refusal("This slide is converted when it comes in, so it cannot stay in place.", code="invalid")
    total = sum(path.stat().st_size for path, _ in _each_file(files))
    if not move and not in_place:
        refuse_full_disk(total)
    digest = _digest([path for path, _ in files], incoming.choice) if total <= 512 * 1024**2 else ""
    _refuse_known(case, digest)
    slide = Slide(case=case, name=title, created_by=user, sha256=digest, size_bytes=total, in_place=in_place)
    slide.own_specimen = "" if specimen == case.specimen else specimen
    slide.import_request = {"main": main, "pictures": pictures, "names": names, "mpp": mpp, "convert": convert}
    slide.import_request |= {"notes": incoming.notes, "named": bool(name)}
    slide.identifying = kinds_of(entries)
    if names_patient(slide.name, entries, case.accession) and not name:
        slide.name = f"Slide {case.slides.count() + 1}"
    slide.import_request |= {"choice": asdict(incoming.choice), "preset": preset}
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
        with transaction.atomic():
            slide.case = hold_open(case)
            slide.save(force_insert=True)
            record(user, "slide.received", "slide", slide.pk, accession=case.accession, files=len(files), bytes=total)
    except BaseException:
        stores.slides().delete(str(slide.pk))
        raise
    return slide


def _likenesses(case: Case) -> dict[str, str]:
    """Of each photograph that is in the case its likeness, with its slide's name."""
    ready = Slide.objects.filter(case=case, status=Slide.Status.READY)
    return {like: slide.name for slide in ready for like in slide.import_request.get("likenesses", [])}


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
    found = []
    for path, name in files:
        inside = sorted(p for p in path.rglob("*") if p.is_file()) if path.is_dir() else [path]
        found += [(p, name) for p in inside]
    return found


def _digest(paths: list[Path], choice: Choice = NO_CHOICE) -> str:
    """sha256 of one file, or of the sorted hashes of several (order and names do not matter), and of what was chosen."""
    digests = []
    for path, _ in _each_file([(path, path.name) for path in paths]):
        with path.open("rb") as stream:
            digests.append(hashlib.file_digest(stream, "sha256").hexdigest())
    if choice:
        digests.append(f"series {choice.series}, focal plane {choice.plane}")
    return digests[0] if len(digests) == 1 else hashlib.sha256("".join(sorted(digests)).encode()).hexdigest()


def _refuse_known(case: Case, digest: str, but: uuid.UUID | None = None) -> None:
    known = Slide.objects.filter(case=case, sha256=digest).exclude(status=Slide.Status.REFUSED)
    if but is not None:
        known = known.exclude(pk=but)
    if digest and known.exists():
        raise Conflict(f"This slide is already in case {case.accession}.", code="slide-exists")


def _claim_import(slide_id: uuid.UUID | str) -> Slide | None:
    now = timezone.now()
    free = Slide.objects.filter(pk=slide_id, status=Slide.Status.IMPORTING)
    claimed = free.filter(import_beat__isnull=True).update(import_beat=now) or free.filter(
        import_beat__lt=now - IMPORT_LEASE
    ).update(import_beat=now)
    return Slide.objects.select_related("case").get(pk=slide_id) if claimed else None


def _make_ready(slide: Slide) -> None:
    request = slide.import_request
    originals = slide.folder / "original"
    names: list[str] = request["names"]
    files = [originals / stored_name(name, names) for name in names]
    choice = Choice(**request.get("choice", {}))
    source = request.get("source")
    if source is not None:
        main = originals / stored_name(request["main"], names)
        made_of = convert_source(
            main, slide.folder / "slide.tif", True, _progress(slide, 0, 60), choice, in_place=False
        )
        slide.path = "slide.tif"
    elif request["pictures"]:
        joined = join_fields(
            files,
            slide.folder / "slide.tif",
            request["mpp"] or request.get("file_mpp"),
            _progress(slide, 0, 60),
            _likenesses(slide.case),
            choice,
        )
        slide.path, slide.photo_fields = "slide.tif", joined["fields"]
        slide.notes = [*request.get("notes", []), *joined["notes"]]
        slide.import_request = {**request, "likenesses": joined["likenesses"]}
        if not request.get("named") and len(joined["fields"]) != len(names):
            slide.name = title_of_fields([field["name"] for field in joined["fields"]])
    elif not slide.in_place:
        slide.path = f"original/{stored_name(request['main'], names)}"
    if not slide.sha256:
        slide.sha256 = _digest([slide.file] if slide.in_place else files, choice)
        _refuse_known(slide.case, slide.sha256, but=slide.pk)
    found = probe_many([(slide.file, slide.file.name)])[0]
    if source is not None:
        found = replace(found, **{**source, "notes": (*source["notes"], *made_of["notes"], CONVERTED)})
    slide.width, slide.height = found.width, found.height
    slide.vendor = "camera fields" if request["pictures"] else found.vendor
    slide.objective, slide.associated = found.objective, list(found.associated)
    stated, of_scale = request.get("file_mpp"), request.get("scale_notes", [])
    if not request["pictures"]:
        stated, of_scale = found.mpp, scale_notes(found)
        slide.notes = [*request.get("notes", []), *found.notes]
    if request["mpp"]:
        slide.mpp, slide.mpp_source = request["mpp"], Slide.MppSource.USER
        if request.get("preset"):
            slide.notes = [*slide.notes, f"{request['mpp']:.4g} µm/px by the laboratory's preset {request['preset']}."]
        slide.notes = slide.notes + contradicted(request["mpp"], stated)
    else:
        slide.notes = slide.notes + of_scale
        if stated:
            slide.mpp, slide.mpp_source = stated, Slide.MppSource.FILE
    made = prepare(
        slide.file, slide.thumbnail_file, slide.side_pyramid_file, slide.tile_index_file, "", _progress(slide, 60, 99)
    )
    slide.side_pyramid, slide.colour = made.side_pyramid, made.colour
    slide.icc_bytes, slide.tile_levels = made.icc_bytes, made.levels
    if request.get("convert") and not all(level["stored"] for level in made.levels):
        slide.conversion = Slide.Conversion.ASKED
    slide.status, slide.percent, slide.message = Slide.Status.READY, 100, ""
    facts = {name: getattr(slide, name) for name in _IMPORTED}
    try:
        with transaction.atomic():
            Case.objects.select_for_update(no_key=True).get(pk=slide.case_id)
            row = (
                Slide.objects.select_for_update(no_key=True).filter(pk=slide.pk, status=Slide.Status.IMPORTING).first()
            )
            if row is None:
                return  # another worker was quicker, or the slide was removed meanwhile
            if row.mpp_source == Slide.MppSource.USER:  # given by a person while the import ran
                facts |= {"mpp": row.mpp, "mpp_source": row.mpp_source}
            Slide.objects.filter(pk=slide.pk).update(**facts, revision=F("revision") + 1)
            record(
                slide.created_by or "system",
                "slide.ready",
                "slide",
                slide.pk,
                accession=slide.case.accession,
                sha256=slide.sha256,
                vendor=slide.vendor,
            )
    except IntegrityError:
        raise Conflict(f"This slide is already in case {slide.case.accession}.", code="slide-exists") from None
    if request["pictures"]:
        stores.slides().delete(f"{slide.pk}/original")


def _progress(slide: Slide, low: float, high: float) -> Any:
    def tell(share: float) -> None:
        Slide.objects.filter(pk=slide.pk).update(
            percent=low + (high - low) * share, import_beat=timezone.now(), revision=F("revision") + 1
        )

    return tell


def _refuse(slide: Slide, message: str) -> None:
    with transaction.atomic():
        Case.objects.select_for_update(no_key=True).get(pk=slide.case_id)
        refused = Slide.objects.filter(pk=slide.pk, status=Slide.Status.IMPORTING).update(
            status=Slide.Status.REFUSED, message=message, path="", sha256="", revision=F("revision") + 1
        )
        if not refused:
            return  # another worker has ended this import
        stores.slides().delete(str(slide.pk))
        record("system", "slide.refused", "slide", slide.pk, accession=slide.case.accession, reason=message)
