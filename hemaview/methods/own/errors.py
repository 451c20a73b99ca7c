"""Why weights or a card are not taken."""

from __future__ import annotations


class OwnModelError(Exception):
    """One sentence that a person can act on, and its code."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code, self.message = code, message
