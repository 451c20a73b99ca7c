"""The front end's phrases in the language of a page."""

from __future__ import annotations

import json
from functools import cache

from django.conf import settings
from django.utils.translation import to_locale


@cache
def phrases(language: str) -> dict[str, str | dict[str, str]]:
    """English phrase → phrase of that language, or its plural forms by category; empty for English, which is its own key."""
    for folder in settings.LOCALE_PATHS:
        path = folder / to_locale(language) / "frontend.json"
        if path.is_file() and language != "en":
            by_key: dict[str, str | dict[str, str]] = json.loads(path.read_text())
            return by_key
    return {}
