"""Versions of the API: the addresses without one answer on for one version and say so."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

OLD, NOW = "/api/", "/api/v1/"
DEPRECATED_SINCE = "@1796083200"
"""1 December 2026, as RFC 9745 writes it."""


class DeprecationMiddleware:
    """Marks answers of addresses without a version (RFC 9745) and names the address to use (RFC 8288)."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if request.path.startswith(OLD) and not request.path.startswith(NOW):
            response["Deprecation"] = DEPRECATED_SINCE
            response["Link"] = f'<{NOW}{request.path.removeprefix(OLD)}>; rel="successor-version"'
        return response
