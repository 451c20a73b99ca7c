"""A token for name and password, as scripts ask for one."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.utils.translation import gettext
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.api.inputs import Body
from apps.accounts.enforcement import NEEDED
from apps.accounts.errors import Forbidden
from apps.accounts.models import ApiToken
from apps.accounts.secondfactor import lacking
from apps.accounts.signin import sign_in
from apps.accounts.tokens import SIGN_IN_HOURS, make_token
from hemaview.words import one_of


class CredentialsSerializer(Body):
    username = serializers.CharField(max_length=150)
    password = serializers.CharField(max_length=4096, trim_whitespace=False)
    code = serializers.CharField(
        required=False, default="", allow_blank=True, max_length=12, help_text="of the second factor"
    )
    scope = serializers.CharField(required=False, default="write", help_text="read or write")

    def validate_scope(self, scope: str) -> str:
        if scope not in ApiToken.Scope.values:
            raise serializers.ValidationError(gettext("Choose {choices}.").format(choices=one_of(("read", "write"))))
        return scope


class AuthTokenSerializer(serializers.Serializer[Any]):
    token = serializers.CharField()


class TokenView(APIView):
    """A token that ends after 12 hours; those that last longer are made on the account page."""

    authentication_classes: Any = []
    permission_classes: Any = []

    @extend_schema(request=CredentialsSerializer, responses=AuthTokenSerializer)
    def post(self, request: Request) -> Response:
        body = CredentialsSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        facts = body.validated_data
        user = sign_in(request._request, facts["username"], facts["password"], facts["code"])
        if lacking(user):
            raise Forbidden(gettext(NEEDED), code="second-factor-needed")
        return Response(
            {"token": make_token(user, "by name and password", facts["scope"], timedelta(hours=SIGN_IN_HOURS))}
        )
