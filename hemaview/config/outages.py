"""What is at fault where a part of the server cannot be used: database, Redis, disk. Each has a sentence and a status."""

from __future__ import annotations

import errno
import shutil
from collections.abc import Iterator

from django.conf import settings
from django.db import InterfaceError, OperationalError, connection
from django.utils.translation import gettext, gettext_lazy
from redis.exceptions import RedisError

from apps.accounts.errors import Refusal

_SQLITE_IS_DOWN = ("locked", "unable to open", "disk is full", "disk I/O error", "readonly")
LEAST_BYTES = 1 << 20
"""With less room on the disk SQLite writes nothing, and says "disk I/O error" of it."""
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT)


class Outage(Refusal):
    """A part of the server cannot be used at this moment; nothing of the request was done."""

    http_status = 503
    title_of_kind = gettext_lazy("Temporarily unavailable")


def outage_of(error: BaseException | None) -> Outage | None:
    """The outage behind an error; None where it is none."""
    return next((outage for cause in _causes(error) if (outage := _outage(cause))), None)


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__


def _outage(error: BaseException) -> Outage | None:
    if isinstance(error, RedisError):
        return _unreachable(gettext("A part of the server (Redis)"), "cache-down")
    if isinstance(error, OSError) and error.errno in _NO_ROOM:
        return _no_room()
    if isinstance(error, (OperationalError, InterfaceError)) and _is_down(str(error)):
        if connection.vendor == "sqlite" and shutil.disk_usage(settings.VAR_DIR).free < LEAST_BYTES:
            return _no_room()
        return _unreachable(gettext("The database"), "database-down")
    return None


def _unreachable(part: str, code: str) -> Outage:
    return Outage(
        gettext("{part} cannot be reached, so nothing was done; try again, or tell the administrator.").format(
            part=part
        ),
        code,
    )


def _no_room() -> Outage:
    return Outage(gettext("The server's disk is full, so nothing was done; tell the administrator."), "disk-full", 507)


def _is_down(text: str) -> bool:
    """Whether it is the database's own fault: SQLite says a wrong query by the same kind of error."""
    return connection.vendor != "sqlite" or any(words in text for words in _SQLITE_IS_DOWN)
