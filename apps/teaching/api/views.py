"""Sites and what they taught, over HTTP."""

from __future__ import annotations

import uuid

from django.db import transaction
from django.utils.translation import gettext
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.errors import Missing
from apps.analysis import adaptations
from apps.slides.models import Site
from apps.slides.sites import create_site, remove_site, require_sites, sites
from apps.teaching.api.serializers import (
    AdaptationSerializer,
    NewSiteSerializer,
    SiteSerializer,
    SwitchSerializer,
    TeachSerializer,
)
from apps.teaching.services import order
from apps.teaching.tasks import ring


def _site(number: int) -> Site:
    site = sites().filter(pk=number).first() if number < 2**31 else None
    if site is None:
        raise Missing(gettext("There is no such site."), code="no-site")
    return site


class SitesView(APIView):
    """Where slides look alike: laboratory, stain, camera. POST adds one."""

    @extend_schema(responses=SiteSerializer(many=True))
    def get(self, request: Request) -> Response:
        return Response(SiteSerializer(sites(), many=True).data)

    @extend_schema(request=NewSiteSerializer, responses={201: SiteSerializer})
    def post(self, request: Request) -> Response:
        require_sites(request.user)
        body = NewSiteSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        return Response(SiteSerializer(create_site(request.user, **body.validated_data)).data, status=201)


class SiteView(APIView):
    """One site."""

    @extend_schema(responses=SiteSerializer)
    def get(self, request: Request, site_id: int) -> Response:
        return Response(SiteSerializer(_site(site_id)).data)

    @extend_schema(responses={204: None})
    def delete(self, request: Request, site_id: int) -> Response:
        require_sites(request.user)
        remove_site(request.user, _site(site_id))
        return Response(status=204)


class SiteAdaptationsView(APIView):
    """What a site taught; POST teaches its net by its named cells, in the background."""

    @extend_schema(responses=AdaptationSerializer(many=True))
    def get(self, request: Request, site_id: int) -> Response:
        require_sites(request.user)
        rows = adaptations.adaptations().filter(site=_site(site_id))
        return Response(AdaptationSerializer(rows, many=True, context={"request": request}).data)

    @extend_schema(request=TeachSerializer, responses={202: AdaptationSerializer})
    def post(self, request: Request, site_id: int) -> Response:
        require_sites(request.user)
        body = TeachSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        row = order(request.user, _site(site_id), body.validated_data["assay"])
        transaction.on_commit(lambda: ring(str(row.pk)))
        return Response(AdaptationSerializer(row, context={"request": request}).data, status=202)


class AdaptationView(APIView):
    """One teaching; PATCH switches it on or off for new analyses of the site's slides."""

    @extend_schema(responses=AdaptationSerializer)
    def get(self, request: Request, adaptation_id: uuid.UUID) -> Response:
        row = adaptations.adaptation_for(request.user, adaptation_id)
        return Response(AdaptationSerializer(row, context={"request": request}).data)

    @extend_schema(request=SwitchSerializer, responses=AdaptationSerializer)
    def patch(self, request: Request, adaptation_id: uuid.UUID) -> Response:
        row = adaptations.adaptation_for(request.user, adaptation_id)
        body = SwitchSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        row = adaptations.switch(request.user, row, body.validated_data["in_force"])
        return Response(AdaptationSerializer(row, context={"request": request}).data)
