"""Words of a Django template that are in no catalogue."""

from __future__ import annotations

import re

_TRANSLATED = re.compile(
    r"\{%\s*blocktrans(?:late)?\b.*?\{%\s*endblocktrans(?:late)?\s*%\}|\{%\s*trans(?:late)?\s.*?%\}", re.S
)
_MACHINE = re.compile(r"\{#.*?#\}|<!--.*?-->|<!DOCTYPE[^>]*>|<(style|script|code|pre)\b.*?</\1>", re.S | re.I)
_FILTER_WORDS = re.compile(r"""\|(?:default|default_if_none|yesno|pluralize):(?P<q>["'])(?P<text>.*?)(?P=q)""")
_TAG = re.compile(r"<[a-zA-Z/](?:[^<>])*>", re.S)
_SHOWN = re.compile(r'\b(?:alt|title|aria-label|aria-description|placeholder)="([^"]*)"')
_SAME_EVERYWHERE = {
    "HemaView", "API", "CSV", "HTML", "PDF", "GeoJSON", "FHIR", "UTC", "px", "µm", "mm", "mm²", "MB", "s", "n", "x", "y", "sha",
}  # fmt: skip
"""Names, formats and units."""


def words_outside(template: str) -> list[str]:
    """Each piece of text, shown attribute or literal of a filter that holds words and is not translated."""
    text = _TRANSLATED.sub("", _MACHINE.sub("", template))
    literals = [m["text"] for m in _FILTER_WORDS.finditer(_without_values_of_attributes(text))]
    text = re.sub(r"\{\{.*?\}\}|\{%.*?%\}", "\0", text, flags=re.S)
    attributes = [m[1] for tag in _TAG.findall(text) for m in _SHOWN.finditer(tag)]
    return [
        piece.strip() for piece in [*re.split(r"\0", _TAG.sub("\0", text)), *attributes, *literals] if _wordy(piece)
    ]


def _without_values_of_attributes(text: str) -> str:
    """`value="{{ on|yesno:'off,on' }}"` speaks to the server, not to people."""
    return re.sub(
        r"""\b(?:value|name|id|class|data-[\w-]+)="(?:\{\{.*?\}\}|\{%.*?%\}|[^"{])*\"""", "", text, flags=re.S
    )


def _wordy(piece: str) -> bool:
    return bool(set(re.findall(r"[^\W\d_][\w²]*", re.sub(r"&\w+;", "", piece))) - _SAME_EVERYWHERE)
