"""Writes about slides that are there: their name, µm/px and specimen, and their removal."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import ProtectedError
from django.utils.translation import gettext

from apps.accounts import stores
from apps.accounts.errors import Conflict, Missing, Refusal
from apps.accounts.leases import alive
from apps.audit.services import record
from apps.cases.locks import hold_open
from apps.cases.models import Case
from apps.cases.selectors import require
from apps.slides.models import Slide
from hemaview.tiles import KeptTiles
from hemaview.wsi.patientnames import name_may_tell_patient
from hemaview.wsi.physical import PLAUSIBLE_MPP

IMPORT_LEASE_S = 90.0
"""An import that has not been heard of for so long has lost its worker."""


def hold_slide(slide: Slide, hold_case: Callable[[Case], Case] = hold_open) -> Slide:
    """The slide's row and its case's as they are now, locked until the caller's transaction ends; raises Conflict, Missing."""
    case = hold_case(slide.case)
    row = Slide.objects.select_for_update(no_key=True).filter(pk=slide.pk).first()
    if row is None:
        raise Missing(gettext("This slide no longer exists."), code="slide-gone")
    row.case = case
    return row


def refuse_at_work(slide: Slide) -> None:
    """Raise Conflict while a worker imports, converts or analyses the slide, whose row the caller has locked."""
    if slide.status == Slide.Status.IMPORTING and alive(slide.import_beat, IMPORT_LEASE_S):
        raise Conflict(gettext("This slide is being imported; wait until that is complete."), code="importing")
    if slide.conversion == Slide.Conversion.RUNNING and alive(slide.conversion_beat, IMPORT_LEASE_S):
        raise Conflict(gettext("This slide is being converted; wait until that is complete."), code="converting")
    if any(job.state in job.ACTIVE for job in _jobs_of(slide)):
        raise Conflict(gettext("This slide is being analysed; cancel the analysis first."), code="slide-analysed")


def _jobs_of(slide: Slide) -> list[Any]:
    """Analyses know slides, not the other way round: they are reached through the slide alone."""
    return list(slide.jobs.all()) if hasattr(slide, "jobs") else []


def forget_files(slide: Slide) -> None:
    """Delete what is kept of a slide, tiles in the cache included, once the caller's transaction has removed its row."""
    tiles = KeptTiles(settings.TILE_CACHE_DIR, settings.TILE_CACHE_BYTES)
    transaction.on_commit(partial(stores.slides().delete, str(slide.pk)), robust=True)
    transaction.on_commit(partial(tiles.forget, slide.pk.hex), robust=True)


def _needs_reason() -> Conflict:
    return Conflict(gettext("This slide has results: say why it is removed."), code="slide-analysed")


@transaction.atomic
def delete_slide(user: Any, slide: Slide) -> None:
    """Remove a slide without results, and with it the analyses that failed or were cancelled before any cell was kept."""
    require(user, slide.case, "annotate")
    slide = hold_slide(slide)
    refuse_at_work(slide)
    jobs = _jobs_of(slide)
    if any(job.reviewable for job in jobs):
        raise _needs_reason()
    record(
        user, "slide.deleted", "slide", slide.pk, accession=slide.case.accession, sha256=slide.sha256,
        **({"analyses": [str(job.pk) for job in jobs]} if jobs else {}),
    )  # fmt: skip
    forget_files(slide)
    results = [str(job.pk) for job in jobs]
    try:
        for job in jobs:
            job.delete()
        slide.delete()
    except ProtectedError:  # a note on a cell of an analysis that was begun anew, and failed
        raise _needs_reason() from None
    for name in results:
        transaction.on_commit(partial(stores.results().delete, name), robust=True)


@transaction.atomic
def set_specimen(user: Any, slide: Slide, specimen: str) -> Slide:
    """Say what a slide is of, where it is not what the case is of; analyses that were made stay."""
    require(user, slide.case, "annotate")
    slide = hold_slide(slide)
    before, slide.own_specimen = slide.specimen, "" if specimen == slide.case.specimen else specimen
    if slide.specimen == before:
        return slide
    slide.revision += 1
    slide.save(update_fields=["own_specimen", "revision"])
    record(
        user, "slide.specimen", "slide", slide.pk, accession=slide.case.accession, before=before, after=slide.specimen
    )
    return slide


@transaction.atomic
def rename_slide(user: Any, slide: Slide, name: str) -> Slide:
    """Call a slide otherwise in pages, exports and reports. The record, which nobody can change, holds no name that may tell the
    patient, neither the one before nor this one."""
    require(user, slide.case, "annotate")
    slide = hold_slide(slide)
    before, name = slide.name, " ".join(name.split())
    if name == before:
        return slide
    slide.name = name
    slide.revision += 1
    slide.save(update_fields=["name", "revision"])
    old, new = ("" if name_may_tell_patient(one, slide.case.accession) else one for one in (before, name))
    record(user, "slide.renamed", "slide", slide.pk, accession=slide.case.accession, before=old, after=new)
    return slide


@transaction.atomic
def set_mpp(user: Any, slide: Slide, mpp: float, preset: str = "") -> Slide:
    """Give a slide its scale by hand, µm per level-0 px; `preset` is the name of the laboratory's preset that gave it."""
    require(user, slide.case, "annotate")
    slide = hold_slide(slide)
    before = slide.mpp
    slide.mpp, slide.mpp_source = plausible_mpp(mpp), Slide.MppSource.USER
    slide.revision += 1
    slide.save(update_fields=["mpp", "mpp_source", "revision"])
    record(
        user,
        "slide.mpp",
        "slide",
        slide.pk,
        accession=slide.case.accession,
        before=before,
        mpp=mpp,
        **({"preset": preset} if preset else {}),
    )
    return slide


def plausible_mpp(mpp: float) -> float:
    """The scale, if a microscope can give it; raises Refusal."""
    if not PLAUSIBLE_MPP[0] <= mpp <= PLAUSIBLE_MPP[1]:
        raise Refusal(
            gettext("{mpp:g} µm/px is implausible; enter a value between {plausible_mpp} and {plausible_mpp2}.").format(
                mpp=mpp, plausible_mpp=PLAUSIBLE_MPP[0], plausible_mpp2=PLAUSIBLE_MPP[1]
            ),
            code="implausible-mpp",
        )
    return mpp
