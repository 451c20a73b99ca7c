"""Numbers as pages and reports write them."""

from __future__ import annotations

from django import template

register = template.Library()


@register.filter
def minus(number: str) -> str:
    """A number that is written already, with a true minus sign in place of a hyphen; none before a zero."""
    text = str(number)
    if not text.startswith("-"):
        return text
    return f"\u2212{text[1:]}" if any(digit in text for digit in "123456789") else text[1:]
