"""Analyses of a slide over HTTP: the one that is reported, labels carried over, two compared."""

from __future__ import annotations

import uuid
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.api.inputs import Body
from apps.review import analyses
from apps.review.api.asread import job_as_read
from apps.review.api.shapes.comparison import ComparisonSerializer
from apps.review.compare import compare
from apps.review.models import CarriedLabel


class CarriedSerializer(serializers.Serializer[Any]):
    labels = serializers.IntegerField(help_text="labels that the analysis before had")
    carried = serializers.IntegerField(help_text="those that stand on the new cells")
    to_look_at = serializers.IntegerField(help_text="those that a person must decide on")


class WaitingLabelSerializer(serializers.ModelSerializer[CarriedLabel]):
    by = serializers.CharField(source="by.display_name")

    class Meta:
        model = CarriedLabel
        fields = ["id", "why", "row", "x", "y", "w", "h", "label_key", "state", "machine_before", "machine_now", "by"]
        read_only_fields = fields


class SettleInput(Body):
    id = serializers.UUIDField()
    keep = serializers.BooleanField()


class ChooseView(APIView):
    """Report this analysis of the slide; labels of the one before are carried over by place."""

    @extend_schema(request=None, responses=CarriedSerializer)
    def post(self, request: Request, job_id: uuid.UUID) -> Response:
        return Response(vars(analyses.choose(request.user, job_as_read(request.user, job_id, "review"))))


class WaitingLabelsView(APIView):
    """Labels of an earlier analysis that could not simply be carried over; POST decides on one."""

    @extend_schema(responses=WaitingLabelSerializer(many=True))
    def get(self, request: Request, job_id: uuid.UUID) -> Response:
        job = job_as_read(request.user, job_id)
        return Response(WaitingLabelSerializer(analyses.waiting_labels_for(request.user, job), many=True).data)

    @extend_schema(request=SettleInput, responses=WaitingLabelSerializer(many=True))
    def post(self, request: Request, job_id: uuid.UUID) -> Response:
        job = job_as_read(request.user, job_id, "review")
        body = SettleInput(data=request.data)
        body.is_valid(raise_exception=True)
        analyses.settle(request.user, job, body.validated_data["id"], body.validated_data["keep"])
        return Response(WaitingLabelSerializer(analyses.waiting_labels_for(request.user, job), many=True).data)


class CompareView(APIView):
    """This analysis beside another of the same slide: cells gained, lost, renamed, and the difference of each count."""

    @extend_schema(responses=ComparisonSerializer)
    def get(self, request: Request, job_id: uuid.UUID, other_id: uuid.UUID) -> Response:
        return Response(compare(job_as_read(request.user, job_id), job_as_read(request.user, other_id)))
