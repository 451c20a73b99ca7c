"""Answers of the tile server over ASGI: headers, refusals in the API's shape, pages of other origins (CORS)."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from typing import Any

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]
Headers = Iterable[tuple[bytes, bytes]]

RETRY_AFTER = b"1"
JPEG = (b"content-type", b"image/jpeg")
SAID = ((b"cache-control", b"private, max-age=31536000, immutable"), (b"x-content-type-options", b"nosniff"))
PREFLIGHT = (
    (b"access-control-allow-methods", b"GET, HEAD"),
    (b"access-control-allow-headers", b"If-None-Match"),
    (b"access-control-max-age", b"600"),
)


def is_preflight(scope: Scope) -> bool:
    return scope["method"] == "OPTIONS" and any(k == b"access-control-request-method" for k, _ in scope["headers"])


def varied(send: Send, origin: bytes) -> Send:
    """Answers say that they depend on the origin, and that pages of this one may read them."""
    headers = [(b"vary", b"Origin")]
    if origin:
        headers += [(b"access-control-allow-origin", origin), (b"access-control-expose-headers", b"ETag, Retry-After")]

    async def sending(message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            message = {**message, "headers": [*message["headers"], *headers]}
        await send(message)

    return sending


async def send_answer(send: Send, status: int, headers: Headers, body: bytes) -> None:
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def send_problem(send: Send, method: str, status: int, code: str, message: str) -> None:
    """A refusal in the API's shape (RFC 9457)."""
    title = {401: "Not signed in", 403: "Not allowed", 404: "Not found", 405: "Not allowed", 503: "Busy"}[status]
    problem = {"type": f"/problems/{code}", "title": title, "status": status, "detail": message, "code": code}
    body = json.dumps(problem).encode()
    headers = [
        (b"content-type", b"application/problem+json"),
        (b"content-length", b"%d" % len(body)),
        (b"cache-control", b"no-store"),
        SAID[1],
    ]
    if status == 503:
        headers.append((b"retry-after", RETRY_AFTER))
    if status == 405:
        headers.append((b"allow", b"GET, HEAD"))
    with contextlib.suppress(OSError):
        await send_answer(send, status, headers, body if method != "HEAD" else b"")
