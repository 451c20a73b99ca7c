"""Tiles of a slide: its colour option, its conversion, and an index that fits the files as they are."""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext

from apps.accounts import stores
from apps.accounts.errors import Conflict, Missing, Refusal
from apps.accounts.leases import silent
from apps.audit.services import record
from apps.cases.locks import hold
from apps.cases.selectors import require
from apps.slides.models import Slide
from apps.slides.services import hold_slide
from apps.slides.uploads import as_refusal, refuse_full_disk
from hemaview.words import one_of
from hemaview.wsi import sandbox
from hemaview.wsi.colour import Colour
from hemaview.wsi.errors import SlideError
from hemaview.wsi.tileindex import IndexedFile, TileIndex, read_index

CONVERSION_LEASE_S = 120.0


def index_of(slide: Slide) -> TileIndex:
    """The index of the slide's tiles, made again where it is missing or a file has changed; raises Refusal."""
    try:
        index = read_index(slide.tile_index_file)
        if index.colour == slide.colour and all(IndexedFile.of(Path(f.path)) == f for f in index.files):
            return index
    except (SlideError, OSError):
        pass
    if not slide.file.exists():
        raise Missing(gettext("The slide's file is missing; tell the administrator."), code="unreadable")
    return _plan(slide)


def set_colour(user: Any, slide: Slide, colour: str) -> Slide:
    """What happens to the slide's embedded profile, for tiles, thumbnail, gallery and later jobs alike."""
    require(user, slide.case, "annotate")
    if colour not in list(Colour):
        raise Refusal(
            gettext("Colours can be {choices}, not {colour}.").format(choices=one_of(Colour), colour=colour),
            code="invalid",
        )
    with transaction.atomic():
        slide = _hold_at_rest(slide, colour)
    before = slide.colour
    # What was made under the other colours shows other pixels.
    other_pixels = Colour.APPLIED in (colour, before) and colour != before
    # Outside of the transaction: a child process at work must not hold the database's write lock.
    plan, _ = _indexed(slide, colour, with_converted=not other_pixels)
    try:
        with transaction.atomic():
            slide = _hold_at_rest(slide, colour)
            if slide.colour != before:
                raise Conflict(
                    gettext("Somebody else has changed the colours of this slide; reload the page."), code="conflict"
                )
            slide.colour, slide.icc_bytes, slide.tile_levels = plan.colour, plan.icc_bytes, plan.levels
            slide.revision += 1
            if other_pixels:
                slide.conversion = Slide.Conversion.NONE
            slide.save(update_fields=["colour", "icc_bytes", "tile_levels", "conversion", "revision"])
            record(
                user, "slide.colour", "slide", slide.pk, accession=slide.case.accession, before=before, colour=colour
            )
    except Conflict:
        now = Slide.objects.filter(pk=slide.pk).first()
        if now is not None:
            _indexed(now, now.colour)
        raise
    except Missing:
        stores.slides().delete(str(slide.pk))  # what was indexed just now is of a slide that was removed meanwhile
        raise
    if other_pixels:
        slide.converted_file.unlink(missing_ok=True)
    return slide


