"""Which files an MRXS slide is made of: its Slidedat.ini lists them."""

from __future__ import annotations

import configparser
from collections.abc import Iterable

SLIDEDAT = "Slidedat.ini"
_MOST_FILES = 100_000


def missing_files(names: Iterable[str], slidedat: bytes | None) -> list[str]:
    """What is not there of a slide whose folder holds files of these names; `slidedat` is the list's own text.

    A list that cannot be read says nothing: openslide refuses it for its own reason.
    """
    there = {name.lower() for name in names}
    if slidedat is None:
        return [SLIDEDAT]
    parser = configparser.ConfigParser(interpolation=None, strict=False)
    try:
        parser.read_string(slidedat.decode("utf-8-sig", "replace"))
        count = min(parser.getint("DATAFILE", "FILE_COUNT"), _MOST_FILES)
        wanted = [parser.get("HIERARCHICAL", "INDEXFILE", fallback="Index.dat")]
        wanted += [parser.get("DATAFILE", f"FILE_{i}") for i in range(count)]
    except (configparser.Error, ValueError):
        return []
    return [name for name in wanted if name.lower() not in there]
