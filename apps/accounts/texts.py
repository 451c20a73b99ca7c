"""Texts that people enter, as reports may print them."""

from __future__ import annotations

from django.utils.translation import gettext_lazy

from apps.accounts.errors import Refusal

TURNS_TEXT = gettext_lazy("It contains characters that change the direction of the text; remove them.")


def turns_text(text: str) -> bool:
    """Whether a text holds overrides, embeddings or isolates of direction: figures after one would be read backwards. Scripts
    that run from the right need none."""
    return any("\u202a" <= c <= "\u202e" or "\u2066" <= c <= "\u2069" for c in text)


def refuse_turning(**texts: object) -> None:
    """Raise Refusal for the first text, by its name, that turns what stands after it."""
    for name, text in texts.items():
        if isinstance(text, str) and turns_text(text):
            raise Refusal(f"{name}: {TURNS_TEXT}", code="turns-text")
