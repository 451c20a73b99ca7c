"""Answers that several rooms give alike: refusals outside the API, and bytes that a browser may keep."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, HttpResponseNotModified, JsonResponse
from django.shortcuts import render

from apps.accounts.errors import Refusal

PRIVATE_FOREVER = "private, max-age=31536000, immutable"


def refusal_response(refusal: Refusal) -> JsonResponse:
    """A refusal outside the API, in the API's shape."""
    body = {
        "type": f"/problems/{refusal.code}",
        "title": refusal.title,
        "status": refusal.http_status,
        "detail": refusal.message,
        "code": refusal.code,
        **refusal.extra,
    }
    return JsonResponse(body, status=refusal.http_status, content_type="application/problem+json")


def refused_page(request: HttpRequest, refusal: Refusal) -> HttpResponse:
    """A refusal as a page for a browser, and in the API's shape for whatever asks for no page."""
    if "text/html" not in request.headers.get("Accept", ""):
        return refusal_response(refusal)
    return render(request, "refused.html", {"refusal": refusal}, status=refusal.http_status)


def kept_for_ever(request: HttpRequest, etag: str, content_type: str, content: Callable[[], bytes]) -> HttpResponse:
    """Bytes that never change under their strong `etag`; they are made only for a browser that does not have them."""
    response: HttpResponse
    if request.headers.get("If-None-Match") == etag:
        response = HttpResponseNotModified()
    else:
        response = HttpResponse(content(), content_type=content_type)
    response["ETag"] = etag
    response["Cache-Control"] = PRIVATE_FOREVER
    return response
