"""Slides over HTTP."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from functools import partial
from typing import Any

from django.db import transaction
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.cases.selectors import case_for
from apps.slides import imports, services, tileservices
from apps.slides.api.serializers import (
    ContentsSerializer,
    EachSeriesSerializer,
    IdentityEntrySerializer,
    ImportSerializer,
    LookSerializer,
    PresetSerializer,
    SlideChangeSerializer,
    SlideSerializer,
    TileAccessSerializer,
)
from apps.slides.placing import ImportOptions
from apps.slides.presets import preset_of, presets
from apps.slides.selectors import contents_of, identity_of_slide, ready_slide_for, slide_for
from apps.slides.sites import set_site, site_named
from apps.slides.tasks import convert_slide, import_slide, ring
from apps.slides.tileaccess import set_tile_cookie, tile_access
from apps.slides.uploads import as_refusal
from hemaview.wsi.errors import SlideError
from hemaview.wsi.sources.choice import Choice


class CaseSlidesView(APIView):
    """The slides of a case; POST makes one of complete uploads."""

    @extend_schema(responses=SlideSerializer(many=True))
    def get(self, request: Request, accession: str) -> Response:
        case = case_for(request.user, accession)
        return Response(SlideSerializer(case.slides.select_related("case", "site"), many=True).data)

    @extend_schema(request=ImportSerializer, responses={202: SlideSerializer})
    def post(self, request: Request, accession: str) -> Response:
        case = case_for(request.user, accession, "annotate")
        body = ImportSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        data = body.validated_data
        slide = imports.begin_import_of_uploads(request.user, case, data["uploads"], _options(data))
        transaction.on_commit(lambda: ring(import_slide, str(slide.pk)))
        return Response(SlideSerializer(slide).data, status=202)


def _options(data: Mapping[str, Any]) -> ImportOptions:
    """The options of an import's body; raises Refusal where there is no such preset."""
    preset = preset_of(data["preset"]) if data.get("preset") else None
    return ImportOptions(
        data.get("name", ""),
        preset.mpp if preset else data.get("mpp"),
        preset.name if preset else "",
        data.get("specimen", ""),
        data.get("convert", False),
        Choice(data.get("series"), data.get("plane")),
    )


class ContentsView(APIView):
    """What complete uploads hold that a person may choose from; the uploads wait for the choice."""

    @extend_schema(request=LookSerializer, responses=ContentsSerializer)
    def post(self, request: Request, accession: str) -> Response:
        case = case_for(request.user, accession, "annotate")
        body = LookSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        data = body.validated_data
        contents = contents_of(request.user, case, data["uploads"], data.get("series"))
        return Response(ContentsSerializer(contents).data)


class EachSeriesView(APIView):
    """Make a slide of each series that complete uploads hold, all of them or none."""

    @extend_schema(request=EachSeriesSerializer, responses={202: SlideSerializer(many=True)})
    def post(self, request: Request, accession: str) -> Response:
        case = case_for(request.user, accession, "annotate")
        body = EachSeriesSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        data = body.validated_data
        slides = imports.begin_import_of_each_series(request.user, case, data["uploads"], _options(data))
        for slide in slides:
            transaction.on_commit(partial(ring, import_slide, str(slide.pk)))
        return Response(SlideSerializer(slides, many=True).data, status=202)


class SlideView(APIView):
    """One slide."""

    @extend_schema(responses=SlideSerializer)
    def get(self, request: Request, slide_id: uuid.UUID) -> Response:
        return Response(SlideSerializer(slide_for(request.user, slide_id)).data)

    @extend_schema(request=SlideChangeSerializer, responses=SlideSerializer)
    def patch(self, request: Request, slide_id: uuid.UUID) -> Response:
        slide = slide_for(request.user, slide_id)
        body = SlideChangeSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        if "site" in body.validated_data:
            name = body.validated_data["site"]
            slide = set_site(request.user, slide, site_named(name) if name is not None else None)
        elif "name" in body.validated_data:
            slide = services.rename_slide(request.user, slide, body.validated_data["name"])
        elif "specimen" in body.validated_data:
            slide = services.set_specimen(request.user, slide, body.validated_data["specimen"])
        elif "preset" in body.validated_data:
            preset = preset_of(body.validated_data["preset"])
            slide = services.set_mpp(request.user, slide, preset.mpp, preset.name)
        elif "mpp" in body.validated_data:
            slide = services.set_mpp(request.user, slide, body.validated_data["mpp"])
        if "colour" in body.validated_data:
            slide = tileservices.set_colour(request.user, slide, body.validated_data["colour"])
        return Response(SlideSerializer(slide).data)

    @extend_schema(responses={204: None})
    def delete(self, request: Request, slide_id: uuid.UUID) -> Response:
        services.delete_slide(request.user, slide_for(request.user, slide_id, "annotate"))
        return Response(status=204)


class IdentityView(APIView):
    """What the slide's files say of people, places, times and devices; for who may see who the patient is."""

    @extend_schema(responses=IdentityEntrySerializer(many=True))
    def get(self, request: Request, slide_id: uuid.UUID) -> Response:
        try:
            entries = identity_of_slide(request.user, ready_slide_for(request.user, slide_id))
        except SlideError as error:
            raise as_refusal(error) from error
        response = Response(IdentityEntrySerializer(entries, many=True).data)
        response["Cache-Control"] = "private, no-store"
        return response


class PresetsView(APIView):
    """Cameras and objectives of the laboratory, with the µm/px that they give."""

    @extend_schema(responses=PresetSerializer(many=True))
    def get(self, request: Request) -> Response:
        return Response(PresetSerializer(presets(), many=True).data)


class TileAccessView(APIView):
    """Where the slide's tiles are, and a short-lived token for them."""

    @extend_schema(responses=TileAccessSerializer)
    def get(self, request: Request, slide_id: uuid.UUID) -> Response:
        access = tile_access(request.user, ready_slide_for(request.user, slide_id))
        response = Response(access)
        set_tile_cookie(response, access)
        response["Cache-Control"] = "private, no-store"
        return response


class ConversionView(APIView):
    """Convert a slide, in the background, to a pyramid whose tiles are sent as stored."""

    @extend_schema(request=None, responses={202: SlideSerializer})
    def post(self, request: Request, slide_id: uuid.UUID) -> Response:
        slide = tileservices.request_conversion(request.user, slide_for(request.user, slide_id, "annotate"))
        transaction.on_commit(lambda: ring(convert_slide, str(slide.pk)))
        return Response(SlideSerializer(slide).data, status=202)
