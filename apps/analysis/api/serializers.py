"""Jobs and protocols as JSON."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from rest_framework import serializers

from apps.analysis.cellfiles import schema_key
from apps.analysis.models import Job
from apps.analysis.selectors import assay_title


def eta_s(job: Job) -> float | None:
    """Seconds left at the present pace; None before a field is done."""
    if job.state != Job.State.RUNNING or not job.fields_done or job.started_at is None:
        return None
    elapsed = (timezone.now() - job.started_at).total_seconds()
    return round(elapsed / job.fields_done * max(0, job.fields_total - job.fields_done), 1)


class JobSerializer(serializers.ModelSerializer[Job]):
    slide = serializers.UUIDField(source="slide_id")
    protocol = serializers.CharField(source="protocol.name")
    protocol_title = serializers.CharField(source="protocol.title")
    protocol_version = serializers.IntegerField(source="protocol.version")
    schema = serializers.SerializerMethodField()
    assay_title = serializers.SerializerMethodField()
    requested_by = serializers.CharField(source="requested_by.display_name", default="")
    models = serializers.SerializerMethodField()
    thresholds = serializers.SerializerMethodField()
    eta_s = serializers.SerializerMethodField()
    reviewable = serializers.BooleanField()

    class Meta:
        model = Job
        fields = [
            "id", "slide", "protocol", "protocol_title", "protocol_version", "assay", "assay_title", "schema", "state",
            "phase", "percent",
            "fields_total", "fields_done", "cells", "eta_s", "reason", "advice", "attempt", "partial", "reviewable",
            "requested_by", "requested_at", "started_at", "finished_at", "duration_s", "device", "software_version",
            "colour_policy", "models", "thresholds", "mpp", "mpp_source", "mpp_sd", "notes", "guards", "cells_sha256",
            "revision",
        ]  # fmt: skip

    def get_schema(self, job: Job) -> str:
        return schema_key(job)

    def get_assay_title(self, job: Job) -> str:
        return assay_title(job)

    def get_models(self, job: Job) -> list[dict[str, Any]]:
        return list(job.frozen.get("models", []))

    def get_thresholds(self, job: Job) -> dict[str, Any]:
        return dict(job.frozen.get("thresholds", {}))

    def get_eta_s(self, job: Job) -> float | None:
        return eta_s(job)


class RequestJobSerializer(serializers.Serializer[Any]):
    protocol = serializers.CharField(default="blood-film")


def protocol_json(protocol: Any) -> dict[str, Any]:
    return {
        "name": protocol.name,
        "title": protocol.title,
        "version": protocol.version,
        "specimen": protocol.specimen,
        "assay": protocol.assay,
        "assay_title": protocol.examination.title,
    }
