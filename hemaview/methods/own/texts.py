"""Which texts of a card pages and reports can show as they are meant."""

from __future__ import annotations

import unicodedata

_BLANK = "\u115f\u1160\u2800\u3164\uffa0"
"""Letters and signs that show nothing: Hangul fillers and the empty Braille pattern."""


def turns_text(text: str) -> bool:
    """Whether a text holds overrides, embeddings or isolates of direction: what stands after one would be read backwards
    (Unicode Standard Annex 9). Scripts that run from the right need none."""
    return any("\u202a" <= c <= "\u202e" or "\u2066" <= c <= "\u2069" for c in text)


def shows_something(text: str) -> bool:
    """Whether a text has a character that is seen, and not only blanks and characters of no width."""
    return any(unicodedata.category(c)[0] not in "CZM" and c not in _BLANK for c in text)
