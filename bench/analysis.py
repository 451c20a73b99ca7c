"""How long analyses take on this machine, beside the plain way of doing the same: `bench analysis`.

`_ours` is the pipeline as jobs run it. `_plain` shows the same nets in torch, eager and in float32, one picture at a time,
every field whole and none in search of white cells; it is given PLAIN_S seconds of the same slide, and what the whole would
take is reckoned by area. Each way runs in a process of its own, so that memory and cold starts are its own.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hemaview.wsi.synthetic import MPP, NORMAL_WHITE_PER_MM2, WhiteCells, draw_film, write_film

Row = dict[str, Any]
Say = Callable[[str], None]

PLAIN_S = 60.0
"""How long the plain way is measured."""
MARROW_WHITE_PER_MM2 = 900.0
"""A drawn film as full of nucleated cells as a marrow trail: nobody draws marrow, and its nets cost the same on it."""


@dataclass(frozen=True)
class Case:
    """One analysis of one slide."""

    name: str
    order: str
    assay: str
    settings: Mapping[str, Any]
    columns: int = 1
    rows: int = 1
    """How many times the drawn film lies on the slide, side by side and one below the other."""
    white_per_mm2: float = NORMAL_WHITE_PER_MM2


_TARGETS = {"rbc": 3000, "wbc": 200}
_WHOLE = {"rbc": 3000, "wbc": 1_000_000, "search_mm2": 100_000.0}
FULL = (
    Case("film_targets", "blood-film", "blood_film", _TARGETS, 4, 3),
    Case("marrow_500", "marrow-cascade", "marrow", {"nucleated": 500}, white_per_mm2=MARROW_WHITE_PER_MM2),
    Case("whole_slide_x1", "blood-film", "blood_film", _WHOLE),
    Case("whole_slide_x4", "blood-film", "blood_film", _WHOLE, 2, 2),
    Case("whole_slide_x16", "blood-film", "blood_film", _WHOLE, 4, 4),
)
FULL_PX, QUICK_PX = (16_384, 6_144), (6_144, 2_048)


def bench_analysis(folder: Path, quick: bool, say: Say, only: str = "") -> list[Row]:
    """Rows {case, metric, value, unit, ratio_to, ratio} of the cases whose name begins with `only`, ours and plain, each case's
    also said once it is measured; `quick` on small slides."""
    rows: list[Row] = []
    for case in (c for c in FULL if c.name.startswith(only)):
        slide = made_slide(folder, case, QUICK_PX if quick else FULL_PX, say)
        figures = {}
        for how in ("ours", "plain"):
            say(f"{case.name}, {how}")
            figures[how] = _in_a_process(case, how, slide, folder, quick)
        of_case = _rows(case.name, figures)
        say("; ".join(f"{r['case']} {r['metric']} {r['value']} {r['unit']}" for r in of_case))
        rows += of_case
    return rows


def made_slide(folder: Path, case: Case, size_px: tuple[int, int], say: Say) -> Path:
    """The slide of a case: a drawn film, laid out as often as the case says."""
    import pyvips

    from hemaview.wsi.sidepyramid import write_pyramid

    once = folder / f"film-{case.white_per_mm2:g}-{size_px[0]}.tif"
    if not once.exists():
        say(f"drawing a film with {case.white_per_mm2:g} white cells per mm²")
        scene = draw_film(*size_px, seed=11, white=WhiteCells(case.white_per_mm2))
        write_film(once, once.with_suffix(".csv"), scene)
    if case.columns * case.rows == 1:
        return once
    path = folder / f"{once.stem}-{case.columns}x{case.rows}.tif"
    if not path.exists():
        film = pyvips.Image.new_from_file(str(once))
        sheet = pyvips.Image.arrayjoin([film] * (case.columns * case.rows), across=case.columns)
        write_pyramid(sheet.copy(interpretation="srgb"), path, MPP, quality=88)
    return path


def _in_a_process(case: Case, how: str, slide: Path, folder: Path, quick: bool) -> dict[str, float]:
    """The figures of one way of one case."""
    env = {**os.environ}
    if how == "plain":
        env |= {"HEMAVIEW_RUNTIME": "torch", "HEMAVIEW_PRECISION": "f32", "HEMAVIEW_BATCH": "1"}
    command = [
        sys.executable,
        "-m",
        "bench.analysis",
        case.name,
        how,
        str(slide),
        str(folder),
        "quick" if quick else "full",
    ]
    root = Path(__file__).parents[1]
    process = subprocess.run(command, env=env, cwd=root, stdout=subprocess.PIPE, check=True)
    figures: dict[str, float] = json.loads(process.stdout.splitlines()[-1])
    return figures


_UNITS = {
    "seconds_cold": "s", "seconds_warm": "s", "mpx_s": "Mpx/s", "cells_s": "cells/s", "peak_memory": "MiB",
    "cores_busy": "cores", "searched": "mm²", "cells": "cells", "measured": "s",
}  # fmt: skip


def _rows(case: str, figures: Mapping[str, Mapping[str, float]]) -> list[Row]:
    rows = []
    for how, own in figures.items():
        for metric, value in own.items():
            other = figures["plain"].get(metric) if how == "ours" else None
            rows.append(
                {"case": f"{case}_{how}", "metric": metric, "value": round(value, 4),
                 "unit": _UNITS.get(metric, "s"), "ratio_to": f"{case}_plain" if other else "",
                 "ratio": round(value / other, 4) if other else None}
            )  # fmt: skip
    return rows


class _Clock:
    """A sink that notes when each stage began."""

    def __init__(self) -> None:
        self.began = time.perf_counter()
        self.at: dict[str, float] = {}
        self.fields: list[float] = []

    def stop_asked(self) -> bool:
        return False

    def phase(self, text: str, share: float = 0.0) -> None:
        self.at.setdefault(text, time.perf_counter())

    def planned(self, plan: Any, device: str) -> None:
        self.at["counting"] = time.perf_counter()

    def field_done(self, fields_done: int, total: int, cells: int) -> None:
        self.fields.append(time.perf_counter())


def _ours(case: Case, slide: Path, folder: Path, quick: bool) -> dict[str, float]:
    """A run as a job does it, twice: cold and warm."""
    from hemaview.pipeline.run import run

    seconds, figures = {}, {}
    for start in ("cold",) if quick else ("cold", "warm"):
        clock, cpu = _Clock(), time.process_time()
        outcome = run(_request(case, slide, folder / f"{case.name}-{os.getpid()}-{start}"), clock)
        end_s = time.perf_counter()
        seconds[start] = end_s - clock.began
        area_mm2 = sum(outcome.searched_mm2.get(k, 0.0) for k in ("film", "edges"))
        counting_ended = clock.fields[outcome.fields_done - 1]
        figures = {
            "mpx_s": area_mm2 / (MPP / 1000) ** 2 / 1e6 / seconds[start],
            "cells_s": outcome.cells / seconds[start],
            "cores_busy": (time.process_time() - cpu) / seconds[start],
            "cells": float(outcome.cells),
            "searched": area_mm2,
            "stage_planning": clock.at["counting"] - clock.at["measuring red cells"],
            "stage_counting": counting_ended - clock.at["counting"],
            "stage_searching": clock.fields[-1] - counting_ended,
            "stage_closing": end_s - clock.fields[-1],
        }
        if start == "cold":
            loading = clock.at["measuring red cells"] - clock.began
    warm = seconds.get("warm", seconds["cold"] - loading)
    return {"seconds_cold": seconds["cold"], "seconds_warm": warm, "stage_loading": loading, **figures, **_memory()}


def _plain(case: Case, slide: Path, folder: Path, quick: bool) -> dict[str, float]:
    """Every field whole, in torch, one picture at a time; reckoned up to the area that ours searched, or all of the slide."""
    from hemaview.inference import load
    from hemaview.pipeline.fieldchoice import plan_run
    from hemaview.pipeline.finders import finder
    from hemaview.wsi.slide import open_slide

    began = time.perf_counter()
    request = _request(case, slide, folder)
    models = {role: load(*model) for role, model in request.models.items() if role != "overview"}
    how = finder(request.finder, models, request.schema)
    loaded_s = time.perf_counter()
    cells, area_mm2, cpu = 0, 0.0, time.process_time()
    with open_slide(slide) as open_slide_file:
        plan = plan_run(open_slide_file, request, lambda _text, _share: None)
        planned_s = time.perf_counter()
        for place in [f for f in plan.fields if f.monolayer]:
            cells += len(how.cells(open_slide_file, place, plan.mpp, request.schema))
            area_mm2 += place.area_mm2
            if time.perf_counter() - planned_s > (PLAIN_S / 6 if quick else PLAIN_S):
                break
    counting_s = time.perf_counter() - planned_s
    whole_mm2 = sum(f.area_mm2 for f in plan.fields if f.monolayer)
    wanted = next((int(v) for k, v in case.settings.items() if k in ("wbc", "nucleated")), 0)
    needed_mm2 = min(whole_mm2, max(area_mm2, wanted / case.white_per_mm2))
    seconds = planned_s - loaded_s + counting_s * needed_mm2 / area_mm2
    return {
        "seconds_cold": seconds + loaded_s - began,
        "seconds_warm": seconds,
        "mpx_s": area_mm2 / (MPP / 1000) ** 2 / 1e6 / counting_s,
        "cells_s": cells / counting_s,
        "cores_busy": (time.process_time() - cpu) / (counting_s + planned_s - loaded_s),
        "measured": counting_s,
        "searched": needed_mm2,
        **_memory(),
    }


def _memory() -> dict[str, float]:
    return {"peak_memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}


def _request(case: Case, slide: Path, folder: Path) -> Any:
    from hemaview.assays import assay
    from hemaview.methods.card import cards
    from hemaview.pipeline import RunRequest

    examination = assay(case.assay)
    order = next(o for o in examination.orders if o.name == case.order)
    models = {r: (n, cards()[n].version, cards()[n].sha256) for r, n in order.models.items() if r != "overview"}
    return RunRequest(
        slide=slide, folder=folder, protocol=order.name, assay=examination, schema=examination.schema, finder=order.finder,
        settings={**order.settings, **case.settings}, models=models, thresholds={}, mpp=MPP, photo_fields=[],
    )  # fmt: skip


def main(arguments: list[str]) -> None:
    """One way of one case, in this process; its figures as JSON."""
    name, how, slide, folder, size = arguments
    case = next(c for c in FULL if c.name == name)
    measure = _ours if how == "ours" else _plain
    sys.stdout.write(json.dumps(measure(case, Path(slide), Path(folder), size == "quick")) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
