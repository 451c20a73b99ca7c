"""Comments on cells, and the mark to teach with, over HTTP."""

from __future__ import annotations

import uuid
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.api.inputs import Body, OneOf
from apps.analysis.selectors import reviewable_job_for
from apps.review import cellnotes
from apps.review.cellnotes import PlacedNote
from apps.review.models import CellNote
from apps.review.state import read_by


class CellNoteSerializer(serializers.Serializer[Any]):
    """A note on a cell; `row` and `added` name the analysis' own cell at its place, neither where none lies there."""

    id = serializers.UUIDField(source="note.pk")
    kind = serializers.ChoiceField(choices=CellNote.Kind.values, source="note.kind")
    row = serializers.IntegerField(allow_null=True)
    added = serializers.UUIDField(allow_null=True)
    x = serializers.FloatField(source="note.x", help_text="level-0 px")
    y = serializers.FloatField(source="note.y", help_text="level-0 px")
    text = serializers.CharField(source="note.text")
    by = serializers.CharField(source="note.by.display_name")
    by_id = serializers.IntegerField(source="note.by_id")
    at = serializers.DateTimeField(source="note.at")
    removed = serializers.SerializerMethodField()

    def get_removed(self, placed: PlacedNote) -> bool:
        return placed.note.removed_at is not None


class CellNoteInput(Body):
    kind = OneOf(choices=CellNote.Kind.choices)
    row = serializers.IntegerField(min_value=0, required=False, allow_null=True, default=None)
    added = serializers.UUIDField(required=False, allow_null=True, default=None)
    text = serializers.CharField(max_length=1000, allow_blank=True, default="")


def _note_json(note: CellNote) -> dict[str, Any]:
    placed = PlacedNote(note, note.row, str(note.added_id) if note.added_id else None)
    return CellNoteSerializer(placed).data


class CellNotesView(APIView):
    """The notes on a slide's cells as one of its analyses has them; POST writes one."""

    @extend_schema(responses=CellNoteSerializer(many=True))
    def get(self, request: Request, job_id: uuid.UUID) -> Response:
        job = read_by(request.user, reviewable_job_for(request.user, job_id))
        return Response(CellNoteSerializer(cellnotes.notes_of(request.user, job), many=True).data)

    @extend_schema(request=CellNoteInput, responses={201: CellNoteSerializer})
    def post(self, request: Request, job_id: uuid.UUID) -> Response:
        job = read_by(request.user, reviewable_job_for(request.user, job_id, "annotate"))
        body = CellNoteInput(data=request.data)
        body.is_valid(raise_exception=True)
        data = body.validated_data
        note = cellnotes.note_cell(request.user, job, data["kind"], data["row"], str(data["added"] or ""), data["text"])
        return Response(_note_json(note), status=201)


class CellNoteView(APIView):
    """DELETE takes a note away."""

    @extend_schema(responses=CellNoteSerializer)
    def delete(self, request: Request, note_id: uuid.UUID) -> Response:
        return Response(_note_json(cellnotes.remove(request.user, cellnotes.note_for(request.user, note_id))))


class RestoreCellNoteView(APIView):
    """Bring back a note that was taken away."""

    @extend_schema(request=None, responses=CellNoteSerializer)
    def post(self, request: Request, note_id: uuid.UUID) -> Response:
        return Response(_note_json(cellnotes.restore(request.user, cellnotes.note_for(request.user, note_id))))
