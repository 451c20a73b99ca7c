"""Children that read a file of unknown origin, forked from one process that has loaded what they load.

Starting one anew takes longer than what it does of a small file, and the tests of the apps start hundreds. They limit
themselves, do and answer the same; that they are started, limited and ended as they are in a house is proven in `tests/wsi`.
"""

from __future__ import annotations

import array
import contextlib
import importlib
import json
import os
import runpy
import select
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

READER = "hemaview.wsi.sandboxchild"
LOADED = ("convert", "dicomseries", "fields", "identity", "picture", "probe", "sidepyramid", "slide", "tileplan")
"""Modules of `hemaview.wsi` that a reader needs for one thing or another."""
LOADED_TOO = ("PIL.Image", "pi_heif", "pydicom", "scipy.ndimage", "tifffile")
ROOT = Path(__file__).parents[1]
_MOST_BYTES = 1 << 20


class Reader:
    """In the place of a `Popen`: a forked child, its output, and its end."""

    def __init__(self, stdout: int, handle: int) -> None:
        self.stdout, self.handle = os.fdopen(stdout, "rb", 0), handle

    def kill(self) -> None:
        if self.handle >= 0:
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(self.handle, signal.SIGKILL)

    def wait(self) -> None:
        if self.handle >= 0:
            select.select([self.handle], [], [])
            os.close(self.handle)
            self.handle = -1


class Readers:
    """In the place of `subprocess` where children are asked for: readers are forked, whatever else is asked is started."""

    DEVNULL, PIPE = subprocess.DEVNULL, subprocess.PIPE

    def __init__(self) -> None:
        self.server: subprocess.Popen[bytes] | None = None

    def Popen(self, command: list[str], **how: Any) -> Any:
        if command[1:3] != ["-m", READER]:
            return subprocess.Popen(command, **how)
        if self.server is None:
            self.here, there = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            self.here.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _MOST_BYTES)
            self.server = subprocess.Popen(
                [sys.executable, __file__, str(there.fileno())], pass_fds=[there.fileno()], cwd=ROOT,
                env={**how["env"], "PYTHONPATH": os.pathsep.join([str(ROOT), how["env"]["PYTHONPATH"]])},
            )  # fmt: skip
            there.close()
        read, write = os.pipe()
        with os.fdopen(write):
            order = json.dumps([command[3:], how["env"]]).encode()
            self.here.sendmsg([order], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [write]))])
        _, (handle,) = _received(self.here)
        return Reader(read, handle)

    def close(self) -> None:
        if self.server is not None:
            self.here.close()
            self.server.wait(20)


@contextlib.contextmanager
def readers_forked(where: Any) -> Iterator[None]:
    """Have the module `where` fork its readers, not start them."""
    readers, before = Readers(), where.subprocess
    where.subprocess = readers
    try:
        yield
    finally:
        where.subprocess = before
        readers.close()


def _received(connection: socket.socket) -> tuple[bytes, list[int]]:
    """A message and the descriptors that came with it."""
    message, ancillary, _, _ = connection.recvmsg(_MOST_BYTES, socket.CMSG_SPACE(16))
    handles = array.array("i")
    for level, kind, data in ancillary:
        assert (level, kind) == (socket.SOL_SOCKET, socket.SCM_RIGHTS)
        handles.frombytes(data[: len(data) - len(data) % handles.itemsize])
    return message, list(handles)


def _serve(connection: socket.socket) -> None:
    """Fork a reader for each order, until nobody orders any more."""
    for name in [*(f"hemaview.wsi.{module}" for module in LOADED), *LOADED_TOO]:
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    while True:
        order, handles = _received(connection)
        with contextlib.suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        if not order:
            return
        (stdout,) = handles
        arguments, environment = json.loads(order)
        pid = os.fork()
        if pid == 0:
            connection.close()
            os._exit(_read(arguments, environment, stdout))
        os.close(stdout)
        handle = os.pidfd_open(pid)  # not yet waited for, so it is that child's
        connection.sendmsg([b"begun"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [handle]))])
        os.close(handle)


def _read(arguments: list[str], environment: dict[str, str], stdout: int) -> int:
    """What `python -m` does of the reader's module; its exit status."""
    os.setsid()
    nothing = os.open(os.devnull, os.O_RDWR)
    for target, source in enumerate((nothing, stdout, nothing)):
        os.dup2(source, target)
    os.closerange(3, 64)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = [READER, *arguments]
    try:
        runpy.run_module(READER, run_name="__main__", alter_sys=True)
    except SystemExit as end:
        return int(end.code or 0)
    except BaseException:
        return 1
    finally:
        with contextlib.suppress(Exception):
            sys.stdout.flush()
    return 0


if __name__ == "__main__":
    _serve(socket.socket(fileno=int(sys.argv[1])))
