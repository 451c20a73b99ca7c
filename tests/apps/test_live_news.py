"""Live news that fail end with their socket: a page whose socket stays open without any would say that it is live."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from django.db import OperationalError

from apps.desk.consumers import BROKEN, NO_RIGHT, CaseConsumer, PollingConsumer


class Polled(PollingConsumer):
    """Two rounds of news, then what a test says."""

    def __init__(self, then: BaseException) -> None:
        super().__init__()
        self.then, self.rounds, self.closed, self.sent = then, 0, [], []  # type: ignore[var-annotated]

    async def look(self) -> list[dict[str, Any]]:
        self.rounds += 1
        if self.rounds > 2:
            raise self.then
        return [{"type": "case", "round": self.rounds}]

    async def send_json(self, content: Any, close: bool = False) -> None:
        self.sent.append(content["round"])

    async def close(self, code: Any = None, reason: Any = None) -> None:
        self.closed.append(code)


@pytest.fixture(autouse=True)
def _at_once(settings: Any) -> None:
    settings.PROGRESS_POLL_S = 0


def test_a_database_that_is_gone_for_a_moment_closes_the_socket_and_the_page_comes_back() -> None:
    consumer = Polled(OperationalError("server closed the connection unexpectedly"))
    asyncio.run(consumer._poll())
    assert (consumer.sent, consumer.closed) == ([1, 2], [BROKEN]) and BROKEN != NO_RIGHT


def test_a_socket_that_the_page_closes_is_not_closed_once_more() -> None:
    consumer = Polled(asyncio.CancelledError())
    with pytest.raises(asyncio.CancelledError):
        asyncio.run(consumer._poll())
    assert consumer.closed == []


def test_the_socket_of_a_case_polls_so() -> None:
    assert CaseConsumer._poll is PollingConsumer._poll
