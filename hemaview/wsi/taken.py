"""When a photograph was taken, as its camera wrote it."""

from __future__ import annotations

from pathlib import Path

from hemaview.wsi.pillowfile import open_picture

_EXIF, _TAKEN, _FRACTION = 0x8769, 0x9003, 0x9291


def taken_at(path: Path) -> str:
    """EXIF's DateTimeOriginal with its fraction of a second, as text that sorts by time; "" where there is none."""
    try:
        with open_picture(path) as picture:
            facts = picture.getexif().get_ifd(_EXIF)
    except (OSError, SyntaxError, ValueError, EOFError, TypeError, KeyError):  # what it is, its reader says later
        return ""
    when = str(facts.get(_TAKEN, "")).strip("\0 ")
    return f"{when}.{str(facts.get(_FRACTION, '')).strip()}" if when[:4].isdigit() else ""
