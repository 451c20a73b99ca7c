"""Labels over HTTP: what people gave, and the acts that give them."""

from __future__ import annotations

import uuid
from typing import Any

from django.shortcuts import get_object_or_404
from django.utils.translation import gettext
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.api.inputs import Body, Number, OneOf, whole_number
from apps.analysis.cellfiles import schema_of
from apps.analysis.models import Job
from apps.review import selectors, services
from apps.review.api.asread import job_as_read
from apps.review.api.shapes.labels import (
    LabelAnswerSerializer,
    LabelsSerializer,
    RedoAnswerSerializer,
    UndoAnswerSerializer,
)
from apps.review.countsjson import counts_json
from apps.review.models import LabelEvent
from apps.review.state import labels_of, with_reading


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
    shown = ClassField(  # type: ignore[assignment]
        required=False,
        allow_null=True,
        default=None,
        help_text="The class, by index or key, under which cells that are confirmed together were looked at: where one of them "
        "is called otherwise nothing is confirmed (409).",
    )


class AddInput(Body):
    x = Number()
    y = Number()
    w = Number()
    h = Number()
    label = ClassField()  # type: ignore[assignment]


class LabelsView(APIView):
    """The labels people gave, as a delta over the cell file; POST adds one event."""

    @extend_schema(
        parameters=[OpenApiParameter("since", int, description="a revision; only what was touched after it")],
        responses=LabelsSerializer,
    )
    def get(self, request: Request, job_id: uuid.UUID) -> Response:
        job = job_as_read(request.user, job_id)
        return Response(selectors.labels_json(job, int(request.query_params.get("since", "0"))))

    @extend_schema(request=LabelInput, responses=LabelAnswerSerializer)
    def post(self, request: Request, job_id: uuid.UUID) -> Response:
        job = job_as_read(request.user, job_id, "review")
        body = LabelInput(data=request.data)
        body.is_valid(raise_exception=True)
        data = body.validated_data
        event = services.label_cells(
            request.user,
            job,
            data["action"],
            data["rows"],
            [str(a) for a in data["added"]],
            data["label"],
            data["base_revision"],
            data["force"],
            data["shown"],
        )
        return Response(after(event))


class UndoView(APIView):
    """Undo your newest event."""

    @extend_schema(request=None, responses=UndoAnswerSerializer)
    def post(self, request: Request, job_id: uuid.UUID) -> Response:
        event = services.undo(request.user, job_as_read(request.user, job_id, "review"))
        source = event.undoes
        assert source is not None
        cells = len(source.rows) + len(source.added)
        return Response({**after(event), "undone": {"action": source.get_action_display(), "n": cells}})


class RedoView(APIView):
    """Do again what you undid last."""

    @extend_schema(request=None, responses=RedoAnswerSerializer)
    def post(self, request: Request, job_id: uuid.UUID) -> Response:
        event = services.redo(request.user, job_as_read(request.user, job_id, "review"))
        change = {"action": event.get_action_display(), "n": len(event.rows) + len(event.added)}
        return Response({**after(event), "redone": change})


class AddedCellsView(APIView):
    """Add a cell that the machine missed."""

    @extend_schema(request=AddInput, responses={201: LabelAnswerSerializer})
    def post(self, request: Request, job_id: uuid.UUID) -> Response:
        job = job_as_read(request.user, job_id, "review")
        body = AddInput(data=request.data)
        body.is_valid(raise_exception=True)
        return Response(after(services.add_cell(request.user, job, **body.validated_data)), status=201)


def after(event: LabelEvent) -> dict[str, Any]:
    """What changed by an event, and the counts that follow from it."""
    job = get_object_or_404(Job.objects.select_related("slide__case", "protocol"), pk=event.reading.job_id)
    labels, schema = labels_of(with_reading(job, event.reading)), schema_of(job)
    source = event.undoes if event.undoes_id and event.undoes else event
    added = selectors.added_json(job, labels, source.added)
    return {
        "revision": event.revision,
        "changed": [selectors.row_json(schema, labels, row) for row in source.rows],
        "added": added,
        "gone": [a for a in source.added if a not in labels.added],
        "counts": counts_json(job),
    }
