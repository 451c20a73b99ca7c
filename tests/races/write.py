"""What can be fired, and what is known of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.races.arena import REVIEW, Arena

Shot = Callable[[], Any]


@dataclass(frozen=True)
class Write:
    """`aim` reads its rows before the start and gives what is then fired; `side` 0 or 1 tells two of a kind from another.

    `line` is the action that stands in the record where it succeeded. `content`: what a signed report says changes.
    `slow`: a child process or a printed page is part of it. `about`: two writes with none of these in common touch no row
    together but the head of the record. `idempotent`: the second of a kind may change nothing, and leaves no line then.
    `idle`: it may change nothing, whatever the other is. `lines`: so many of `line` one of it leaves.
    """

    name: str
    line: str
    aim: Callable[[Arena, int], Shot]
    state: str = REVIEW
    content: bool = True
    slow: bool = False
    about: frozenset[str] = frozenset({"case"})
    idempotent: bool = False
    idle: bool = False
    lines: int = 1


def who(arena: Arena, side: int, *names: str) -> Any:
    return arena.people[names[side]]
