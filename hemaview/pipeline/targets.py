"""How many cells of which classes end a run, which cells count towards that, and how many fields it will take."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import ceil
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from hemaview.cells.schema import Schema
from hemaview.cells.table import CUT, OUTSIDE, CellTable
from hemaview.pipeline.plan import Plan, PlannedField, RunRequest
from hemaview.pipeline.unidentified import CLASS, with_unidentified
from hemaview.words import ngettext

FIRST_FIELDS = 4
"""Where a protocol asks for no red cells, those of so many fields are counted all the same."""
EDGES_MM2 = 1.0
"""So much of the edges is searched at least, also where the targets are met before."""
EDGES_SHARE = 0.25
"""Of the area that the protocol searches, at most so much is of edges."""
DEFAULT_MM2 = 60.0

MOST_LOOKED_AT = 3
"""So many times the nucleated cells that are wanted are found at most: where few have a name, a person must name some."""


class Target(NamedTuple):
    """Cells that end a run."""

    wanted: int
    """So many."""
    classes: list[int]
    """The classes that count towards it."""
    nameless: list[int]
    """The class of those that may turn out to be of these; none of red cells."""

    def named(self, cells_by_class: NDArray[np.int64]) -> int:
        """How many cells count towards it."""
        return int(cells_by_class[self.classes].sum())

    def share(self, cells_by_class: NDArray[np.int64]) -> float:
        """How far it is met (1: it is): by cells with a name, or by MOST_LOOKED_AT times as many with and without one."""
        named = self.named(cells_by_class)
        every = named + int(cells_by_class[self.nameless].sum())
        return max(named, every / MOST_LOOKED_AT) / self.wanted


Targets = list[Target]


def targets_of(request: RunRequest, schema: Schema, search_name: str) -> Targets:
    """The assay's targets of that search that the settings ask for."""
    targets = []
    for target in request.assay.targets:
        wanted = target.wanted(request.settings)
        if wanted and target.search == search_name:
            classes = [schema.index(key) for key in target.classes if key in schema.by_key]
            nucleated = set(classes) <= set(_nucleated(schema)) and CLASS in schema.by_key
            targets.append(Target(wanted, classes, [schema.index(CLASS)] if nucleated else []))
    return targets


def reached(targets: Targets, cells_by_class: NDArray[np.int64]) -> bool:
    """Whether each target is met."""
    return all(target.share(cells_by_class) >= 1 for target in targets)


def towards_targets(cells: CellTable, place: PlannedField, classes: int) -> NDArray[np.int64]:
    """Cells of a field that count towards targets, by class, int64 (classes,): those that no edge cuts and whose centre lies
    in it. One on the border of two fields is found in both, and is one cell."""
    own = (cells.x >= place.x) & (cells.x < place.x + place.w) & (cells.y >= place.y) & (cells.y < place.y + place.h)
    return np.bincount(cells.cls[own & ((cells.flags & (CUT | OUTSIDE)) == 0)], minlength=classes).astype(np.int64)


def in_the_end(cells: CellTable, classes: int) -> NDArray[np.int64]:
    """Cells of a run, each once and by its last name, that count towards targets, by class, int64 (classes,)."""
    return np.bincount(cells.cls[(cells.flags & (CUT | OUTSIDE)) == 0], minlength=classes).astype(np.int64)


@dataclass(frozen=True)
class Tally:
    """Counts cells towards targets while fields are done, each by the name that it will have in the end."""

    schema: Schema
    """Their classes."""
    least: Mapping[str, Mapping[str, float]]
    """What the net that names them says of each class (`Card.least`); {} where it leaves none unidentified."""
    strange: bool
    """The film's stain is taken for one that the net did not learn from."""
    begun: NDArray[np.int64]
    """What counting begins at, by class, int64 (classes,): below 0 by the cells that turned out to be others at the end of an
    earlier round."""

    @classmethod
    def first(cls, schema: Schema, least: Mapping[str, Mapping[str, float]], strange: bool) -> Tally:
        return cls(schema, least, strange, np.zeros(len(schema), np.int64))

    def of(self, cells: CellTable, place: PlannedField) -> NDArray[np.int64]:
        """`towards_targets` of a field's cells, without those that will be unidentified."""
        named = with_unidentified(cells, self.schema, self.least, self.strange)
        return towards_targets(named, place, len(self.schema))

    def again(self, counted: NDArray[np.int64], known: NDArray[np.int64], strange: bool) -> Tally:
        """For a round that goes on where one has `counted` more cells than are `known` for it in the end (both by class)."""
        if strange and not self.strange:  # every cell is named otherwise: they are counted anew
            return Tally.first(self.schema, self.least, True)
        nucleated = np.isin(np.arange(len(self.schema)), _nucleated(self.schema))
        return replace(self, begun=self.begun - np.where(nucleated, counted - known, 0))


