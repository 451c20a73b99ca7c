"""The tile server: `/tiles/<slide>/<stamp>/<level>/<column>_<row>.jpg`, a token in `?t=` or in the cookie `hvt`.

Of a slide with several focal planes, `/tiles/<slide>/z<plane>/<stamp>/…` is one that is not analysed; the token is the slide's.

A stored tile costs a dictionary look-up, a bounds check and one read; nothing here asks the database. Reads that the
page cache cannot answer at once go to a thread, and decoding to other processes, so neither holds up the event loop.
"""

from __future__ import annotations

import asyncio
import os
import re
import time
import uuid
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import simplejpeg

from hemaview.tiles.admission import RECHECK_S, Admission, Pair, Refused, token_in
from hemaview.tiles.answers import (
    JPEG,
    PREFLIGHT,
    SAID,
    Application,
    Headers,
    Receive,
    Scope,
    Send,
    is_preflight,
    send_answer,
    send_problem,
    varied,
)
from hemaview.tiles.decoders import Busy, Decoders
from hemaview.tiles.indexed import FRESH_S, INDEX_NAME, IndexedSlide, IndexedSlides, NoSuchSlide, OpenLevel
from hemaview.tiles.keep import KeptTiles
from hemaview.tiles.token import Signer
from hemaview.wsi.errors import SlideError, Unreadable

PREFIX = "/tiles/"

_ADDRESS = re.compile(rb"/tiles/([0-9a-f]{32})(/z\d{1,4})?/([0-9a-f]{16})/(\d{1,3})/(\d{1,7})_(\d{1,7})\.jpg")
_NOWAIT = os.RWF_NOWAIT


