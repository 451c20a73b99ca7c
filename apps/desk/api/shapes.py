"""What the reading room begins with."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from apps.analysis.api.serializers import JobSerializer, ProtocolSerializer, SchemaSerializer
from apps.cases.api.serializers import CaseSerializer
from apps.cases.models import Case
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


class ReferenceRangeSerializer(serializers.Serializer[Any]):
    low = serializers.FloatField()
    high = serializers.FloatField()
    whose = serializers.CharField()
    source = serializers.CharField()  # type: ignore[assignment]


class BloodCountRowSerializer(serializers.Serializer[Any]):
    key = serializers.CharField()
    name = serializers.CharField()
    unit = serializers.CharField()
    of = serializers.ChoiceField(choices=("analyser", "film"))
    value = serializers.FloatField()
    low = serializers.FloatField()
    high = serializers.FloatField()
    text = serializers.CharField()
    range = ReferenceRangeSerializer(allow_null=True)
    flag = serializers.ChoiceField(choices=("", "low", "high"))
    settled = serializers.BooleanField(help_text="the whole interval lies on that side of the range")


class AnalyserQuantitySerializer(serializers.Serializer[Any]):
    key = serializers.CharField(help_text="its name among the analyser's values")
    name = serializers.CharField()
    unit = serializers.CharField()
    value = serializers.FloatField(allow_null=True)


class ReferencesSerializer(serializers.Serializer[Any]):
    name = serializers.CharField()
    version = serializers.CharField()
    sha256 = serializers.CharField()


class BloodCountSerializer(serializers.Serializer[Any]):
    """The analyser's values and the absolute counts of the film beside reference ranges by age and sex."""

    references = ReferencesSerializer()
    quantities = AnalyserQuantitySerializer(many=True, help_text="what an analyser may have measured")
    rows = BloodCountRowSerializer(many=True)
    notes = serializers.ListField(child=serializers.CharField())
    sources = serializers.ListField(child=serializers.CharField())
    signed = serializers.BooleanField(help_text="it is what was signed")


class PatientCaseSerializer(serializers.Serializer[Any]):
    accession = serializers.CharField()
    received = serializers.DateTimeField()
    state = serializers.ChoiceField(choices=Case.State.choices)
    specimen = serializers.ChoiceField(choices=Case.Specimen.choices)
    signed = serializers.BooleanField()
    this = serializers.BooleanField()


class FigurePointSerializer(serializers.Serializer[Any]):
    accession = serializers.CharField()
    value = serializers.FloatField()
    low = serializers.FloatField()
    high = serializers.FloatField(allow_null=True)


class FigureChangeSerializer(serializers.Serializer[Any]):
    since = serializers.CharField(help_text="accession number of the case before")
    by = serializers.FloatField()
    intervals_disjoint = serializers.BooleanField(help_text="the two intervals have nothing in common")


class FigureSeriesSerializer(serializers.Serializer[Any]):
    key = serializers.CharField()
    name = serializers.CharField()
    unit = serializers.CharField()
    range = ReferenceRangeSerializer(allow_null=True)
    change = FigureChangeSerializer(allow_null=True)
    points = FigurePointSerializer(many=True)


class ExcludedCaseSerializer(serializers.Serializer[Any]):
    accession = serializers.CharField()
    why = serializers.CharField()


class PatientHistorySerializer(serializers.Serializer[Any]):
    """Cases of the same patient that you may see, oldest first, with their figures."""

    cases = PatientCaseSerializer(many=True)
    series = FigureSeriesSerializer(many=True)
    left_out = serializers.IntegerField(help_text="further cases of the patient that are not listed")
    excluded = ExcludedCaseSerializer(many=True, help_text="listed, but in no series")


class MeSerializer(ReaderSerializer):
    rights = serializers.ListField(child=serializers.CharField())
    sees_identity = serializers.BooleanField(help_text="you may see who patients are: label pictures, words of files")
    reading = serializers.ChoiceField(
        choices=("", "second", "second-blind", "consensus"), help_text="the reading that you work on; empty: the first"
    )


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
