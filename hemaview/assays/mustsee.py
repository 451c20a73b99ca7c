"""Which cells a person must see before a signature, and why: what an assay asks for, applied to a job's cells."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hemaview.cells.schema import Schema
from hemaview.cells.table import CUT, OUTSIDE, SEVERAL, UNANSWERED, CellTable
from hemaview.cells.transport import margin
from hemaview.words import gettext, gettext_noop

NO_ANSWER = gettext_noop("no answer of a net")
ELSEWHERE = gettext_noop("lies outside the counted fields")
"""Of cells that a search found at the edges or the feathered end: they are in no count."""


@dataclass(frozen=True)
class MustSee:
    """What an assay asks for beside the classes that are marked `must_see`."""

    unsure: tuple[str, ...] = ()
    """Keys of the groups of which every unsure cell must be seen."""
    maybe: str = ""
    """What another thing may be instead, in words, where it is nearly as likely one of the `unsure` groups."""
    probable: Mapping[str, float] | None = None
    """Class key to the probability from which a cell of any other class must be seen for being perhaps that."""


def must_see_reasons(cells: CellTable, schema: Schema, must_see: MustSee, least_margin: float) -> NDArray[Any]:
    """object (n,): '' or why each cell must be seen, in the reader's language: its class, that it is unsure, or that it may be
    another.

    `cells.p` has a column for each class of `schema`. Cells cut by an edge are not counted, so none of them must be seen.
    """
    reasons = np.full(len(cells), "", dtype=object)
    unsure = (margin(cells) < least_margin) | ((cells.flags & SEVERAL) != 0)
    of_groups = [c.index for c in schema.classes if c.group in must_see.unsure]
    maybe = cells.p[:, of_groups].astype(np.float32).sum(axis=1) > (1 - least_margin) / 2
    for c in schema.classes:
        mine = cells.cls == c.index
        if c.group in must_see.unsure:
            reasons[mine & unsure] = gettext("uncertain: {class_name}").format(class_name=c.name.lower())
        elif must_see.maybe:
            reasons[mine & maybe] = gettext("uncertain: may be {another}").format(another=must_see.maybe)
    for key, least in (must_see.probable or {}).items():
        perhaps = schema.by_key.get(key)
        if perhaps is not None:
            likely = (cells.p[:, perhaps.index] >= least) & (reasons == "") & (cells.cls != perhaps.index)
            reasons[likely] = gettext("uncertain: may be a {class_name}").format(class_name=perhaps.name.lower())
    for c in schema.classes:
        if c.must_see:
            reasons[cells.cls == c.index] = c.name.lower()
    reasons[(cells.flags & UNANSWERED) != 0] = gettext(NO_ANSWER)
    reasons[((cells.flags & OUTSIDE) != 0) & (reasons == "")] = gettext(ELSEWHERE)
    reasons[(cells.flags & CUT) != 0] = ""
    return reasons
