"""Jobs and protocols as JSON."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from django.utils.translation import gettext
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from apps.accounts.api.inputs import Body
from apps.analysis.cellfiles import schema_key
from apps.analysis.models import Job, ModelUpload
from apps.analysis.selectors import assay_title
from hemaview.cells.schema import KINDS


def eta_s(job: Job) -> float | None:
    """Seconds left at the present pace; None before a field is done."""
    if job.state != Job.State.RUNNING or not job.fields_done or job.started_at is None:
        return None
    elapsed = (timezone.now() - job.started_at).total_seconds()
    return round(elapsed / job.fields_done * max(0, job.fields_total - job.fields_done), 1)


class PhaseField(serializers.CharField):
    """What a worker is at: the row keeps the phrase in English, and it is answered in the reader's language."""

    def to_representation(self, value: Any) -> str:
        return gettext(super().to_representation(value))


class UsedModelSerializer(serializers.Serializer[Any]):
    role = serializers.CharField()
    name = serializers.CharField()
    version = serializers.CharField()
    sha256 = serializers.CharField()


class GuardSerializer(serializers.Serializer[Any]):
    code = serializers.CharField()
    sentence = serializers.CharField()


class RectangleField(serializers.ListField):
    """x, y, w, h in level-0 px."""

    def __init__(self, **kwargs: Any) -> None:
        most = {"child": serializers.IntegerField(min_value=0, max_value=2**31 - 1), "min_length": 4, "max_length": 4}
        super().__init__(**{**most, **kwargs})


class JobSerializer(serializers.ModelSerializer[Job]):
    slide = serializers.UUIDField(source="slide_id")
    protocol = serializers.CharField(source="protocol.name")
    protocol_title = serializers.CharField(source="protocol.title")
    protocol_version = serializers.IntegerField(source="protocol.version")
    phase = PhaseField(read_only=True)
    schema = serializers.SerializerMethodField()
    assay_title = serializers.SerializerMethodField()
    requested_by = serializers.CharField(source="requested_by.display_name", default="")
    models = serializers.SerializerMethodField()
    thresholds = serializers.SerializerMethodField()
    eta_s = serializers.SerializerMethodField()
    reviewable = serializers.BooleanField()
    notes = serializers.ListField(child=serializers.CharField())
    guards = GuardSerializer(many=True)
    region = RectangleField(
        allow_null=True, help_text="x, y, w, h of what alone was analysed; null for the whole slide"
    )

    class Meta:
        model = Job
        fields = [
            "id", "slide", "protocol", "protocol_title", "protocol_version", "assay", "assay_title", "schema", "state",
            "phase", "percent",
            "fields_total", "fields_done", "cells", "eta_s", "code", "reason", "advice", "attempt", "partial", "reviewable",
            "requested_by", "requested_at", "started_at", "finished_at", "duration_s", "device", "software_version",
            "colour_policy", "region", "models", "thresholds", "mpp", "mpp_source", "mpp_sd", "notes", "guards", "cells_sha256",
            "revision",
        ]  # fmt: skip
        read_only_fields = fields

    def get_schema(self, job: Job) -> str:
        return schema_key(job)

    def get_assay_title(self, job: Job) -> str:
        return assay_title(job)

    @extend_schema_field(UsedModelSerializer(many=True))
    def get_models(self, job: Job) -> list[dict[str, Any]]:
        return list(job.frozen.get("models", []))

    def get_thresholds(self, job: Job) -> dict[str, float]:
        return dict(job.frozen.get("thresholds", {}))

    def get_eta_s(self, job: Job) -> float | None:
        return eta_s(job)


class RequestJobSerializer(Body):
    protocol = serializers.CharField(default="blood-film")
    region = RectangleField(required=False, allow_null=True, default=None)


class ProtocolSerializer(serializers.Serializer[Any]):
    """What can be ordered."""

    name = serializers.CharField()
    title = serializers.CharField()
    version = serializers.IntegerField()
    specimen = serializers.CharField()
    assay = serializers.CharField()
    assay_title = serializers.CharField(source="examination.title")


class MetricSerializer(serializers.Serializer[Any]):
    task = serializers.CharField()
    dataset = serializers.CharField()
    metric = serializers.CharField()
    value = serializers.FloatField()
    low = serializers.FloatField(allow_null=True)
    high = serializers.FloatField(allow_null=True)


class CheckSerializer(serializers.Serializer[Any]):
    """One promise of a model of one's own that was tried."""

    key = serializers.CharField()
    title = serializers.CharField()
    ok = serializers.BooleanField()
    result = serializers.CharField(help_text="what was seen, or why it is refused")
    code = serializers.CharField(allow_blank=True, help_text="of the refusal; empty where it holds")


