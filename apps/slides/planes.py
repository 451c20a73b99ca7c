"""The focal planes of a slide that are there to be looked at: each a pyramid of its own beside the one that is analysed."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from django.utils.translation import gettext

from apps.accounts.errors import Refusal
from apps.slides.models import Slide
from apps.slides.uploads import refuse_full_disk
from hemaview.wsi import sandbox
from hemaview.wsi.errors import SlideError, Unsupported
from hemaview.wsi.sources.choice import Choice
from hemaview.wsi.tileindex import IndexedFile, TileIndex, read_index

_FILE, _INDEX = "slide.tif", "tiles.hvt"


MOST_PLANES = 40
"""So many, those nearest to the analysed one, are made: each takes its time and as much disk as that."""
Progress = Callable[[float], None]
Maker = Callable[[int, Path, Progress], None]
"""Writes the pyramid of a plane, by its number, to a file, and tells how much of it is done (0 to 1); raises SlideError."""


def make_planes(
    slide: Slide, source: dict[str, Any], make: Maker, progress: Progress
) -> tuple[list[dict[str, Any]], list[str]]:
    """Make the planes beside the one that is analysed; `source`: `planes`, `plane`, `plane_step_um` of what it was made from.

    Returns the slide's `planes` ([] where the file holds one) and notes: a plane that cannot be made is left out with a
    sentence, the slide stays. `progress` is told all along, so that the import is known to be alive.
    """
    if source["planes"] < 2:
        return [], []
    planes, notes = [], []
    first = max(1, min(source["plane"] - MOST_PLANES // 2, source["planes"] - MOST_PLANES + 1))
    numbers = range(first, min(first + MOST_PLANES, source["planes"] + 1))
    if len(numbers) < source["planes"]:
        notes.append(
            f"It holds {source['planes']} focal planes; {numbers[0]} to {numbers[-1]}, around the analysed one, can be looked at."
        )
    for n_before, number in enumerate(numbers):
        progress(n_before / len(numbers))
        depth_um = None if source["plane_step_um"] is None else round((number - 1) * source["plane_step_um"], 3)
        analysed = number == source["plane"]
        folder = slide.plane_folder(number)
        try:
            if not analysed:
                refuse_full_disk((slide.folder / _FILE).stat().st_size)
                folder.mkdir(parents=True, exist_ok=True)
                make(number, folder / _FILE, _part(progress, n_before, len(numbers)))
                _prepare(folder)
        except (SlideError, Refusal) as error:
            shutil.rmtree(folder, ignore_errors=True)
            notes.append(f"Focal plane {number} cannot be shown: {error.message}")
        else:
            planes.append({"number": number, "depth_um": depth_um, "analysed": analysed})
    return (planes if len(planes) > 1 else []), notes


def _part(progress: Progress, n_before: int, of: int) -> Progress:
    """Progress of one plane as that of all."""
    return lambda share: progress((n_before + share) / of)


def converted(main: Path, choice: Choice) -> Maker:
    """Planes of a scan, converted as the analysed one was."""

    def make(number: int, out: Path, progress: Progress) -> None:
        sandbox.convert(main, out, True, progress, replace(choice, plane=number), in_place=False)

    return make


def joined(files: list[Path], mpp: float | None, choice: Choice, sheet: dict[str, Any]) -> Maker:
    """Planes of photographs, laid out as `sheet`, the answer of `join_fields` for the analysed one; another layout is refused."""

    def make(number: int, out: Path, progress: Progress) -> None:
        plane = sandbox.join_fields(files, out, mpp, progress, {}, replace(choice, plane=number))
        places = [[(f["x"], f["y"], f["w"], f["h"]) for f in one["fields"]] for one in (plane, sheet)]
        if places[0] != places[1]:
            raise Unsupported(gettext("its pictures are not arranged like those of the analysed plane."))

    return make


def plane_index(slide: Slide, number: int) -> TileIndex:
    """The index of a plane's tiles, made again where it is missing or its file was put back; raises Refusal."""
    folder = slide.plane_folder(number)
    if not (folder / _FILE).is_file():
        raise _unreadable(number)
    try:
        index = read_index(folder / _INDEX)
        if all(IndexedFile.of(Path(f.path)) == f for f in index.files):
            return index
    except (SlideError, OSError):
        pass
    try:
        _prepare(folder)
        return read_index(folder / _INDEX)
    except (SlideError, OSError) as error:
        raise _unreadable(number) from error


def _unreadable(number: int) -> Refusal:
    return Refusal(
        gettext("Focal plane {number} of this slide cannot be read; tell the administrator.").format(number=number),
        code="unreadable",
        http_status=404,
    )


def _prepare(folder: Path) -> None:
    sandbox.prepare(folder / _FILE, folder / "thumbnail.jpg", folder / "low-levels.tif", folder / _INDEX)
