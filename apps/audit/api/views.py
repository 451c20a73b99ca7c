"""The audit record over HTTP, for administrators."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.audit.models import Record
from apps.audit.selectors import records_for
from apps.audit.services import verify


class RecordSerializer(serializers.ModelSerializer[Record]):
    class Meta:
        model = Record
        fields = ["id", "at", "actor", "action", "object_type", "object_id", "accession", "detail", "sha256"]


class AuditListView(ListAPIView[Record]):
    """Lines of the record, newest first."""

    serializer_class = RecordSerializer

    def get_queryset(self) -> Any:
        return records_for(self.request.user)


class AuditVerdictView(APIView):
    """Whether the chain holds."""

    @extend_schema(responses={200: dict})
    def get(self, request: Request) -> Response:
        records_for(request.user)
        verdict = verify()
        return Response({"ok": verdict.ok, "lines": verdict.lines, "message": verdict.message})
