"""In which precision a model runs: bf16 where the machine has it and the card says that labels show no loss, else float32.

What bf16 costs a model is measured by `hemaview.learning.scoring.halfprecision`: models answer twice within `comparing`.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from hemaview.inference.context import holding

F32, BF16, COMPARED, AUTOMATIC = "f32", "bf16", "compared", ""
TOLERANCE = 0.1
"""How far a model that runs in bf16 may move any probability of the answers that its card was measured on."""

Note = Callable[[Any, Any, float, float], None]
"""Is told each answer of a net in float32 and in bf16, and the seconds that each took."""

_HELD_TO: ContextVar[str] = ContextVar("precision", default=AUTOMATIC)
_NOTE: ContextVar[Note | None] = ContextVar("note", default=None)


def choose(wanted: str, proved: bool, capable: bool) -> str:
    """BF16 where nothing else is wanted, the card proves it harmless and the machine is capable of it; else F32."""
    return BF16 if wanted == AUTOMATIC and proved and capable else F32


def wanted() -> str:
    """What this context asks for, else what the environment does: HEMAVIEW_PRECISION=f32 keeps every model in float32."""
    return _HELD_TO.get() or (F32 if os.environ.get("HEMAVIEW_PRECISION", "") == F32 else AUTOMATIC)


@contextmanager
def in_float32() -> Iterator[None]:
    """Models loaded within the block run in float32."""
    with holding(_HELD_TO, F32):
        yield


@contextmanager
def comparing(note: Note) -> Iterator[None]:
    """Models loaded within the block answer in both precisions: `note` is told both, the bf16 answer is used."""
    with holding(_HELD_TO, COMPARED), holding(_NOTE, note):
        yield


def tell(plain: Any, half: Any, plain_s: float, half_s: float) -> None:
    """Tell who compares, if anybody does."""
    note = _NOTE.get()
    if note is not None:
        note(plain, half, plain_s, half_s)
