"""What a cell may be at all: conformal sets in place of a single guess, and what is left without a name.

Of each class the calibration says from which probability on a cell may be that (`Card.least`). A cell that may be one class
has that name. One that may be several of one family keeps the likeliest and must be seen. One that may be of several
families, or of none, is unidentified: a class of its own, outside every n until a person names it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from hemaview.cells.schema import Schema
from hemaview.cells.table import SEVERAL, CellTable

CLASS = "unidentified"
FAMILIES = (
    ("segmented_neutrophil", "band_neutrophil", "metamyelocyte", "myelocyte", "promyelocyte", "immature_granulocyte"),
    ("lymphocyte", "lymphocyte_variant", "plasma_cell"),
    ("monocyte", "promonocyte"),
    ("eosinophil",),
    ("basophil", "mast_cell"),
    ("blast",),
    ("erythroblast",),
    ("platelet", "giant_platelet", "platelet_clump", "smudge", "artefact"),
)
"""Classes that a laboratory tells apart by degree; between two families lies another cell."""
KNOWN, STRANGE = "known", "strange"


def sets_of(p: NDArray[np.floating], names: tuple[str, ...], least: Mapping[str, float]) -> NDArray[np.bool_]:
    """bool (n, names): which classes each cell may be, of probabilities (n, names) among them."""
    share = p.astype(np.float32) / np.maximum(p.astype(np.float32).sum(axis=1, keepdims=True), 1e-6)
    return np.asarray(share >= np.array([least.get(name, 1.1) for name in names], np.float32))


def families_in(sets: NDArray[np.bool_], names: tuple[str, ...]) -> NDArray[np.int64]:
    """int64 (n,): of how many families each set bool (n, names) holds classes."""
    return np.asarray(
        sum(
            sets[:, [i for i, name in enumerate(names) if name in family]].any(axis=1).astype(np.int64)
            for family in FAMILIES
        )
    )


def calls_of(
    p: NDArray[np.float32], classes: tuple[str, ...], thresholds: Mapping[str, float], least: Mapping[str, float]
) -> NDArray[np.int64]:
    """int64 (n,): which of `classes` a job calls each cell of probabilities p (n, classes), by the `thresholds` of some of them;
    len(classes) where the cell is unidentified, by the `least` probabilities of each ({}: none is)."""
    calls = p.argmax(axis=1)
    for key, from_p in thresholds.items():
        calls[p[:, classes.index(key)] >= from_p] = classes.index(key)
    if least:
        calls[families_in(sets_of(p, classes, least), classes) != 1] = len(classes)
    return np.asarray(calls, np.int64)


def likeliest_names(cells: CellTable, schema: Schema) -> NDArray[np.int64]:
    """int64 (n,): the likeliest nucleated class of each unidentified cell, for a person to judge; -1 for every other cell, and
    where the file holds no probability of any."""
    names = np.full(len(cells), -1, np.int64)
    if CLASS not in schema.by_key:
        return names
    nameless = schema.index(CLASS)
    columns = np.array([c.index for c in schema.of_kind("nucleated") if c.index != nameless], np.int64)
    rows = np.flatnonzero(cells.cls == nameless)
    if not len(rows) or not len(columns):
        return names
    p = np.nan_to_num(cells.p[np.ix_(rows, columns)].astype(np.float32), nan=0.0)
    names[rows] = np.where(p.max(axis=1) > 0, columns[p.argmax(axis=1)], -1)
    return names


def with_unidentified(
    cells: CellTable, schema: Schema, least: Mapping[str, Mapping[str, float]], strange: bool
) -> CellTable:
    """The cells, those without a single name `unidentified` or flagged SEVERAL; as they are where the assay has no such class or
    the model no calibration. `strange`: the film's stain is unlike any that the model learned from."""
    of_stain = least.get(STRANGE if strange else KNOWN)
    if not of_stain or CLASS not in schema.by_key or not len(cells):
        return cells
    names = tuple(name for name in of_stain if name in schema.by_key)
    columns = np.array([schema.index(name) for name in names], np.int64)
    rows = np.flatnonzero(schema.rows_of_kind(cells.cls, "nucleated"))
    sets = sets_of(cells.p[np.ix_(rows, columns)], names, of_stain)
    alone = sets.sum(axis=1) == 1
    nameless = families_in(sets, names) != 1
    cls, flags = cells.cls.copy(), cells.flags.copy()
    cls[rows[nameless]] = schema.index(CLASS)
    flags[rows[~alone & ~nameless]] |= SEVERAL
    return replace(cells, cls=cls, flags=flags)
