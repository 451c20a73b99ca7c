"""What a signature can mean: the words that a report, its record and its readers know, and no others."""

from __future__ import annotations

from django.utils.translation import gettext

from apps.accounts.errors import Refusal
from hemaview.words import one_of

MEANINGS = (
    "Reviewed and approved",
    "Reviewed; comment added",
    "Approved as a second reader",
    "Reviewed",
    "Approved",
)
"""In English, whatever the language of who signs: they are frozen and hashed with the report."""


def meaning_of(text: str) -> str:
    """The meaning that is written so, in capitals or not; raises Refusal that names those there are."""
    wanted = " ".join(text.split()).casefold()
    choices = one_of(f"“{meaning}”" for meaning in MEANINGS)
    if not wanted:
        raise Refusal(
            gettext("State the meaning of your signature: {choices}.").format(choices=choices), code="no-meaning"
        )
    for meaning in MEANINGS:
        if meaning.casefold() == wanted:
            return meaning
    raise Refusal(
        gettext("A signature cannot mean this; choose {choices}.").format(choices=choices), code="unknown-meaning"
    )
