"""Who else's pages may ask the API in a browser (CORS): the origins that HEMAVIEW_CORS names, with a token, never a cookie."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse

_OPEN = ("/api/", "/slides/")
_METHODS = "GET, HEAD, POST, PATCH, DELETE, OPTIONS"
_SENT = (
    "Authorization, Content-Type, If-None-Match, Tus-Resumable, Upload-Length, Upload-Metadata, Upload-Offset"
)  # fmt: skip
_SHOWN = (
    "Content-Disposition, Deprecation, ETag, Link, Location, Retry-After, Tus-Resumable, Upload-Length, Upload-Offset"
)  # fmt: skip


class CrossOriginMiddleware:
    """Answers preflight requests, and lets answers be read by pages of the origins that are named."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        origin = request.headers.get("Origin", "")
        if not settings.CORS_ORIGINS or not request.path.startswith(_OPEN):
            return self.get_response(request)
        is_allowed = origin in settings.CORS_ORIGINS
        if is_allowed and request.method == "OPTIONS" and "Access-Control-Request-Method" in request.headers:
            response = HttpResponse(status=204)
            response["Access-Control-Allow-Methods"] = _METHODS
            response["Access-Control-Allow-Headers"] = _SENT
            response["Access-Control-Max-Age"] = "600"
        else:
            response = self.get_response(request)
        response.headers["Vary"] = ", ".join(filter(None, [response.headers.get("Vary", ""), "Origin"]))
        if is_allowed:
            response["Access-Control-Allow-Origin"] = origin
            response["Access-Control-Expose-Headers"] = _SHOWN
        return response
