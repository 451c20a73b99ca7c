"""The gallery over HTTP: pages of cells, the card of one, typical pictures of a class."""

from __future__ import annotations

import uuid
from dataclasses import replace
from typing import Any

from django.utils.translation import gettext
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.api.inputs import Number, OneOf, refuse_value, whole_number
from apps.analysis.cellfiles import schema_of
from apps.review import cellnotes, selectors, services, typical
from apps.review.api.asread import job_as_read
from apps.review.api.outlines import OutlineField
from apps.review.api.shapes.cells import CardSerializer, GalleryPageSerializer, TypicalSerializer


@extend_schema_field({"type": "string"})
class IndicesField(serializers.Field):  # type: ignore[type-arg]
    """Whole numbers apart by commas."""

    def to_internal_value(self, data: Any) -> frozenset[int] | None:
        numbers = [whole_number(part) for part in str(data).split(",")] if data else []
        if any(n is None for n in numbers):
            raise serializers.ValidationError(gettext("Separate the indices of classes by commas."))
        return frozenset(n for n in numbers if n is not None) if data else None

    def to_representation(self, value: Any) -> Any:
        return value


class GalleryInput(serializers.Serializer[Any]):
    view = OneOf(choices=selectors.VIEWS, default="unsure")
    offset = serializers.IntegerField(min_value=0, default=0)
    limit = serializers.IntegerField(min_value=1, max_value=services.MOST_CELLS, default=200)
    within = OutlineField(default=())
    classes = IndicesField(default=None, help_text="indices of classes, apart by commas: those alone")
    least = Number(min_value=0, max_value=1, default=0, help_text="least probability of cells nobody named")
    like = serializers.IntegerField(
        min_value=0, default=None, allow_null=True, help_text="row of the cell that the view `alike` begins with"
    )
    noted = OneOf(choices=["", "comment", "teach"], default="", help_text="those with such a note alone")


class GalleryView(APIView):
    """A page of cells of one class, ordered."""

    @extend_schema(
        parameters=[GalleryInput, OpenApiParameter("class", str, description="index of a class, or all (default)")],
        responses=GalleryPageSerializer,
    )
    def get(self, request: Request, job_id: uuid.UUID) -> Response:
        job = job_as_read(request.user, job_id)
        params = GalleryInput(data=request.query_params.dict())
        params.is_valid(raise_exception=True)
        which = request.query_params.get("class", "all")
        index = whole_number(which)
        classes = len(schema_of(job))
        if which != "all" and (index is None or index >= classes):
            refuse_value(
                "class", gettext("Give the index of a class, from 0 to {last}, or all.").format(last=classes - 1)
            )
        data = params.validated_data
        if data["like"] is not None and data["view"] != "alike":
            refuse_value("like", gettext("This parameter is only for view=alike."))
        if data["classes"] and max(data["classes"]) >= classes:
            refuse_value("classes", gettext("Give indices of classes, from 0 to {last}.").format(last=classes - 1))
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
        return Response(selectors.cell_card(job_as_read(request.user, job_id), row))


class TypicalView(APIView):
    """Typical pictures of a class, to compare a cell with."""

    @extend_schema(responses=TypicalSerializer)
    def get(self, request: Request, job_id: uuid.UUID, cls: int) -> Response:
        return Response(typical.typical(request.user, job_as_read(request.user, job_id), cls))
