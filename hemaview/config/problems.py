"""One error shape for the API: RFC 9457 problem details with a code."""

from __future__ import annotations

import contextlib
import logging
import sys
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import DatabaseError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.template import loader
from django.utils.translation import gettext
from django.views import defaults
from rest_framework import exceptions, status
from rest_framework.response import Response
from rest_framework.views import exception_handler, set_rollback

from apps.accounts.api.frameworkwords import in_our_words
from apps.accounts.errors import Refusal
from hemaview.config.outages import outage_of
from hemaview.words import all_of

logger = logging.getLogger(__name__)
CONTENT_TYPE = "application/problem+json"


def problem(http_status: int, code: str, title: str, detail: str, **extra: Any) -> Response:
    """A problem-details response; `extra` members stand beside the standard ones."""
    body = {"type": f"/problems/{code}", "title": title, "status": http_status, "detail": detail, "code": code, **extra}
    return Response(body, status=http_status, content_type=CONTENT_TYPE)


def problem_details(error: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's exception handler: refusals of our own services and DRF's errors in one shape."""
    if isinstance(error, Refusal):
        set_rollback()
        return problem(error.http_status, error.code, error.title, error.message, **error.extra)
    if outage := outage_of(error):
        logger.error("%s: %s", outage.code, error)
        with contextlib.suppress(DatabaseError):
            set_rollback()
        return problem(outage.http_status, outage.code, outage.title, outage.message)
    if isinstance(error, Http404):
        error = exceptions.NotFound(gettext("There is nothing here, or you may not see it."))
    elif isinstance(error, PermissionDenied):
        error = exceptions.PermissionDenied(str(error) or gettext("You have no right to do this."))
    response = exception_handler(error, context)
    if response is None or not isinstance(error, exceptions.APIException):
        return response
    if isinstance(error, exceptions.ValidationError):
        detail = in_our_words(error.detail)
        answer = problem(
            status.HTTP_400_BAD_REQUEST,
            "invalid",
            gettext("Some values are not valid"),
            _first(detail),
            errors=detail,
        )
    else:
        code = error.get_codes() if isinstance(error.get_codes(), str) else "error"
        title, sentence = _own_words(error, context)
        answer = problem(error.status_code, str(code).replace("_", "-"), title, sentence)
    for name, value in response.items():
        if name.lower() in {"www-authenticate", "retry-after", "allow"}:
            answer[name] = value
    return answer


def _own_words(error: exceptions.APIException, context: dict[str, Any]) -> tuple[str, str]:
    """Title and sentence of an error that the framework raises, in words that a person can act on."""
    if isinstance(error, exceptions.MethodNotAllowed):
        method = getattr(context.get("request"), "method", "") or gettext("This method")
        allowed = all_of(m for m in getattr(context.get("view"), "allowed_methods", ()) if m != "OPTIONS")
        return gettext("Not possible here"), gettext("{method} is not possible here").format(method=method) + (
            f"; possible: {allowed}." if allowed else "."
        )
    if isinstance(error, exceptions.UnsupportedMediaType):
        return gettext("Not understood"), gettext("Send the request as JSON (Content-Type: application/json).")
    if isinstance(error, exceptions.NotAcceptable):
        return gettext("Not understood"), gettext(
            "This answer is not available in the type that you accept; accept application/json."
        )
    if isinstance(error, exceptions.ParseError):
        return gettext("Not understood"), gettext("The request could not be read: {detail}").format(detail=error.detail)
    if isinstance(error, exceptions.NotAuthenticated):
        return gettext("Not signed in"), gettext("Sign in first, or send a token.")
    if isinstance(error, exceptions.Throttled):
        wait_s = error.wait
        return gettext("Too many requests"), gettext("Too many requests") + (
            f"; try again in {wait_s:.0f} s." if wait_s else "; try again later."
        )
    return str(error.default_detail).removesuffix("."), str(error.detail)


def _first(detail: Any) -> str:
    if isinstance(detail, dict):
        key, value = next(iter(detail.items()))
        text = _first(value)
        return text if key in ("non_field_errors", "detail") else f"{key}: {text}"
    if isinstance(detail, list):
        return _first(detail[0]) if detail else ""
    return str(detail)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Django's handler of addresses that lead nowhere: problem details under /api/, else the page."""
    if not request.path.startswith("/api/"):
        return defaults.page_not_found(request, exception)
    return _json(problem(404, "not-found", gettext("Not found"), gettext("There is nothing under this address.")))


def server_error(request: HttpRequest) -> HttpResponse:
    """Django's handler of faults of ours, and of parts of the server that cannot be used."""
    if outage := outage_of(error := sys.exc_info()[1]):
        logger.error("%s: %s", outage.code, error)
        if request.path.startswith(("/api/", "/slides/")):
            return _json(problem(outage.http_status, outage.code, outage.title, outage.message))
        page = loader.render_to_string("503.html", {"sentence": outage.message})
        return HttpResponse(page, status=outage.http_status)
    if not request.path.startswith("/api/"):
        return defaults.server_error(request)
    return _json(
        problem(500, "fault", gettext("Server error"), gettext("Something went wrong here; tell the administrator."))
    )


def _json(answer: Response) -> HttpResponse:
    return JsonResponse(answer.data, status=answer.status_code, content_type=CONTENT_TYPE)
