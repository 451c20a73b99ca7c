"""A slide with all that was found and said on it, or a whole case, removed for good: what would go, and that it goes.

What stands in a signed report is never removed. Rows go in one transaction with the line of the record; the files follow once
that stands, so that a crash in between leaves files that nothing names, and never a row without its files.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any

from django.db import transaction
from django.utils.translation import gettext

from apps.accounts import stores
from apps.accounts.errors import Conflict, Refusal
from apps.accounts.texts import refuse_turning
from apps.analysis.models import Job, ReportedAnalysis
from apps.analysis.services import signed_jobs
from apps.audit.services import record
from apps.cases.locks import hold
from apps.cases.models import Case
from apps.cases.selectors import require
from apps.cases.services import erase, set_state, touch
from apps.review.models import AddedCell, Annotation, CarriedLabel, CellNote, HbfMark, LabelEvent, Reading
from apps.review.state import labels_at
from apps.slides.models import Slide
from apps.slides.services import forget_files, hold_slide, refuse_at_work


@dataclass(frozen=True)
class Loss:
    """What a removal takes away."""

    slides: int
    analyses: int
    labels: int
    """Cells that people have labelled or added, in every reading."""
    comments: int
    """On cells, marks for teaching included."""
    annotations: int
    """On places of a slide."""

    @classmethod
    def of(cls, slides: Sequence[Slide]) -> Loss:
        readings = Reading.objects.filter(job__slide__in=slides)
        labels = [labels_at(reading, reading.revision) for reading in readings]
        return cls(
            len(slides),
            Job.objects.filter(slide__in=slides).count(),
            sum(len(one.rows) + len(one.added) for one in labels),
            CellNote.objects.filter(slide__in=slides, removed_at__isnull=True).count(),
            Annotation.objects.filter(slide__in=slides, removed_at__isnull=True).count(),
        )


@transaction.atomic
def loss_of_slide(user: Any, slide: Slide) -> Loss:
    """What `remove_slide` would take away; raises Conflict where it would refuse."""
    return Loss.of([_held_slide(user, slide)])


@transaction.atomic
def remove_slide(user: Any, slide: Slide, reason: str) -> Loss:
    """Remove a slide with its analyses, and what people said of their cells, by who brings in slides; what went.

    Raises Refusal without a reason, Conflict where its results stand in a signed report, while a worker is at it, or while
    somebody reads it second. A case without cells waits for an analysis again.
    """
    slide = _held_slide(user, slide)
    reason = _reason(reason, gettext("Say why the slide is removed."))
    loss = Loss.of([slide])
    record(
        user, "slide.removed", "slide", slide.pk, accession=slide.case.accession, sha256=slide.sha256,
        **_counts(loss), jobs=_ids_of_jobs(slide), reason=reason,
    )  # fmt: skip
    _purge([slide])
    case = slide.case
    if (
        case.state == Case.State.IN_REVIEW
        and not Job.objects.filter(slide__case=case).exclude(cells_sha256="").exists()
    ):
        set_state("system", case, Case.State.RECEIVED)  # nothing is left to be reviewed
    touch(case)
    return loss


@transaction.atomic
def loss_of_case(user: Any, case: Case) -> Loss:
    """What `delete_case` would take away; raises Conflict where it would refuse."""
    return Loss.of(_held_case(user, case)[1])


@transaction.atomic
def delete_case(user: Any, case: Case, accession: str, reason: str) -> Loss:
    """Delete a case with all that it holds, by who administers it; what went. Its accession number may be used again.

    `accession` is the number once more, as the person typed it. Raises Refusal where it is another one, or without a reason;
    Conflict where the case was ever signed, while a worker is at it, or while somebody reads it second.
    """
    case, slides = _held_case(user, case)
    if accession.strip() != case.accession:
        raise Refusal(
            gettext("Type the accession number {accession} to delete this case.").format(accession=case.accession),
            code="other-accession",
        )
    reason = _reason(reason, gettext("Say why the case is deleted."))
    loss = Loss.of(slides)
    record(
        user, "case.deleted", "case", case.pk, accession=case.accession, state=case.state, restricted=case.restricted,
        **_counts(loss), slides=loss.slides,
        removed=[{"slide": str(s.pk), "sha256": s.sha256, "jobs": _ids_of_jobs(s)} for s in slides], reason=reason,
    )  # fmt: skip
    uploads = [str(pk) for pk in case.uploads.values_list("pk", flat=True)]
    _purge(slides)
    erase(case)
    for upload in uploads:
        transaction.on_commit(partial(stores.uploads().delete, upload), robust=True)
    return loss


def _held_slide(user: Any, slide: Slide) -> Slide:
    """The slide, locked, if it may be removed by this person and as it is now."""
    require(user, slide.case, "annotate")
    slide = hold_slide(slide)
    jobs = set(_ids_of_jobs(slide))
    if jobs & signed_jobs(slide.case):
        raise Conflict(
            gettext(
                "Results of this slide stand in a signed report, so it cannot be removed. A case that is no longer needed can be "
                "put into the archive."
            ),
            code="slide-signed",
        )
    refuse_at_work(slide)
    _refuse_second_reading([slide])
    return slide


def _held_case(user: Any, case: Case) -> tuple[Case, list[Slide]]:
    """The case, locked, and its slides, if it may be deleted by this person and as it is now."""
    require(user, case, "administer")
    case = hold(case)
    if case.reports.exists():
        raise Conflict(
            gettext("This case has been signed, so it cannot be deleted; put it into the archive instead."),
            code="case-signed",
        )
    slides = list(case.slides.select_for_update(no_key=True).order_by("pk"))
    for slide in slides:
        refuse_at_work(slide)
    _refuse_second_reading(slides)
    return case, slides


def _refuse_second_reading(slides: Sequence[Slide]) -> None:
    """Raise Conflict while somebody reads the slides second: a removal would tell how much they have read, and take it away."""
    second = Reading.objects.filter(job__slide__in=slides, role=Reading.Role.SECOND, state=Reading.State.OPEN)
    if second.exists():
        raise Conflict(
            gettext("A second reading is open; close or withdraw it before anything is removed."),
            code="second-reading-open",
        )


def _reason(reason: str, without: str) -> str:
    reason = reason.strip()
    if not reason:
        raise Refusal(without, code="no-reason")
    refuse_turning(reason=reason)
    return reason


def _counts(loss: Loss) -> dict[str, int]:
    return {name: n for name, n in asdict(loss).items() if name != "slides"}


def _ids_of_jobs(slide: Slide) -> list[str]:
    return [str(pk) for pk in Job.objects.filter(slide=slide).order_by("requested_at").values_list("pk", flat=True)]


def _purge(slides: Sequence[Slide]) -> None:
    """Remove the rows of slides, and of all that hangs on them, from the leaves on; their files once that stands."""
    jobs = Job.objects.filter(slide__in=slides)
    readings = Reading.objects.filter(job__slide__in=slides)
    results = [str(pk) for pk in jobs.values_list("pk", flat=True)]
    CellNote.objects.filter(slide__in=slides).delete()
    HbfMark.objects.filter(reading__in=readings).delete()
    CarriedLabel.objects.filter(reading__in=readings).delete()
    events = LabelEvent.objects.filter(reading__in=readings)
    events.update(undoes=None, redoes=None)  # else they would hold each other
    events.delete()
    AddedCell.objects.filter(reading__in=readings).delete()
    readings.delete()
    ReportedAnalysis.objects.filter(slide__in=slides).delete()
    jobs.delete()
    for slide in slides:
        forget_files(slide)
        slide.delete()
    for name in results:
        transaction.on_commit(partial(stores.results().delete, name), robust=True)