class ModelSerializer(serializers.Serializer[Any]):
    """A version of an algorithm with what was measured; see its card for everything."""

    name = serializers.CharField()
    title = serializers.CharField()
    task = serializers.CharField()
    version = serializers.CharField()
    sha256 = serializers.CharField()
    enabled = serializers.BooleanField()
    default_for = serializers.ListField(child=serializers.CharField(), help_text="protocol: role")
    summary = serializers.CharField()
    metrics = MetricSerializer(many=True)
    licence_note = serializers.CharField()
    mpp = serializers.FloatField(allow_null=True, help_text="µm/px it was trained at")
    classes = serializers.ListField(child=serializers.CharField())
    data = serializers.ListField(child=serializers.DictField(), help_text="what it was trained on, as its card says")  # type: ignore[assignment]
    own = serializers.BooleanField(help_text="uploaded by the laboratory, not installed")
    roles = serializers.ListField(
        child=serializers.CharField(), help_text="of a model of one's own: what it can be chosen for"
    )
    checks = CheckSerializer(many=True, help_text="what was tried of a model of one's own before it could be chosen")


class SwitchModelInput(serializers.Serializer[Any]):
    enabled = serializers.BooleanField(help_text="whether protocols may choose it and run on it")


class ModelFilesInput(serializers.Serializer[Any]):
    weights = serializers.FileField(help_text="one .onnx or .safetensors file")
    card = serializers.FileField(help_text="its card, .toml or .json")


class ModelUploadSerializer(serializers.ModelSerializer[ModelUpload]):
    """Weights and a card that were handed in, while and after they are tried."""

    requested_by = serializers.CharField(source="requested_by.display_name", read_only=True, default="")
    phase = PhaseField(read_only=True)
    checks = CheckSerializer(many=True, read_only=True)

    class Meta:
        model = ModelUpload
        fields = [
            "id", "name", "version", "file_name", "kind", "size", "sha256", "state", "phase", "percent", "code", "reason",
            "checks", "requested_by", "requested_at", "finished_at",
        ]  # fmt: skip
        read_only_fields = fields


class GroupSerializer(serializers.Serializer[Any]):
    key = serializers.CharField()
    name = serializers.CharField()
    noun = serializers.CharField()
    kind = serializers.ChoiceField(choices=KINDS)


class CellClassSerializer(serializers.Serializer[Any]):
    index = serializers.IntegerField()
    key = serializers.CharField()
    name = serializers.CharField()
    short = serializers.CharField()
    group = serializers.CharField()
    colour = serializers.CharField()
    mark = serializers.CharField()
    shortcut = serializers.CharField()
    must_see = serializers.BooleanField()
    counted = serializers.BooleanField()


class SchemaSerializer(serializers.Serializer[Any]):
    """The classes that cells may have, in their order."""

    name = serializers.CharField()
    version = serializers.IntegerField()
    sha256 = serializers.CharField()
    groups = GroupSerializer(many=True)
    classes = CellClassSerializer(many=True)


class RegionSerializer(serializers.Serializer[Any]):
    """A field of view, in level-0 px."""

    index = serializers.IntegerField()
    x = serializers.FloatField()
    y = serializers.FloatField()
    w = serializers.FloatField()
    h = serializers.FloatField()
    focus = serializers.FloatField()
    single_ratio = serializers.FloatField()
    tissue = serializers.FloatField()
    used = serializers.BooleanField()
    done = serializers.BooleanField()
    searched = serializers.CharField(help_text="what counts of it: fields, film, or nothing")
    elsewhere = serializers.ListField(
        child=serializers.ListField(child=serializers.ListField(child=serializers.IntegerField())),
        help_text="outlines ([x, y] each) of what another photograph shows, too, and counts",
    )
    reason = serializers.CharField()


class RegionsSerializer(serializers.Serializer[Any]):
    fields = RegionSerializer(many=True)  # type: ignore[assignment]


class PyramidLevelSerializer(serializers.Serializer[Any]):
    tile_px = serializers.IntegerField()
    tiles = serializers.ListField(
        child=serializers.ListField(), help_text="[column, row, cells, [[class, cells], …]] each"
    )


class CellIndexSerializer(serializers.Serializer[Any]):
    """Where the cells of each tile lie in the cell file, and how many there are per square."""

    job = serializers.UUIDField()
    n = serializers.IntegerField()
    schema = serializers.CharField()
    tile_px = serializers.IntegerField()
    tiles = serializers.ListField(
        child=serializers.ListField(child=serializers.IntegerField()), help_text="[column, row, first, count] each"
    )
    pyramid = PyramidLevelSerializer(many=True)
    layout = serializers.ListField(child=serializers.CharField(), help_text="columns of a `.bin`, in their order")
