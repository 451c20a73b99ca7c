"""Try a model of one's own in a child process with limits on memory and time, without network, programs or files to change.

Loads none of the models' libraries itself, so that any process may ask: the child is `hemaview.inference.contractchild`.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from hemaview.confined import Crashed, TookTooLong, ask
from hemaview.methods.own.checks import TITLES
from hemaview.words import gettext_noop

MEMORY_BYTES = 3 * 1024**3
ON_ONE_CORE = {"HEMAVIEW_THREADS": "1", "HEMAVIEW_DEVICE": "cpu"}
CPU_SECONDS = 240
WALL_SECONDS = 300


def try_out(
    weights: Path,
    card: Path,
    sha256: str,
    progress: Callable[[str, float], None] | None = None,
    alive: Callable[[], None] | None = None,
    memory_bytes: int = MEMORY_BYTES,
    cpu_seconds: int = CPU_SECONDS,
    wall_seconds: float = WALL_SECONDS,
) -> list[dict[str, Any]]:
    """The checks of the weights (`contract.Check` as JSON), the last of them the one that failed where one did. Whatever the
    file does, this answers within `wall_seconds`; meanwhile `alive` is called every few seconds."""
    request = {
        "weights": str(weights), "card": str(card), "sha256": sha256, "memory_bytes": memory_bytes, "cpu_seconds": cpu_seconds,
    }  # fmt: skip

    def report_share(share: float) -> None:
        if progress:
            progress(list(TITLES.values())[min(round(share * len(TITLES)), len(TITLES) - 1)], share)

    try:
        answer = ask("hemaview.inference.contractchild", request, "", wall_seconds, report_share, ON_ONE_CORE, alive)
    except TookTooLong as error:
        return [
            _ended(error.opening, "took-too-long", f"It was given up after {wall_seconds:.0f} s; make the net smaller.")
        ]
    except Crashed as error:
        return [
            _ended(
                error.opening, "crashed", "The runtime ended over this file; export the net anew, or make it smaller."
            )
        ]
    return [
        {name: _plain(value) if isinstance(value, str) else value for name, value in c.items()}
        for c in answer["checks"]
    ]


def _plain(text: str) -> str:
    """Words of a library as a page and any database can keep them."""
    return "".join(c for c in text if c.isprintable()).encode("utf-8", "ignore").decode()[:400]


def _ended(title: str, code: str, sentence: str) -> dict[str, Any]:
    return {
        "key": "ended",
        "title": title or gettext_noop("The file is looked at"),
        "ok": False,
        "result": sentence,
        "code": code,
    }
