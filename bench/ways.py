"""Ways of making one level-0 tile in this process: what each costs without any web server."""

from __future__ import annotations

import io
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bench.slides import BenchSlide

Way = Callable[[int, int], bytes]


def naive(slide: BenchSlide) -> Way:
    """openslide's Deep Zoom generator on the file's own grid, encoded by Pillow: the example that everyone copies."""
    from openslide import OpenSlide
    from openslide.deepzoom import DeepZoomGenerator

    zoom = DeepZoomGenerator(OpenSlide(slide.path), tile_size=slide.tile_px, overlap=0, limit_bounds=False)
    level = zoom.level_count - 1

    def make(column: int, row: int) -> bytes:
        out = io.BytesIO()
        zoom.get_tile(level, (column, row)).save(out, "JPEG", quality=75)
        return out.getvalue()

    return make


def large_image(slide: BenchSlide, icc: bool) -> Way:
    """large_image's tiff source, as it comes (`icc`) or told to leave profiles alone, where it can pass bytes through."""
    import large_image_source_tiff

    source = large_image_source_tiff.open(str(slide.path), **({} if icc else {"style": {"icc": False}}))
    level = source.levels - 1

    def make(column: int, row: int) -> bytes:
        return bytes(source.getTile(column, row, level))

    return make


def native(slide: BenchSlide, index_path: Path) -> Way:
    """Our tile server's own read: bounds, table, one read of the file, the tables in front."""
    from hemaview.tiles.app import read_cold, read_warm
    from hemaview.tiles.indexed import IndexedSlide as Opened

    level = Opened(index_path).levels[0]

    def make(column: int, row: int) -> bytes:
        place = row * level.columns + column
        count = level.counts[place]
        return read_warm(level, place, count) or read_cold(level, place, count)

    return make


def fallback(slide: BenchSlide, index_path: Path) -> Way:
    """Our decoder, as its process runs it."""
    from hemaview.tiles.decoder import Decoder
    from hemaview.wsi.tileindex import read_index

    decoder, stamp = Decoder(), read_index(index_path).stamp

    def make(column: int, row: int) -> bytes:
        return decoder.tile(str(index_path), stamp, 0, column, row)

    return make


def measure(
    ways: dict[str, tuple[Way, int]], places: list[tuple[int, int]], rounds: int
) -> dict[str, dict[str, float]]:
    """Interleaved: in each round every way makes its number of tiles, never the same ones again; medians of rounds.

    Gives tiles_per_s (wall), cpu_us (this process), p50_ms and p99_ms of single tiles.
    """
    rates: dict[str, list[float]] = {name: [] for name in ways}
    cpu: dict[str, list[float]] = {name: [] for name in ways}
    single: dict[str, list[float]] = {name: [] for name in ways}
    at = dict.fromkeys(ways, 0)
    for way, _ in ways.values():
        for place in places[-5:]:
            way(*place)
    for _ in range(rounds):
        for name, (way, n) in ways.items():
            part = [places[(at[name] + i) % len(places)] for i in range(n)]
            at[name] += n
            began_cpu, began = time.process_time(), time.perf_counter()
            last = began
            for place in part:
                way(*place)
                now = time.perf_counter()
                single[name].append(now - last)
                last = now
            rates[name].append(n / (last - began))
            cpu[name].append((time.process_time() - began_cpu) / n * 1e6)
    return {
        name: {
            "tiles_per_s": statistics.median(rates[name]),
            "cpu_us": statistics.median(cpu[name]),
            "p50_ms": 1000 * quantile(single[name], 0.5),
            "p99_ms": 1000 * quantile(single[name], 0.99),
        }
        for name in ways
    }


def quantile(values: list[float], q: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(q * len(ordered)))]


def available() -> dict[str, str]:
    """What can not be measured here, and why: case → reason."""
    missing: dict[str, Any] = {}
    try:
        import large_image_source_tiff  # noqa: F401
    except ImportError:
        missing["large_image"] = "large-image is not installed (pip install 'large-image[tiff]')"
    return missing
