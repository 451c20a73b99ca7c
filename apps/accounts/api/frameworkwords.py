"""What the framework says of a value, in words that tell what to send in its place."""

from __future__ import annotations

import re
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy
from rest_framework.exceptions import ErrorDetail

_OURS: tuple[tuple[str, str | Promise], ...] = (
    (r"Select a valid choice\. .*", gettext_lazy("Nothing here has this name.")),
    (
        r"(Enter|Must be) a valid UUID\.|.* is not a valid UUID\.",
        gettext_lazy("Give an id as the API writes it, such as 0b1e7a52-6c1d-4f0e-9a57-2f6d3c8e4b10."),
    ),
    (
        r"Invalid data\. Expected a dictionary, but got .*|Expected a dictionary of items but got type .*",
        gettext_lazy("Send an object with named values, such as {\u2026}, rather than a list or a single value."),
    ),
)


def in_our_words(detail: Any) -> Any:
    """A sentence of the framework's, or lists and dictionaries of such, with those replaced that only say what is wrong."""
    if isinstance(detail, dict):
        return {name: in_our_words(value) for name, value in detail.items()}
    if isinstance(detail, list | tuple):
        return [in_our_words(value) for value in detail]
    for pattern, ours in _OURS:
        if re.fullmatch(pattern, str(detail), re.DOTALL):
            return ErrorDetail(str(ours), getattr(detail, "code", None))
    return detail
