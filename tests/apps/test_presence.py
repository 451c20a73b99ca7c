"""Who else has a case open, over its sockets: at once, without oneself, and no longer than they are there."""

from __future__ import annotations

import json
import shutil
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from asgiref.testing import ApplicationCommunicator
from channels.db import database_sync_to_async
from channels.layers import get_channel_layer
from channels.routing import URLRouter

from apps.cases.models import Case
from apps.cases.services import set_rights, update_case
from apps.desk import presence
from apps.desk.consumers import NO_RIGHT
from apps.reports.removals import delete_case
from apps.review.secondreading import order_second_reading
from hemaview.config.layers import redis_layers
from hemaview.config.urls import websocket_urlpatterns
from tests import factories
from tests.conftest import needs
from tests.integration.stack import redis

pytestmark = pytest.mark.django_db(transaction=True)
WAIT_S = 3.0


@pytest.fixture(autouse=True, params=["embedded", pytest.param("redis", marks=pytest.mark.services)])
def _layer(request: pytest.FixtureRequest, settings: Any, tmp_path: Path) -> Iterator[None]:
    settings.PROGRESS_POLL_S = 0.05
    if request.param == "embedded":
        settings.CHANNEL_LAYERS = {"default": {"BACKEND": "channels.layers.InMemoryChannelLayer"}}
        yield
        return
    needs(shutil.which("redis-server") is not None, "Redis is missing: apt-get install redis-server")
    with redis(tmp_path) as url:
        settings.CHANNEL_LAYERS = redis_layers(url)
        yield


class Socket(ApplicationCommunicator):
    """A page's socket, without a browser."""

    async def told(self, kind: str = "presence") -> Any:
        """The next that it is told of who is there, or of another kind."""
        while True:
            message = await self.receive_output(timeout=WAIT_S)
            assert message["type"] == "websocket.send", message
            if (news := json.loads(message["text"]))["type"] == kind:
                return news

    async def closing_code(self) -> int:
        while (message := await self.receive_output(timeout=WAIT_S))["type"] != "websocket.close":
            pass
        return int(message["code"])

    async def disconnect(self) -> None:
        await self.send_input({"type": "websocket.disconnect", "code": 1000})
        await self.wait(timeout=WAIT_S)


async def opened(case: Case, user: Any) -> Socket:
    scope = {
        "type": "websocket",
        "path": f"/ws/cases/{case.accession}/",
        "headers": [],
        "query_string": b"",
        "user": user,
    }
    socket = Socket(URLRouter(websocket_urlpatterns), {**scope, "subprotocols": []})
    await socket.send_input({"type": "websocket.connect"})
    assert (await socket.receive_output(timeout=WAIT_S))["type"] == "websocket.accept"
    return socket


async def names(socket: Socket) -> list[str]:
    return [person["name"] for person in (await socket.told())["people"]]


def run(story: Callable[[], Awaitable[None]]) -> None:
    async_to_sync(story)()


def test_who_opens_a_case_sees_who_is_there_and_is_seen_until_they_leave(slide: Any, tess: Any, paul: Any) -> None:
    async def story() -> None:
        first = await opened(slide.case, tess)
        second = await opened(slide.case, paul)
        assert await names(first) == [paul.display_name] and await names(second) == [tess.display_name]
        again = await opened(slide.case, paul)  # in a second tab
        assert await names(again) == [tess.display_name]
        await again.disconnect()
        assert await first.receive_nothing(0.3), "Paul is there once, and still is"
        await second.disconnect()
        assert await names(first) == []
        await first.disconnect()

    run(story)


def test_another_case_tells_nothing(slide: Any, tess: Any, paul: Any) -> None:
    other = factories.case(tess)

    async def story() -> None:
        first, second = await opened(slide.case, tess), await opened(other, paul)
        assert await first.receive_nothing(0.3) and await second.receive_nothing(0.1)
        await first.disconnect()
        await second.disconnect()

    run(story)


def test_a_socket_whose_process_has_died_lapses_and_one_that_beats_does_not(
    slide: Any, tess: Any, paul: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(presence, "BEAT_S", 0.1)
    monkeypatch.setattr(presence, "LAPSE_S", 1.5)
    rosa = factories.person("researcher", "rosa")

    async def story() -> None:
        first, second = await opened(slide.case, tess), await opened(slide.case, paul)
        assert await names(first) == [paul.display_name]
        layer: Any = get_channel_layer()
        dead = {"type": "presence.here", "channel": "dead", "asks": False, "person": rosa.pk, "name": "Rosa"}
        await layer.group_send(f"case-{slide.case_id}", dead)
        assert sorted(await names(first)) == sorted([paul.display_name, "Rosa"])
        assert await names(first) == [paul.display_name]
        assert await first.receive_nothing(2.0), "Paul's socket says again and again that it is there"
        await first.disconnect()
        await second.disconnect()

    run(story)


def test_who_may_no_longer_see_a_restricted_case_neither_hears_nor_is_heard_of(
    slide: Any, tess: Any, paul: Any
) -> None:
    ada, case = factories.person("administrator"), slide.case

    def keep_to_tess() -> None:
        set_rights(ada, case, tess, {"view", "annotate"})
        update_case(ada, case, restricted=True)

    async def story() -> None:
        first, second = await opened(case, tess), await opened(case, paul)
        assert await names(first) == [paul.display_name]
        await database_sync_to_async(keep_to_tess)()
        assert await second.closing_code() == NO_RIGHT and await names(first) == []
        shut_out = await opened(case, paul)
        assert await shut_out.closing_code() == NO_RIGHT
        assert await first.receive_nothing(0.3)
        for socket in (first, second, shut_out):
            await socket.disconnect()

    run(story)


def test_readers_who_read_blind_see_that_the_other_is_there_and_nothing_more(job: Any, tess: Any, paul: Any) -> None:
    order_second_reading(tess, job.slide.case, paul, True)

    async def story() -> None:
        first, blind = await opened(job.slide.case, tess), await opened(job.slide.case, paul)
        assert await blind.told() == {"type": "presence", "people": [{"id": tess.pk, "name": tess.display_name}]}
        assert await first.told() == {"type": "presence", "people": [{"id": paul.pk, "name": paul.display_name}]}
        await first.disconnect()
        await blind.disconnect()

    run(story)


def test_a_deleted_case_ends_its_sockets(slide: Any, tess: Any, paul: Any) -> None:
    ada = factories.person("administrator")

    async def story() -> None:
        socket, other = await opened(slide.case, tess), await opened(slide.case, paul)
        assert await names(socket) == [paul.display_name]
        await database_sync_to_async(delete_case)(ada, slide.case, slide.case.accession, "Entered twice")
        assert await socket.told("gone") == {"type": "gone"}, "the page reads again, and says that the case is gone"
        assert await socket.closing_code() == NO_RIGHT and await other.closing_code() == NO_RIGHT
        await socket.disconnect()
        await other.disconnect()

    run(story)
