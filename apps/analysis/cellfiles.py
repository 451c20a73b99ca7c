"""A job's files on disk, read for the browser; small bounded caches, because a finished file never changes."""

from __future__ import annotations

from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from django.utils.translation import gettext, gettext_noop
from numpy.typing import NDArray

from apps.accounts import stores
from apps.accounts.errors import Conflict, Missing, Refusal
from apps.analysis.models import Job
from hemaview.assays import AssayError
from hemaview.assays import assay as examination
from hemaview.cells.evidence import Altered, prove
from hemaview.cells.schema import Schema, vocabulary
from hemaview.cells.store import (
    FORMAT,
    CellFileError,
    read_cells,
    read_contour,
    read_contour_rows,
    read_contours,
    schema_in,
)
from hemaview.cells.table import TILE_PX, CellTable
from hemaview.cells.transport import LAYOUT, density_pyramid, pack, pack_contours, tile_index
from hemaview.counting.machine import MachineErrors
from hemaview.pipeline.folder import RunFolder
from hemaview.pipeline.sharedplaces import counts_at

_CANCELLED, _ENOUGH = gettext_noop("not counted: cancelled before"), gettext_noop("not counted: enough cells")


@lru_cache(maxsize=32)
def _file(path: str, sha256: str, assay: str) -> tuple[CellTable, Schema, MachineErrors | None]:
    cells, metadata = read_cells(Path(path))
    errors = MachineErrors.from_json(metadata["machine_errors"]) if metadata.get("machine_errors") else None
    written = schema_in(metadata)
    try:
        schema = vocabulary(written, examination(assay).schema)
    except AssayError:  # the package that brought the assay is gone: its cells are shown as they were written
        schema = written
    return cells.with_classes(len(schema)), schema, errors


def ordered_schema(job: Job) -> Schema:
    """The classes as they were when the job was ordered."""
    return schema_in({"format": FORMAT, **job.frozen["classes"]})


def schema_of(job: Job) -> Schema:
    """The classes that the job's cells have and may be given: those in its cell file at their index there, in today's words,
    then those that came since. Before there is a file, or where it is gone or altered: those it was ordered with."""
    if job.reviewable:
        with suppress(Refusal):
            return _opened(job)[1]
    return ordered_schema(job)


def prove_file(path: Path, sha256: str) -> None:
    """Raise Conflict where a file of evidence is not the one that was recorded, Missing where it is gone."""
    try:
        prove(path, sha256)
    except Altered as error:
        raise Conflict(
            gettext("{error} Tell the administrator; it may be in a backup.").format(error=error),
            code="evidence-altered",
        ) from error
    except OSError as error:
        raise _gone(path.name) from error


def _opened(job: Job) -> tuple[CellTable, Schema, MachineErrors | None]:
    path = _mapped(job.cells_name)
    prove_file(path, job.cells_sha256)
    try:
        return _file(str(path), job.cells_sha256, job.assay)
    except CellFileError as error:
        raise Missing(
            gettext("{error} Tell the administrator; it may be in a backup.").format(error=error), code="cells-gone"
        ) from error


def _mapped(name: str) -> Path:
    """Where a file of results can be mapped into memory; raises Missing where it is gone."""
    try:
        path = stores.results().local_path(name)
    except FileNotFoundError as error:
        raise _gone(name.rpartition("/")[2]) from error
    assert path is not None
    return path


def _gone(name: str) -> Missing:
    return Missing(
        gettext("The file {name} of this analysis is missing. Tell the administrator; it may be in a backup.").format(
            name=name
        ),
        code="cells-gone",
    )


@lru_cache(maxsize=64)
def _index(path: str, sha256: str, assay: str) -> tuple[list[list[int]], list[dict[str, Any]]]:
    cells = _file(path, sha256, assay)[0]
    return tile_index(cells), density_pyramid(cells)


def cells_of(job: Job) -> CellTable:
    """The finished cells of a job, with a probability for each class of `schema_of`; raises Missing where the file is gone."""
    return _opened(job)[0]


def machine_errors_of(job: Job) -> MachineErrors | None:
    """How the net that named the job's nucleated cells errs on such films, as it was known then; None where it was not."""
    return _opened(job)[2]


def index(job: Job) -> dict[str, Any]:
    cells_of(job)
    tiles, pyramid = _index(str(job.cells_file), job.cells_sha256, job.assay)
    return {
        "job": str(job.pk),
        "n": job.cells,
        "schema": schema_key(job),
        "tile_px": TILE_PX,
        "tiles": tiles,
        "pyramid": pyramid,
        "layout": list(LAYOUT),
    }


