"""Timings, as ratios against a plain way of doing the same in the same run."""

from __future__ import annotations

import json
import statistics
import time
from argparse import ArgumentParser
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from apps.accounts.commands import SentenceCommand
from apps.accounts.errors import Refusal


class Command(SentenceCommand):
    help = (
        "Measure tiles against openslide's own Deep Zoom generator with Pillow, interleaved. "
        "Example: python manage.py bench tiles --json"
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("what", choices=["tiles"])
        parser.add_argument("--slide", type=Path, help="a slide of your own (default: a drawn one)")
        parser.add_argument("--rounds", type=int, default=6)
        parser.add_argument("--json", action="store_true")

    def handle(self, **options: Any) -> None:
        if options["rounds"] < 1:
            raise Refusal("--rounds is 1 or more.")
        with TemporaryDirectory() as folder:
            rows = _tiles(options["slide"] or _drawn(Path(folder)), options["rounds"])
        if options["json"]:
            self.stdout.write(json.dumps({"rows": rows}))
            return
        for r in rows:
            self.stdout.write(f"{r['case']:18} {r['value']:8.1f} {r['unit']}  {r['ratio']:.2f} × {r['ratio_to']}")


def _drawn(folder: Path) -> Path:
    from hemaview.wsi.synthetic import draw_film, write_film

    path = folder / "film.tif"
    write_film(path, folder / "film.csv", draw_film(4096, 3072))
    return path


def _tiles(path: Path, rounds: int) -> list[dict[str, Any]]:
    import io

    from openslide import OpenSlide
    from openslide.deepzoom import DeepZoomGenerator

    from hemaview.wsi.deepzoom import DeepZoom, tile_jpeg
    from hemaview.wsi.errors import SlideError
    from hemaview.wsi.slide import open_slide

    side = 512
    try:
        slide = open_slide(path)
    except SlideError as error:
        raise Refusal(error.message) from error
    zoom = DeepZoom(slide.width_px, slide.height_px, side)
    level = zoom.max_level
    columns, lines = zoom.grid(level)
    places = [(c, r) for r in range(min(lines, 5)) for c in range(min(columns, 6))]
    generator = DeepZoomGenerator(OpenSlide(path), tile_size=side, overlap=0, limit_bounds=False)

    def naive(column: int, row: int) -> None:
        generator.get_tile(level, (column, row)).save(io.BytesIO(), "JPEG", quality=85)

    def ours(column: int, row: int) -> None:
        tile_jpeg(slide, None, level, column, row, side)

    ways: dict[str, Callable[[int, int], None]] = {"naive_inprocess": naive, "ours_inprocess": ours}
    times: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, way in ways.items():
            started = time.perf_counter()
            for place in places:
                way(*place)
            times[name].append(len(places) / (time.perf_counter() - started))
    base = statistics.median(times["naive_inprocess"])
    return [
        {
            "case": name,
            "metric": "tiles",
            "value": round(statistics.median(rates), 2),
            "unit": "tiles/s",
            "ratio_to": "naive_inprocess",
            "ratio": round(statistics.median(rates) / base, 3),
        }
        for name, rates in times.items()
    ]
