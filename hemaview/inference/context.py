"""What holds within a block alone, in this thread or task."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TypeVar

Value = TypeVar("Value")


@contextmanager
def holding(variable: ContextVar[Value], value: Value) -> Iterator[None]:
    """Within the block `variable` is `value`, after it what it was."""
    token = variable.set(value)
    try:
        yield
    finally:
        variable.reset(token)
