"""Two analyses of one slide beside each other: cells gained, lost and renamed, and what that does to the counts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from django.utils.translation import gettext
from numpy.typing import NDArray

from apps.accounts.errors import Conflict
from apps.analysis.cellfiles import cells_of, schema_of
from apps.analysis.models import Job
from apps.review.counts import effective, pool
from apps.review.matching import boxes_of, partners
from apps.review.state import REJECTED, Labels, added_cells, labels_of
from hemaview.assays import AssayError
from hemaview.cells.schema import Schema
from hemaview.cells.table import CellTable
from hemaview.counting.intervals import difference_of_shares
from hemaview.counting.values import Section

MOST_SHOWN = 60


def compare(a: Job, b: Job) -> dict[str, Any]:
    """What b has that a has not, and the other way round, by place and by the class that people left, each cell with the
    machine's class and who said something of it.

    Each list tells its whole length; at most MOST_SHOWN of its cells are described, those that matter most first. Raises
    Conflict where the analyses are not of one slide and one examination.
    """
    if a.slide_id != b.slide_id or a.assay != b.assay:
        raise Conflict(
            gettext("Only two analyses of one slide by one examination can be compared."), code="not-comparable"
        )
    first, second = _Side.of(a), _Side.of(b)
    mate = partners(boxes_of(first.cells), boxes_of(second.cells))
    lost = np.flatnonzero(mate < 0).tolist()
    gained = np.setdiff1d(np.arange(len(second.cells)), mate[mate >= 0]).tolist()
    both = np.flatnonzero(mate >= 0).tolist()
    renamed = [i for i in both if first.key(i) != second.key(int(mate[i]))]
    otherwise = [i for i in both if first.machine(i) != second.machine(int(mate[i]))]
    renamed.sort(key=lambda i: (-max(first.weight(i), second.weight(int(mate[i]))), i))
    return {
        "a": str(a.pk),
        "b": str(b.pk),
        "same": len(both) - len(renamed),
        "same_by_people": len(set(otherwise) - set(renamed)),
        "added_a": first.added,
        "added_b": second.added,
        "lost": _list([first.cell(i) for i in sorted(lost, key=lambda i: (-first.weight(i), i))]),
        "gained": _list([second.cell(i) for i in sorted(gained, key=lambda i: (-second.weight(i), i))]),
        "renamed": {
            **_list([_pair(first.cell(i), second.cell(int(mate[i]))) for i in renamed]),
            "by_machine": len(set(otherwise) & set(renamed)),
        },
        "sections": _sections(a, b),
    }


@dataclass(frozen=True)
class _Side:
    """One of the two analyses."""

    cells: CellTable
    schema: Schema
    labels: Labels
    now: NDArray[np.int16]
    """The class of each cell as people left it, -1 where it was rejected."""
    added: int
    """Cells that people added: they are in no list, but in the counts."""

    @classmethod
    def of(cls, job: Job) -> _Side:
        labels = labels_of(job)
        added = sum(label.state != REJECTED for _, label in added_cells(job, labels))
        return cls(cells_of(job), schema_of(job), labels, effective(job, labels), added)

    def key(self, row: int) -> str:
        return self.schema.classes[self.now[row]].key if self.now[row] >= 0 else "rejected"

    def machine(self, row: int) -> str:
        return self.schema.classes[self.cells.cls[row]].key

    def weight(self, row: int) -> int:
        return _weight(self.schema.classes[self.now[row]]) if self.now[row] >= 0 else 0

    def cell(self, row: int) -> dict[str, Any]:
        label = self.labels.rows.get(row)
        by = label.by if label else ""
        return {"row": row, "key": self.key(row), "machine": self.machine(row), "by": by}


def _pair(a: dict[str, Any], b: dict[str, Any]) -> dict[str, Any]:
    return {f"{name}_{side}": value for side, cell in (("a", a), ("b", b)) for name, value in cell.items()}


def _weight(c: Any) -> int:
    return 2 if c.must_see else 1 if c.counted else 0


def _list(items: list[dict[str, Any]]) -> dict[str, Any]:
    return {"n": len(items), "shown": items[:MOST_SHOWN]}


def _sections(a: Job, b: Job) -> list[dict[str, Any]]:
    """The sections of both, with the difference of each share and its interval, and the machine's own counts; none where the
    package that brought the examination is gone, for cells can still be compared."""
    pools = pool([a]), pool([b])
    try:
        machine = [{s.key: s for s in p.result(False).sections} for p in pools]
        before, after = ({s.key: s for s in p.result(True).sections} for p in pools)
    except AssayError:
        return []
    return [
        _section(section, after[key], machine[0].get(key), machine[1].get(key))
        for key, section in before.items()
        if key in after
    ]


def _section(a: Section, b: Section, machine_a: Section | None, machine_b: Section | None) -> dict[str, Any]:
    now = {row.key: row.count for row in b.rows}
    by_machine = [{row.key: row.count for row in s.rows} if s else {} for s in (machine_a, machine_b)]
    rows = []
    for row in a.rows:
        m = now.get(row.key, 0)
        own = [counts.get(row.key, 0) for counts in by_machine]
        if not row.count and not m and not any(own):
            continue
        rows.append(
            {
                "key": row.key, "a": row.count, "b": m, "machine_a": own[0], "machine_b": own[1],
                "difference_percent": None, "low": None, "high": None,
            }
        )  # fmt: skip
        if a.n and b.n and row.percent is not None:
            d = difference_of_shares(row.count, a.n, m, b.n).scaled(100)
            rows[-1] |= {"difference_percent": round(d.value, 3), "low": round(d.low, 3), "high": round(d.high, 3)}
    return {"key": a.key, "title": a.title, "n_a": a.n, "n_b": b.n, "rows": rows}
