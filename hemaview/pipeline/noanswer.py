"""Cells of which a net gave no finite answer: nobody may count them by a number that is none."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
from numpy.typing import NDArray

from hemaview.cells.schema import Schema
from hemaview.cells.table import UNANSWERED, CellTable
from hemaview.pipeline.plan import PipelineError
from hemaview.pipeline.unidentified import CLASS
from hemaview.words import all_of, gettext, ngettext


class NoAnswer(PipelineError):
    """A net gave no finite answer of a cell, and the examination has no class for what has no name."""


def unanswered(p: NDArray[np.floating]) -> NDArray[np.bool_]:
    """bool (n,): of which cells the probabilities p (n, classes) are not all finite."""
    return np.asarray(~np.isfinite(p).all(axis=1))


def with_unanswered(
    p: NDArray[np.float32], cls: NDArray[np.uint8], silent: NDArray[np.bool_], schema: Schema
) -> tuple[NDArray[np.float32], NDArray[np.uint8]]:
    """Probabilities (n, classes) and classes (n,) with the `silent` cells (n,) unidentified, of no probability; raises NoAnswer
    where the schema has no such class."""
    if not silent.any():
        return p, cls
    if CLASS not in schema.by_key:
        raise NoAnswer(gettext("A net gave no finite answer."), _another_model(), "no-answer")
    p, cls = p.copy(), cls.copy()
    p[silent], cls[silent] = 0, schema.index(CLASS)
    return p, cls


def unanswered_notes(cells: CellTable, nets: Collection[str]) -> list[str]:
    """How many of the cells got no finite answer, and from which of the nets, in a sentence; [] where each got one."""
    n = int(((cells.flags & UNANSWERED) != 0).sum())
    if not n:
        return []
    return [
        ngettext(
            "{nets} gave no finite answer for {n:,} cell: it is unidentified and must be seen.",
            "{nets} gave no finite answer for {n:,} cells: they are unidentified and must be seen.",
            n,
        ).format(nets=by_name(nets), n=n)
    ]


def named_failure(nets: Collection[str]) -> PipelineError:
    """The end of a run whose examination has no class for such a cell, with the names of the nets."""
    return PipelineError(
        gettext(
            "{nets} gave no finite answer for a cell, and this examination has no class for a cell without a name."
        ).format(nets=by_name(nets)),
        _another_model(),
        "no-answer",
    )


def _another_model() -> str:
    return gettext("An administrator must choose another model in the protocol; then order the analysis again.")


def by_name(nets: Collection[str]) -> str:
    return all_of(sorted(nets)) or gettext("A net")
