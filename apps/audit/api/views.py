"""The audit record over HTTP, for administrators."""

from __future__ import annotations

from typing import Any

import django_filters
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.audit.models import Record
from apps.audit.selectors import records_for
from apps.audit.sentences import sentence
from apps.audit.services import verify


class RecordSerializer(serializers.ModelSerializer[Record]):
    sentence = serializers.SerializerMethodField(help_text="what happened, as a person would tell it")

    class Meta:
        model = Record
        fields = [
            "id",
            "at",
            "actor",
            "action",
            "object_type",
            "object_id",
            "accession",
            "sentence",
            "detail",
            "sha256",
        ]
        read_only_fields = fields

    def get_sentence(self, line: Record) -> str:
        return sentence(line)


class RecordFilter(django_filters.FilterSet):
    since = django_filters.IsoDateTimeFilter(field_name="at", lookup_expr="gte")
    until = django_filters.IsoDateTimeFilter(field_name="at", lookup_expr="lt")

    class Meta:
        model = Record
        fields = ["actor", "action", "accession", "object_type", "object_id"]


class VerdictSerializer(serializers.Serializer[Any]):
    ok = serializers.BooleanField()
    lines = serializers.IntegerField()
    message = serializers.CharField()


class AuditListView(ListAPIView[Record]):
    """Lines of the record, newest first."""

    serializer_class = RecordSerializer
    filterset_class = RecordFilter
    queryset = Record.objects.none()  # for the description of the filters

    def get_queryset(self) -> Any:
        return records_for(self.request.user)


class AuditVerdictView(APIView):
    """Whether the chain holds."""

    @extend_schema(responses=VerdictSerializer)
    def get(self, request: Request) -> Response:
        records_for(request.user)
        verdict = verify()
        return Response({"ok": verdict.ok, "lines": verdict.lines, "message": verdict.message})
