"""Pictures of cells over HTTP."""

from __future__ import annotations

import hashlib
import uuid

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext
from django.views.decorators.http import require_safe

from apps.accounts.api.answers import kept_for_ever, refusal_response
from apps.accounts.api.inputs import number_within, refuse_unknown
from apps.accounts.api.tokens import token_or_session
from apps.accounts.errors import Missing, Refusal
from apps.analysis.cellfiles import cells_of
from apps.analysis.models import Job
from apps.review import typical
from apps.review.analyses import waiting_labels_for
from apps.review.api.asread import job_as_read
from apps.review.crops import crop_jpeg
from apps.review.models import AddedCell
from hemaview.counting.words import number_of
from hemaview.wsi.errors import SlideError

MOST_AROUND = 6
"""So many times as wide as a cell's own picture may one of what it lies among be."""


@require_safe
@token_or_session
def cell_crop(request: HttpRequest, job_id: uuid.UUID, row: int) -> HttpResponse:
    try:
        job = job_as_read(request.user, job_id)
        cells = cells_of(job)
        if not 0 <= row < len(cells):
            raise Missing(
                gettext("This job has {cells}; there is no cell {row}.").format(
                    cells=number_of(len(cells), "cell"), row=row
                )
            )
        box = float(cells.x[row]), float(cells.y[row]), float(cells.w[row]), float(cells.h[row])
        return _crop(request, job, f"{row}", box)
    except Refusal as refusal:
        return refusal_response(refusal)


@require_safe
@token_or_session
def added_crop(request: HttpRequest, job_id: uuid.UUID, added_id: uuid.UUID) -> HttpResponse:
    try:
        job = job_as_read(request.user, job_id)
        cell = AddedCell.objects.filter(reading__job=job, pk=added_id).first()
        if cell is None:
            raise Missing(gettext("There is no such added cell."))
        return _crop(request, job, str(cell.pk), (cell.x, cell.y, cell.w, cell.h))
    except Refusal as refusal:
        return refusal_response(refusal)


@require_safe
@token_or_session
def carried_crop(request: HttpRequest, job_id: uuid.UUID, label_id: uuid.UUID) -> HttpResponse:
    """The place of a label of an earlier analysis that waits for a decision, where the new one has no cell."""
    try:
        job = job_as_read(request.user, job_id)
        waiting = next((one for one in waiting_labels_for(request.user, job) if one.pk == label_id), None)
        if waiting is None:
            raise Missing(gettext("There is no such label of an earlier analysis."))
        return _crop(request, job, str(waiting.pk), (waiting.x, waiting.y, waiting.w, waiting.h))
    except Refusal as refusal:
        return refusal_response(refusal)


@require_safe
@token_or_session
def typical_picture(request: HttpRequest, folder: str, name: str) -> HttpResponse:
    try:
        if not request.user.is_authenticated:
            raise Missing(gettext("There is no such picture."))
        refuse_unknown(request.GET, ())
        picture = typical.picture_of(folder, name)
    except Refusal as refusal:
        return refusal_response(refusal)
    return kept_for_ever(request, f'"{hashlib.sha256(picture).hexdigest()[:16]}"', "image/webp", lambda: picture)


def _crop(request: HttpRequest, job: Job, name: str, box: tuple[float, float, float, float]) -> HttpResponse:
    refuse_unknown(request.GET, ("size", "around"))
    out_px = number_within("size", request.GET.get("size", "96"), 16, 512)
    around = number_within("around", request.GET.get("around", "1"), 1, MOST_AROUND)
    etag = f'"{job.pk.hex[:12]}-{job.cells_sha256[:12]}-{name}-{out_px}-{around}-{job.slide.generation}"'

    def picture() -> bytes:
        try:
            return crop_jpeg(job, *box, out_px, around)
        except SlideError as error:
            raise Missing(error.message, code=error.code) from error

    return kept_for_ever(request, etag, "image/jpeg", picture)
