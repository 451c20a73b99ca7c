"""Cases over HTTP."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.errors import Refusal
from apps.accounts.models import User
from apps.cases import services
from apps.cases.api.serializers import (
    ArchivedSerializer,
    CaseInputSerializer,
    CaseSerializer,
    CommentSerializer,
    ConclusionSerializer,
    ReaderSerializer,
    RightsSerializer,
    UrgentSerializer,
)
from apps.cases.filters import ORDERINGS, CaseFilter, ordered
from apps.cases.models import Case
from apps.cases.selectors import case_for, cases_for, with_rights

ORDERING = OpenApiParameter(
    "ordering", str, enum=[way + name for name in ORDERINGS for way in ("", "-")],
    description="a column, with - in front the other way round; newest first without it",
)  # fmt: skip


class CaseListView(ListAPIView[Any]):
    """The cases you may see; POST opens one."""

    serializer_class = CaseSerializer
    filterset_class = CaseFilter
    queryset = Case.objects.none()  # for the description of the filters

    def get_queryset(self) -> Any:
        user = self.request.user
        return with_rights(user, cases_for(user)).select_related("reader")

    def filter_queryset(self, queryset: Any) -> Any:
        return ordered(super().filter_queryset(queryset), self.request.query_params.get("ordering", ""))

    @extend_schema(parameters=[ORDERING])
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().get(request, *args, **kwargs)

    @extend_schema(request=CaseInputSerializer, responses={201: CaseSerializer})
    def post(self, request: Request) -> Response:
        facts = CaseInputSerializer(data=request.data)
        facts.is_valid(raise_exception=True)
        data = dict(facts.validated_data)
        accession = data.pop("accession", "")
        if not accession:
            raise Refusal(
                gettext("A case needs an accession number."), code="invalid", errors={"accession": ["Required."]}
            )
        restricted = data.pop("restricted", False)
        with transaction.atomic():
            case = services.create_case(request.user, accession, **data)
            if restricted:
                case = services.update_case(request.user, case, restricted=True)
        return Response(CaseSerializer(case, context={"request": request}).data, status=201)


class CaseView(APIView):
    """One case."""

    @extend_schema(responses=CaseSerializer)
    def get(self, request: Request, accession: str) -> Response:
        case = case_for(request.user, accession)
        return Response(CaseSerializer(case, context={"request": request}).data)

    @extend_schema(request=CaseInputSerializer, responses=CaseSerializer)
    def patch(self, request: Request, accession: str) -> Response:
        case = case_for(request.user, accession)
        facts = CaseInputSerializer(data=request.data, partial=True)
        facts.is_valid(raise_exception=True)
        if facts.validated_data.pop("accession", case.accession) != case.accession:
            sentence = gettext("The accession number of a case cannot be changed.")
            raise Refusal(sentence, code="invalid", errors={"accession": [sentence]})
        case = services.update_case(request.user, case, **facts.validated_data)
        return Response(CaseSerializer(case, context={"request": request}).data)


class CaseCommentView(APIView):
    """The comment for the report."""

    @extend_schema(request=CommentSerializer, responses=CaseSerializer)
    def post(self, request: Request, accession: str) -> Response:
        case = case_for(request.user, accession, "annotate")
        body = CommentSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        case = services.set_comment(request.user, case, **body.validated_data)
        return Response(CaseSerializer(case, context={"request": request}).data)


class CaseConclusionView(APIView):
    """The conclusion that the report begins with."""

    @extend_schema(request=ConclusionSerializer, responses=CaseSerializer)
    def post(self, request: Request, accession: str) -> Response:
        case = case_for(request.user, accession, "review")
        body = ConclusionSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        case = services.set_conclusion(request.user, case, **body.validated_data)
        return Response(CaseSerializer(case, context={"request": request}).data)


class CaseReaderView(APIView):
    """Take a case, give it back, or hand it over with a word."""

    @extend_schema(request=ReaderSerializer, responses=CaseSerializer)
    def post(self, request: Request, accession: str) -> Response:
        case = case_for(request.user, accession)
        body = ReaderSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        name = body.validated_data["username"]
        reader = get_object_or_404(User, username=name, is_active=True) if name else None
        case = services.set_reader(request.user, case, reader, body.validated_data["word"])
        return Response(CaseSerializer(case, context={"request": request}).data)


class CaseUrgentView(APIView):
    """Let a case's jobs go before all others, or no longer."""

    @extend_schema(request=UrgentSerializer, responses=CaseSerializer)
    def post(self, request: Request, accession: str) -> Response:
        case = case_for(request.user, accession)
        body = UrgentSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        case = services.set_urgent(request.user, case, body.validated_data["urgent"])
        return Response(CaseSerializer(case, context={"request": request}).data)


class CaseArchivedView(APIView):
    """Put a case out of the worklist, with a reason, or back into it; it stays readable as it is."""

    @extend_schema(request=ArchivedSerializer, responses=CaseSerializer)
    def post(self, request: Request, accession: str) -> Response:
        case = case_for(request.user, accession)
        body = ArchivedSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        case = services.set_archived(request.user, case, **body.validated_data)
        return Response(CaseSerializer(case, context={"request": request}).data)


class CaseRightsView(APIView):
    """Give a person rights on this case."""

    @extend_schema(request=RightsSerializer, responses=CaseSerializer)
    def post(self, request: Request, accession: str) -> Response:
        case = case_for(request.user, accession)
        body = RightsSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        person = get_object_or_404(User, username=body.validated_data["username"])
        services.set_rights(request.user, case, person, set(body.validated_data["rights"]))
        return Response(CaseSerializer(case, context={"request": request}).data)
