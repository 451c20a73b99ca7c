"""Addresses that hold a NUL are refused before anything looks for it: PostgreSQL cannot."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render

from hemaview.config.problems import CONTENT_TYPE, problem

_SAID = "An address cannot hold a NUL character (%00)."


class NulMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if "\0" not in request.path and not any(
            "\0" in v for key in request.GET for v in (key, *request.GET.getlist(key))
        ):
            return self.get_response(request)
        if request.path.startswith("/api/"):
            refusal = problem(400, "nul-in-address", "This address cannot be looked for", _SAID)
            return JsonResponse(refusal.data, status=400, content_type=CONTENT_TYPE)
        return render(request, "400.html", {"said": _SAID}, status=400)
