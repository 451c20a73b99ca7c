"""Files of slides and analyses that were removed, left where a process died right after the removal: found, and deleted.

Only what the audit record says was removed goes, and only where no row has it any more: a house that is connected to another
database, or to one that is being restored, loses nothing.
"""

from __future__ import annotations

import logging
import os
import uuid
from collections.abc import Iterable, Iterator
from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.utils import timezone

from apps.accounts import stores
from apps.analysis.models import Job
from apps.audit.models import Record
from apps.slides.models import Slide
from hemaview.tiles import KeptTiles

logger = logging.getLogger(__name__)

LEFT_ALONE = timedelta(hours=6)
"""Files that changed within that time stay: whoever removes the slide, or a worker that does not know yet, may be at them."""


def sweep_removed() -> int:
    """Delete the files of slides and analyses that were removed hours ago; how many slides and analyses they were of."""
    before = (timezone.now() - LEFT_ALONE).timestamp()
    of_slides, of_jobs = _old(Path(settings.SLIDES_DIR), before), _old(Path(settings.RESULTS_DIR), before)
    of_slides -= _ids(Slide.objects.filter(pk__in=of_slides).values_list("pk", flat=True))
    of_jobs -= _ids(Job.objects.filter(pk__in=of_jobs).values_list("pk", flat=True))
    if not of_slides | of_jobs:
        return 0
    removed = set(_removed())
    tiles = KeptTiles(settings.TILE_CACHE_DIR, settings.TILE_CACHE_BYTES)
    for name in sorted(of_slides & removed):
        stores.slides().delete(name)
        tiles.forget(uuid.UUID(name).hex)
    for name in sorted(of_jobs & removed):
        stores.results().delete(name)
    n = len(of_slides & removed) + len(of_jobs & removed)
    if n:
        logger.info("%d folders of removed slides and analyses were left by a process that died; they are deleted", n)
    return n


def _ids(keys: Iterable[uuid.UUID]) -> set[str]:
    return {str(key) for key in keys}


def _old(folder: Path, before: float) -> set[str]:
    """Names of the folders in it that are called like a row and in which nothing has changed since."""
    there = folder.iterdir() if folder.is_dir() else ()
    return {path.name for path in there if _is_id(path.name) and _is_folder(path) and _changed(path) < before}


def _is_id(name: str) -> bool:
    try:
        return str(uuid.UUID(name)) == name
    except ValueError:
        return False


def _is_folder(path: Path) -> bool:
    return path.is_dir() and not path.is_symlink()


def _changed(folder: Path) -> float:
    """When anything in a folder was written or put there, in seconds; now, of one that is going away under our eyes."""
    try:
        stats = [path.lstat() for path in (folder, *folder.rglob("*"))]
    except OSError:
        return float("inf")
    return max(map(_change_of, stats))


def _change_of(stat: os.stat_result) -> float:
    """A file that is moved or copied brings its own time of writing along."""
    return max(stat.st_mtime, stat.st_ctime)


def _removed() -> Iterator[str]:
    """Ids of the slides and analyses that the record says were removed."""
    lines = Record.objects.filter(action__in=("slide.removed", "slide.deleted", "case.deleted"))
    for action, object_id, detail in lines.values_list("action", "object_id", "detail"):
        if action == "case.deleted":
            slides = detail.get("removed", ())
        else:
            slides = [{"slide": object_id, "jobs": detail.get("jobs" if action == "slide.removed" else "analyses", ())}]
        for slide in slides:
            yield slide["slide"]
            yield from slide["jobs"]
