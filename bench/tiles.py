"""`bench tiles`: every way beside every other, interleaved, in process and over HTTP."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import statistics
import subprocess
import sys
import time
import uuid
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from typing import Any

from apps.accounts.errors import Refusal
from bench import load, servers, ways
from bench.slides import FULL, QUICK, BenchSlide, film, make_slides
from hemaview.wsi.synthetic import draw_film, write_film

WORKER_NICENESS = 15
"""As `demo` starts its worker."""
Say = Callable[[str], None]
Row = dict[str, Any]
COMPARED = {
    "native_inprocess": ("naive_inprocess", "large_image_inprocess", "large_image_icc_inprocess", "fallback_inprocess"),
    "fallback_inprocess": ("naive_inprocess",),
    "large_image_inprocess": ("naive_inprocess",),
    "native_http": ("naive_http", "large_image_http", "large_image_icc_http", "nginx_http", "fallback_http"),
    "fallback_http": ("naive_http",),
    "large_image_http": ("naive_http",),
}
UNITS = {"tiles_per_s": "tiles/s", "p50_ms": "ms", "p99_ms": "ms", "cpu_us": "µs/tile", "memory_mb": "MB"}


def bench_tiles(folder: Path, quick: bool, own: Path | None, say: Say) -> list[Row]:
    """The rows of the whole comparison; `own` is a slide to measure in place of the generated ones."""
    if own is not None:
        slides = [_as_bench_slide(own)]
    else:
        say("drawing the slide")
        slides = make_slides(folder, QUICK if quick else FULL, (256,) if quick else (256, 240))
    house = servers.House(folder / "house")
    rows: list[Row] = []
    for number, slide in enumerate(slides):
        say(f"bringing in {slide.path.name}")
        _warm(slide.path)
        key = house.bring_in(slide.path, f"BENCH-{number}")
        decoded = house.bring_in(slide.path, f"BENCH-{number}-DECODED")
        house.decode_everything(decoded)
        places = [(c, r) for c in range(slide.columns - 1) for r in range(slide.rows - 1)]
        random.Random(1).shuffle(places)
        places = places[:20_000]
        say(f"in process, {slide.tile_px} px")
        rows += _rows(_in_process(house, slide, key, decoded, places, quick), slide.tile_px)
        say(f"over HTTP, {slide.tile_px} px, {load.client()}, {load.CONNECTIONS} connections")
        rows += _rows(_over_http(house, slide, key, decoded, places, folder, quick, say), slide.tile_px)
        if number == 0:
            rows += _contention(house, key, decoded, places, folder, quick, say)
    return rows


def _in_process(
    house: servers.House, slide: BenchSlide, key: str, decoded: str, places: list[tuple[int, int]], quick: bool
) -> dict[str, dict[str, float]]:
    few, many = (15, 2000) if quick else (60, 6000)
    way_by_case: dict[str, tuple[ways.Way, int]] = {
        "naive_inprocess": (ways.naive(slide), few),
        "native_inprocess": (ways.native(slide, house.index_path(key)), many),
        "fallback_inprocess": (ways.fallback(slide, house.index_path(decoded)), few),
    }
    if "large_image" not in ways.available():
        way_by_case["large_image_inprocess"] = (ways.large_image(slide, icc=False), many // 10)
        way_by_case["large_image_icc_inprocess"] = (ways.large_image(slide, icc=True), few)
    return ways.measure(way_by_case, places, 3 if quick else 9)


def _over_http(
    house: servers.House, slide: BenchSlide, key: str, decoded: str, places: list[tuple[int, int]], folder: Path,
    quick: bool, say: Say,
) -> dict[str, dict[str, float]]:  # fmt: skip
    seconds, rounds = (1, 1) if quick else (4, 3)
    shots: dict[str, list[load.Load]] = {}
    work = folder / f"load-{slide.tile_px}"
    work.mkdir(exist_ok=True)
    with ExitStack() as stack:
        port, pid = stack.enter_context(house.serving())
        running = [
            servers.Server("native_http", port, pid, house.paths(key, places)),
            servers.Server("fallback_http", port, pid, house.paths(decoded, places)),
            stack.enter_context(servers.plain("naive", slide, places)),
        ]
        if "large_image" not in ways.available():
            running.append(stack.enter_context(servers.plain("large_image", slide, places)))
            running.append(stack.enter_context(servers.plain("large_image_icc", slide, places)))
        if servers.has_nginx():
            running.append(stack.enter_context(servers.nginx(slide, house.index_path(key), places, folder)))
        for server in running[1:2] if quick else running:
            load.run(server, 1, work)
        for number in range(rounds):
            for server in running:
                begin = (number + 1) * len(places) // (rounds + 2)
                shot = load.run(server, seconds, work, begin)
                shots.setdefault(server.case, []).append(shot)
                say(f"  {server.case}: {shot.tiles_per_s:.0f} tiles/s")
    return {case: _median(loads) for case, loads in shots.items()}


def _contention(
    house: servers.House,
    key: str,
    decoded: str,
    places: list[tuple[int, int]],
    folder: Path,
    quick: bool,
    say: Say,
) -> list[Row]:
    """p99 of stored tiles alone and beside busy decoders or an analysing worker, in turns: what runs beside is halted
    and goes on, so that a change of the machine's own load falls on both."""
    seconds, rounds, warm_s = (1, 1, 5) if quick else (3, 5, 25)
    work = folder / "contention"
    work.mkdir(exist_ok=True)
    path = folder / "film.tif"
    write_film(path, folder / "film.csv", film() if quick else draw_film(4096, 2048, seed=11))
    film_key = house.bring_in(path, "BENCH-FILM")
    rows = []
    with house.serving() as (port, pid):
        server = servers.Server("native_http", port, pid, house.paths(key, places))
        busy = servers.Server("fallback_http", port, pid, house.paths(decoded, places))
        load.run(server, 1, work)
        load.run(busy, 1, work)
        # Again and again: a film is analysed in less time than this takes.
        once = f"{sys.executable} manage.py analyse {uuid.UUID(hex=film_key)} --local"
        order = ["sh", "-c", f"while :; do {once} || exit 1; done"]
        for name, command, warm, niceness in (
            ("decoders", _busy_command(busy, work), 1.0, 0),
            ("worker", order, warm_s, WORKER_NICENESS),
        ):
            say(f"  beside {name}")
            alone, beside = [], []
            with _Beside(command, house.environment, niceness) as other:
                time.sleep(warm)
                for number in range(rounds):
                    begin = number * len(places) // rounds
                    beside.append(load.run(server, seconds, work, begin).p99_ms)
                    other.halt()
                    time.sleep(0.3)
                    alone.append(load.run(server, seconds, work, begin).p99_ms)
                    other.go_on()
                if not other.running():
                    raise Refusal(f"What was to run beside ({name}) ended before the measurement did.")
            base = statistics.median(alone)
            rows.append(_row(f"native_alone_of_{name}_http", "p99_ms", base, "", None))
            p99_ms = statistics.median(beside)
            rows.append(_row(f"native_beside_{name}_http", "p99_ms", p99_ms, f"native_alone_of_{name}_http", base))
    return rows


