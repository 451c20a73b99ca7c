"""Run web server and worker together and end both cleanly."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from types import FrameType

from django.utils.translation import gettext

from apps.accounts.errors import Refusal

GRACE_S = 5.0
WORKER_NICENESS = 15
_SOURCE = ("hemaview", "apps", "templates")
Say = Callable[[str], None]


def free_or_refuse(host: str, port: int) -> None:
    """Raise Refusal where something listens there already."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise Refusal(
                gettext("Port {port} is taken; end what uses it, or choose another with PORT=….").format(port=port)
            ) from error


def serve(host: str, port: int, say: Say, on_ready: Callable[[], None], reload: bool = False) -> int:
    """Web server and worker until Ctrl-C or until one of them ends; the exit status.

    `reload` starts the web server anew after each change of the source; the worker keeps the code that it began with.
    """
    commands = {
        "web server": [
            sys.executable, "-m", "uvicorn", "hemaview.config.asgi:application", "--host", host, "--port", str(port),
            "--log-level", "warning", "--no-access-log", "--no-proxy-headers", "--no-server-header",
            "--http", "hemaview.tiles.protocol:TileProtocol",
            "--timeout-graceful-shutdown", "2",
            *(["--reload", *(word for folder in _SOURCE for word in ("--reload-dir", folder))] if reload else []),
        ],
        "worker": [
            sys.executable, "-m", "celery", "-A", "hemaview.config", "worker", "-B", "--concurrency", "2",
            "--loglevel", "warning", "--queues", "bells,imports,cpu",
        ],
    }  # fmt: skip
    stop: list[str] = []

    def ask(number: int, frame: FrameType | None) -> None:
        stop.append(signal.Signals(number).name)

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, ask)
    # A group of their own: Ctrl-C reaches this process alone, which then ends them in order.
    environment = {**os.environ, "PYTHONWARNINGS": "ignore"}  # static files are streamed by threads, as is known
    running = {
        name: subprocess.Popen(command, start_new_session=True, env=environment) for name, command in commands.items()
    }
    # Pages and tiles go before background work.
    os.setpriority(os.PRIO_PROCESS, running["worker"].pid, WORKER_NICENESS)
    status = 0
    try:
        if _answers(f"http://{host}:{port}/health/", lambda: bool(stop) or running["web server"].poll() is not None):
            on_ready()
        while not stop:
            ended = [name for name, process in running.items() if process.poll() is not None]
            if ended:
                say(f"The {ended[0]} has ended; look above for why.")
                status = 1
                break
            time.sleep(0.2)
    finally:
        if stop:
            say("Ending …")
        _end(list(running.values()))
    return status


def _answers(url: str, given_up: Callable[[], bool]) -> bool:
    while not given_up():
        try:
            with urllib.request.urlopen(url, timeout=2):
                return True
        except (urllib.error.URLError, OSError):
            time.sleep(0.15)
    return False


def _end(processes: list[subprocess.Popen[bytes]]) -> None:
    """Ask, wait a little, then make sure: a job that is cut short goes on at its field the next time."""
    for process in processes:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM if process is processes[0] else signal.SIGQUIT)
    until = time.monotonic() + GRACE_S
    for process in processes:
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(max(0.1, until - time.monotonic()))
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except ProcessLookupError:
            continue
        process.wait()
