"""Review over HTTP: labels, gallery, cards, crops, counts."""

from __future__ import annotations

import hashlib
import math
import uuid
from dataclasses import replace
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext
from django.views.decorators.http import require_safe
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.api.answers import kept_for_ever, refusal_response
from apps.accounts.api.inputs import Body, OneOf, refuse_unknown, whole_number
from apps.accounts.api.tokens import token_or_session
from apps.accounts.errors import Missing, Refusal
from apps.analysis.cellfiles import cells_of, schema_of
from apps.analysis.models import Job
from apps.analysis.selectors import reviewable_job_for
from apps.review import analyses, cellnotes, selectors, services, typical
from apps.review.api.results import ResultSerializer
from apps.review.api.shapes import (
    CardSerializer,
    ComparisonSerializer,
    CountsSerializer,
    CountsWithinSerializer,
    GalleryPageSerializer,
    LabelAnswerSerializer,
    LabelsSerializer,
    RedoAnswerSerializer,
    TypicalSerializer,
    UndoAnswerSerializer,
)
from apps.review.compare import compare
from apps.review.counts import counts_json, results_json
from apps.review.crops import crop_jpeg
from apps.review.here import counts_within
from apps.review.models import AddedCell, CarriedLabel, LabelEvent
from apps.review.state import labels_of, read_by, with_reading
from hemaview.counting.words import number_of
from hemaview.wsi.errors import SlideError

MOST_CORNERS = 500
MOST_AROUND = 6
"""So many times as wide as a cell's own picture may one of what it lies among be."""


@extend_schema_field({"oneOf": [{"type": "integer", "minimum": 0}, {"type": "string"}]})
class ClassField(serializers.Field):  # type: ignore[type-arg]
    """A class of the job, by its index in the job's classes or by its key."""

    def to_internal_value(self, data: Any) -> int | str:
        if isinstance(data, bool) or not isinstance(data, int | str):
            raise serializers.ValidationError(gettext("Name a class by its index or its key."))
        number = whole_number(data) if isinstance(data, str) else None
        return data if number is None else number

    def to_representation(self, value: Any) -> Any:
        return value


class LabelInput(Body):
    action = OneOf(choices=services.ACTIONS)
    rows = serializers.ListField(child=serializers.IntegerField(min_value=0), required=False, default=list)
    added = serializers.ListField(child=serializers.UUIDField(format="hex_verbose"), required=False, default=list)
    label = ClassField(required=False, allow_null=True, default=None)  # type: ignore[assignment]
    base_revision = serializers.IntegerField(min_value=0)
    force = serializers.BooleanField(required=False, default=False)


class AddInput(Body):
    x = serializers.FloatField()
    y = serializers.FloatField()
    w = serializers.FloatField()
    h = serializers.FloatField()
    label = ClassField()  # type: ignore[assignment]


class CarriedSerializer(serializers.Serializer[Any]):
    labels = serializers.IntegerField(help_text="labels that the analysis before had")
    carried = serializers.IntegerField(help_text="those that stand on the new cells")
    to_look_at = serializers.IntegerField(help_text="those that a person must decide on")


class WaitingLabelSerializer(serializers.ModelSerializer[CarriedLabel]):
    by = serializers.CharField(source="by.display_name")

    class Meta:
        model = CarriedLabel
        fields = ["id", "why", "row", "x", "y", "w", "h", "label_key", "state", "machine_before", "machine_now", "by"]
        read_only_fields = fields


class SettleInput(Body):
    id = serializers.UUIDField()
    keep = serializers.BooleanField()


@extend_schema_field({"type": "string"})
class OutlineField(serializers.Field):  # type: ignore[type-arg]
    """An outline in level-0 px: x and y of each corner apart by a comma, corners apart by blanks."""

    def to_internal_value(self, data: Any) -> tuple[tuple[float, float], ...]:
        try:
            corners = tuple((float(x), float(y)) for x, y in (corner.split(",") for corner in str(data).split()))
        except ValueError:
            raise serializers.ValidationError(gettext("Write an outline as corners x,y apart by blanks.")) from None
        if corners and not 3 <= len(corners) <= MOST_CORNERS:
            raise serializers.ValidationError(
                gettext("An outline has 3 to {most_corners} corners.").format(most_corners=MOST_CORNERS)
            )
        if not all(math.isfinite(v) and abs(v) < 1e9 for corner in corners for v in corner):
            raise serializers.ValidationError(gettext("A corner of the outline lies outside every slide."))
        return corners

    def to_representation(self, value: Any) -> Any:
        return value


@extend_schema_field({"type": "string"})
class IndicesField(serializers.Field):  # type: ignore[type-arg]
    """Whole numbers apart by commas."""

    def to_internal_value(self, data: Any) -> frozenset[int] | None:
        numbers = [whole_number(part) for part in str(data).split(",")] if data else []
        if any(n is None for n in numbers):
            raise serializers.ValidationError(gettext("Write indices of classes apart by commas."))
        return frozenset(n for n in numbers if n is not None) if data else None

    def to_representation(self, value: Any) -> Any:
        return value


