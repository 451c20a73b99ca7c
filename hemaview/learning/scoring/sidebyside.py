"""Pieces of work side by side: processes, each on its share of the cores, for work that a second core hardly speeds up."""

from __future__ import annotations

import os
import queue
import signal
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import CancelledError, Future, ProcessPoolExecutor, ThreadPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from multiprocessing import get_context, parent_process
from typing import Any, TypeVar

from hemaview.inference import InferenceError
from hemaview.inference.device import device, number_set
from hemaview.words import gettext

MOST = 4
"""Processes at once: each holds pictures and nets of its own."""
Result = TypeVar("Result")
Call = Callable[..., Any]
"""call(function, …) gives what the function, which stands in some module, returns, and raises what it raises."""


def sensible_number() -> int:
    """How many processes fit this machine: one a core, at most MOST; a single one where a graphics card does the work or
    HEMAVIEW_THREADS allows one core."""
    return 1 if device() == "cuda" else min(MOST, len(_cores()))


def _cores() -> list[int]:
    """Those that this process may use, as many as HEMAVIEW_THREADS allows."""
    return sorted(os.sched_getaffinity(0))[: number_set("HEMAVIEW_THREADS") or None]


def side_by_side(pieces: Sequence[Callable[[Call], Result]], number: int) -> list[Result]:
    """What each piece returns, in their order. They begin in this order, `number` at a time, each in a thread that is given a
    `Call`: what it calls runs in a process, which is begun anew should it end (InferenceError). Of one alone all runs here.
    Raises what the first failing piece raises, having ended the others."""
    if (number := min(number, len(pieces))) < 2:
        return [piece(_here) for piece in pieces]
    cores = _cores()
    processes = [_Process(cores[i::number] or cores) for i in range(number)]
    idle: queue.SimpleQueue[_Process] = queue.SimpleQueue()
    for process in processes:
        idle.put(process)

    def work(piece: Callable[[Call], Result]) -> Result:
        process = idle.get()
        try:
            return piece(process.call)
        finally:
            idle.put(process)

    with ThreadPoolExecutor(number) as threads:
        futures: list[Future[Result]] = [threads.submit(work, piece) for piece in pieces]
        try:
            for future in wait(futures, return_when="FIRST_EXCEPTION").done:
                future.result()
            return [future.result() for future in futures]
        finally:
            for future in futures:
                future.cancel()
            for process in processes:
                process.end()


def _here(function: Callable[..., Result], *args: Any) -> Result:
    return function(*args)


class _Process:
    """A process on some of the cores, begun when it is first called."""

    def __init__(self, cores: list[int]) -> None:
        self._cores = cores
        self._pool: ProcessPoolExecutor | None = None
        self._pid = 0

    def call(self, function: Callable[..., Result], *args: Any) -> Result:
        try:
            pool = self._pool or self._started()
            return pool.submit(function, *args).result()
        except BrokenProcessPool as error:
            if self._pool is None:  # it was ended because the whole work is
                raise CancelledError from error
            self.end()
            raise InferenceError(
                gettext(
                    "Its process ended, most likely for want of memory; with HEMAVIEW_THREADS=1 one runs at a time."
                )
            ) from error

    def _started(self) -> ProcessPoolExecutor:
        # Processes inherit the cores of the thread that begins them, and every library asks which it may use.
        os.sched_setaffinity(threading.get_native_id(), self._cores)
        self._pool = pool = ProcessPoolExecutor(
            1, get_context("spawn"), initializer=_begin, initargs=(len(self._cores),)
        )
        self._pid = pool.submit(os.getpid).result()
        return pool

    def end(self) -> None:
        """End it, whatever it is at; one that is still starting ends when it has."""
        pool, pid = self._pool, self._pid
        self._pool, self._pid = None, 0
        if pool is not None:
            pool.shutdown(wait=False, cancel_futures=True)
        if pid:  # to signal process 0 would be to signal everyone
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGTERM)


def _begin(threads: int) -> None:
    """Of a process that begins: as many threads as cores, and no life beyond that of the process that began it."""
    os.environ["HEMAVIEW_THREADS"] = str(threads)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = parent_process()
    if parent is not None:
        parent.join()
    os._exit(1)
