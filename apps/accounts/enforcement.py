"""Where a second factor is required, nobody goes on without one: pages lead to where it is switched on, the API refuses."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext, gettext_noop

from apps.accounts import secondfactor
from apps.accounts.api.answers import refusal_response
from apps.accounts.errors import Forbidden

NEEDED = gettext_noop("Switch on a second factor on your account page first: everybody signs in with one here.")
_OPEN = ("/account/", "/accounts/", "/static/", "/health/", "/ready/", "/metrics")


class SecondFactorMiddleware:
    """For people with a session; tokens are refused where they are read (`api.authentication`)."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path.startswith(_OPEN) or not secondfactor.lacking(request.user):
            return self.get_response(request)
        if request.path.startswith(("/api/", "/slides/")):
            return refusal_response(Forbidden(gettext(NEEDED), code="second-factor-needed"))
        messages.error(request, gettext(NEEDED))
        return redirect("account")