class TileApp:
    """Serves tiles and passes everything else on.

    root: the folder with a folder for each slide, named by its id, with its index in it; behind: the application for
    all other addresses; still_allowed: which of some pairs may still see their slide (asked every few seconds in a
    thread, for tokens in use); keep: where decoded tiles are kept; origins: those whose pages may read tiles in a browser
    (CORS).
    """

    def __init__(
        self,
        *,
        root: Path,
        signer: Signer,
        behind: Application,
        still_allowed: Callable[[set[Pair]], set[Pair]],
        keep: KeptTiles,
        slides: IndexedSlides | None = None,
        decoders: Decoders | None = None,
        recheck_s: float = RECHECK_S,
        origins: Iterable[str] = (),
    ) -> None:
        self.origins = frozenset(origin.encode() for origin in origins)
        self.root, self.behind, self.keep = root, behind, keep
        self.slides = IndexedSlides() if slides is None else slides
        self._decoders = decoders
        self._opening: dict[bytes, asyncio.Task[IndexedSlide]] = {}
        self._flights: dict[Path, tuple[asyncio.Task[bytes], int]] = {}
        self._blank: dict[tuple[int, int], bytes] = {}
        self._threads = ThreadPoolExecutor(4, "tiles")
        self.admission = Admission(signer, still_allowed, self._threads, recheck_s)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"].startswith(PREFIX):
            if self.origins:
                send = varied(send, self._named_origin(scope))
                if is_preflight(scope):
                    await send_answer(send, 204, PREFLIGHT, b"")
                    return
            try:
                await self._tile(scope, receive, send)
            except _Gone:
                return
            except Refused as refused:
                await send_problem(send, scope["method"], refused.status, refused.code, refused.message)
            except SlideError as error:
                await send_problem(send, scope["method"], 404, error.code, error.message)
            except Busy:
                sentence = "Too many tiles are being made just now; try again in a second."
                await send_problem(send, scope["method"], 503, "busy", sentence)
        elif scope["type"] == "lifespan":
            await self._live(receive, send)
        else:
            await self.behind(scope, receive, send)

    def at_once(self, raw_path: bytes, query: bytes, headers: Headers) -> tuple[int, bytes, bytes] | None:
        """(status, ETag, body) of a GET where nothing has to be waited for, decided or explained; else None.

        One function without calls that it can spare: this is what nearly every tile costs (`bench tiles`).
        """
        address = _ADDRESS.fullmatch(raw_path)
        if address is None:
            return None
        slide_id, plane, stamp, number_text, column_text, row_text = address.groups()
        cookie = known_tag = b""
        for name, value in headers:
            if name == b"if-none-match":
                known_tag = value
            elif name == b"cookie":
                cookie = value
            elif name == b"origin" and self.origins:
                return None
        now_s = time.time()
        grant = self.admission.good.get((slide_id, token_in(query, cookie)))
        slide = self.slides.get(slide_id + plane if plane else slide_id)
        if grant is None or grant.expires_s <= now_s or slide is None or now_s - slide.checked_s > FRESH_S:
            return None
        number, column, row = int(number_text), int(column_text), int(row_text)
        if slide.stamp != stamp or number >= len(slide.levels):
            return None
        level = slide.levels[number]
        if column >= level.columns or row >= level.rows:
            return None
        place = row * level.columns + column
        tag = b'"%s-%d-%d"' % (stamp, number, place)
        if known_tag and (known_tag == tag or _matches(known_tag, tag)):
            return 304, tag, b""
        count = level.counts[place] if level.stored else 0
        body = read_warm(level, place, count) if count else None
        return None if body is None else (200, tag, body)

    def _named_origin(self, scope: Scope) -> bytes:
        """The page's origin, where it may read tiles; b"" otherwise."""
        origin = bytes(dict(scope["headers"]).get(b"origin", b""))
        return origin if origin in self.origins else b""

    async def _tile(self, scope: Scope, receive: Receive, send: Send) -> None:
        method, query, headers = scope["method"], scope["query_string"], scope["headers"]
        answer = self.at_once(scope["raw_path"], query, headers) if method in ("GET", "HEAD") else None
        if answer is None:
            answer = await self._in_time(scope, receive)
        status, tag, body = answer
        answer_headers = [*SAID, (b"etag", tag)]
        if status == 200:
            answer_headers += [JPEG, (b"content-length", b"%d" % len(body))]
        await send_answer(send, status, answer_headers, body if method == "GET" else b"")

    async def _in_time(self, scope: Scope, receive: Receive) -> tuple[int, bytes, bytes]:
        """The same for every other request: checks with their reasons, cold pages, decoded tiles."""
        if scope["method"] not in ("GET", "HEAD"):
            raise Refused(405, "method-not-allowed", "Tiles are read with GET or HEAD.")
        address = _ADDRESS.fullmatch(scope["raw_path"])
        if address is None:
            raise Refused(404, "not-found", "There is no tile at this address.")
        slide_id, plane, stamp, *place_texts = address.groups()
        key = slide_id + (plane or b"")
        headers = dict(scope["headers"])
        now_s = time.time()
        self.admission.admit(slide_id, token_in(scope["query_string"], headers.get(b"cookie", b"")), now_s)
        slide = self.slides.get(key)
        if slide is None or now_s - slide.checked_s > FRESH_S:
            slide = await self._open(key, now_s)
            while slide.closed:  # forgotten for others before this request had its turn
                slide = await self._open(key, now_s)
        if slide.stamp != stamp:
            raise Refused(404, "slide-changed", "The slide has been indexed anew; open it again.")
        number, column, row = (int(text) for text in place_texts)
        place = slide.index.level(number).place(column, row)
        tag = b'"%s-%d-%d"' % (stamp, number, place)
        if _matches(headers.get(b"if-none-match", b""), tag):
            return 304, tag, b""
        level = slide.levels[number]
        count = level.counts[place] if level.stored else 0
        if count:
            with slide.in_use():
                return 200, tag, await self._in_thread(read_cold, level, place, count)
        if level.stored and level.sparse_is_blank:
            return 200, tag, self._blank_tile(level.tile_width, level.tile_height)
        return 200, tag, await self._decoded(slide, slide_id, number, column, row, receive)

    # --- slides and tiles ---------------------------------------------------------------------------------------------

    async def _open(self, key: bytes, now_s: float) -> IndexedSlide:
        """The open slide, looked at again on disk; opened where it is not, once for all who ask. Raises SlideError."""
        running = self._opening.get(key)
        if running is None:
            running = self._opening[key] = asyncio.create_task(self._look(key, now_s))
            running.add_done_callback(lambda task: self._opening.pop(key, None))
        return await asyncio.shield(running)

    async def _look(self, key: bytes, now_s: float) -> IndexedSlide:
        slide = self.slides.get(key)
        try:
            if slide is not None and await self._in_thread(slide.same_as_on_disk):
                slide.checked_s = now_s
                return slide
            opened: IndexedSlide = await self._in_thread(IndexedSlide, self.root / folder_of(key) / INDEX_NAME)
        except NoSuchSlide:
            self.slides.drop(key)
            if b"/" not in key:
                await self._in_thread(self.keep.forget, key.decode())
            raise
        except SlideError:
            self.slides.drop(key)
            raise
        opened.checked_s = now_s
        self.slides.add(key, opened)
        return opened

    def _blank_tile(self, width: int, height: int) -> bytes:
        blank = self._blank.get((width, height))
        if blank is None:
            white = np.full((height, width, 3), 255, np.uint8)
            blank = self._blank[(width, height)] = bytes(simplejpeg.encode_jpeg(white, colorspace="RGB"))
        return blank

    async def _decoded(
        self, slide: IndexedSlide, key: bytes, level: int, column: int, row: int, receive: Receive
    ) -> bytes:
        """A tile from the decoders or from disk; the same tile asked for twice is made once. Raises _Gone, Busy."""
        place = self.keep.place(key.decode(), slide.index.stamp, level, column, row)
        flight, waiting = self._flights.get(place, (None, 0))
        if flight is None:
            request = {
                "index": str(slide.index_path), "stamp": slide.index.stamp, "level": level, "column": column,
                "row": row, "keep": str(place) if self.keep.max_bytes else "",
            }  # fmt: skip
            flight = asyncio.create_task(self._make(place, request))
        self._flights[place] = (flight, waiting + 1)
        gone = asyncio.create_task(_gone(receive))
        try:
            await asyncio.wait({flight, gone}, return_when=asyncio.FIRST_COMPLETED)
            if not flight.done():
                raise _Gone
            return flight.result()
        finally:
            gone.cancel()
            _, waiting = self._flights[place]
            if waiting > 1:
                self._flights[place] = (flight, waiting - 1)
            else:
                del self._flights[place]
                flight.cancel()

    async def _make(self, place: Path, request: dict[str, Any]) -> bytes:
        if self.keep.max_bytes:
            kept_tile: bytes | None = await self._in_thread(self.keep.read, place)
            if kept_tile is not None:
                return kept_tile
        if self._decoders is None:
            self._decoders = Decoders()
        jpeg = await self._decoders.decode(request)
        if self.keep.max_bytes and self.keep.wrote(len(jpeg)):
            asyncio.get_running_loop().run_in_executor(self._threads, self.keep.sweep)
        return jpeg

    async def _in_thread(self, function: Callable[..., Any], *arguments: Any) -> Any:
        return await asyncio.get_running_loop().run_in_executor(self._threads, function, *arguments)

    async def _live(self, receive: Receive, send: Send) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                await send({"type": "lifespan.startup.complete"})
            elif message["type"] == "lifespan.shutdown":
                await self.close()
                await send({"type": "lifespan.shutdown.complete"})
                return

    async def close(self) -> None:
        """End the decoders and close every slide."""
        self.admission.close()
        if self._decoders is not None:
            await self._decoders.close()
        self.slides.close()
        self._threads.shutdown(wait=False, cancel_futures=True)