class OutlineInput(serializers.Serializer[Any]):
    within = OutlineField()


class GalleryInput(serializers.Serializer[Any]):
    view = OneOf(choices=selectors.VIEWS, default="unsure")
    offset = serializers.IntegerField(min_value=0, default=0)
    limit = serializers.IntegerField(min_value=1, max_value=services.MOST_CELLS, default=200)
    within = OutlineField(default=())
    classes = IndicesField(default=None, help_text="indices of classes, apart by commas: those alone")
    least = serializers.FloatField(
        min_value=0, max_value=1, default=0, help_text="least probability of cells nobody named"
    )
    like = serializers.IntegerField(
        min_value=0, default=None, allow_null=True, help_text="row of the cell that the view `alike` begins with"
    )
    noted = serializers.ChoiceField(
        choices=["", "comment", "teach"], default="", help_text="those with such a note alone"
    )


def _job(user: Any, job_id: uuid.UUID, right: str = "view") -> Job:
    """The job as the person reads it."""
    return read_by(user, reviewable_job_for(user, job_id, right))


class LabelsView(APIView):
    """The labels people gave, as a delta over the cell file; POST adds one event."""

    @extend_schema(
        parameters=[OpenApiParameter("since", int, description="a revision; only what was touched after it")],
        responses=LabelsSerializer,
    )
    def get(self, request: Request, job_id: uuid.UUID) -> Response:
        job = _job(request.user, job_id)
        since = whole_number(request.query_params.get("since", "0"))
        return Response(selectors.labels_json(job, since or 0))

    @extend_schema(request=LabelInput, responses=LabelAnswerSerializer)
    def post(self, request: Request, job_id: uuid.UUID) -> Response:
        job = _job(request.user, job_id, "review")
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

    @extend_schema(request=None, responses=UndoAnswerSerializer)
    def post(self, request: Request, job_id: uuid.UUID) -> Response:
        event = services.undo(request.user, _job(request.user, job_id, "review"))
        source = event.undoes
        assert source is not None
        cells = len(source.rows) + len(source.added)
        return Response({**after(event), "undone": {"action": source.get_action_display(), "n": cells}})


class RedoView(APIView):
    """Do again what you undid last."""

    @extend_schema(request=None, responses=RedoAnswerSerializer)
    def post(self, request: Request, job_id: uuid.UUID) -> Response:
        event = services.redo(request.user, _job(request.user, job_id, "review"))
        done = {"action": event.get_action_display(), "n": len(event.rows) + len(event.added)}
        return Response({**after(event), "redone": done})


class AddedCellsView(APIView):
    """Add a cell that the machine missed."""

    @extend_schema(request=AddInput, responses={201: LabelAnswerSerializer})
    def post(self, request: Request, job_id: uuid.UUID) -> Response:
        job = _job(request.user, job_id, "review")
        given = AddInput(data=request.data)
        given.is_valid(raise_exception=True)
        return Response(after(services.add_cell(request.user, job, **given.validated_data)), status=201)


class GalleryView(APIView):
    """A page of cells of one class, ordered."""

    @extend_schema(
        parameters=[GalleryInput, OpenApiParameter("class", str, description="index of a class, or all (default)")],
        responses=GalleryPageSerializer,
    )
    def get(self, request: Request, job_id: uuid.UUID) -> Response:
        job = _job(request.user, job_id)
        refuse_unknown(request.query_params, {*GalleryInput().fields, "class"})
        given = GalleryInput(data=request.query_params.dict())
        given.is_valid(raise_exception=True)
        which = request.query_params.get("class", "all")
        index = whole_number(which)
        if which != "all" and index is None:
            raise Refusal(gettext("class must be the index of a class, or 'all'."), code="invalid")
        data = given.validated_data
        only = selectors.Only(data["within"], data["classes"], data["least"])
        if data["noted"]:
            placed = [p for p in cellnotes.notes_of(request.user, job) if p.note.kind == data["noted"]]
            only = replace(
                only,
                rows=frozenset(p.row for p in placed if p.row is not None),
                added=frozenset(p.added for p in placed if p.added),
            )
        return Response(selectors.gallery(job, index, data["view"], data["offset"], data["limit"], only, data["like"]))


class CellView(APIView):
    """Everything about one cell."""

    @extend_schema(responses=CardSerializer)
    def get(self, request: Request, job_id: uuid.UUID, row: int) -> Response:
        return Response(selectors.cell_card(_job(request.user, job_id), row))


class CountsView(APIView):
    """Counts with intervals, the machine's beside the reviewed ones."""

    @extend_schema(responses=CountsSerializer)
    def get(self, request: Request, job_id: uuid.UUID) -> Response:
        return Response(counts_json(_job(request.user, job_id)))


class CountsWithinView(APIView):
    """Counts of the cells within an outline alone."""

    @extend_schema(parameters=[OutlineInput], responses=CountsWithinSerializer)
    def get(self, request: Request, job_id: uuid.UUID) -> Response:
        job = _job(request.user, job_id)
        given = OutlineInput(data=request.query_params.dict())
        given.is_valid(raise_exception=True)
        if not given.validated_data["within"]:
            raise Refusal(gettext("Draw an outline of at least three corners."), code="invalid")
        return Response(counts_within(job, given.validated_data["within"]))


