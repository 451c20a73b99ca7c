"""From the nets' answers to one class a cell: kinds and finer classes agreed, what is too doubtful held back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from hemaview.cells.schema import Schema

DOUBT = 0.005
"""How far either net may be wrong in everything, as a probability."""
SMUDGE_ODDS = 0.3
"""Smudges were learned from leukaemia alone, where a twelfth of the nucleated things are some; other films have few, and
white cells of strange stains were called so. On jhu-aml's val it costs three of 23 smudges."""
PLATELETS = ("platelet", "giant_platelet", "platelet_clump")
UNCATEGORISED = "uncategorised"
LEAST_NEXT = 0.25
"""A shape less likely than that is not said of a cell in place of one that was held back."""


def classes_of(
    p: NDArray[np.float32],
    thresholds: Mapping[str, float],
    schema: Schema,
    called_from: Mapping[str, float] | None = None,
) -> NDArray[np.uint8]:
    """uint8 (n,): the likeliest class, or one whose threshold is passed. What is likeliest and yet less likely than `called_from`
    asks is the next likely class, or where that is less likely than LEAST_NEXT, uncategorised: no other shape is said of it."""
    if not len(p):
        return np.zeros(0, np.uint8)
    p_held_back = held_back(p, {schema.index(k): v for k, v in (called_from or {}).items()})
    cls = p_held_back.argmax(axis=1)
    if UNCATEGORISED in schema.by_key:
        doubtful = (cls != p.argmax(axis=1)) & (p[np.arange(len(p)), cls] < LEAST_NEXT)
        cls = np.where(doubtful, schema.index(UNCATEGORISED), cls)
    for name, threshold in thresholds.items():
        cls = np.where(p[:, schema.index(name)] >= threshold, schema.index(name), cls)
    return cls.astype(np.uint8)


def held_back(p: NDArray[np.float32], called_from: Mapping[int, float]) -> NDArray[np.float32]:
    """p (n, classes) with nothing in those columns of a row that are less likely there than `called_from` asks."""
    if not called_from:
        return p
    p_after = p.copy()
    for column, least in called_from.items():
        p_after[p[:, column] < least, column] = 0
    return p_after


def rarer_smudges(fine: NDArray[np.float32], names: Sequence[str]) -> NDArray[np.float32]:
    """The finer net's answers (n, names) with the odds of a smudge lowered by SMUDGE_ODDS."""
    if "smudge" not in names:
        return fine
    p = fine.copy()
    p[:, names.index("smudge")] *= SMUDGE_ODDS
    return np.asarray(p / np.maximum(p.sum(axis=1, keepdims=True), 1e-9), np.float32)


def with_platelets_and_dirt(
    fine: NDArray[np.float32], names: Sequence[str], kinds: NDArray[np.float32], schema: Schema
) -> tuple[NDArray[np.float32], list[str]]:
    """The answers (n, names) and names of a finer net that knows no platelets or no dirt, as one that leaves both, where the
    schema has them, to the kind net (n, 3: nucleated, platelet, nothing): a net of white cells alone would name each platelet a
    white cell."""
    share = kinds / np.maximum(kinds.sum(axis=1, keepdims=True), 1e-9)
    lacking = [] if any(name in PLATELETS for name in names) else [(PLATELETS[0], share[:, 1])]
    lacking += [] if "artefact" in names else [("artefact", share[:, 2])]
    lacking = [(name, column) for name, column in lacking if name in schema.by_key]
    if not lacking:
        return fine, list(names)
    added = np.stack([column for _, column in lacking], axis=1)
    scaled_down = fine * (1 - added.sum(axis=1, keepdims=True))
    return np.concatenate([scaled_down, added], axis=1).astype(np.float32), [*names, *(name for name, _ in lacking)]


def agreed(kinds: NDArray[np.float32], fine: NDArray[np.float32], names: Sequence[str]) -> NDArray[np.float32]:
    """float32 (n, names): what is no red cell, by the kind net (n, 3: nucleated, platelet, nothing) and the finer one.

    Both say whether a thing is a nucleated cell, a platelet or dirt, and neither alone: in a stain that it never saw the
    finer net takes white cells for dirt that the kind net is sure of. Their odds are multiplied, softened by DOUBT.
    """
    dirt = np.array([name == "artefact" for name in names])
    plates = np.array([name in PLATELETS for name in names])
    groups = np.stack([~dirt & ~plates, plates, dirt])
    share = fine @ groups.T
    weight = (kinds + DOUBT) * (share + DOUBT)
    weight *= kinds.sum(axis=1, keepdims=True) / weight.sum(axis=1, keepdims=True)
    return np.asarray(fine * ((weight / np.maximum(share, 1e-6)) @ groups), np.float32)
