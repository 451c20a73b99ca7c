"""Ask a child process for something and listen to it: `progress 0.5` lines, then one `answer {…}` line, or its end."""

from __future__ import annotations

import json
import os
import selectors
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

Progress = Callable[[float], None]
TICK_S = 5.0
"""How often who asked says that it still waits."""


class TookTooLong(Exception):
    """The child did not answer in its time; `opening` is what it last said it opens."""

    def __init__(self, opening: str) -> None:
        super().__init__(opening)
        self.opening = opening


class Crashed(Exception):
    """The child ended without an answer; `opening` is what it last said it opens."""

    def __init__(self, opening: str) -> None:
        super().__init__(opening)
        self.opening = opening


def ask(
    module: str,
    request: dict[str, Any],
    name: str,
    wall_seconds: float,
    progress: Progress | None = None,
    environment: dict[str, str] | None = None,
    alive: Callable[[], None] | None = None,
) -> dict[str, Any]:
    """What `python -m module`, given the request as JSON, answers; raises TookTooLong or Crashed, with `name` or what it
    said that it opens. The child gets no environment of ours but paths, and one thread for linear algebra; it is ended with
    whatever it started. `alive` is called every TICK_S at least while it runs."""
    child = subprocess.Popen(
        [sys.executable, "-m", module, json.dumps(request)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={
            "PATH": os.environ.get("PATH", ""),
            "PYTHONPATH": os.pathsep.join(p for p in sys.path if p),
            "OPENBLAS_NUM_THREADS": "1",
            "OMP_NUM_THREADS": "1",
            "LANG": "C.UTF-8",
            **(environment or {}),
        },
        start_new_session=True,
    )
    try:
        return _listen(child, name, wall_seconds, progress, alive)
    finally:
        child.kill()
        child.wait()
        if child.stdout:
            child.stdout.close()


def _listen(
    child: subprocess.Popen[bytes],
    name: str,
    wall_seconds: float,
    progress: Progress | None,
    alive: Callable[[], None] | None,
) -> dict[str, Any]:
    assert child.stdout is not None
    ends = time.monotonic() + wall_seconds
    next_tick = time.monotonic() + TICK_S
    buffer = b""
    with selectors.DefaultSelector() as selector:
        selector.register(child.stdout, selectors.EVENT_READ)
        while True:
            remaining_s = ends - time.monotonic()
            if remaining_s <= 0:
                raise TookTooLong(name)
            events = selector.select(min(remaining_s, TICK_S) if alive else remaining_s)
            if alive and time.monotonic() >= next_tick:
                alive()
                next_tick = time.monotonic() + TICK_S
            if not events:
                continue
            chunk = os.read(child.stdout.fileno(), 65_536)
            if not chunk:
                raise Crashed(name)
            *lines, buffer = (buffer + chunk).split(b"\n")
            for line in lines:
                word, _, rest = line.partition(b" ")
                if word == b"answer":
                    answer: dict[str, Any] = json.loads(rest)
                    return answer
                if word == b"opening":
                    name = rest.decode(errors="replace")
                if word == b"progress" and progress:
                    progress(float(rest))
