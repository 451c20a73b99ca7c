"""What scores are made of, kept for the figures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Key = tuple[str, str, str]
"""(method, task, data set)."""


@dataclass(frozen=True)
class Answers:
    """What a model said of n cells or pictures, beside the truth."""

    p: NDArray[np.float32]
    """Class probabilities (n, classes)."""
    truth: NDArray[np.int64]
    """The true class numbers (n,)."""
    names: tuple[str, ...]
    """The classes', in order."""


@dataclass
class Evidence:
    """What the scores of one evaluation are made of; they note it as they come."""

    answers: dict[Key, Answers] = field(default_factory=dict)
    """Of classifications."""
    questions: dict[Key, tuple[NDArray[np.float32], NDArray[np.bool_]]] = field(default_factory=dict)
    """Of yes-or-no questions: probabilities of yes (n,) and the truth (n,)."""
    speed: dict[Key, float] = field(default_factory=dict)
    """Pictures or cells a second, reading included."""

    def note_answers(self, key: Key, p: NDArray[np.float32], truth: NDArray[np.int64], names: Sequence[str]) -> None:
        """Keep the answers of a classification whose classes have names."""
        if len(names) == p.shape[1]:
            self.answers[key] = Answers(p, truth, tuple(names))

    def note_question(self, key: Key, p: NDArray[np.float32], truth: NDArray[np.bool_]) -> None:
        """Keep the probabilities of a yes-or-no question."""
        self.questions[key] = (p, truth)

    def note_speed(self, key: Key, pictures: int, seconds: float) -> None:
        """Keep how many pictures or cells were worked a second, reading included."""
        self.speed[key] = pictures / max(seconds, 1e-9)

    def add(self, other: Evidence) -> None:
        """Keep what another evaluation noted too."""
        self.answers |= other.answers
        self.questions |= other.questions
        self.speed |= other.speed
