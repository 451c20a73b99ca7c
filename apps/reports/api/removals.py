"""Slides with results removed, and cases deleted, over HTTP: first what would go, then that it goes, with the reason."""

from __future__ import annotations

import uuid
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.api.inputs import Body
from apps.cases.selectors import case_for
from apps.reports import removals
from apps.slides.selectors import slide_for


class RemovalInput(Body):
    reason = serializers.CharField(max_length=500, help_text="why; it stands in the audit record")


class DeletionInput(RemovalInput):
    accession = serializers.CharField(max_length=64, help_text="the case's accession number once more, to confirm")


class LossSerializer(serializers.Serializer[Any]):
    """What a removal takes away for good."""

    slides = serializers.IntegerField()
    analyses = serializers.IntegerField()
    labels = serializers.IntegerField(help_text="cells that people have labelled or added")
    comments = serializers.IntegerField(help_text="on cells, marks for teaching included")
    annotations = serializers.IntegerField(help_text="notes on places of a slide")


class SlideRemovalView(APIView):
    """What would go with a slide; POST removes it with its analyses, labels and files, with a reason. 409 where its results stand
    in a signed report, or while somebody or something is at work on it."""

    @extend_schema(responses=LossSerializer)
    def get(self, request: Request, slide_id: uuid.UUID) -> Response:
        slide = slide_for(request.user, slide_id, "annotate")
        return Response(LossSerializer(removals.loss_of_slide(request.user, slide)).data)

    @extend_schema(request=RemovalInput, responses=LossSerializer)
    def post(self, request: Request, slide_id: uuid.UUID) -> Response:
        slide = slide_for(request.user, slide_id, "annotate")
        body = RemovalInput(data=request.data)
        body.is_valid(raise_exception=True)
        return Response(LossSerializer(removals.remove_slide(request.user, slide, **body.validated_data)).data)


class CaseDeletionView(APIView):
    """What would go with a case; POST deletes it for good, by who administers it, with a reason. 409 where it was ever signed:
    such a case can be put into the archive."""

    @extend_schema(responses=LossSerializer)
    def get(self, request: Request, accession: str) -> Response:
        case = case_for(request.user, accession, "administer")
        return Response(LossSerializer(removals.loss_of_case(request.user, case)).data)

    @extend_schema(request=DeletionInput, responses=LossSerializer)
    def post(self, request: Request, accession: str) -> Response:
        case = case_for(request.user, accession, "administer")
        body = DeletionInput(data=request.data)
        body.is_valid(raise_exception=True)
        return Response(LossSerializer(removals.delete_case(request.user, case, **body.validated_data)).data)
