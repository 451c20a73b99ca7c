"""Sites and what they taught, as the API answers them."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from apps.accounts.api.inputs import Body
from apps.analysis.api.serializers import PhaseField
from apps.analysis.models import Adaptation
from apps.analysis.selectors import jobs_for
from apps.slides.models import Site


class SiteSerializer(serializers.ModelSerializer[Site]):
    slide_count = serializers.IntegerField(read_only=True, default=0)

    class Meta:
        model = Site
        fields = ["id", "name", "description", "slide_count"]


class NewSiteSerializer(Body):
    name = serializers.CharField(max_length=100)
    description = serializers.CharField(required=False, allow_blank=True, default="", max_length=2000)


class TeachSerializer(Body):
    assay = serializers.CharField(max_length=64, default="blood_film")


class SwitchSerializer(Body):
    in_force = serializers.BooleanField()


class AdaptationSerializer(serializers.ModelSerializer[Adaptation]):
    site = serializers.CharField(source="site.name", read_only=True)
    base = serializers.CharField(source="base.algorithm.name", read_only=True)
    requested_by = serializers.CharField(source="requested_by.display_name", read_only=True, default="")
    phase = PhaseField(required=False, allow_blank=True, max_length=64)
    labels = serializers.SerializerMethodField()
    report = serializers.JSONField(
        read_only=True, help_text="Scores before and after on cells left out; cells to name next."
    )

    class Meta:
        model = Adaptation
        fields = [
            "id", "site", "assay", "number", "base", "state", "phase", "percent", "reason", "requested_by", "requested_at",
            "finished_at", "duration_s", "labels", "report", "sha256", "in_force",
        ]  # fmt: skip

    def get_labels(self, row: Adaptation) -> int:
        return len(row.cells)

    def to_representation(self, row: Adaptation) -> dict[str, Any]:
        """Without cells of cases that the person may not see."""
        answer = super().to_representation(row)
        if suggestions := answer["report"].get("next"):
            jobs = jobs_for(self.context["request"].user).filter(pk__in={cell["job"] for cell in suggestions})
            visible = {str(pk) for pk in jobs.values_list("pk", flat=True)}
            answer["report"] = {**answer["report"], "next": [c for c in suggestions if c["job"] in visible]}
        return answer
