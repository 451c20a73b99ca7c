"""Pictures and bytes that plain views send are open to scripts, too: by the API's own ways of signing in."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.exceptions import PermissionDenied as DeniedByScope
from rest_framework.settings import api_settings

from apps.accounts.api.answers import refusal_response
from apps.accounts.errors import Forbidden, Refusal

View = Callable[..., HttpResponse]


def token_or_session(view: View) -> View:
    """Ask as whoever an `Authorization` header names, else as whoever is signed in; a header that is wrong is refused (401)."""

    @wraps(view)
    def view_for_people(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if "Authorization" in request.headers:
            try:
                if person := _person_of_headers(request):
                    request.user = person
            except AuthenticationFailed as error:
                refused = Refusal(str(error.detail), code="authentication-failed", http_status=401)
                return refusal_response(refused)
            except DeniedByScope as error:
                return refusal_response(Forbidden(str(error.detail), code="permission-denied"))
        return view(request, *args, **kwargs)

    return view_for_people


def _person_of_headers(request: HttpRequest) -> Any:
    """Whom the header names by one of the API's ways that read headers; a session's cookie is Django's own matter."""
    ways: Any = api_settings.DEFAULT_AUTHENTICATION_CLASSES
    for way in ways:
        authenticator = way()
        if authenticator.authenticate_header(request) and (user_and_token := authenticator.authenticate(request)):
            return user_and_token[0]
    return None
