"""Jobs and their cells over HTTP."""

from __future__ import annotations

import uuid
from typing import Any

import django_filters
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_safe
from drf_spectacular.utils import extend_schema
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.api.answers import kept_for_ever, refusal_response
from apps.accounts.api.inputs import refuse_unknown
from apps.accounts.api.tokens import token_or_session
from apps.accounts.errors import Missing, Refusal
from apps.analysis import cellfiles, services
from apps.analysis.api.serializers import (
    CellIndexSerializer,
    JobSerializer,
    ModelSerializer,
    ProtocolSerializer,
    RegionsSerializer,
    RequestJobSerializer,
    SchemaSerializer,
)
from apps.analysis.models import Job, Protocol
from apps.analysis.selectors import (
    job_for,
    jobs_for,
    model_versions,
    protocol_named,
    protocols,
    reviewable_job_for,
)
from apps.analysis.tasks import ring
from apps.slides.selectors import slide_for
from hemaview.assays import assays
from hemaview.counting.words import number_of
from hemaview.words import all_of

MOST_ROWS = 400_000
MOST_CONTOURS = 20_000


class SlideJobsView(APIView):
    """The jobs of a slide; POST orders a protocol."""

    @extend_schema(responses=JobSerializer(many=True))
    def get(self, request: Request, slide_id: uuid.UUID) -> Response:
        slide = slide_for(request.user, slide_id)
        return Response(JobSerializer(slide.jobs.select_related("protocol", "requested_by"), many=True).data)

    @extend_schema(request=RequestJobSerializer, responses={201: JobSerializer})
    def post(self, request: Request, slide_id: uuid.UUID) -> Response:
        slide = slide_for(request.user, slide_id, "annotate")
        body = RequestJobSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        region = body.validated_data["region"]
        job = services.request_job(
            request.user, slide, protocol_named(body.validated_data["protocol"]), tuple(region) if region else None
        )
        transaction.on_commit(lambda: ring([str(job.pk)]))
        return Response(JobSerializer(job).data, status=201)


def _protocol_choices() -> list[tuple[str, str]]:
    return [(name, name) for name in sorted({*Protocol.objects.values_list("name", flat=True)})]


def _assay_choices() -> list[tuple[str, str]]:
    """Also those whose package is gone, for their analyses are still there."""
    return [(key, key) for key in sorted({*assays(), *Protocol.objects.values_list("assay", flat=True)})]


class JobFilter(django_filters.FilterSet):
    case = django_filters.CharFilter(field_name="slide__case__accession", label="accession number")
    slide = django_filters.UUIDFilter(field_name="slide_id")
    protocol = django_filters.ChoiceFilter(field_name="protocol__name", choices=_protocol_choices)
    assay = django_filters.ChoiceFilter(choices=_assay_choices)

    class Meta:
        model = Job
        fields = ["case", "slide", "protocol", "assay", "state"]


class JobListView(ListAPIView[Job]):
    """The analyses that you may see, newest first."""

    serializer_class = JobSerializer
    filterset_class = JobFilter
    queryset = Job.objects.none()  # for the description of the filters

    def get_queryset(self) -> Any:
        return jobs_for(self.request.user).order_by("-requested_at", "-pk")


class JobView(APIView):
    """One analysis."""

    @extend_schema(responses=JobSerializer)
    def get(self, request: Request, job_id: uuid.UUID) -> Response:
        return Response(JobSerializer(job_for(request.user, job_id)).data)


class JobCancelView(APIView):
    """Stop after the field in hand; what is counted is kept."""

    @extend_schema(request=None, responses=JobSerializer)
    def post(self, request: Request, job_id: uuid.UUID) -> Response:
        job = services.cancel(request.user, job_for(request.user, job_id))
        return Response(JobSerializer(job).data)


class JobRetryView(APIView):
    """Put a failed or cancelled job back into the queue."""

    @extend_schema(request=None, responses=JobSerializer)
    def post(self, request: Request, job_id: uuid.UUID) -> Response:
        job = services.retry(request.user, job_for(request.user, job_id))
        transaction.on_commit(lambda: ring([str(job.pk)]))
        return Response(JobSerializer(job).data)


class JobRegionsView(APIView):
    """Fields counted and refused, with the reason."""

    @extend_schema(responses=RegionsSerializer)
    def get(self, request: Request, job_id: uuid.UUID) -> Response:
        return Response(cellfiles.regions(job_for(request.user, job_id)))


