"""Work side by side: in order, each process on its cores, and neither a process that ends nor an error holds up the rest."""

from __future__ import annotations

import os
import signal
import time

import pytest

from hemaview.inference import BadSetting, InferenceError
from hemaview.learning.scoring.sidebyside import Call, sensible_number, side_by_side


def test_results_stand_in_order_each_from_a_process_on_its_own_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HEMAVIEW_THREADS", raising=False)

    def piece(call: Call) -> tuple[int, set[int], str]:
        return call(os.getpid), call(os.sched_getaffinity, 0), call(os.getenv, "HEMAVIEW_THREADS")

    here = os.sched_getaffinity(0)
    first, second, third = side_by_side([piece, piece, piece], 2)
    assert os.getpid() not in {first[0], second[0]} and third[0] in {first[0], second[0]}, "two processes, used again"
    assert os.sched_getaffinity(0) == here, "the caller keeps its cores"
    if len(here) > 1:
        assert first[0] == second[0] or not first[1] & second[1]
    assert first[2] == str(len(first[1]))


def test_one_alone_runs_in_the_process_of_its_caller() -> None:
    assert side_by_side([lambda call: call(os.getpid)] * 2, 1) == [os.getpid()] * 2


def test_a_process_that_is_killed_costs_its_piece_alone() -> None:
    def killed(call: Call) -> str:
        try:
            call(signal.raise_signal, signal.SIGKILL)
        except InferenceError as error:
            return str(error)
        return "it lived"

    def lives(call: Call) -> int:
        return call(os.getpid)

    said, *pids = side_by_side([killed, lives, lives, lives], 2)
    assert "want of memory" in said
    assert os.getpid() not in pids


def test_an_error_ends_what_runs_beside_it_without_blaming_memory() -> None:
    blamed = []

    def fails(call: Call) -> None:
        call(int, "no number")

    def takes_long(call: Call) -> None:
        try:
            call(time.sleep, 300)
        except InferenceError as error:
            blamed.append(error)

    began = time.monotonic()
    with pytest.raises(ValueError, match="no number"):
        side_by_side([takes_long, fails, takes_long], 2)
    assert time.monotonic() - began < 60 and not blamed


def test_an_error_while_a_process_still_starts_signals_nobody_else(monkeypatch: pytest.MonkeyPatch) -> None:
    signalled: list[int] = []
    monkeypatch.setattr(os, "kill", lambda pid, _: signalled.append(pid))

    def fails(call: Call) -> None:
        raise ValueError("at once")

    def starts(call: Call) -> None:
        call(os.getpid)

    with pytest.raises(ValueError, match="at once"):
        side_by_side([starts, fails], 2)
    assert not {0, -1, os.getpid()} & set(signalled)


def test_a_machine_that_may_use_one_core_measures_one_thing_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEMAVIEW_DEVICE", "cpu")
    monkeypatch.delenv("HEMAVIEW_THREADS", raising=False)
    assert sensible_number() == min(4, len(os.sched_getaffinity(0)))
    monkeypatch.setenv("HEMAVIEW_THREADS", "1")
    assert sensible_number() == 1
    for wrong in ("two", "-1", "1.5"):
        monkeypatch.setenv("HEMAVIEW_THREADS", wrong)
        with pytest.raises(BadSetting, match=f"^HEMAVIEW_THREADS must be a whole number, not {wrong}\\.$"):
            sensible_number()
