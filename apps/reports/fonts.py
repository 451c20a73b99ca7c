"""The fonts that reports are printed with, and which characters none of them has.

DejaVu Sans, Noto Sans Thai and Noto Sans Devanagari come with HemaView; for characters that these lack (Chinese, Japanese,
Korean and others) the folders of HEMAVIEW_FONTS are looked through. Nothing is left to the printer's own choice of fonts, so
what is said here to have a glyph is what is printed.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

from django.conf import settings
from fontTools.ttLib import TTFont, TTLibError

_SUFFIXES = (".ttf", ".otf", ".ttc", ".otc")
_LIKELY = re.compile(r"noto|cjk|han|gothic|ming|song|hei|droid|unifont|dejavu", re.IGNORECASE)
_NOT_LIKELY = re.compile(r"bold|black|italic|oblique|mono|light|thin|emoji", re.IGNORECASE)


@dataclass(frozen=True)
class Font:
    """One file as the style sheet names it."""

    family: str
    """As the style sheet names it."""
    path: Path
    """Its file."""
    bold: bool = False
    """Of that weight."""
    mono: bool = False
    """Each letter as wide as any."""


@lru_cache(maxsize=1)
def own_fonts() -> tuple[Font, ...]:
    """Those that are installed with HemaView; the first that has a character prints it."""
    dejavu = _package("matplotlib") / "mpl-data" / "fonts" / "ttf"
    return (
        Font("HemaView Sans", dejavu / "DejaVuSans.ttf"),
        Font("HemaView Sans", dejavu / "DejaVuSans-Bold.ttf", bold=True),
        Font("HemaView Thai", _package("fontpkg_noto_sans_thai") / "files" / "NotoSansThai[wdth,wght].ttf"),
        Font("HemaView Devanagari", _package("fontpkg_noto_sans_devanagari") / "files" / "NotoSansDevanagari[wdth,wght].ttf"),
        Font("HemaView Mono", dejavu / "DejaVuSansMono.ttf", mono=True),
    )  # fmt: skip


def unprintable(text: str) -> list[str]:
    """The characters of a text that no font has, each once, in their order."""
    missing = [c for c in dict.fromkeys(text) if _inked(c) and not _has(own_fonts(), c)]
    if not missing:
        return []
    return [c for c in missing if not _has(system_fonts("".join(sorted(missing))), c)]


@lru_cache(maxsize=64)
def system_fonts(characters: str) -> tuple[Font, ...]:
    """As few of the machine's fonts as have what can be had of these characters."""
    missing = {ord(c) for c in characters}
    fonts: list[Font] = []
    for path in _installed():
        if hit := missing & _characters(path):
            fonts.append(Font(f"HemaView System {len(fonts) + 1}", path))
            missing -= hit
        if not missing:
            break
    return tuple(fonts)


def fonts_for(text: str) -> tuple[Font, ...]:
    """HemaView's own fonts, and those of the machine that the text needs besides."""
    missing = sorted(c for c in set(text) if _inked(c) and not _has(own_fonts(), c))
    return (*own_fonts(), *(system_fonts("".join(missing)) if missing else ()))


def with_code_points(characters: Iterable[str]) -> str:
    """Characters with their code points, for a sentence: 中 (U+4E2D)."""
    return ", ".join(f"{c} ({code_point(c)})" for c in characters)


def code_point(character: str) -> str:
    return f"U+{ord(character):04X}"


def _inked(character: str) -> bool:
    """Whether a character needs a glyph: controls, joiners and variation selectors do not."""
    return (
        unicodedata.category(character) not in ("Cc", "Cf", "Zs", "Zl", "Zp") and not "\ufe00" <= character <= "\ufe0f"
    )


def _has(fonts: Iterable[Font], character: str) -> bool:
    return any(ord(character) in _characters(font.path) for font in fonts if not font.bold and not font.mono)


@lru_cache(maxsize=512)
def _characters(path: Path) -> frozenset[int]:
    """Code points of a font file (of a collection: of its first font, which is the one that is printed)."""
    try:
        with TTFont(path, fontNumber=0, lazy=True) as font:
            return frozenset(font.getBestCmap() or ())
    except (TTLibError, OSError, KeyError, AssertionError, ValueError, NotImplementedError):
        return frozenset()  # a file that cannot be read prints nothing


def _installed() -> Iterator[Path]:
    """Font files of the machine, plain faces of wide coverage first."""
    files = {
        path
        for folder in settings.FONT_FOLDERS
        for path in Path(folder).rglob("*")
        if path.suffix.lower() in _SUFFIXES and path.is_file()
    }
    yield from sorted(
        files, key=lambda p: (not _LIKELY.search(p.name), bool(_NOT_LIKELY.search(p.name)), p.name, str(p))
    )


def _package(name: str) -> Path:
    spec = find_spec(name)
    if spec is None or not spec.submodule_search_locations:
        raise RuntimeError(f"The package {name} brings a font of the reports and is not installed: run make demo.")
    return Path(spec.submodule_search_locations[0])
