"""The search for nucleated cells over the whole monolayer, at low power: the second of a film's two searches.

Fields are searched in a drawn order that is stated in the plan, so that the first two hundred cells are as any two hundred.
What lies where cells do not lie in one layer (the feathered end, side edges, the thick end) is searched as it comes, flagged
as outside every n, and must be seen. A few fields together are one part on disk; which ones follows from the plan alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from hemaview.cells.schema import Schema
from hemaview.cells.store import CellFileError, read_cells, write_cells, write_contours
from hemaview.cells.table import OUTSIDE, CellTable
from hemaview.inference import CentreFinder
from hemaview.inference.grounds import Grounds
from hemaview.pipeline.fieldchoice import NOT_LOOKED_AT
from hemaview.pipeline.fieldworth import BLURRED, judged
from hemaview.pipeline.folder import RunFolder
from hemaview.pipeline.lowpower import LowPower, at_low_power
from hemaview.pipeline.plan import Plan, PlannedField, RunRequest, Sink
from hemaview.pipeline.targets import (
    EDGES_MM2,
    EDGES_SHARE,
    Ahead,
    Tally,
    in_the_end,
    reached,
    search_mm2,
    targets_of,
    unidentified_in,
)
from hemaview.words import gettext, ngettext
from hemaview.wsi.slide import Slide

FIELDS_A_PART = 8
FILM, EDGES, NOWHERE = "film", "edges", ""


@runtime_checkable
class SearchingFinder(Protocol):
    """A finder that can look at single places of a field."""

    def nucleated_at(
        self,
        slide: Slide,
        place: PlannedField,
        points: NDArray[np.float64],
        mpp: float,
        schema: Schema,
        grounds: Grounds,
    ) -> CellTable: ...


@dataclass(frozen=True)
class SearchTask:
    """What is searched, and what counting left to find."""

    slide: Slide
    """Open."""
    plan: Plan
    """Its fields, and the orders of search."""
    request: RunRequest
    """What was ordered."""
    schema: Schema
    """The classes of its cells."""
    whole_fields: list[int]
    """Indices of the fields that were counted whole."""
    cells_by_class: NDArray[np.int64]
    """Their cells that count towards targets, by class, int64 (classes,)."""
    tally: Tally
    """Counts those of the search."""


@dataclass
class Searched:
    """What was searched and what it gave."""

    mm2: dict[str, float]
    """Area by search: `fields` (counted whole), `film` (all that counts towards nucleated cells), `edges` (outside)."""
    film: list[int] = field(default_factory=list)
    """Indices of the fields of one layer that were searched, in their order."""
    edges: list[int] = field(default_factory=list)
    """Indices of those that were searched outside it."""
    tables: list[CellTable] = field(default_factory=list)
    """The cells that it found, a table a lot."""
    partial: bool = False
    """Whether a person stopped it."""
    cells_by_class: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))
    """Cells that count towards targets, counting included, by class, int64 (classes,)."""

    @classmethod
    def begun(cls, plan: Plan, field_indices: list[int], cells_by_class: NDArray[np.int64]) -> Searched:
        """Before any search: nucleated cells of the fields that were counted whole count."""
        area = {f.index: f.area_mm2 for f in plan.fields}
        whole = round(sum(area[i] for i in field_indices), 6)
        return cls({"fields": whole, "film": whole, "edges": 0.0}, cells_by_class=cells_by_class.copy())


@dataclass(frozen=True)
class _Part:
    """Some fields of the search, done."""

    cells: CellTable
    where: dict[int, str]
    """Field to FILM, EDGES or NOWHERE (out of focus)."""


def search(task: SearchTask, finder: SearchingFinder, seeker: CentreFinder | None, sink: Sink) -> Searched:
    """Search (or go on with it) until the targets are met, the protocol's area is searched or the film is; then the edges, as
    far in proportion."""
    outcome = Searched.begun(task.plan, task.whole_fields, task.cells_by_class)
    targets = targets_of(task.request, task.schema, "film")
    if not targets or not (task.plan.search or task.plan.edges):
        return outcome
    most_mm2 = search_mm2(task.request)
    estimate = Ahead.of(task.plan, task.request, task.schema, True)
    progress = _Progress(task, estimate, outcome, max(0, int(task.cells_by_class.sum())))
    with ThreadPoolExecutor(1) as ahead:
        for lot in _lots(task, "search", task.plan.search, ahead):
            if reached(targets, outcome.cells_by_class) or outcome.mm2["film"] + outcome.mm2["edges"] >= most_mm2:
                break
            if not progress.take(lot, _part_of(lot, task, finder, seeker), sink):
                break
        wanted_mm2 = _edges_mm2(task, outcome, most_mm2)
        for lot in _lots(task, "edges", task.plan.edges, ahead):
            if outcome.partial or outcome.mm2["edges"] >= wanted_mm2:
                break
            if not progress.take(lot, _part_of(lot, task, finder, seeker), sink, at_edges=True):
                break
    outcome.mm2 = {name: round(mm2, 6) for name, mm2 in outcome.mm2.items()}
    return outcome


def _edges_mm2(task: SearchTask, searched: Searched, most_mm2: float) -> float:
    """How much of the edges is searched: the share that was searched of the film, at least EDGES_MM2."""
    of_film = {f.index: f.monolayer or f.reason == NOT_LOOKED_AT for f in task.plan.fields}
    film, edges = (sum(f.area_mm2 for f in task.plan.fields if of_film[f.index] == wanted) for wanted in (True, False))
    share = min(1.0, searched.mm2["film"] / max(film, 1e-9))
    return min(max(EDGES_MM2, share * edges), EDGES_SHARE * most_mm2)


@dataclass
class _Progress:
    """How far a search is."""

    task: SearchTask
    """What is searched."""
    ahead: Ahead
    """How many fields it will take."""
    searched: Searched
    """What it gave so far."""
    cells: int
    """Of all kinds, counting included."""

    def take(self, lot: _Lot, part: Callable[[], _Part], sink: Sink, at_edges: bool = False) -> bool:
        """Search a part and count what it gave; False where a person asked to stop before it was searched."""
        if lot.views is not None and sink.stop_asked():
            self.searched.partial = True
            return False
        result, fields = part(), {f.index: f for f in self.task.plan.fields}
        for index, place in result.where.items():
            if place:
                (self.searched.film if place == FILM else self.searched.edges).append(index)
                self.searched.mm2[place] += fields[index].area_mm2
            own = result.cells.take(np.flatnonzero(result.cells.field == index))
            self.searched.cells_by_class += self.task.tally.of(own, fields[index])
        self.searched.tables.append(result.cells)
        self.cells += len(result.cells)
        film = len(self.task.whole_fields) + len(self.searched.film)
        done = film + len(self.searched.edges)
        total = (
            self.ahead.at_edges(film, done) if at_edges else self.ahead.searching(done, self.searched.cells_by_class)
        )
        sink.field_done(done, total, self.cells)
        return True


Views = list[tuple[LowPower, str]]


@dataclass(frozen=True)
class _Lot:
    """Fields that are searched together: one part on disk."""

    path: Path
    """The part's file."""
    places: list[PlannedField]
    """The fields."""
    views: Future[Views] | None
    """Being read ahead; None where the part is on disk."""


