"""The audit record over HTTP, for administrators."""

from __future__ import annotations

from typing import Any

import django_filters
from django.utils.translation import gettext
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.api.inputs import refuse_value
from apps.audit.models import Record
from apps.audit.selectors import records_for
from apps.audit.sentences import WORDS, sentence
from apps.audit.services import verify
from apps.audit.words import OBJECT_TYPES


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


def _actions() -> list[tuple[str, str]]:
    """Those that can be recorded, and those of earlier releases that were."""
    return [(a, a) for a in sorted({*WORDS, *Record.objects.order_by().values_list("action", flat=True).distinct()})]


def _object_types() -> list[tuple[str, str]]:
    types = Record.objects.order_by().values_list("object_type", flat=True).distinct()
    return [(kind, kind) for kind in sorted({*OBJECT_TYPES, *types})]


class RecordFilter(django_filters.FilterSet):
    action = django_filters.ChoiceFilter(choices=_actions)
    object_type = django_filters.ChoiceFilter(choices=_object_types)
    since = django_filters.IsoDateTimeFilter(field_name="at", lookup_expr="gte")
    until = django_filters.IsoDateTimeFilter(field_name="at", lookup_expr="lt")

    class Meta:
        model = Record
        fields = ["actor", "action", "accession", "object_type", "object_id"]

    def filter_queryset(self, queryset: Any) -> Any:
        since, until = (self.form.cleaned_data.get(name) for name in ("since", "until"))
        if since and until and until < since:
            refuse_value("until", gettext("Give a time after {since}.").format(since=since.isoformat()))
        return super().filter_queryset(queryset)


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