class JobIndexView(APIView):
    """Tile index and density pyramid of the finished cell file."""

    @extend_schema(responses=CellIndexSerializer)
    def get(self, request: Request, job_id: uuid.UUID) -> Response:
        job = reviewable_job_for(request.user, job_id)
        response = Response(cellfiles.index(job))
        response["Cache-Control"] = "private, max-age=60"
        return response


@require_safe
@token_or_session
@gzip_page
def field_cells(request: HttpRequest, job_id: uuid.UUID, field: int) -> HttpResponse:
    """The cells of one finished field while the job runs, 14 bytes a cell."""
    try:
        job = job_for(request.user, job_id)
        refuse_unknown(request.GET, ())
        raw = cellfiles.field_bytes(job, field)
    except Refusal as refusal:
        return refusal_response(refusal)
    response = HttpResponse(raw, content_type="application/octet-stream")
    response["Cache-Control"] = "private, no-cache"
    return response


def _refuse_beyond(job: Job, first: int, count: int, most: int) -> None:
    """Raise Missing where rows first … first + count are none, too many at a time, or not all in the job's file."""
    if not 0 < count <= most:
        sentence = gettext("Ask for 1 to {most} rows at a time, as first row, hyphen, how many; these are {count}.")
    elif first + count > job.cells:
        sentence = gettext("The file has {cells}: it has no {count} from row {first} on; rows begin at 0.")
    else:
        return
    cells, rows = number_of(job.cells, "cell"), f"{count:,}"
    raise Missing(sentence.format(most=f"{most:,}", cells=cells, count=rows, first=f"{first:,}"), code="out-of-bounds")


@require_safe
@token_or_session
@gzip_page
def cell_rows(request: HttpRequest, job_id: uuid.UUID, first: int, count: int) -> HttpResponse:
    """Rows first … first + count of the finished cell file, column by column; the bytes never change."""
    try:
        job = reviewable_job_for(request.user, job_id)
        refuse_unknown(request.GET, ())
        etag = f'"{job.cells_sha256[:24]}-{first}-{count}"'
        _refuse_beyond(job, first, count, MOST_ROWS)
        return kept_for_ever(request, etag, "application/octet-stream", lambda: cellfiles.row_bytes(job, first, count))
    except Refusal as refusal:
        return refusal_response(refusal)


@require_safe
@token_or_session
@gzip_page
def contour_rows(request: HttpRequest, job_id: uuid.UUID, first: int, count: int) -> HttpResponse:
    """The outlines of rows first … first + count; the bytes never change."""
    try:
        job = reviewable_job_for(request.user, job_id)
        refuse_unknown(request.GET, ())
        etag = f'"{job.contours_sha256[:24]}-{first}-{count}"'
        _refuse_beyond(job, first, count, MOST_CONTOURS)
        return kept_for_ever(
            request, etag, "application/octet-stream", lambda: cellfiles.contour_rows(job, first, count)
        )
    except Refusal as refusal:
        return refusal_response(refusal)


class ProtocolsView(APIView):
    """What can be ordered."""

    @extend_schema(responses=ProtocolSerializer(many=True))
    def get(self, request: Request) -> Response:
        return Response(ProtocolSerializer(protocols(), many=True).data)


class ModelsView(APIView):
    """Algorithms and their versions with what was measured."""

    @extend_schema(responses=ModelSerializer(many=True))
    def get(self, request: Request) -> Response:
        return Response([model_json(m) for m in model_versions()])


class SchemaView(APIView):
    """The classes of an examination as they are today; a job's own are part of the room."""

    @extend_schema(responses=SchemaSerializer)
    def get(self, request: Request, name: str) -> Response:
        assay = assays().get(name)
        if assay is None:
            raise Missing(
                gettext("There is no examination called {name}; there are: {assays}.").format(
                    name=name, assays=all_of(assays())
                )
            )
        return Response(cellfiles.schema_json(assay.schema))


def model_json(model: Any) -> dict[str, Any]:
    return {
        "name": model.algorithm.name,
        "title": model.algorithm.title,
        "task": model.algorithm.task,
        "version": model.version,
        "sha256": model.sha256,
        "enabled": model.enabled,
        "default_for": [f"{d.protocol.name}: {d.role}" for d in model.default_in.all()],
        "summary": model.algorithm.summary,
        "metrics": model.card.get("metrics", []),
        "licence_note": model.card.get("licence_note", ""),
        "mpp": model.card.get("mpp"),
        "classes": model.card.get("classes", []),
        "data": model.card.get("data", []),
        "own": model.own,
        "roles": model.card.get("roles", []) if model.own else [],
        "checks": model.checks,
    }
