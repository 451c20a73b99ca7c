"""A bounded pool of decoding processes, driven from the event loop: no threads, and one bad tile ends one process only."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import struct
import sys
from collections import deque
from dataclasses import dataclass, field
from typing import Any

from hemaview.wsi.errors import OutOfBounds, SlideError, Unreadable

TILE_TIMEOUT_S = 30.0
WAITING_PER_PROCESS = 24


class Busy(Exception):
    """Every process is at work and the queue is full."""


@dataclass(eq=False)
class _Request:
    line: bytes
    future: asyncio.Future[bytes] = field(repr=False)


class Decoders:
    """`processes` decoders, started when first needed; at most WAITING_PER_PROCESS requests wait for each."""

    def __init__(self, processes: int | None = None) -> None:
        self.processes = processes or max(1, len(os.sched_getaffinity(0)))
        self._waiting: deque[_Request] = deque()
        self._wake = asyncio.Event()
        self._drivers: list[asyncio.Task[None]] = []
        self._closed = False

    @property
    def waiting(self) -> int:
        return len(self._waiting)

    async def decode(self, request: dict[str, Any]) -> bytes:
        """The tile's JPEG; raises SlideError, or Busy where the queue is full. Cancelling drops work not yet begun."""
        if len(self._waiting) >= WAITING_PER_PROCESS * self.processes:
            raise Busy
        if not self._drivers:
            self._drivers = [asyncio.create_task(self._drive()) for _ in range(self.processes)]
        future: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        entry = _Request(json.dumps(request).encode() + b"\n", future)
        self._waiting.append(entry)
        self._wake.set()
        try:
            return await future
        except asyncio.CancelledError:
            with contextlib.suppress(ValueError):
                self._waiting.remove(entry)
            raise

    async def close(self) -> None:
        """End the processes; whoever waits is cancelled."""
        self._closed = True
        for driver in self._drivers:
            driver.cancel()
        await asyncio.gather(*self._drivers, return_exceptions=True)
        while self._waiting:
            self._waiting.popleft().future.cancel()
        self._drivers = []

    async def _drive(self) -> None:
        """Feed one process, one tile at a time; a process that dies or hangs is replaced."""
        process: asyncio.subprocess.Process | None = None
        try:
            while not self._closed:
                while not self._waiting:
                    self._wake.clear()
                    await self._wake.wait()
                entry = self._waiting.popleft()
                if entry.future.done():
                    continue
                try:
                    if process is None or process.returncode is not None:
                        process = None  # where none can be started, the next tile tries again
                        process = await _start()
                    answer = await asyncio.wait_for(_ask(process, entry.line), TILE_TIMEOUT_S)
                except (asyncio.IncompleteReadError, OSError, TimeoutError):
                    if process is not None:
                        await _end(process)
                    process = None
                    _fail(entry.future, Unreadable("This part of the slide cannot be decoded."))
                except SlideError as error:
                    _fail(entry.future, error)
                else:
                    if not entry.future.done():
                        entry.future.set_result(answer)
        finally:
            if process is not None:
                await _end(process)


async def _start() -> asyncio.subprocess.Process:
    environment = {
        "PATH": os.environ.get("PATH", ""),
        "PYTHONPATH": os.pathsep.join(p for p in sys.path if p),
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "LANG": "C.UTF-8",
    }
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "hemaview.tiles.decoder",
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, env=environment, limit=8 * 1024**2,
    )  # fmt: skip


async def _ask(process: asyncio.subprocess.Process, line: bytes) -> bytes:
    assert process.stdin is not None and process.stdout is not None
    process.stdin.write(line)
    status, length = struct.unpack("<BI", await process.stdout.readexactly(5))
    body = await process.stdout.readexactly(length)
    if status == 0:
        return body
    answer = json.loads(body)
    kind = OutOfBounds if answer["code"] == OutOfBounds.code else Unreadable
    raise kind(answer["message"])


async def _end(process: asyncio.subprocess.Process) -> None:
    with contextlib.suppress(ProcessLookupError):
        process.kill()
    await process.wait()
    if process.stdin is not None:
        process.stdin.close()


def _fail(future: asyncio.Future[bytes], error: Exception) -> None:
    if not future.done():
        future.set_exception(error)