class TypicalView(APIView):
    """Typical pictures of a class, to compare a cell with."""

    @extend_schema(responses=TypicalSerializer)
    def get(self, request: Request, job_id: uuid.UUID, cls: int) -> Response:
        return Response(typical.typical(request.user, _job(request.user, job_id), cls))


class ResultsView(APIView):
    """What was counted, for scripts: as people left the cells, or as the machine did (`reviewed=false`)."""

    @extend_schema(
        parameters=[OpenApiParameter("reviewed", bool, description="false: the machine's own counts")],
        responses=ResultSerializer,
    )
    def get(self, request: Request, job_id: uuid.UUID) -> Response:
        job = _job(request.user, job_id)
        reviewed = request.query_params.get("reviewed", "true").lower() not in ("false", "0", "no")
        return Response(results_json([job], reviewed))


class ChooseView(APIView):
    """Report this analysis of the slide; labels of the one before are carried over by place."""

    @extend_schema(request=None, responses=CarriedSerializer)
    def post(self, request: Request, job_id: uuid.UUID) -> Response:
        return Response(vars(analyses.choose(request.user, _job(request.user, job_id, "review"))))


class WaitingLabelsView(APIView):
    """Labels of an earlier analysis that could not simply be carried over; POST decides on one."""

    @extend_schema(responses=WaitingLabelSerializer(many=True))
    def get(self, request: Request, job_id: uuid.UUID) -> Response:
        job = _job(request.user, job_id)
        return Response(WaitingLabelSerializer(analyses.waiting_labels(job), many=True).data)

    @extend_schema(request=SettleInput, responses=WaitingLabelSerializer(many=True))
    def post(self, request: Request, job_id: uuid.UUID) -> Response:
        job = _job(request.user, job_id, "review")
        given = SettleInput(data=request.data)
        given.is_valid(raise_exception=True)
        analyses.settle(request.user, job, given.validated_data["id"], given.validated_data["keep"])
        return Response(WaitingLabelSerializer(analyses.waiting_labels(job), many=True).data)


class CompareView(APIView):
    """This analysis beside another of the same slide: cells gained, lost, renamed, and the difference of each count."""

    @extend_schema(responses=ComparisonSerializer)
    def get(self, request: Request, job_id: uuid.UUID, other_id: uuid.UUID) -> Response:
        return Response(compare(_job(request.user, job_id), _job(request.user, other_id)))


@require_safe
@token_or_session
def cell_crop(request: HttpRequest, job_id: uuid.UUID, row: int) -> HttpResponse:
    try:
        job = _job(request.user, job_id)
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
        job = _job(request.user, job_id)
        cell = AddedCell.objects.filter(reading__job=job, pk=added_id).first()
        if cell is None:
            raise Missing(gettext("There is no such added cell."))
        return _crop(request, job, str(cell.pk), (cell.x, cell.y, cell.w, cell.h))
    except Refusal as refusal:
        return refusal_response(refusal)


@require_safe
@token_or_session
def typical_picture(request: HttpRequest, folder: str, name: str) -> HttpResponse:
    try:
        if not request.user.is_authenticated:
            raise Missing(gettext("There is no such picture."))
        picture = typical.picture_of(folder, name)
    except Refusal as refusal:
        return refusal_response(refusal)
    return kept_for_ever(request, f'"{hashlib.sha256(picture).hexdigest()[:16]}"', "image/webp", lambda: picture)


def after(event: LabelEvent) -> dict[str, Any]:
    """What changed by an event, and the counts that follow from it."""
    job = Job.objects.select_related("slide__case", "protocol").get(pk=event.reading.job_id)
    labels, known = labels_of(with_reading(job, event.reading)), schema_of(job)
    source = event.undoes if event.undoes_id and event.undoes else event
    added = [j for j in selectors.added_json(job, labels) if j["id"] in source.added]
    return {
        "revision": event.revision,
        "changed": [selectors.row_json(known, labels, row) for row in source.rows],
        "added": added,
        "gone": [a for a in source.added if a not in labels.added],
        "counts": counts_json(job),
    }


def _crop(request: HttpRequest, job: Job, name: str, box: tuple[float, float, float, float]) -> HttpResponse:
    size = whole_number(request.GET.get("size", "96"))
    out_px = 96 if size is None else min(512, max(16, size))
    wide = whole_number(request.GET.get("around", "1"))
    around = 1 if wide is None else min(MOST_AROUND, max(1, wide))
    etag = f'"{job.pk.hex[:12]}-{job.cells_sha256[:12]}-{name}-{out_px}-{around}-{job.slide.generation}"'

    def picture() -> bytes:
        try:
            return crop_jpeg(job, *box, out_px, around)
        except SlideError as error:
            raise Missing(error.message, code=error.code) from error

    return kept_for_ever(request, etag, "image/jpeg", picture)
