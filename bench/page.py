"""docs/performance.md from the rows of a run."""

from __future__ import annotations

import os
import platform
from pathlib import Path

from bench import load
from bench.tiles import Row


def write(path: Path, what: str, rows: list[Row]) -> None:
    """Replace the page's part on `what` by these rows; the other part stays."""
    begin, end = f"<!-- {what} -->", f"<!-- end of {what} -->"
    text = path.read_text(encoding="utf-8")
    head, rest = text.split(begin, 1)
    tail = rest.split(end, 1)[1]
    path.write_text(f"{head}{begin}\n{_part(what, rows)}{end}{tail}", encoding="utf-8")


def _part(what: str, rows: list[Row]) -> str:
    where = f"{os.cpu_count()} processors, {platform.system()}, Python {platform.python_version()}, client: {load.client()}."
    ratios = [r for r in rows if r["ratio"]]
    lines = [f"Measured by `python manage.py bench {what}` on {where}", ""]
    if ratios:
        lines += ["| case | against | ratio |", "| --- | --- | --- |"]
        lines += [f"| {r['case']} {_what(r)} | {r['ratio_to']} | {r['ratio']:.2f} × |" for r in ratios] + [""]
    cases = list(dict.fromkeys(r["case"] for r in rows))
    metrics = list(dict.fromkeys(r["metric"] for r in rows))
    value = {
        (r["case"], r["metric"]): f"{r['value']:,.4g}" if r["value"] < 1000 else f"{r['value']:,.0f}" for r in rows
    }
    lines += ["| case | " + " | ".join(metrics) + " |", "| --- |" + " --- |" * len(metrics)]
    lines += [f"| {c} | " + " | ".join(value.get((c, m), "") for m in metrics) + " |" for c in cases]
    return "\n".join(lines) + "\n"


def _what(row: Row) -> str:
    return "" if row["metric"] == "tiles_per_s" else f"({row['metric'].replace('tiles_per_s_', '')})"
