"""What the reading room begins with."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from apps.analysis.api.serializers import JobSerializer, ProtocolSerializer, SchemaSerializer
from apps.cases.api.serializers import CaseSerializer
from apps.reports.api.views import ReportSerializer
from apps.slides.api.serializers import SlideSerializer


class AnalysisSerializer(JobSerializer):
    """A job with what people have done on it."""

    reported = serializers.BooleanField()
    labels = serializers.IntegerField()
    label_revision = serializers.IntegerField()
    labels_at_stake = serializers.IntegerField(
        help_text="labels of the reported analysis that choosing this one would carry over"
    )

    class Meta(JobSerializer.Meta):
        fields = [*JobSerializer.Meta.fields, "reported", "labels", "label_revision", "labels_at_stake"]
        read_only_fields = fields


class RoomSlideSerializer(SlideSerializer):
    job = AnalysisSerializer(allow_null=True, help_text="the analysis that the slide opens with")
    jobs = AnalysisSerializer(many=True, help_text="newest first")

    class Meta(SlideSerializer.Meta):
        fields = [*SlideSerializer.Meta.fields, "job", "jobs"]
        read_only_fields = fields


class ReaderSerializer(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    username = serializers.CharField()
    name = serializers.CharField()


class HandoverSerializer(serializers.Serializer[Any]):
    by = serializers.CharField()
    at = serializers.DateTimeField()
    word = serializers.CharField()


class MeSerializer(ReaderSerializer):
    rights = serializers.ListField(child=serializers.CharField())


class RoomSerializer(serializers.Serializer[Any]):
    """A case with all that hangs on it, and what you may do with it."""

    case = CaseSerializer()
    slides = RoomSlideSerializer(many=True)
    opens_with = serializers.UUIDField(allow_null=True, help_text="the first slide that can be read")
    schemas = serializers.DictField(
        child=SchemaSerializer(), help_text="by name: each job says which its classes are of"
    )
    protocols = ProtocolSerializer(many=True)
    reports = ReportSerializer(many=True)
    readers = ReaderSerializer(many=True, help_text="who may review this case")
    handover = HandoverSerializer(allow_null=True)
    me = MeSerializer()
