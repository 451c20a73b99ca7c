"""Writes about what the HbF stain of a second section shows of a confirmed nucleated red cell."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext

from apps.accounts.errors import Missing, Refusal
from apps.analysis.models import Job
from apps.audit.services import record
from apps.cases.selectors import require
from apps.review.events import locked_job
from apps.review.models import HbfMark
from apps.review.picking import CONFIRMED, candidates
from apps.review.state import with_reading
from hemaview.words import all_of


def mark_hbf(user: Any, job: Job, state: str, row: int | None = None, added: str = "") -> HbfMark:
    """Say what the HbF stain of a second section shows of a confirmed nucleated red cell: its row in the cell file, or the id
    of an added cell. Raises Refusal where the cell is not confirmed, Missing where there is none."""
    require(user, job.slide.case, "review")
    if state not in HbfMark.State.values:
        raise Refusal(
            gettext("{state} is not an HbF state; there are: {values}.").format(
                state=state, values=all_of(HbfMark.State.values)
            ),
            code="invalid",
        )
    if (row is None) == (not added):
        raise Refusal(gettext("Name one cell, by its row or by the id of an added cell."), code="invalid")
    with transaction.atomic():
        job, reading = locked_job(user, job)
        candidate = next(
            (c for c in candidates(with_reading(job, reading)) if (c.row, c.added) == (row, added or None)), None
        )
        if candidate is None:
            raise Missing(gettext("This cell is not a candidate of the analysis."))
        if candidate.state != CONFIRMED:
            raise Refusal(
                gettext("Confirm the candidate first: HbF is recorded only for confirmed cells."), code="not-confirmed"
            )
        mark = HbfMark.objects.create(
            reading=reading, row=row, added_id=added or None, state=state, by=user, at=timezone.now()
        )
        record(
            user, "candidate.hbf", "job", job.pk, accession=job.slide.case.accession, reading=reading.role,
            cell=row if row is not None else added, before=candidate.hbf, state=state,
        )  # fmt: skip
        return mark
