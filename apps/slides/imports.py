"""Slides come in: checked in a limited child, copied, joined where they are camera fields, made ready to view."""

from __future__ import annotations

import uuid
from dataclasses import replace
from pathlib import Path
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext

from apps.accounts import stores
from apps.accounts.errors import Conflict, Refusal
from apps.accounts.leases import alive, silent
from apps.audit.services import record
from apps.cases.models import Case
from apps.cases.selectors import require
from apps.slides.folders import named_dicom, with_companions
from apps.slides.identity import keep_words_alone
from apps.slides.incoming import (
    contradicted,
    scale_notes,
    stored_name,
    title_of_fields,
)
from apps.slides.models import Slide
from apps.slides.placing import NO_OPTIONS, ImportOptions, digest_of, placed, refuse_known, store
from apps.slides.planes import converted, joined, make_planes
from apps.slides.selectors import contents_of
from apps.slides.services import IMPORT_LEASE_S
from apps.slides.uploads import discard, files_of, put_back, take_complete
from hemaview.wsi.errors import SeveralSeries, SlideError
from hemaview.wsi.identity import names_patient
from hemaview.wsi.sandbox import convert as convert_source
from hemaview.wsi.sandbox import identity_of, join_fields, prepare, probe_many
from hemaview.wsi.sources.choice import Choice

_IMPORTED = ("status", "percent", "message", "path", "photo_fields", "sha256", "width", "height", "vendor", "objective",
             "associated", "mpp", "mpp_source", "side_pyramid", "colour", "icc_bytes", "tile_levels", "conversion",
             "notes", "import_request", "name", "stage", "planes")  # fmt: skip
"""What an import finds out of a slide."""
UNSAID = "A note of what its file says of its colours is left out: it would say who the patient is."
ELSEWHERE = "When it was imported, the same file was in another case, too: check that it is of this patient."
CONVERTED = "It was converted when it came in, and each part compared with the original: what is analysed is JPEG of quality 90."


def begin_import_of_uploads(
    user: Any,
    case: Case,
    upload_ids: list[uuid.UUID],
    options: ImportOptions = NO_OPTIONS,
) -> Slide:
    """Turn complete uploads into one slide row that a worker will make ready; refusals leave nothing behind.

    Of several requests for the same uploads at once, one gets them; the others are told that they are gone. Where a series
    must be chosen first (code several-series) the uploads stay.
    """
    require(user, case, "annotate")
    uploads = take_complete(user, case, upload_ids)
    try:
        files = files_of(uploads)
        slide = placed(user, case, files, options, move=True)
        store(user, case, [slide])
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


def begin_import_of_each_series(
    user: Any,
    case: Case,
    upload_ids: list[uuid.UUID],
    options: ImportOptions = NO_OPTIONS,
) -> list[Slide]:
    """Turn each series that complete uploads hold into a slide of its own, all of them or none; after a refusal the uploads wait.

    Pages or series that would become fields of one slide are series here, too. Of focal planes the sharpest is taken, whatever
    the options choose.
    """
    numbers = [row["number"] for row in contents_of(user, case, upload_ids).series]
    if not numbers:
        raise Refusal(gettext("These files contain one slide; import it without a choice."), code="one-series")
    uploads = take_complete(user, case, upload_ids)
    slides: list[Slide] = []
    try:
        files = files_of(uploads)
        for i, number in enumerate(numbers, 1):
            name = f"{options.name}, series {number}" if options.name else ""
            of_series = replace(options, name=name, choice=Choice(number))
            slides.append(placed(user, case, files, of_series, move=False, number=i))
        store(user, case, slides)
    except BaseException:
        for slide in slides:
            stores.slides().delete(str(slide.pk))
        put_back(uploads)
        raise
    discard(uploads)
    return slides


def begin_import_of_files(
    user: Any,
    case: Case,
    paths: list[Path],
    options: ImportOptions = NO_OPTIONS,
) -> Slide:
    """The same for files on the server (the command line); they are copied, or left where they are."""
    require(user, case, "annotate")
    sources, left_out = with_companions(paths)
    files = [(p, p.name) for p in sources]
    slide = placed(user, case, files, options, move=False, dicom=named_dicom(paths), left_out=left_out)
    store(user, case, [slide])
    return slide


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
    waiting = Slide.objects.filter(status=Slide.Status.IMPORTING)
    return [str(s.pk) for s in waiting if not alive(s.import_beat, IMPORT_LEASE_S)]


def _likenesses(case: Case) -> dict[str, str]:
    """Of each photograph that is in the case its likeness, with its slide's name."""
    ready = Slide.objects.filter(case=case, status=Slide.Status.READY)
    return {like: slide.name for slide in ready for like in slide.import_request.get("likenesses", [])}


