"""The short way through uvicorn's protocol gives what the application gives, on real connections."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import uvicorn

from hemaview.tiles import TileApp
from tests.tiffs import Dialect
from tests.tiles.test_app import House, Slide


class Served:
    def __init__(self, house: House, slide: Slide, port: int, paths: list[str]) -> None:
        self.house, self.slide, self.port, self.slow = house, slide, port, paths

    async def talk(self, raw: bytes, answers: int) -> list[tuple[int, dict[str, str], bytes]]:
        """Send bytes on one connection and read so many answers."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        writer.write(raw)
        responses = []
        for _ in range(answers):
            head = (await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 10)).decode()
            status = int(head.split()[1])
            headers = {k.lower(): v for k, v in re.findall(r"^([\w-]+): (.*)\r$", head, re.M)}
            body = b""
            if status != 304 and not raw.startswith(b"HEAD"):
                body = await reader.readexactly(int(headers["content-length"]))
            responses.append((status, headers, body))
        writer.close()
        return responses

    def get(self, path: str, *headers: str, method: str = "GET") -> bytes:
        lines = [f"{method} {path} HTTP/1.1", "Host: x", *headers]
        return ("\r\n".join(lines) + "\r\n\r\n").encode()


@pytest.fixture
async def served(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Served]:
    house = House(tmp_path)

    async def behind(scope: dict, receive: object, send: object) -> None:  # type: ignore[type-arg]
        await asyncio.sleep(0.05)
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"6")]})  # type: ignore[operator]
        await send({"type": "http.response.body", "body": b"django"})  # type: ignore[operator]

    house.app.behind = behind
    paths: list[str] = []
    true = TileApp.__call__

    async def call(self: TileApp, scope: dict, receive: object, send: object) -> None:  # type: ignore[type-arg]
        paths.append(scope.get("path", scope["type"]))
        await true(self, scope, receive, send)  # type: ignore[arg-type]

    monkeypatch.setattr(TileApp, "__call__", call)
    config = uvicorn.Config(house.app, port=0, log_level="error", http="hemaview.tiles.protocol:TileProtocol")
    server = uvicorn.Server(config)
    task = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    yield Served(house, house.slide(Dialect()), port, paths)
    server.should_exit = True
    await task


async def test_known_tiles_take_the_short_way_and_say_the_same(served: Served) -> None:
    url = served.slide.url("0/1_1")
    (first,) = await served.talk(served.get(url), 1)
    served.slow.clear()
    again = await served.talk(served.get(url) * 3, 3)
    assert served.slow == [] and {a[0] for a in again} == {200}
    for _, headers, body in again:
        assert body == first[2] and headers["etag"] == first[1]["etag"]
        assert {k for k in headers if k != "date"} == {k for k in first[1] if k != "date"}
    answers = await served.talk(served.get(url, f"If-None-Match: {first[1]['etag']}"), 1)
    assert answers[0][0] == 304 and "content-length" not in answers[0][1] and served.slow == []


async def test_pipelined_requests_are_answered_in_their_order(served: Served) -> None:
    url, other = served.slide.url("0/0_0"), served.slide.url("0/1_0")
    a, b = (await served.talk(served.get(url) + served.get(other), 2))[:2]
    mixed = served.get(url) + served.get("/cases/") + served.get(other) + served.get(url)
    bodies = [body for _, _, body in await served.talk(mixed, 4)]
    assert bodies == [a[2], b"django", b[2], a[2]]


async def test_what_is_not_straightforward_goes_to_the_application(served: Served) -> None:
    url = served.slide.url()
    await served.talk(served.get(url), 1)
    for raw, status in (
        (served.get(url, method="HEAD"), 200),
        (served.get(served.slide.url(token="x.y.z")), 403),
        (served.get(served.slide.url("0/99_0")), 404),
        (served.get(url, "Connection: close"), 200),
        (served.get(url, method="POST"), 405),
        (served.get("/tiles/"), 404),
        (served.get(url.replace("/tiles/", "/tiles/../tiles/")), 404),
    ):
        served.slow.clear()
        answer = await served.talk(raw, 1)
        assert answer[0][0] == status, raw
        assert len(served.slow) == 1


async def test_a_request_in_pieces_and_one_with_a_body_are_taken(served: Served) -> None:
    raw = served.get(served.slide.url(), "Content-Length: 5") + b"hello" + served.get(served.slide.url())
    assert [a[0] for a in await served.talk(raw, 2)] == [200, 200]
    assert [a[0] for a in await served.talk(raw, 2)] == [200, 200]
    reader, writer = await asyncio.open_connection("127.0.0.1", served.port)
    for byte in served.get(served.slide.url()):
        writer.write(bytes([byte]))
        await writer.drain()
    assert (await reader.readline()).startswith(b"HTTP/1.1 200")
    writer.close()
