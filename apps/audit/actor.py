"""Who acts in this request: what signals of the database tell of does not say."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

from django.http import HttpRequest, HttpResponse

_REQUEST: ContextVar[HttpRequest | None] = ContextVar("request", default=None)


class ActorMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        token = _REQUEST.set(request)
        try:
            return self.get_response(request)
        finally:
            _REQUEST.reset(token)


def actor() -> Any:
    """The person who is signed in, else `system`: a command, a worker, or somebody who is just signing in."""
    request = _REQUEST.get()
    user = getattr(request, "user", None)
    return user if user is not None and user.is_authenticated else "system"


def address() -> str:
    request = _REQUEST.get()
    return "" if request is None else str(request.META.get("REMOTE_ADDR", ""))
