"""Counts over HTTP, whole or within an outline, and results for scripts."""

from __future__ import annotations

import uuid
from typing import Any

from django.utils.translation import gettext
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.api.inputs import YES
from apps.accounts.errors import Refusal
from apps.review.api.asread import job_as_read
from apps.review.api.outlines import OutlineField
from apps.review.api.shapes.counts import CountsSerializer, CountsWithinSerializer
from apps.review.api.shapes.results import ResultSerializer
from apps.review.countsjson import counts_json, results_json
from apps.review.here import counts_within


class OutlineInput(serializers.Serializer[Any]):
    within = OutlineField()


class CountsView(APIView):
    """Counts with intervals, the machine's beside the reviewed ones."""

    @extend_schema(responses=CountsSerializer)
    def get(self, request: Request, job_id: uuid.UUID) -> Response:
        return Response(counts_json(job_as_read(request.user, job_id)))


class CountsWithinView(APIView):
    """Counts of the cells within an outline alone."""

    @extend_schema(parameters=[OutlineInput], responses=CountsWithinSerializer)
    def get(self, request: Request, job_id: uuid.UUID) -> Response:
        job = job_as_read(request.user, job_id)
        params = OutlineInput(data=request.query_params.dict())
        params.is_valid(raise_exception=True)
        if not params.validated_data["within"]:
            raise Refusal(gettext("Draw an outline of at least three corners."), code="invalid")
        return Response(counts_within(job, params.validated_data["within"]))


class ResultsView(APIView):
    """What was counted, for scripts: as people left the cells, or as the machine did (`reviewed=false`)."""

    @extend_schema(
        parameters=[OpenApiParameter("reviewed", bool, description="false: the machine's own counts")],
        responses=ResultSerializer,
    )
    def get(self, request: Request, job_id: uuid.UUID) -> Response:
        job = job_as_read(request.user, job_id)
        reviewed = request.query_params.get("reviewed", "true").lower() in YES
        return Response(results_json([job], reviewed))