def _lots(task: SearchTask, name: str, order: list[int], ahead: ThreadPoolExecutor) -> Iterator[_Lot]:
    """The parts of an order of fields, without those counted whole; while one is searched the next one is read."""
    whole, fields = set(task.whole_fields), {f.index: f for f in task.plan.fields}
    lots = []
    for number, start in enumerate(range(0, len(order), FIELDS_A_PART)):
        places = [fields[i] for i in order[start : start + FIELDS_A_PART] if i not in whole]
        if places:
            lots.append((task.request.folder / f"{name}-{number}.arrow", places))

    def begun(path: Path, places: list[PlannedField]) -> _Lot:
        return _Lot(path, places, None if path.exists() else ahead.submit(_views, task, places))

    upcoming = begun(*lots[0]) if lots else None
    for after in [*lots[1:], None]:
        if upcoming is None:
            return
        lot, upcoming = upcoming, begun(*after) if after else None
        yield lot


def _part_of(lot: _Lot, task: SearchTask, finder: SearchingFinder, seeker: CentreFinder | None) -> Callable[[], _Part]:
    """What reads a part from disk, or searches its fields and writes it."""

    def make() -> _Part:
        part = _read(lot)
        if part is None:
            views = lot.views.result() if lot.views is not None else _views(task, lot.places)
            part = _searched(task, finder, seeker, views)
            with RunFolder.of(task.request).writing():
                _write(lot.path, part)
        return part

    return make


def _views(task: SearchTask, places: list[PlannedField]) -> Views:
    """The fields at low power, and where each belongs."""
    return [_view(task, place) for place in places]


