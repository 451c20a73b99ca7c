"""Signing, amending and a report's exports over HTTP."""

from __future__ import annotations

import uuid
from dataclasses import replace
from typing import Any

from django.http import StreamingHttpResponse
from django.utils.translation import gettext
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.throttling import ScopedRateThrottle
from rest_framework.views import APIView

from apps.accounts.api.inputs import Body
from apps.analysis.selectors import reported_jobs, reviewable_job_for
from apps.cases.api.serializers import CaseSerializer
from apps.cases.selectors import case_for
from apps.reports import services
from apps.reports.exports import exporters, source
from apps.reports.handout import hand_out
from apps.reports.holds import holds_of
from apps.reports.models import Report
from apps.reports.selectors import report_for, report_json, reports_of
from apps.reports.summary import before_signing
from apps.review.agreement import refuse_blind


class SignInput(Body):
    password = serializers.CharField(trim_whitespace=False)
    meaning = serializers.CharField(max_length=200)
    conclusion = serializers.CharField(
        max_length=4000,
        allow_blank=True,
        required=False,
        help_text="What the report begins with; left out: as it stands.",
    )
    comment = serializers.CharField(max_length=8000, allow_blank=True, required=False)
    conclusion_before = serializers.CharField(
        allow_blank=True, required=False, help_text="The conclusion that you saw; 409 where another stands there now."
    )
    comment_before = serializers.CharField(
        allow_blank=True, required=False, help_text="The comment that you saw; 409 where another stands there now."
    )
    reason = serializers.CharField(
        max_length=2000, allow_blank=True, required=False, help_text="Why what a reason can lift may stand."
    )
    count_stamps = serializers.DictField(
        child=serializers.CharField(allow_blank=True),
        required=False,
        help_text="`count_stamps` of `signing/`, as you saw the counts; 409 where others would be signed now. Left out: not "
        "checked.",
    )


class AmendInput(Body):
    reason = serializers.CharField(max_length=2000)


class HoldSerializer(serializers.Serializer[Any]):
    code = serializers.CharField()
    sentence = serializers.CharField()
    lifted_by = serializers.ChoiceField(choices=("review", "reason", ""), help_text="empty: nothing lifts it")


class CountedSerializer(serializers.Serializer[Any]):
    title = serializers.CharField()
    noun = serializers.CharField()
    n = serializers.IntegerField(help_text="as people left it")
    target = serializers.IntegerField(allow_null=True, help_text="how many were asked for")


class SignedExaminationSerializer(serializers.Serializer[Any]):
    assay = serializers.CharField()
    title = serializers.CharField()
    slides = serializers.ListField(child=serializers.CharField())
    counted = CountedSerializer(many=True)
    findings = serializers.ListField(child=serializers.CharField())
    warnings = serializers.ListField(child=serializers.CharField())
    readers = serializers.CharField(help_text="how many people read it, in a sentence")


class LeftOutSerializer(serializers.Serializer[Any]):
    slide = serializers.CharField()
    id = serializers.UUIDField()
    why = serializers.CharField()


class SigningSerializer(serializers.Serializer[Any]):
    count_stamps = serializers.DictField(
        child=serializers.CharField(),
        help_text="by id of the reported analyses, a stamp that changes with its counts: `sign/` takes it back",
    )
    conclusion = serializers.CharField()
    examinations = SignedExaminationSerializer(many=True)
    missing = LeftOutSerializer(many=True)
    holds = HoldSerializer(many=True)


class ReportSerializer(serializers.Serializer[Any]):
    """A signed version."""

    id = serializers.UUIDField()
    version = serializers.IntegerField()
    state = serializers.ChoiceField(choices=Report.State.choices)
    signed_by = serializers.CharField()
    signed_at = serializers.DateTimeField()
    meaning = serializers.CharField()
    reason = serializers.CharField(help_text="why the version before was amended")
    sha256 = serializers.CharField()
    html_url = serializers.CharField()
    pdf_url = serializers.CharField(allow_null=True)
    counts_csv_url = serializers.CharField()
    cells_csv_url = serializers.CharField()
    geojson_url = serializers.CharField()
    fhir_url = serializers.CharField()


class ReportContentSerializer(ReportSerializer):
    document = serializers.DictField(help_text="everything the report says, in the format that it names")


class FormatSerializer(serializers.Serializer[Any]):
    key = serializers.CharField()
    title = serializers.CharField()
    suffix = serializers.CharField(help_text="what a file's name ends in")
    media_type = serializers.CharField()


