"""uvicorn's HTTP protocol with a short way for tiles: `uvicorn --http hemaview.tiles.protocol:TileProtocol`.

A tile that needs no waiting is answered in the parser's own callback, without a scope, a task and a cycle for it.
Everything else, and every tile that is not straightforward, goes
uvicorn's way to the application; without this protocol all of them do, and get the same answers.
"""

from __future__ import annotations

from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from hemaview.tiles.answers import JPEG, SAID
from hemaview.tiles.app import PREFIX, TileApp

_START = PREFIX.encode()
_LINES = b"".join(b"%s: %s\r\n" % pair for pair in SAID)
_FOUND = b"HTTP/1.1 200 OK\r\n%s" + _LINES + b"%s: %s\r\n" % JPEG + b"etag: %s\r\ncontent-length: %d\r\n\r\n"
_KNOWN = b"HTTP/1.1 304 Not Modified\r\n%s" + _LINES + b"etag: %s\r\n\r\n"


class _Answered:
    """Stands where uvicorn keeps the running request: this one has been answered already."""

    response_complete = True
    disconnected = False
    keep_alive = True

    class message_event:
        @staticmethod
        def set() -> None:
            """Nobody waits."""


_ANSWERED: Any = _Answered()


class TileProtocol(HttpToolsProtocol):
    """One connection."""

    _defaults: tuple[Any, bytes] = (None, b"")

    def __init__(self, *arguments: Any, **facts: Any) -> None:
        super().__init__(*arguments, **facts)
        app: Any = self.app
        while app is not None and not isinstance(app, TileApp):
            app = getattr(app, "app", None)  # uvicorn's own middleware stands in front
        self._tiles: TileApp | None = app

    def on_headers_complete(self) -> None:
        if (
            self._tiles is None
            or not self.url.startswith(_START)
            or not (self.cycle is None or self.cycle.response_complete)
            or self.pipeline
            or self.parser.get_method() != b"GET"
            or not self.parser.should_keep_alive()
            or self.parser.get_http_version() != "1.1"
            or self.parser.should_upgrade()
            or self.flow.write_paused
            or self.expect_100_continue
            or self.root_path
        ):
            super().on_headers_complete()
            return
        path, _, query = self.url.partition(b"?")
        answer = self._tiles.at_once(path, query, self.headers)
        if answer is None:
            super().on_headers_complete()
            return
        status, tag, body = answer
        if status == 200:
            self.transport.write(_FOUND % (self._default_lines(), tag, len(body)) + body)
        else:
            self.transport.write(_KNOWN % (self._default_lines(), tag))
        self.cycle = _ANSWERED
        self.on_response_complete()

    def _default_lines(self) -> bytes:
        """The date and what else the server says with every answer; made anew when uvicorn makes it anew."""
        headers = self.server_state.default_headers
        cls = type(self)
        if cls._defaults[0] is not headers:
            cls._defaults = (headers, b"".join(b"%s: %s\r\n" % pair for pair in headers))
        return cls._defaults[1]