def _claim_import(slide_id: uuid.UUID | str) -> Slide | None:
    now = timezone.now()
    free = Slide.objects.filter(pk=slide_id, status=Slide.Status.IMPORTING)
    claimed = free.filter(import_beat__isnull=True).update(import_beat=now) or free.filter(
        silent(IMPORT_LEASE_S, "import_beat")
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
            main, slide.folder / "slide.tif", True, _progress(slide, 0, 30), choice, in_place=False
        )
        slide.path = "slide.tif"
        slide.planes, of_planes = make_planes(slide, made_of, converted(main, choice), _progress(slide, 30, 60))
    elif request["pictures"]:
        sheet = join_fields(
            files,
            slide.folder / "slide.tif",
            request["mpp"] or request.get("file_mpp"),
            _progress(slide, 0, 30),
            _likenesses(slide.case),
            choice,
        )
        slide.path, slide.photo_fields = "slide.tif", sheet["fields"]
        of_sheet = joined(files, request["mpp"] or request.get("file_mpp"), choice, sheet)
        slide.planes, of_planes = make_planes(slide, sheet, of_sheet, _progress(slide, 30, 60))
        slide.notes, slide.stage = [*request.get("notes", []), *sheet["notes"], *of_planes], sheet["stages"]
        slide.import_request = {**request, "likenesses": sheet["likenesses"]}
        if not request.get("named") and len(sheet["fields"]) != len(names):
            slide.name = title_of_fields([field["name"] for field in sheet["fields"]])
    elif not slide.in_place:
        slide.path = f"original/{stored_name(request['main'], names)}"
    if not slide.sha256:
        slide.sha256 = digest_of([slide.file] if slide.in_place else files, choice)
        refuse_known(slide.case, slide.sha256, but=slide.pk)
    probe = probe_many([(slide.file, slide.file.name)])[0]
    if source is not None:
        probe = replace(probe, **{**source, "notes": (*source["notes"], *made_of["notes"], *of_planes, CONVERTED)})
    slide.width, slide.height = probe.width, probe.height
    slide.vendor = "camera fields" if request["pictures"] else probe.vendor
    slide.objective, slide.associated = probe.objective, list(probe.associated)
    stated, of_scale = request.get("file_mpp"), request.get("scale_notes", [])
    if not request["pictures"]:
        stated, of_scale = probe.mpp, scale_notes(probe)
        slide.notes = [*request.get("notes", []), *probe.notes]
        slide.stage = [{"photograph": "", **probe.stage}] if probe.stage else []
    slide.notes = _nameless_notes(slide, files)
    if request["mpp"]:
        slide.mpp, slide.mpp_source = request["mpp"], Slide.MppSource.USER
        if request.get("preset"):
            slide.notes = [*slide.notes, f"{request['mpp']:.4g} µm/px by the laboratory's preset {request['preset']}."]
        slide.notes = slide.notes + contradicted(request["mpp"], stated)
    else:
        slide.notes = slide.notes + of_scale
        if stated:
            slide.mpp, slide.mpp_source = stated, Slide.MppSource.FILE
    if _is_of_another_patient(slide):
        slide.notes = [*slide.notes, ELSEWHERE]
    ready = prepare(
        slide.file, slide.thumbnail_file, slide.side_pyramid_file, slide.tile_index_file, "", _progress(slide, 60, 99)
    )
    slide.side_pyramid, slide.colour = ready.side_pyramid, ready.colour
    slide.icc_bytes, slide.tile_levels = ready.icc_bytes, ready.levels
    if request.get("convert") and not all(level["stored"] for level in ready.levels):
        slide.conversion = Slide.Conversion.ASKED
    slide.status, slide.percent, slide.message = Slide.Status.READY, 100, ""
    facts = {name: getattr(slide, name) for name in _IMPORTED}
    try:
        with transaction.atomic():
            # None where the case was deleted meanwhile: then its slides are gone, too.
            Case.objects.select_for_update(no_key=True).filter(pk=slide.case_id).first()
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
        raise Conflict(
            gettext("This slide is already in case {accession}.").format(accession=slide.case.accession),
            code="slide-exists",
        ) from None
    if request["pictures"]:
        keep_words_alone(slide, [(originals / stored_name(name, names), name) for name in names])


def _is_of_another_patient(slide: Slide) -> bool:
    """Whether the same file stands in a case that is not, or is not known to be, of this patient."""
    same = Slide.objects.filter(sha256=slide.sha256, status=Slide.Status.READY).exclude(case=slide.case_id)
    pseudonym = slide.case.pseudonym
    return (same.exclude(case__pseudonym=pseudonym) if pseudonym else same).exists()


def _nameless_notes(slide: Slide, files: list[Path]) -> list[str]:
    """The slide's notes, those left out that would say who the patient is: a profile's name is any text."""
    if not any("profile" in note for note in slide.notes):
        return list(slide.notes)
    looked_at = [slide.file] if slide.in_place else files
    entries = identity_of([(path, path.name) for path in looked_at])
    notes = [note for note in slide.notes if not names_patient(note, entries, slide.case.accession)]
    return notes if len(notes) == len(slide.notes) else [*notes, UNSAID]


def _progress(slide: Slide, low: float, high: float) -> Any:
    def tell(share: float) -> None:
        Slide.objects.filter(pk=slide.pk).update(
            percent=low + (high - low) * share, import_beat=timezone.now(), revision=F("revision") + 1
        )

    return tell


def _refuse(slide: Slide, message: str) -> None:
    with transaction.atomic():
        Case.objects.select_for_update(no_key=True).filter(pk=slide.case_id).first()
        refused = Slide.objects.filter(pk=slide.pk, status=Slide.Status.IMPORTING).update(
            status=Slide.Status.REFUSED, message=message, path="", sha256="", revision=F("revision") + 1
        )
        if not refused:
            return  # another worker has ended this import
        stores.slides().delete(str(slide.pk))
        record("system", "slide.refused", "slide", slide.pk, accession=slide.case.accession, reason=message)