FILE = {
    (200, e.media_type.partition(";")[0]): OpenApiTypes.OBJECT if "json" in e.media_type else OpenApiTypes.BINARY
    for e in exporters().values()
}
"""A file of the format's own type; `exports/` lists them."""


class SignView(APIView):
    """Sign a case with your password and what the signature means; 409 names cells that must be seen first."""

    throttle_classes = [ScopedRateThrottle]
    throttle_scope = "sign"

    @extend_schema(request=SignInput, responses={201: ReportSerializer})
    def post(self, request: Request, accession: str) -> Response:
        case = case_for(request.user, accession, "sign")
        body = SignInput(data=request.data)
        body.is_valid(raise_exception=True)
        report = services.sign(request.user, case, **body.validated_data)
        return Response(report_json(report), status=201)


class HoldsView(APIView):
    """What stands before a signature: each with a code, a sentence, and what lifts it (review, a reason, nothing)."""

    @extend_schema(responses=HoldSerializer(many=True))
    def get(self, request: Request, accession: str) -> Response:
        case = case_for(request.user, accession)
        jobs = reported_jobs(case)
        refuse_blind(request.user, case.pk)
        return Response([h.as_json() for h in holds_of(case, jobs)])


class SigningView(APIView):
    """What whoever signs should see first: counts, warnings, slides not analysed, readers, and what stands before it."""

    @extend_schema(responses=SigningSerializer)
    def get(self, request: Request, accession: str) -> Response:
        case = case_for(request.user, accession)
        jobs = reported_jobs(case)
        refuse_blind(request.user, case.pk)
        return Response(before_signing(case, jobs))


class AmendView(APIView):
    """Open a signed case again, with the reason."""

    @extend_schema(request=AmendInput, responses=CaseSerializer)
    def post(self, request: Request, accession: str) -> Response:
        case = case_for(request.user, accession, "sign")
        body = AmendInput(data=request.data)
        body.is_valid(raise_exception=True)
        case = services.amend(request.user, case, body.validated_data["reason"])
        return Response(CaseSerializer(case, context={"request": request}).data)


class CaseReportsView(APIView):
    """The signed versions of a case's report, newest first."""

    @extend_schema(responses=ReportSerializer(many=True))
    def get(self, request: Request, accession: str) -> Response:
        return Response([report_json(r) for r in reports_of(case_for(request.user, accession))])


class ReportView(APIView):
    """Everything a signed report says."""

    @extend_schema(responses=ReportContentSerializer)
    def get(self, request: Request, report_id: uuid.UUID) -> Response:
        report = report_for(request.user, report_id)
        return Response({**report_json(report), "document": report.document})


class FormatsView(APIView):
    """The formats that an analysis, a case or a report can be exported in."""

    @extend_schema(responses=FormatSerializer(many=True))
    def get(self, request: Request) -> Response:
        return Response(
            FormatSerializer([replace(e, title=gettext(e.title)) for e in exporters().values()], many=True).data
        )


class JobExportView(APIView):
    """An analysis in one of the formats, marked as a draft until it is signed."""

    @extend_schema(responses=FILE)
    def get(self, request: Request, job_id: uuid.UUID, kind: str) -> StreamingHttpResponse:
        job = reviewable_job_for(request.user, job_id)
        refuse_blind(request.user, job.slide.case_id)
        return _file(request, source.of_job(job), kind)


class CaseExportView(APIView):
    """The reported analyses of a case in one of the formats: as they were signed, or as a draft."""

    @extend_schema(responses=FILE)
    def get(self, request: Request, accession: str, kind: str) -> StreamingHttpResponse:
        case = case_for(request.user, accession)
        refuse_blind(request.user, case.pk)
        return _file(request, source.of_case(case), kind)


class ReportExportView(APIView):
    """A signed version of a report in one of the formats, as it was signed."""

    @extend_schema(responses=FILE)
    def get(self, request: Request, report_id: uuid.UUID, kind: str) -> StreamingHttpResponse:
        return _file(request, source.of_report(report_for(request.user, report_id)), kind)


def _file(request: Request, of: source.Source, kind: str) -> StreamingHttpResponse:
    export = hand_out(request.user, of, kind)
    response = StreamingHttpResponse(export.pieces, content_type=export.media_type)
    response["Content-Disposition"] = f'attachment; filename="{export.name}"'
    response["Cache-Control"] = "private, no-cache"
    return response
