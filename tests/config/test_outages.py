from __future__ import annotations

import errno

import pytest
from django.db import OperationalError
from redis.exceptions import ConnectionError as RedisConnectionError

from hemaview.config.outages import outage_of


def caused(error: Exception) -> Exception:
    """An error of ours that another one is behind."""
    try:
        raise ValueError("no picture") from error
    except ValueError as outer:
        return outer


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("error", "code", "status"),
    [
        (RedisConnectionError("refused"), "cache-down", 503),
        (OperationalError("unable to open database file"), "database-down", 503),
        (OperationalError("database is locked"), "database-down", 503),
        (OSError(errno.ENOSPC, "No space left on device"), "disk-full", 507),
        (caused(OSError(errno.ENOSPC, "No space left on device")), "disk-full", 507),
    ],
)
def test_what_cannot_be_used_has_a_code_a_status_and_a_sentence(error: Exception, code: str, status: int) -> None:
    outage = outage_of(error)
    assert outage is not None and (outage.code, outage.http_status) == (code, status)
    assert "nothing was done" in outage.message and outage.message.endswith(".")


@pytest.mark.django_db
def test_a_fault_of_ours_is_no_outage() -> None:
    for error in (ValueError("wrong"), OSError(errno.EACCES, "denied"), None):
        assert outage_of(error) is None
    from django.db import connection

    if connection.vendor == "sqlite":
        assert outage_of(OperationalError("no such column: name")) is None