def _view(task: SearchTask, place: PlannedField) -> tuple[LowPower, str]:
    view = at_low_power(task.slide, place, task.plan.mpp)
    if place.reason != NOT_LOOKED_AT:
        return view, FILM if place.monolayer else EDGES
    crowded = bool(task.request.assay.fields.get("crowded_is_fine", False))
    reason = judged(view.look(), place.area_mm2, task.plan.good_focus, crowded)
    return view, NOWHERE if reason == BLURRED else EDGES if reason else FILM


def _searched(task: SearchTask, finder: SearchingFinder, seeker: CentreFinder | None, views: Views) -> _Part:
    """Search the fields of a part."""
    tables, where = [], {}
    sought = [view for view, place in views if place != NOWHERE]
    points = {v.place.index: p for v, p in zip(sought, candidates_in(sought, seeker), strict=True)}
    for view, place in views:
        where[view.place.index] = place
        if place == NOWHERE or not len(points[view.place.index]):
            continue
        cells = finder.nucleated_at(
            task.slide, view.place, points[view.place.index], task.plan.mpp, task.schema, view.grounds()
        )
        if place == EDGES:
            cells = replace(cells, flags=(cells.flags | OUTSIDE).astype(np.uint8))
        tables.append(cells)
    return _Part(CellTable.concatenate(tables, len(task.schema)), where)


def candidates_in(views: list[LowPower], seeker: CentreFinder | None) -> list[NDArray[np.float64]]:
    """Where nucleated cells may lie on each field, level-0 px, float64 (n, 2: x, y)."""
    return [view.candidates(seeker) for view in views]


def search_notes(request: RunRequest, schema: Schema, plan: Plan, searched: Searched, cells: CellTable) -> list[str]:
    """Sentences of what a search did, by the run's cells once each is known for what it is; none where nothing was to be
    searched."""
    notes: list[str] = []
    targets = targets_of(request, schema, "film")
    if not targets or not (plan.search or plan.edges):
        return notes
    cells_by_class = in_the_end(cells, len(schema))
    n, wanted = targets[0].named(cells_by_class), targets[0].wanted
    n_unnamed = unidentified_in(cells, schema)
    if n < wanted and reached(targets, cells_by_class):
        notes.append(
            gettext(
                "{n:,} of the {wanted:,} nucleated cells to be counted have a name; the search ended all the same, for "
                "{unnamed:,} more are unidentified and a person must name them."
            ).format(n=n, wanted=wanted, unnamed=n_unnamed)
        )
    elif n < wanted and not searched.partial:
        notes.append(
            ngettext(
                "{n} of the {wanted} nucleated cells to be counted was found in {mm2:.2f} mm², the whole monolayer "
                "that was searched.",
                "{n} of the {wanted} nucleated cells to be counted were found in {mm2:.2f} mm², the whole monolayer "
                "that was searched.",
                n,
            ).format(n=n, wanted=wanted, mm2=searched.mm2["film"])
        )
        if n_unnamed:
            notes.append(
                ngettext(
                    "{n:,} nucleated cell is unidentified and is not among them.",
                    "{n:,} nucleated cells are unidentified and are not among them.",
                    n_unnamed,
                ).format(n=n_unnamed)
            )
    if searched.edges:
        outside = int(((cells.flags & OUTSIDE) != 0).sum())
        notes.append(
            ngettext(
                "{mm2:.2f} mm² of side edges, feathered edge and thick areas were searched: the {n:,} cell found "
                "there must be seen "
                "and is not counted.",
                "{mm2:.2f} mm² of side edges, feathered edge and thick areas were searched: the {n:,} cells found "
                "there must be seen "
                "and are not counted.",
                outside,
            ).format(mm2=searched.mm2["edges"], n=outside)
        )
    return notes


def _beside(path: Path) -> Path:
    return path.with_suffix(".contours.arrow")


def _write(path: Path, part: _Part) -> None:
    write_contours(_beside(path), part.cells)
    write_cells(path, part.cells, {"where": {str(i): place for i, place in part.where.items()}})


def _read(lot: _Lot) -> _Part | None:
    """The part as it was written; None where it must be searched (again)."""
    if not lot.path.exists():
        return None
    try:
        cells, metadata = read_cells(lot.path, _beside(lot.path))
    except CellFileError:
        return None
    # JSON sorts its keys as texts: the order is that of the plan.
    where = metadata.get("where", {})
    if set(where) != {str(p.index) for p in lot.places}:
        return None
    return _Part(cells, {p.index: str(where[str(p.index)]) for p in lot.places})