def _busy_command(server: servers.Server, folder: Path) -> list[str]:
    listing = folder / f"paths-{server.case}.txt"
    return [
        sys.executable, "-m", "bench.client", str(server.port), str(listing), "3600", "0", "8",
    ]  # fmt: skip


class _Beside:
    """A command that runs while something else is measured, and can be halted."""

    def __init__(self, command: list[str], environment: dict[str, str], niceness: int) -> None:
        self.process = subprocess.Popen(
            command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
        )
        os.setpriority(os.PRIO_PROCESS, self.process.pid, niceness)

    def __enter__(self) -> _Beside:
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def running(self) -> bool:
        return self.process.poll() is None

    def halt(self) -> None:
        os.killpg(self.process.pid, signal.SIGSTOP)

    def go_on(self) -> None:
        os.killpg(self.process.pid, signal.SIGCONT)


def _warm(path: Path) -> None:
    """Read the file once: every way is measured with a warm page cache."""
    with path.open("rb") as stream:
        while stream.read(1 << 24):
            pass


def _median(shots: list[load.Load]) -> dict[str, float]:
    keys = [k for k in asdict(shots[0]) if k != "requests"]
    return {key: statistics.median(asdict(shot)[key] for shot in shots) for key in keys}


def _rows(figures_by_case: dict[str, dict[str, float]], tile_px: int) -> list[Row]:
    rows = []
    for case, figures in figures_by_case.items():
        for metric, value in figures.items():
            name = metric if tile_px == 256 else f"{metric}_{tile_px}"
            bases = [b for b in COMPARED.get(case, ()) if b in figures_by_case] if metric == "tiles_per_s" else []
            for base in bases or [""]:
                rows.append(_row(case, name, value, base, figures_by_case[base][metric] if base else None, metric))
    return rows


def _row(case: str, metric: str, value: float, base: str, of: float | None, unit: str = "") -> Row:
    ratio = round(value / of, 4) if of else None
    return {
        "case": case, "metric": metric, "value": round(value, 4), "unit": UNITS[unit or metric], "ratio_to": base or None,
        "ratio": ratio,
    }  # fmt: skip


def _as_bench_slide(path: Path) -> BenchSlide:
    from hemaview.wsi.errors import SlideError
    from hemaview.wsi.slide import open_slide

    try:
        with open_slide(path) as slide:
            own = slide.source.tile_px(0)
            if own is None or own[0] != own[1]:
                raise Refusal(f"{path.name} has no square tiles; there is nothing to compare tile by tile.")
            return BenchSlide(path, own[0], slide.width_px, slide.height_px)
    except SlideError as error:
        raise Refusal(error.message) from error