@transaction.atomic
def request_conversion(user: Any, slide: Slide) -> Slide:
    """Ask for a JPEG pyramid that can be sent as stored; the caller rings the bell. Raises Conflict."""
    require(user, slide.case, "annotate")
    slide = hold_slide(slide, hold)  # also of a signed case: what is analysed and reported stays the original
    if slide.status != Slide.Status.READY:
        raise Conflict(gettext("This slide is not ready yet."), code="not-ready")
    if slide.conversion in (Slide.Conversion.ASKED, Slide.Conversion.RUNNING):
        raise Conflict(gettext("This slide is already being converted."), code="converting")
    if all(level["stored"] for level in slide.tile_levels):
        raise Conflict(gettext("Every level of this slide is already sent as stored."), code="nothing-to-convert")
    refuse_full_disk(max(slide.size_bytes, slide.width * slide.height // 4))
    slide.conversion, slide.conversion_percent, slide.conversion_message = Slide.Conversion.ASKED, 0, ""
    slide.conversion_beat = None
    slide.revision += 1
    slide.save(update_fields=["conversion", "conversion_percent", "conversion_message", "conversion_beat", "revision"])
    record(user, "slide.conversion-asked", "slide", slide.pk, accession=slide.case.accession)
    return slide


def run_conversion(slide_id: uuid.UUID | str) -> Slide:
    """Convert, verify, switch; the original stays what is analysed. Safe to run twice and after a crash."""
    now = timezone.now()
    waiting = Slide.objects.filter(pk=slide_id, conversion=Slide.Conversion.ASKED)
    orphan = Slide.objects.filter(
        silent(CONVERSION_LEASE_S, "conversion_beat"), pk=slide_id, conversion=Slide.Conversion.RUNNING
    )
    facts = {"conversion": Slide.Conversion.RUNNING, "conversion_beat": now, "revision": F("revision") + 1}
    n_rows = waiting.update(**facts) or orphan.update(**facts)
    slide = Slide.objects.select_related("case").get(pk=slide_id)
    if not n_rows:
        return slide
    try:
        sandbox.convert(slide.file, slide.converted_file, slide.colour == Colour.APPLIED, _progress(slide))
        _plan(slide)
    except SlideError as error:
        return _ended(slide, Slide.Conversion.FAILED, error.message)
    except Refusal as refusal:
        return _ended(slide, Slide.Conversion.FAILED, refusal.message)
    except OSError as error:
        return _ended(slide, Slide.Conversion.FAILED, f"The file could not be written: {error.strerror or error}.")
    return _ended(slide, Slide.Conversion.DONE, "")


def sweep_conversions() -> list[str]:
    """Ids of conversions that nobody works at; the caller rings for them again."""
    ready = Slide.objects.filter(status=Slide.Status.READY)
    waiting = ready.filter(conversion=Slide.Conversion.ASKED)
    orphans = ready.filter(conversion=Slide.Conversion.RUNNING).filter(silent(CONVERSION_LEASE_S, "conversion_beat"))
    return [str(pk) for pk in (waiting | orphans).values_list("pk", flat=True)]


def _ended(slide: Slide, state: str, message: str) -> Slide:
    if state == Slide.Conversion.FAILED:
        slide.converted_file.unlink(missing_ok=True)
    with transaction.atomic():
        Slide.objects.filter(pk=slide.pk).update(
            conversion=state,
            conversion_message=message,
            conversion_percent=100 if state == Slide.Conversion.DONE else 0,
            revision=F("revision") + 1,
        )
        record("system", f"slide.conversion-{state}", "slide", slide.pk, accession=slide.case.accession, reason=message)
    slide.refresh_from_db()
    return slide


def _progress(slide: Slide) -> Any:
    def tell(share: float) -> None:
        Slide.objects.filter(pk=slide.pk).update(
            conversion_percent=100 * share, conversion_beat=timezone.now(), revision=F("revision") + 1
        )

    return tell


def _hold_at_rest(slide: Slide, colour: str) -> Slide:
    slide = hold_slide(slide)
    if colour != Colour.STORED and not slide.icc_bytes:
        raise Conflict(gettext("This slide carries no colour profile that could be applied."), code="no-profile")
    if slide.conversion == Slide.Conversion.RUNNING:
        raise Conflict(gettext("This slide is being converted; wait until that is complete."), code="converting")
    return slide


def _plan(slide: Slide) -> TileIndex:
    """Index the slide's tiles and note how each level is served."""
    plan, index = _indexed(slide, slide.colour)
    slide.icc_bytes, slide.tile_levels = plan.icc_bytes, plan.levels
    # A slide whose colours were changed meanwhile has been indexed for them.
    Slide.objects.filter(pk=slide.pk, colour=slide.colour).update(icc_bytes=plan.icc_bytes, tile_levels=plan.levels)
    return index


def _indexed(slide: Slide, colour: str, with_converted: bool = True) -> tuple[sandbox.Tiles, TileIndex]:
    """The index of the slide's tiles in these colours, written by the limited child; raises Refusal."""
    low = slide.side_pyramid_file if slide.side_pyramid and slide.side_pyramid_file.exists() else None
    converted = slide.converted_file if with_converted and slide.converted_file.exists() else None
    slide.folder.mkdir(parents=True, exist_ok=True)
    try:
        plan = sandbox.plan(slide.file, low, slide.thumbnail_file, slide.tile_index_file, colour, converted)
        return plan, read_index(slide.tile_index_file)
    except SlideError as error:
        raise as_refusal(error) from error
