"""One id for a request and all that comes of it: in its answer, in each line of the log, in the worker that it wakes."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from typing import Any

import structlog
from celery.signals import before_task_publish, task_postrun, task_prerun
from django.http import HttpRequest, HttpResponse

from hemaview.config.metrics import observe

HEADER = "X-Request-ID"
log = structlog.stdlib.get_logger("hemaview.request")


def route(request: HttpRequest) -> str:
    """The pattern that the address matched: it names no case, slide or person."""
    match = request.resolver_match
    return str(match.route) if match else "(no such address)"


class RequestIdMiddleware:
    """Ids are our own: what a stranger sends as one would stand in the log."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request_id = uuid.uuid4().hex
        began = time.perf_counter()
        with structlog.contextvars.bound_contextvars(request_id=request_id):
            response = self.get_response(request)
            seconds = time.perf_counter() - began
            observe(request.method or "", route(request), response.status_code, seconds)
            log.info(
                "request", method=request.method, route=route(request), status=response.status_code,
                ms=round(seconds * 1000, 1),
            )  # fmt: skip
        response[HEADER] = request_id
        return response


@before_task_publish.connect
def _pass_on(headers: dict[str, Any], **_: Any) -> None:
    if request_id := structlog.contextvars.get_contextvars().get("request_id"):
        headers["request_id"] = request_id


@task_prerun.connect
def _take_up(task: Any, task_id: str, **_: Any) -> None:
    request_id = getattr(task.request, "request_id", None) or (task.request.headers or {}).get("request_id")
    structlog.contextvars.bind_contextvars(task=task.name, request_id=request_id or task_id)


@task_postrun.connect
def _lay_down(**_: Any) -> None:
    structlog.contextvars.unbind_contextvars("task", "request_id")
