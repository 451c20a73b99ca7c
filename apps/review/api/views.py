"""Review over HTTP: labels, gallery, cards, crops, counts."""

from __future__ import annotations

import uuid
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseNotModified
from django.views.decorators.http import require_safe
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.api.inputs import OneOf, whole_number
from apps.accounts.errors import Missing, Refusal
from apps.analysis.cellfiles import cells_of
from apps.analysis.models import Job
from apps.analysis.selectors import reviewable_job_for
from apps.review import selectors, services
from apps.review.crops import crop_jpeg
from apps.review.models import AddedCell, LabelEvent
from apps.review.state import labels_of
from apps.slides.views import PRIVATE_FOREVER, refusal_response
from hemaview.wsi.errors import SlideError


class LabelInput(serializers.Serializer[Any]):
    action = OneOf(choices=services.ACTIONS)
    rows = serializers.ListField(child=serializers.IntegerField(min_value=0), required=False, default=list)
    added = serializers.ListField(child=serializers.UUIDField(format="hex_verbose"), required=False, default=list)
    label = serializers.IntegerField(min_value=0, required=False, allow_null=True, default=None)
    base_revision = serializers.IntegerField(min_value=0)
    force = serializers.BooleanField(required=False, default=False)


class AddInput(serializers.Serializer[Any]):
    x = serializers.FloatField()
    y = serializers.FloatField()
    w = serializers.FloatField()
    h = serializers.FloatField()
    label = serializers.IntegerField(min_value=0)


class GalleryInput(serializers.Serializer[Any]):
    view = OneOf(choices=selectors.VIEWS, default="unsure")
    offset = serializers.IntegerField(min_value=0, default=0)
    limit = serializers.IntegerField(min_value=1, max_value=1000, default=200)


class LabelsView(APIView):
    """The labels people gave, as a delta over the cell file; POST adds one event."""

    @extend_schema(responses={200: dict})
    def get(self, request: Request, job_id: uuid.UUID) -> Response:
        job = reviewable_job_for(request.user, job_id)
        since = whole_number(request.query_params.get("since", "0"))
        return Response(selectors.labels_json(job, since or 0))

    @extend_schema(request=LabelInput, responses={200: dict})
    def post(self, request: Request, job_id: uuid.UUID) -> Response:
        job = reviewable_job_for(request.user, job_id, "review")
        given = LabelInput(data=request.data)
        given.is_valid(raise_exception=True)
        data = given.validated_data
        event = services.label_cells(
            request.user,
            job,
            data["action"],
            data["rows"],
            [str(a) for a in data["added"]],
            data["label"],
            data["base_revision"],
            data["force"],
        )
        return Response(after(event))


class UndoView(APIView):
    """Undo your newest event."""

    @extend_schema(request=None, responses={200: dict})
    def post(self, request: Request, job_id: uuid.UUID) -> Response:
        event = services.undo(request.user, reviewable_job_for(request.user, job_id, "review"))
        source = event.undoes
        assert source is not None
        cells = len(source.rows) + len(source.added)
        return Response({**after(event), "undone": {"action": source.get_action_display(), "n": cells}})


class AddedCellsView(APIView):
    """Add a cell that the machine missed."""

    @extend_schema(request=AddInput, responses={201: dict})
    def post(self, request: Request, job_id: uuid.UUID) -> Response:
        job = reviewable_job_for(request.user, job_id, "review")
        given = AddInput(data=request.data)
        given.is_valid(raise_exception=True)
        return Response(after(services.add_cell(request.user, job, **given.validated_data)), status=201)


class GalleryView(APIView):
    """A page of cells of one class, ordered."""

    @extend_schema(parameters=[GalleryInput], responses={200: dict})
    def get(self, request: Request, job_id: uuid.UUID) -> Response:
        job = reviewable_job_for(request.user, job_id)
        given = GalleryInput(data=request.query_params.dict())
        given.is_valid(raise_exception=True)
        which = request.query_params.get("class", "all")
        index = whole_number(which)
        if which != "all" and index is None:
            raise Refusal("class must be the index of a class, or 'all'.", code="invalid")
        data = given.validated_data
        return Response(selectors.gallery(job, index, data["view"], data["offset"], data["limit"]))


class CellView(APIView):
    """Everything about one cell."""

    @extend_schema(responses={200: dict})
    def get(self, request: Request, job_id: uuid.UUID, row: int) -> Response:
        return Response(selectors.cell_card(reviewable_job_for(request.user, job_id), row))


class CountsView(APIView):
    """Counts with intervals, the machine's beside the reviewed ones."""

    @extend_schema(responses={200: dict})
    def get(self, request: Request, job_id: uuid.UUID) -> Response:
        return Response(selectors.counts_json(reviewable_job_for(request.user, job_id)))


@require_safe
def cell_crop(request: HttpRequest, job_id: uuid.UUID, row: int) -> HttpResponse:
    try:
        job = reviewable_job_for(request.user, job_id)
        cells = cells_of(job)
        if not 0 <= row < len(cells):
            raise Missing(f"This job has {len(cells)} cells; there is no cell {row}.")
        box = float(cells.x[row]), float(cells.y[row]), float(cells.w[row]), float(cells.h[row])
        return _crop(request, job, f"{row}", box)
    except Refusal as refusal:
        return refusal_response(refusal)


@require_safe
def added_crop(request: HttpRequest, job_id: uuid.UUID, added_id: uuid.UUID) -> HttpResponse:
    try:
        job = reviewable_job_for(request.user, job_id)
        cell = AddedCell.objects.filter(job=job, pk=added_id).first()
        if cell is None:
            raise Missing("There is no such added cell.")
        return _crop(request, job, str(cell.pk), (cell.x, cell.y, cell.w, cell.h))
    except Refusal as refusal:
        return refusal_response(refusal)


def after(event: LabelEvent) -> dict[str, Any]:
    """What changed by an event, and the counts that follow from it."""
    job = Job.objects.select_related("slide__case", "protocol").get(pk=event.job_id)
    labels = labels_of(job)
    source = event.undoes if event.undoes_id and event.undoes else event
    added = [j for j in selectors.added_json(job, labels) if j["id"] in source.added]
    return {
        "revision": event.revision,
        "changed": [selectors.row_json(labels, row) for row in source.rows],
        "added": added,
        "gone": [a for a in source.added if a not in labels.added],
        "counts": selectors.counts_json(job),
    }


def _crop(request: HttpRequest, job: Job, name: str, box: tuple[float, float, float, float]) -> HttpResponse:
    size = whole_number(request.GET.get("size", "96"))
    out_px = 96 if size is None else min(512, max(16, size))
    etag = f'"{job.pk.hex[:12]}-{job.cells_sha256[:12]}-{name}-{out_px}-{job.slide.generation}"'
    if request.headers.get("If-None-Match") == etag:
        response: HttpResponse = HttpResponseNotModified()
    else:
        try:
            response = HttpResponse(crop_jpeg(job, *box, out_px), content_type="image/jpeg")
        except SlideError as error:
            raise Missing(error.message, code=error.code) from error
    response["ETag"] = etag
    response["Cache-Control"] = PRIVATE_FOREVER
    return response
