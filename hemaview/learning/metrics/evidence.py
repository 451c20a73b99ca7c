"""What scores are made of, kept for the figures: who asks for it opens `collecting()` around an evaluation."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from hemaview.inference.context import holding

Key = tuple[str, str, str]
"""(method, task, data set)."""


@dataclass(frozen=True)
class Answers:
    """Class probabilities float32 (n, classes), true class numbers (n,), and the classes' names."""

    p: NDArray[np.float32]
    truth: NDArray[np.int64]
    names: tuple[str, ...]


@dataclass
class Evidence:
    """Answers by class, probabilities of yes-or-no questions with their truth, and pictures a second."""

    answers: dict[Key, Answers] = field(default_factory=dict)
    questions: dict[Key, tuple[NDArray[np.float32], NDArray[np.bool_]]] = field(default_factory=dict)
    speed: dict[Key, float] = field(default_factory=dict)


_CURRENT: ContextVar[Evidence | None] = ContextVar("evidence", default=None)


@contextmanager
def collecting() -> Iterator[Evidence]:
    """Evidence of every score within the block."""
    found = Evidence()
    with holding(_CURRENT, found):
        yield found


def note_answers(key: Key, p: NDArray[np.float32], truth: NDArray[np.int64], names: Sequence[str]) -> None:
    """Keep the answers of a classification, where someone collects."""
    current = _CURRENT.get()
    if current is not None and len(names) == p.shape[1]:
        current.answers[key] = Answers(p, truth, tuple(names))


def note_question(key: Key, p: NDArray[np.float32], truth: NDArray[np.bool_]) -> None:
    """Keep the probabilities of a yes-or-no question, where someone collects."""
    current = _CURRENT.get()
    if current is not None:
        current.questions[key] = (p, truth)


def note_speed(key: Key, pictures: int, seconds: float) -> None:
    """Keep how many pictures or cells were worked a second, reading included, where someone collects."""
    current = _CURRENT.get()
    if current is not None:
        current.speed[key] = pictures / max(seconds, 1e-9)
