"""Is the process alive, and can it serve?"""

from __future__ import annotations

from django.conf import settings
from django.core.cache import cache
from django.db import Error as DatabaseError
from django.db import connection
from django.http import HttpRequest, JsonResponse
from redis.exceptions import RedisError

from apps.analysis.selectors import workers_alive


def health(request: HttpRequest) -> JsonResponse:
    """The process answers; of what it is made is nothing to strangers."""
    return JsonResponse({"status": "ok"})


def readiness(request: HttpRequest) -> JsonResponse:
    """Database, cache and disk can be used; whether a worker is alive is told but is no reason to refuse."""
    parts: dict[str, str] = {}
    try:
        connection.ensure_connection()
        parts["database"] = "ok"
        parts["workers"] = str(len(workers_alive()))
    except DatabaseError as error:
        parts["database"] = f"failed: {type(error).__name__}"
    try:
        cache.set("ready", "1", 5)
        parts["cache"] = "ok" if cache.get("ready") == "1" else "failed"
    except (OSError, RedisError) as error:
        parts["cache"] = f"failed: {type(error).__name__}"
    try:
        probe = settings.VAR_DIR / ".ready"
        probe.write_text("1")
        probe.unlink(missing_ok=True)  # two ask at once: one takes the other's away
        parts["disk"] = "ok"
    except OSError as error:
        parts["disk"] = f"failed: {error.strerror}"
    ready = all(parts[name] == "ok" for name in ("database", "cache", "disk"))
    return JsonResponse({"status": "ready" if ready else "not ready", **parts}, status=200 if ready else 503)
