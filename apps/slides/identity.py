"""What a slide's files say of people, places, times and devices, for who may see it."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from apps.accounts import stores
from apps.slides.models import Slide
from hemaview.wsi.errors import SlideError
from hemaview.wsi.identity import Entry
from hemaview.wsi.sandbox import identity_of

_WORDS = "original/words.json"


def keep_words_alone(slide: Slide, files: list[tuple[Path, str]]) -> None:
    """In the place of photographs (path, name), which became the slide and go, keep what they say."""
    try:
        words: list[dict[str, Any]] = [asdict(entry) for entry in identity_of(files)]
    except SlideError:
        words = []  # they have been read and joined; what they say besides is no reason to refuse them
    stores.slides().delete(f"{slide.pk}/original")
    stores.slides().put(f"{slide.pk}/{_WORDS}", json.dumps(words).encode())


def words_of(slide: Slide) -> list[Entry]:
    """All that the slide's files say, read anew where they are kept; raises SlideError."""
    name = f"{slide.pk}/{_WORDS}"
    if stores.slides().exists(name):
        with stores.slides().open(name) as stream:
            return [Entry(**words) for words in json.load(stream)]
    originals = sorted(p for p in (slide.folder / "original").rglob("*") if p.is_file())
    files = [(path, path.name) for path in originals] or ([(slide.file, slide.file.name)] if slide.in_place else [])
    return identity_of(files) if files else []
