"""Several small trainings beside each other: one a core at a time, for batches this small gain nothing by more cores."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from typing import TypeVar

import torch

PAUSE_S = 1.0
Result = TypeVar("Result")


def on_every_core(tasks: Sequence[Callable[[], Result]], tell: Callable[[], None] = lambda: None) -> list[Result]:
    """What each task returns, in their order, each computed on one core; `tell` is called every PAUSE_S seconds meanwhile, by the
    caller's thread alone. Raises what the first failing task raises."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
            futures = [pool.submit(task) for task in tasks]
            waiting = set(futures)
            while waiting:
                waiting = wait(waiting, timeout=PAUSE_S).not_done
                tell()
            return [future.result() for future in futures]
    finally:
        torch.set_num_threads(threads)
