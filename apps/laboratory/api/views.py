"""The laboratory's settings and phrases over HTTP: everybody reads them, administrators change them."""

from __future__ import annotations

import base64
import binascii

from django.utils.translation import gettext
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.api.inputs import refuse_value
from apps.accounts.errors import Refusal
from apps.laboratory import services
from apps.laboratory.api.serializers import (
    LaboratoryInput,
    LaboratorySerializer,
    LogoInput,
    PhraseInput,
    PhraseSerializer,
)
from apps.laboratory.selectors import laboratory, phrase_coded, phrases
from hemaview.assays import assays
from hemaview.words import one_of


class LaboratoryView(APIView):
    """What heads a report: the laboratory's name, address, phone and logo."""

    @extend_schema(responses=LaboratorySerializer)
    def get(self, request: Request) -> Response:
        return Response(LaboratorySerializer(laboratory()).data)

    @extend_schema(request=LaboratoryInput, responses=LaboratorySerializer)
    def patch(self, request: Request) -> Response:
        services.require_laboratory(request.user)
        body = LaboratoryInput(data=request.data)
        body.is_valid(raise_exception=True)
        return Response(LaboratorySerializer(services.change_laboratory(request.user, **body.validated_data)).data)


class LogoView(APIView):
    """The logo that heads reports: POST puts one, DELETE takes it away."""

    @extend_schema(request=LogoInput, responses=LaboratorySerializer)
    def post(self, request: Request) -> Response:
        services.require_laboratory(request.user)
        body = LogoInput(data=request.data)
        body.is_valid(raise_exception=True)
        try:
            raw = base64.b64decode(body.validated_data["png_or_jpeg"], validate=True)
        except (binascii.Error, ValueError) as error:
            raise Refusal(gettext("Send the picture's bytes in base64."), code="invalid") from error
        return Response(LaboratorySerializer(services.set_logo(request.user, raw)).data)

    @extend_schema(responses={204: None})
    def delete(self, request: Request) -> Response:
        services.set_logo(request.user, None)
        return Response(status=204)


class PhrasesView(APIView):
    """The laboratory's phrases for conclusions, by code; POST adds one."""

    @extend_schema(
        parameters=[OpenApiParameter("assay", str, description="those for this examination and those for all")],
        responses=PhraseSerializer(many=True),
    )
    def get(self, request: Request) -> Response:
        return Response(PhraseSerializer(phrases(_assay(request)), many=True).data)

    @extend_schema(request=PhraseInput, responses={201: PhraseSerializer})
    def post(self, request: Request) -> Response:
        services.require_laboratory(request.user)
        body = PhraseInput(data=request.data)
        body.is_valid(raise_exception=True)
        return Response(PhraseSerializer(services.create_phrase(request.user, **body.validated_data)).data, status=201)


class PhraseView(APIView):
    """One phrase."""

    @extend_schema(responses=PhraseSerializer)
    def get(self, request: Request, code: str) -> Response:
        return Response(PhraseSerializer(phrase_coded(code)).data)

    @extend_schema(request=PhraseInput, responses=PhraseSerializer)
    def patch(self, request: Request, code: str) -> Response:
        services.require_laboratory(request.user)
        row = phrase_coded(code)
        body = PhraseInput(data=request.data, partial=True)
        body.is_valid(raise_exception=True)
        return Response(PhraseSerializer(services.change_phrase(request.user, row, **body.validated_data)).data)

    @extend_schema(responses={204: None})
    def delete(self, request: Request, code: str) -> Response:
        services.require_laboratory(request.user)
        services.remove_phrase(request.user, phrase_coded(code))
        return Response(status=204)


def _assay(request: Request) -> str | None:
    key = request.query_params.get("assay")
    if key and key not in assays():
        refuse_value("assay", gettext("Choose {choices}.").format(choices=one_of(assays())))
    return key
