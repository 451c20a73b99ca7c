"""Counting and searching, round after round, until the targets are met by cells that keep their names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from hemaview.cells.schema import Schema
from hemaview.cells.table import CUT, CellTable
from hemaview.inference import CentreFinder, Classifier, Model, Stain
from hemaview.pipeline.filmfit import NAMING
from hemaview.pipeline.finders import CellFinder
from hemaview.pipeline.folder import RunFolder
from hemaview.pipeline.foreign import without_covered
from hemaview.pipeline.plan import Cancelled, PipelineError, Plan, RunRequest, Sink
from hemaview.pipeline.redlookalikes import without_red_lookalikes
from hemaview.pipeline.search import Searched, SearchingFinder, SearchTask, search
from hemaview.pipeline.severalcells import without_outlines_of_several
from hemaview.pipeline.sharedplaces import counts_at, each_once
from hemaview.pipeline.stains import stain_guards
from hemaview.pipeline.targets import FIRST_FIELDS, Ahead, Tally, ended_short, in_the_end, reached, targets_of
from hemaview.pipeline.unidentified import with_unidentified
from hemaview.words import gettext
from hemaview.wsi.slide import Slide


@dataclass(frozen=True)
class Found:
    """What a round of counting and searching gave, each cell by its last name."""

    cells: CellTable
    """Each once."""
    fields: list[int]
    """Indices of the fields that were counted whole, in that order."""
    partial: bool
    """Whether counting was stopped before its end."""
    searched: Searched
    """What the search for nucleated cells gave."""
    lookalikes: int
    """Cells that were taken for nucleated ones."""
    left_out: int
    """Those of them that lie where red cells are not counted."""
    strange: list[dict[str, str]]
    """What is said of the stain of the cells that were found."""
    elsewhere: bool
    """Whether the stain counts as one that the net did not learn from."""
    white: bool
    """Whether there is any whole nucleated cell."""


@dataclass(frozen=True)
class Rounds:
    """Counts and searches until the targets are met by cells that keep their names."""

    slide: Slide
    """Open."""
    plan: Plan
    """Its fields, and the orders of search."""
    request: RunRequest
    """What was ordered."""
    finder: CellFinder
    """Finds the cells of a field."""
    models: Mapping[str, Model]
    """By role, fit for the film."""
    usual: Model | None
    """The net that names the cells of usual films, where the stain is to be looked at."""
    stain: Stain
    """As the nuclei that were looked at before have it."""
    sink: Sink
    """Is told how far it is."""

    def until_named(self) -> Found:
        """Round after round, each on from where the one before ended (what is done is on disk), as long as cells that had counted
        towards a target turn out to be others, and there are fields left that may bring more. Raises Cancelled, NoAnswer,
        PipelineError and what the sink raises."""
        schema = self.request.schema
        tally = Tally.first(schema, self._least, self.stain is not Stain.USUAL)
        before = -1
        while True:
            found = self._round(tally)
            counted, known = found.searched.cells_by_class, in_the_end(found.cells, len(schema))
            done = len(found.fields) + len(found.searched.film)
            stopped = found.partial or found.searched.partial or done <= before
            if stopped or not ended_short(self.request, schema, counted, known):
                return found
            before, tally = done, tally.again(counted, known, found.elsewhere)

    @property
    def _least(self) -> Mapping[str, Mapping[str, float]]:
        named_by = self.models.get(NAMING)
        return named_by.least if isinstance(named_by, Classifier) else {}

    def _round(self, tally: Tally) -> Found:
        slide, plan, request, schema = self.slide, self.plan, self.request, self.request.schema
        fields, by_class, partial = _count(slide, plan, request, self.finder, tally, self.sink)
        if partial and not fields:
            raise Cancelled("A person has cancelled this analysis.")
        searched = Searched.begun(plan, fields, by_class)
        if not partial and isinstance(self.finder, SearchingFinder):
            finder_of_centres = self.models.get("nucleated-cell-finder")
            seeker = finder_of_centres if isinstance(finder_of_centres, CentreFinder) else None
            task = SearchTask(slide, plan, request, schema, fields, by_class, tally)
            searched = search(task, self.finder, seeker, self.sink)
        every = _every_cell(request.folder, fields, searched.tables, schema, plan)
        photographs = bool(request.photo_fields)
        cells, lookalikes = without_red_lookalikes(slide, every, fields, plan.mpp, schema, photographs)
        white = bool((schema.rows_of_kind(cells.cls, "nucleated") & ((cells.flags & CUT) == 0)).any())
        strange = stain_guards(slide, cells, plan, schema, self.usual, self.stain) if white and self.usual else []
        elsewhere = self.stain is not Stain.USUAL or bool(strange)
        named = with_unidentified(cells, schema, self._least, elsewhere)
        left_out = len(every) - len(cells)
        return Found(named, fields, partial, searched, lookalikes, left_out, strange, elsewhere, white)


def _count(
    slide: Slide, plan: Plan, request: RunRequest, how: CellFinder, tally: Tally, sink: Sink
) -> tuple[list[int], NDArray[np.int64], bool]:
    """Count the planned fields whole, in order, until the targets of cells counted so are met: (indices counted, cells that
    count towards targets by class, whether it was stopped)."""
    folder, schema = RunFolder.of(request), request.schema
    targets = targets_of(request, schema, "fields")
    ahead = Ahead.of(plan, request, schema, isinstance(how, SearchingFinder))
    searched = bool(plan.search) and bool(targets_of(request, schema, "film"))
    cells_by_class = tally.begun.copy()
    field_indices: list[int] = []
    total = 0
    for place in plan.counted_fields:
        cells = folder.field_cells(place.index)
        if cells is None:
            # What is on disk has been counted: a worker that died before it could stop leaves it to the next one.
            if sink.stop_asked():
                return field_indices, cells_by_class, True
            cells = without_covered(how.cells(slide, place, plan.mpp, schema), slide, place, plan.mpp)
            folder.keep_field(place.index, cells)
        field_indices.append(place.index)
        here = counts_at(place.elsewhere, cells.x, cells.y)
        cells_by_class += tally.of(cells.take(np.flatnonzero(here)), place)
        total += int(here.sum())
        sink.field_done(len(field_indices), ahead.counting(len(field_indices), cells_by_class), total)
        if request.photo_fields or request.region:
            continue
        if (targets and reached(targets, cells_by_class)) or (
            not targets and searched and len(field_indices) >= FIRST_FIELDS
        ):
            break
    return field_indices, cells_by_class, False


def _every_cell(
    folder: Path, field_indices: list[int], searched: Sequence[CellTable], schema: Schema, plan: Plan
) -> CellTable:
    """The cells of the fields that are done and those that were searched for, each once, in the order of the file."""
    parts: list[CellTable] = []
    for index in field_indices:
        cells = RunFolder(folder).field_cells(index)
        if cells is None:
            raise PipelineError(
                gettext("The cells of field {index} cannot be read back.").format(index=index),
                gettext("Look at the disk; then retry."),
                "disk",
            )
        parts.append(cells)
    every = CellTable.concatenate([*parts, *searched], len(schema))
    every = without_outlines_of_several(one_of_doubles(every), schema)
    return each_once(every, plan.fields, plan.mpp).in_file_order()


def one_of_doubles(cells: CellTable) -> CellTable:
    """Of cells found in two neighbouring fields only one: the one of the earlier field in the table."""
    if len(cells) < 2:
        return cells
    points = np.stack([cells.x, cells.y], axis=1).astype(np.float64)
    radius = 0.35 * np.sqrt(cells.w.astype(np.float64) * cells.h)
    drop = np.zeros(len(cells), bool)
    # Each by its own size: by that of the largest, a clump would bring all pairs of a slide's cells into memory.
    for i, near in enumerate(cKDTree(points).query_ball_point(points, radius, return_sorted=True)):
        for j in near:
            if j <= i or drop[i] or drop[j] or cells.field[i] == cells.field[j]:
                continue
            drop[j] = bool(np.hypot(*(points[i] - points[j])) < min(radius[i], radius[j]))
    return cells.take(np.flatnonzero(~drop))
