"""Candidates for picking over HTTP: the ranked list, and what the HbF stain shows of a confirmed one."""

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
from apps.review.hbf import mark_hbf
from apps.review.models import HbfMark
from apps.review.picking import picking_json
from apps.review.state import read_by


class CandidateSerializer(serializers.Serializer[Any]):
    rank = serializers.IntegerField()
    row = serializers.IntegerField(allow_null=True)
    added = serializers.UUIDField(allow_null=True)
    x_um = serializers.FloatField(
        help_text="from the upper left corner of the scan, or of the photograph that shows it"
    )
    y_um = serializers.FloatField()
    photograph = serializers.CharField(help_text="empty on a scan")
    stage_x_um = serializers.FloatField(
        allow_null=True, help_text="in the stage's coordinates; null where the slide's file does not know them"
    )
    stage_y_um = serializers.FloatField(allow_null=True)
    probability = serializers.FloatField(allow_null=True)
    state = serializers.CharField(help_text="pending, confirmed, excluded")
    hbf = serializers.CharField(help_text="positive, negative, not_done; empty where nobody has said anything")
    by = serializers.CharField()
    hbf_by = serializers.CharField()
    cut = serializers.BooleanField(
        help_text="an edge cuts it, a scale bar touches it, or it lies where nothing is counted"
    )


class StatesSerializer(serializers.Serializer[Any]):
    pending = serializers.IntegerField()
    confirmed = serializers.IntegerField()
    excluded = serializers.IntegerField()


class HbfSumsSerializer(serializers.Serializer[Any]):
    positive = serializers.IntegerField()
    negative = serializers.IntegerField()
    not_done = serializers.IntegerField()
    open = serializers.IntegerField()


class PickingSerializer(serializers.Serializer[Any]):
    mpp = serializers.FloatField(allow_null=True)
    stage = serializers.CharField(help_text="where the stage's coordinates come from, or that there are none")
    revision = serializers.IntegerField()
    states = StatesSerializer()
    hbf = HbfSumsSerializer()
    candidates = CandidateSerializer(many=True)


class HbfInput(Body):
    state = OneOf(choices=HbfMark.State.values)
    row = serializers.IntegerField(min_value=0, required=False, allow_null=True, default=None)
    added = serializers.UUIDField(required=False, allow_null=True, default=None)


class CandidatesView(APIView):
    """The nucleated red cells of an analysis by rank, each with its place in µm and its states; POST says what the HbF stain
    shows of a confirmed one. A candidate is confirmed or excluded by a label (`labels/`)."""

    @extend_schema(responses=PickingSerializer)
    def get(self, request: Request, job_id: uuid.UUID) -> Response:
        return Response(picking_json(read_by(request.user, reviewable_job_for(request.user, job_id))))

    @extend_schema(request=HbfInput, responses=PickingSerializer)
    def post(self, request: Request, job_id: uuid.UUID) -> Response:
        job = read_by(request.user, reviewable_job_for(request.user, job_id, "review"))
        body = HbfInput(data=request.data)
        body.is_valid(raise_exception=True)
        data = body.validated_data
        mark_hbf(request.user, job, data["state"], data["row"], str(data["added"] or ""))
        return Response(picking_json(job))