def ended_short(request: RunRequest, schema: Schema, counted: NDArray[np.int64], known: NDArray[np.int64]) -> bool:
    """Whether a target that was met by the cells `counted` is not by those that are `known` for it (both by class)."""
    every = [*targets_of(request, schema, "fields"), *targets_of(request, schema, "film")]
    return any(t.share(counted) >= 1 > t.share(known) for t in every if set(t.classes) <= set(_nucleated(schema)))


def _nucleated(schema: Schema) -> list[int]:
    return [c.index for c in schema.of_kind("nucleated")]


def unidentified_in(cells: CellTable, schema: Schema) -> int:
    """How many cells that would count towards a target have no name."""
    return int(in_the_end(cells, len(schema))[schema.index(CLASS)]) if CLASS in schema.by_key else 0


def field_notes(request: RunRequest, schema: Schema, cells: CellTable) -> list[str]:
    """Where the nucleated cells that end counting were not found in the counted fields for want of names: in a sentence."""
    n_unnamed = unidentified_in(cells, schema)
    if request.photo_fields or request.region or not n_unnamed:
        return []
    known = in_the_end(cells, len(schema))
    notes = []
    for target in targets_of(request, schema, "fields"):
        n, wanted = target.named(known), target.wanted
        if n < wanted and set(target.classes) <= set(_nucleated(schema)):
            notes.append(
                ngettext(
                    "{n:,} of the {wanted:,} nucleated cells to be counted have a name in the fields that could be counted; "
                    "{unnamed:,} more cell is unidentified.",
                    "{n:,} of the {wanted:,} nucleated cells to be counted have a name in the fields that could be counted; "
                    "{unnamed:,} more cells are unidentified.",
                    n_unnamed,
                ).format(n=n, wanted=wanted, unnamed=n_unnamed)
            )
    return notes


def search_mm2(request: RunRequest) -> float:
    """The area that the protocol searches at most."""
    return float(request.settings.get("search_mm2", DEFAULT_MM2))


@dataclass(frozen=True)
class Ahead:
    """How many fields a run will take, counting and searching, as far as the cells of those that are done tell."""

    whole: int
    """Fields that are counted whole where no target ends that."""
    of_fields: Targets
    """What ends counting."""
    of_film: Targets
    """What ends the search for nucleated cells; empty where there is none."""
    film: int
    """Fields of one layer, those counted whole among them, within the area that is searched."""
    edges: int
    """Fields of the edges, within theirs."""
    least_edges: int
    """So many of these are searched at least."""

    @classmethod
    def of(cls, plan: Plan, request: RunRequest, schema: Schema, searching: bool) -> Ahead:
        """`searching`: the finder can look at single places of a field."""
        every = bool(request.photo_fields or request.region)
        of_fields = [] if every else targets_of(request, schema, "fields")
        of_film = targets_of(request, schema, "film") if plan.search or plan.edges else []
        whole = plan.fields_to_count
        if of_film and not every and not of_fields and plan.search:
            whole = min(whole, FIRST_FIELDS)
        mm2 = float(np.mean([f.area_mm2 for f in plan.fields])) or 1.0
        most = search_mm2(request)
        return cls(
            whole,
            of_fields,
            of_film if searching else [],
            max(whole, min(len(plan.search), ceil(most / mm2))),
            min(len(plan.edges), ceil(EDGES_SHARE * most / mm2)),
            min(len(plan.edges), ceil(EDGES_MM2 / mm2)),
        )

    def counting(self, done: int, cells_by_class: NDArray[np.int64]) -> int:
        """By so many fields that are counted whole, and their cells."""
        whole = min(self.whole, _until(self.of_fields, done, cells_by_class, self.whole))
        return self._with_edges(max(whole, self._film(done, cells_by_class)), done)

    def searching(self, done: int, cells_by_class: NDArray[np.int64]) -> int:
        """By so many fields that are counted or searched, none at the edges yet, and their cells."""
        return self._with_edges(self._film(done, cells_by_class), done)

    def at_edges(self, film: int, done: int) -> int:
        """By so many fields of the film, once its search has ended; `done`: those at the edges, too."""
        return self._with_edges(film, done)

    def _film(self, done: int, cells_by_class: NDArray[np.int64]) -> int:
        return min(self.film, _until(self.of_film, done, cells_by_class, self.film)) if self.of_film else 0

    def _with_edges(self, film: int, done: int) -> int:
        if not self.of_film:
            return max(film, done)
        edges = min(self.edges, max(self.least_edges, round(self.edges * film / max(1, self.film))))
        return max(film + edges, done)


def _until(targets: Sequence[Target], done: int, cells_by_class: NDArray[np.int64], every: int) -> int:
    """So many fields meet the targets, if others are as those that are done; `every` where there is no target."""
    if not targets:
        return every
    least = min(min(1.0, max(1 / target.wanted, target.share(cells_by_class))) for target in targets)
    return max(done, round(done / least))
