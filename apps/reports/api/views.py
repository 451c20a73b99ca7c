"""Signing, amending and a report's exports over HTTP."""

from __future__ import annotations

import uuid
from typing import Any

from django.http import HttpResponse, StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.throttling import ScopedRateThrottle
from rest_framework.views import APIView

from apps.analysis.selectors import reported_jobs
from apps.cases.api.serializers import CaseSerializer
from apps.cases.selectors import case_for
from apps.reports import exports, services
from apps.reports.holds import holds_of
from apps.reports.models import Report
from apps.reports.selectors import report_for, report_json, reports_of


class SignInput(serializers.Serializer[Any]):
    password = serializers.CharField(trim_whitespace=False)
    meaning = serializers.CharField(max_length=200)
    comment = serializers.CharField(max_length=8000, allow_blank=True, required=False)
    reason = serializers.CharField(
        max_length=2000, allow_blank=True, required=False, help_text="Why what a reason can lift may stand."
    )


class AmendInput(serializers.Serializer[Any]):
    reason = serializers.CharField(max_length=2000)


class HoldSerializer(serializers.Serializer[Any]):
    code = serializers.CharField()
    sentence = serializers.CharField()
    lifted_by = serializers.CharField(help_text="review, reason, or empty where nothing lifts it")


class SignView(APIView):
    """Sign a case with your password and what the signature means; 409 names cells that must be seen first."""

    throttle_classes = [ScopedRateThrottle]
    throttle_scope = "sign"

    @extend_schema(request=SignInput, responses={201: dict})
    def post(self, request: Request, accession: str) -> Response:
        case = case_for(request.user, accession, "sign")
        given = SignInput(data=request.data)
        given.is_valid(raise_exception=True)
        report = services.sign(request.user, case, **given.validated_data)
        return Response(report_json(report), status=201)


class HoldsView(APIView):
    """What stands before a signature: each with a code, a sentence, and what lifts it (review, a reason, nothing)."""

    @extend_schema(responses=HoldSerializer(many=True))
    def get(self, request: Request, accession: str) -> Response:
        case = case_for(request.user, accession)
        return Response([h.as_json() for h in holds_of(case, reported_jobs(case))])


class AmendView(APIView):
    """Open a signed case again, with the reason."""

    @extend_schema(request=AmendInput, responses=CaseSerializer)
    def post(self, request: Request, accession: str) -> Response:
        case = case_for(request.user, accession, "sign")
        given = AmendInput(data=request.data)
        given.is_valid(raise_exception=True)
        case = services.amend(request.user, case, given.validated_data["reason"])
        return Response(CaseSerializer(case, context={"request": request}).data)


class CaseReportsView(APIView):
    """The signed versions of a case's report, newest first."""

    @extend_schema(responses={200: dict})
    def get(self, request: Request, accession: str) -> Response:
        return Response([report_json(r) for r in reports_of(case_for(request.user, accession))])


class ReportView(APIView):
    """Everything a signed report says."""

    @extend_schema(responses={200: dict})
    def get(self, request: Request, report_id: uuid.UUID) -> Response:
        report = report_for(request.user, report_id)
        return Response({**report_json(report), "document": report.document})


class CountsCsvView(APIView):
    @extend_schema(responses={(200, "text/csv"): OpenApiTypes.STR})
    def get(self, request: Request, report_id: uuid.UUID) -> HttpResponse:
        report = report_for(request.user, report_id)
        return _file(
            HttpResponse(exports.counts_csv(report.document), content_type="text/csv; charset=utf-8"),
            report,
            "counts.csv",
        )


class CellsCsvView(APIView):
    @extend_schema(responses={(200, "text/csv"): OpenApiTypes.STR})
    def get(self, request: Request, report_id: uuid.UUID) -> StreamingHttpResponse:
        report = report_for(request.user, report_id)
        lines = exports.cells_csv(exports.cells_of_report(report))
        return _file(StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8"), report, "cells.csv")


class GeoJsonView(APIView):
    """Cells as GeoJSON in level-0 px; QuPath opens it."""

    @extend_schema(responses={(200, "application/geo+json"): OpenApiTypes.OBJECT})
    def get(self, request: Request, report_id: uuid.UUID) -> StreamingHttpResponse:
        report = report_for(request.user, report_id)
        parts = exports.geojson(exports.cells_of_report(report))
        return _file(StreamingHttpResponse(parts, content_type="application/geo+json"), report, "cells.geojson")


class FhirView(APIView):
    """The report as a FHIR R4 bundle."""

    @extend_schema(responses={200: dict})
    def get(self, request: Request, report_id: uuid.UUID) -> Response:
        return Response(exports.fhir_bundle(report_for(request.user, report_id)), content_type="application/fhir+json")


def _file(response: Any, report: Report, name: str) -> Any:
    response["Content-Disposition"] = f'attachment; filename="report-v{report.version}-{name}"'
    response["Cache-Control"] = "private, no-cache"
    return response