def row_bytes(job: Job, first: int, count: int) -> bytes:
    return pack(cells_of(job).take(np.arange(first, first + count)))


def field_bytes(job: Job, field: int) -> bytes:
    """The cells of a finished field of a running job that lie where it counts: another photograph brings the others."""
    # A name of more digits no file system takes.
    cells = RunFolder(job.folder).field_cells(field) if field < 10**9 else None
    if cells is None:
        raise Missing(gettext("Field {field} is not finished.").format(field=field), code="field-unfinished")
    places = (plan_of(job) or {"fields": []})["fields"]
    shared: list[list[list[int]]] = next(
        (f["elsewhere"] for f in places if f["index"] == field and f.get("elsewhere")), []
    )
    return pack(cells.take(np.flatnonzero(counts_at(shared, cells.x, cells.y))))


def contour_of(job: Job, row: int) -> list[list[float]] | None:
    """The cell's outline in level-0 px, or None where there is no mask."""
    cells = cells_of(job)
    if not job.contours_sha256:
        return None
    path = _mapped(job.contours_name)
    prove_file(path, job.contours_sha256)
    deltas = read_contour(path, row)
    if not len(deltas):
        return None
    x, y = float(cells.x[row]), float(cells.y[row])
    return [[round(x + float(dx) / 4, 2), round(y + float(dy) / 4, 2)] for dx, dy in deltas]


def contour_rows(job: Job, first: int, count: int) -> bytes:
    """Contours of rows, packed for the browser; none of any row where the job drew no masks."""
    if not job.contours_sha256:
        return pack_contours([np.zeros((0, 2), np.int16)] * count)
    path = _mapped(job.contours_name)
    prove_file(path, job.contours_sha256)
    return pack_contours(read_contour_rows(path, first, count))


def outlines_of(job: Job) -> list[NDArray[np.float64]] | None:
    """Every cell's outline in level-0 px, float (points, 2), in the rows' order; None where there are no masks.

    The file is proved and read once, however many cells there are.
    """
    cells = cells_of(job)
    if not job.contours_sha256:
        return None
    prove_file(job.contours_file, job.contours_sha256)
    centres = np.stack([cells.x, cells.y], axis=1).astype(np.float64)
    deltas = read_contours(job.contours_file)
    return [np.round(centre + points / 4, 2) for centre, points in zip(centres, deltas, strict=True)]


def plan_of(job: Job) -> dict[str, Any] | None:
    return RunFolder(job.folder).plan_json()


def regions(job: Job) -> dict[str, Any]:
    """Fields used and refused, the reasons in the reader's language; those not reached for having enough cells say so.

    `searched` says what counts of a field: `fields` all its cells, `film` its nucleated cells, else nothing; `elsewhere` outlines
    what another photograph shows, too, and counts.
    """
    plan = plan_of(job)
    if plan is None:
        return {"fields": []}
    folder = RunFolder(job.folder)
    fields = []
    for f in plan["fields"]:
        has_cells = f["used"] and folder.has_field(f["index"])
        reason = f["reason"]
        if f["used"] and not has_cells and job.state in (Job.State.DONE, Job.State.CANCELLED):
            reason = _CANCELLED if job.partial else _ENOUGH
        fields.append(
            {
                **{k: f[k] for k in ("index", "x", "y", "w", "h", "focus", "single_ratio", "tissue")},
                "used": bool(f["used"] and (has_cells or job.state in Job.ACTIVE)),
                "done": has_cells,
                "searched": f.get("searched", ""),
                "elsewhere": f.get("elsewhere", []),
                "reason": gettext(reason) if reason else "",
            }
        )
    return {"fields": fields}


def counted_area_mm2(job: Job) -> float | None:
    """Area of the fields that were counted."""
    return RunFolder(job.folder).counted_mm2(job.mpp) if job.mpp else None


def schema_key(job: Job) -> str:
    """Names the classes of a job among those of other jobs and versions."""
    try:
        today = examination(job.assay).schema.sha256
    except AssayError:
        today = "gone"
    return f"{job.assay}-{job.frozen['classes']['classes_sha256'][:12]}-{today[:12]}"


def schema_json(schema: Schema) -> dict[str, Any]:
    """A schema for the browser; groups and classes in their order, each class at its index."""
    return {
        "name": schema.name,
        "version": schema.version,
        "sha256": schema.sha256,
        "groups": schema.groups_json(),
        "classes": [{"index": c.index, **row} for c, row in zip(schema.classes, schema.classes_json(), strict=True)],
    }
