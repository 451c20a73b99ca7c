"""Tokens as the API takes them: `Authorization: Token KEY`."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework import authentication, exceptions
from rest_framework.permissions import SAFE_METHODS

from apps.accounts.enforcement import NEEDED
from apps.accounts.models import ApiToken
from apps.accounts.secondfactor import lacking
from apps.accounts.tokens import live_token


class TokenAuthentication(authentication.BaseAuthentication):
    """401 for a token that has ended or never was, 403 where one that may only read is to write."""

    def authenticate(self, request: Any) -> tuple[Any, ApiToken] | None:
        pieces = authentication.get_authorization_header(request).split()
        if not pieces or pieces[0].lower() != b"token":
            return None
        token = live_token(pieces[1].decode("latin-1")) if len(pieces) == 2 else None
        if token is None:
            raise exceptions.AuthenticationFailed(gettext("The token is not valid or has expired."))
        if lacking(token.user):
            raise exceptions.PermissionDenied(NEEDED)
        if token.scope == ApiToken.Scope.READ and request.method not in SAFE_METHODS:
            raise exceptions.PermissionDenied(
                gettext("This token is read-only; on your account page, make one that can read and write.")
            )
        return token.user, token

    def authenticate_header(self, request: Any) -> str:
        return "Token"


class TokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = TokenAuthentication
    name = "tokenAuth"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {
            "type": "apiKey",
            "in": "header",
            "name": "Authorization",
            "description": 'Token-based authentication with required prefix "Token"',
        }
