"""A child answers, ends or is ended, and none is waited for without end."""

from __future__ import annotations

import sys
import textwrap
from pathlib import Path

import pytest

from hemaview.confined import Crashed, TookTooLong, ask


def module(folder: Path, monkeypatch: pytest.MonkeyPatch, body: str) -> str:
    (folder / "asked.py").write_text(textwrap.dedent(body))
    monkeypatch.setattr(sys, "path", [str(folder), *sys.path])
    return "asked"


def test_an_answer_comes_with_its_progress(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    name = module(tmp_path, monkeypatch, """
        import json, os, sys
        print("progress 0.25"); print("answer " + json.dumps({"asked": json.loads(sys.argv[1]), "secret": os.environ.get("KEY")}))
    """)  # fmt: skip
    monkeypatch.setenv("KEY", "of ours")
    heard: list[float] = []
    assert ask(name, {"do": "this"}, "x", 30, heard.append) == {"asked": {"do": "this"}, "secret": None}
    assert heard == [0.25]


def test_one_that_crashes_or_never_ends_says_what_it_was_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    name = module(tmp_path, monkeypatch, """
        import os, sys, time
        print("opening b.tif", flush=True)
        os.abort() if "abort" in sys.argv[1] else time.sleep(60)
    """)  # fmt: skip
    with pytest.raises(Crashed) as crashed:
        ask(name, {"do": "abort"}, "a.tif", 30)
    assert crashed.value.opening == "b.tif"
    with pytest.raises(TookTooLong):
        ask(name, {"do": "wait"}, "a.tif", 0.5)


def test_who_asks_is_called_while_a_silent_child_works(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    name = module(tmp_path, monkeypatch, """
        import time
        time.sleep(0.5); print("answer {}")
    """)  # fmt: skip
    monkeypatch.setattr("hemaview.confined.child.TICK_S", 0.05)
    calls: list[None] = []
    assert ask(name, {}, "x", 30, alive=lambda: calls.append(None)) == {}
    assert calls
