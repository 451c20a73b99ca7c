"""Second readings over HTTP: ordered, closed, compared, decided."""

from __future__ import annotations

import uuid

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.api.inputs import Body
from apps.accounts.models import User
from apps.analysis.selectors import reported_jobs, reviewable_job_for
from apps.cases.models import Case
from apps.cases.selectors import case_for
from apps.review import secondreading
from apps.review.agreement import agreement_json
from apps.review.api.labels import after
from apps.review.api.shapes.labels import LabelAnswerSerializer
from apps.review.api.shapes.readings import AgreementSerializer


class SecondReadingInput(Body):
    username = serializers.CharField()
    blind = serializers.BooleanField(default=True)


class DecisionInput(Body):
    row = serializers.IntegerField(min_value=0, required=False, allow_null=True, default=None)
    added = serializers.UUIDField(format="hex_verbose", required=False, allow_null=True, default=None)
    label = serializers.CharField(help_text="key of a class, or rejected")  # type: ignore[assignment]


class AgreementView(APIView):
    """Who read the case and how far two readers agree."""

    @extend_schema(responses=AgreementSerializer)
    def get(self, request: Request, accession: str) -> Response:
        return _agreement(request, case_for(request.user, accession))


class SecondReadingView(APIView):
    """Order a second reading of the reported analyses; DELETE takes it back before it has begun."""

    @extend_schema(request=SecondReadingInput, responses={201: AgreementSerializer})
    def post(self, request: Request, accession: str) -> Response:
        case = case_for(request.user, accession, "review")
        body = SecondReadingInput(data=request.data)
        body.is_valid(raise_exception=True)
        reader = get_object_or_404(User, username=body.validated_data["username"], is_active=True)
        secondreading.order_second_reading(request.user, case, reader, body.validated_data["blind"])
        return _agreement(request, case, 201)

    @extend_schema(responses=AgreementSerializer)
    def delete(self, request: Request, accession: str) -> Response:
        case = case_for(request.user, accession, "review")
        secondreading.withdraw_second_reading(request.user, case)
        return _agreement(request, case)


class CloseSecondReadingView(APIView):
    """Close the second reading: on what both agree stands, the rest waits for a decision."""

    @extend_schema(request=None, responses=AgreementSerializer)
    def post(self, request: Request, accession: str) -> Response:
        case = case_for(request.user, accession, "review")
        secondreading.close_second_reading(request.user, case)
        return _agreement(request, case)


class DecisionView(APIView):
    """Decide on a cell that two readers call otherwise."""

    @extend_schema(request=DecisionInput, responses=LabelAnswerSerializer)
    def post(self, request: Request, job_id: uuid.UUID) -> Response:
        job = reviewable_job_for(request.user, job_id, "review")
        body = DecisionInput(data=request.data)
        body.is_valid(raise_exception=True)
        row, added = body.validated_data["row"], body.validated_data["added"]
        event = secondreading.decide(request.user, job, row, str(added or ""), body.validated_data["label"])
        return Response(after(event))


def _agreement(request: Request, case: Case, status: int = 200) -> Response:
    return Response(agreement_json(request.user, reported_jobs(case)), status=status)
