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

_WORDS, _OWN_NAMES = "words.json", "given-names.json"
"""Beside the originals."""


def keep_own_names(slide: Slide, own_names: dict[str, str]) -> None:
    """Keep the names that files came with (by the names that they have now), where those may say who the patient is."""
    if own_names:
        stores.slides().put(f"{slide.pk}/original/{_OWN_NAMES}", json.dumps(own_names).encode())


def keep_words_alone(slide: Slide, files: list[tuple[Path, str]]) -> None:
    """In the place of photographs (path, name), which became the slide and go, keep what they say."""
    try:
        own_names = _own_names(slide)
        photographs = [(path, own_names.get(name, name)) for path, name in files]
        words: list[dict[str, Any]] = [asdict(entry) for entry in identity_of(photographs)]
    except SlideError:
        words = []  # they have been read and joined; what they say besides is no reason to refuse them
    stores.slides().delete(f"{slide.pk}/original")
    stores.slides().put(f"{slide.pk}/original/{_WORDS}", json.dumps(words).encode())


def words_of(slide: Slide) -> list[Entry]:
    """All that the slide's files say, read anew where they are kept; raises SlideError."""
    name = f"{slide.pk}/original/{_WORDS}"
    if stores.slides().exists(name):
        with stores.slides().open(name) as stream:
            return [Entry(**words) for words in json.load(stream)]
    own_names = _own_names(slide)
    originals = sorted(p for p in (slide.folder / "original").rglob("*") if p.is_file() and p.name != _OWN_NAMES)
    files = [(path, own_names.get(path.name, path.name)) for path in originals]
    if not files and slide.in_place:
        files = [(slide.file, slide.file.name)]
    entries = identity_of(files) if files else []
    of_folders = set(own_names.values()) - {name for _, name in files}
    return [*(Entry("file name", "file name", name) for name in sorted(of_folders)), *entries]


def _own_names(slide: Slide) -> dict[str, str]:
    name = f"{slide.pk}/original/{_OWN_NAMES}"
    if not stores.slides().exists(name):
        return {}
    with stores.slides().open(name) as stream:
        return dict(json.load(stream))