class _Gone(Exception):
    """The client has left."""


def folder_of(key: bytes) -> str:
    """The folder's name of a slide, its id with hyphens, and within it that of a focal plane where `key` names one."""
    slide_id, _, plane = key.decode().partition("/z")
    return f"{uuid.UUID(hex=slide_id)}/planes/{int(plane)}" if plane else str(uuid.UUID(hex=slide_id))


def read_warm(level: OpenLevel, place: int, count: int) -> bytes | None:
    """The tile, if the page cache has it whole; None where the disk must be asked or something is wrong with it."""
    buffer = bytearray(count)
    try:
        n_read = os.preadv(level.fd, (buffer,), level.offsets[place], _NOWAIT)
    except (BlockingIOError, OSError):
        return None
    if n_read != count or buffer[0] != 0xFF or buffer[1] != 0xD8:
        return None
    return level.prefix + memoryview(buffer)[2:]


def read_cold(level: OpenLevel, place: int, count: int) -> bytes:
    """The tile, waiting for the disk; raises Unreadable."""
    try:
        raw = os.pread(level.fd, count, level.offsets[place])
    except OSError as error:
        raise Unreadable(f"The slide's file cannot be read: {error.strerror}.") from error
    if len(raw) != count or raw[:2] != b"\xff\xd8":
        raise Unreadable("This tile of the slide is damaged or missing.")
    return level.prefix + raw[2:]


def _matches(tags: bytes, tag: bytes) -> bool:
    """If-None-Match with several tags, weak ones or `*` (RFC 9110, 13.1.2: weak comparison)."""
    return any(part.strip().removeprefix(b"W/") in (tag, b"*") for part in tags.split(b","))


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
