"""How exactly models that solve differential equations solve them: larger tolerances are quicker (Li et al., §3.3)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from hemaview.inference.context import holding

OWN = 0.0
"""The tolerances that a model was measured with."""
_HELD_TO: ContextVar[float] = ContextVar("tolerance", default=OWN)


def tolerance() -> float:
    """The tolerance that models are to be loaded with; OWN where nobody asks for another."""
    return _HELD_TO.get()


@contextmanager
def solving_to(asked: float) -> Iterator[None]:
    """Models loaded within the block solve their equations at a tolerance of `asked`; OWN leaves them as they are."""
    with holding(_HELD_TO, asked):
        yield
