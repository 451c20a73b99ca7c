"""Two analyses of one slide beside each other: cells gained, lost and renamed, and what that does to the counts."""

from __future__ import annotations

from typing import Any

import numpy as np
from django.utils.translation import gettext

from apps.accounts.errors import Conflict
from apps.analysis.cellfiles import cells_of, schema_of
from apps.analysis.models import Job
from apps.review.counts import effective, pool
from apps.review.matching import boxes_of, partners
from apps.review.state import labels_of
from hemaview.counting.intervals import difference_of_shares
from hemaview.counting.values import Section

MOST_SHOWN = 60


def compare(a: Job, b: Job) -> dict[str, Any]:
    """What b has that a has not, and the other way round, by place and by the class that people left.

    Each list tells its whole length; at most MOST_SHOWN of its cells are described, those that matter most first. Raises
    Conflict where the analyses are not of one slide and one examination.
    """
    if a.slide_id != b.slide_id or a.assay != b.assay:
        raise Conflict(
            gettext("Only two analyses of one slide by one examination can be compared."), code="not-comparable"
        )
    cells_a, cells_b = cells_of(a), cells_of(b)
    known_a, known_b = schema_of(a), schema_of(b)
    now_a, now_b = effective(a, labels_of(a)), effective(b, labels_of(b))
    mate = partners(boxes_of(cells_a), boxes_of(cells_b))
    lost = np.flatnonzero(mate < 0)
    gained = np.setdiff1d(np.arange(len(cells_b)), mate[mate >= 0])
    both = np.flatnonzero(mate >= 0)

    def key(known: Any, value: int) -> str:
        return known.classes[value].key if value >= 0 else "rejected"

    renamed = [i for i in both.tolist() if key(known_a, int(now_a[i])) != key(known_b, int(now_b[mate[i]]))]
    weight_a = {c.index: _weight(c) for c in known_a.classes}
    weight_b = {c.index: _weight(c) for c in known_b.classes}
    lost_rows = sorted(lost.tolist(), key=lambda i: (-weight_a.get(int(now_a[i]), 0), i))
    gained_rows = sorted(gained.tolist(), key=lambda i: (-weight_b.get(int(now_b[i]), 0), i))
    renamed = sorted(
        renamed, key=lambda i: (-max(weight_a.get(int(now_a[i]), 0), weight_b.get(int(now_b[mate[i]]), 0)), i)
    )
    return {
        "a": str(a.pk),
        "b": str(b.pk),
        "same": len(both) - len(renamed),
        "lost": _list([{"row": i, "key": key(known_a, int(now_a[i]))} for i in lost_rows]),
        "gained": _list([{"row": i, "key": key(known_b, int(now_b[i]))} for i in gained_rows]),
        "renamed": _list(
            [
                {
                    "row_a": i,
                    "row_b": int(mate[i]),
                    "key_a": key(known_a, int(now_a[i])),
                    "key_b": key(known_b, int(now_b[mate[i]])),
                }
                for i in renamed
            ]
        ),
        "sections": _sections(a, b),
    }


def _weight(c: Any) -> int:
    return 2 if c.must_see else 1 if c.counted else 0


def _list(items: list[dict[str, Any]]) -> dict[str, Any]:
    return {"n": len(items), "shown": items[:MOST_SHOWN]}


def _sections(a: Job, b: Job) -> list[dict[str, Any]]:
    """The sections of both, with the difference of each share and its interval."""
    after = {s.key: s for s in pool([b]).result(True).sections}
    return [_section(s, after[s.key]) for s in pool([a]).result(True).sections if s.key in after]


def _section(a: Section, b: Section) -> dict[str, Any]:
    now = {row.key: row.count for row in b.rows}
    rows = []
    for row in a.rows:
        m = now.get(row.key, 0)
        if not row.count and not m:
            continue
        rows.append({"key": row.key, "a": row.count, "b": m, "difference_percent": None, "low": None, "high": None})
        if a.n and b.n and row.percent is not None:
            d = difference_of_shares(row.count, a.n, m, b.n).scaled(100)
            rows[-1] |= {"difference_percent": round(d.value, 3), "low": round(d.low, 3), "high": round(d.high, 3)}
    return {"key": a.key, "title": a.title, "n_a": a.n, "n_b": b.n, "rows": rows}
