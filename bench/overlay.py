"""The layer of cells above a slide, panned and zoomed by script in headless Chromium with software rendering.

The viewer is the product's own, with its tiles and cells from a server of this process; nothing else of the page is loaded.
"""

from __future__ import annotations

import io
import json
import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cached_property
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np

from bench import besides
from hemaview.assays import assay
from hemaview.cells.table import CellTable, morton, tile_of
from hemaview.cells.transport import ROW_BYTES, density_pyramid, pack, pack_contours, tile_index

ROOT = Path(__file__).parents[1]
NUMBERS = (10_000, 100_000, 1_000_000)
SPACING_PX = 40
"""Level-0 px from cell to cell: a crowded film at 0.25 µm/px."""
SCALES = {"whole": 0.0, "x5": 0.125, "x10": 0.25, "x20": 0.5, "x40": 1.0}
"""Screen px a slide px."""
FRAMES = 30
BAR_LAYER_MS, BAR_FRAME_MS = 16.0, 50.0
_TYPES = {".html": "text/html", ".js": "text/javascript", ".css": "text/css", ".json": "application/json"}


class Film:
    """So many cells on a square film, in the order of a cell file, and the film's tiles."""

    def __init__(self, n: int) -> None:
        rng = np.random.default_rng(n)
        self.n, self.side_px = n, int(np.ceil(np.sqrt(n) * SPACING_PX / 256) * 256)
        x, y = (rng.uniform(20, self.side_px - 20, n).astype(np.float32) for _ in range(2))
        order = np.lexsort((x, y, morton(tile_of(x), tile_of(y))))
        self.schema = assay("blood_film").schema
        classes = len(self.schema)
        cls = rng.choice(classes, n, p=[0.8, *[0.2 / (classes - 1)] * (classes - 1)]).astype(np.uint8)
        p = np.zeros((n, classes), np.float16)
        p[np.arange(n), cls] = rng.uniform(0.4, 1, n)
        side = rng.integers(22, 44, (2, n)).astype(np.uint16)
        none = np.zeros(n, np.float16)
        self.cells = CellTable(
            x=x[order], y=y[order], w=side[0], h=side[1], cls=cls, p=p, field=np.zeros(n, np.uint32),
            flags=np.zeros(n, np.uint8), area_um2=none, circularity=none, pallor=none, nc_ratio=none, contour=(),
        )  # fmt: skip
        self.labels = sorted(rng.choice(n, min(n, 2000), replace=False).tolist())

    @cached_property
    def page_data(self) -> bytes:
        """What the page starts with: addresses of tiles, index, classes, and labels of 2,000 cells."""
        from apps.analysis.cellfiles import schema_json

        levels = []
        side, number = self.side_px, 0
        while True:
            tiles = -(-side // 256)
            levels.append(
                {
                    "number": number, "width": side, "height": side, "tile_width": 256, "tile_height": 256,
                    "columns": tiles, "rows": tiles,
                }
            )  # fmt: skip
            if tiles == 1:
                break
            side, number = -(-side // 2), number + 1
        access = {
            "base": "/tiles/",
            "width": self.side_px,
            "height": self.side_px,
            "levels": levels[::-1],
            "slide": "bench",
        }
        index = {
            "n": self.n, "tile_px": 1024, "tiles": tile_index(self.cells), "pyramid": density_pyramid(self.cells),
        }  # fmt: skip
        labels = [[row, {"label": row % 5, "state": "relabelled"}] for row in self.labels]
        return json.dumps(
            {"access": access, "index": index, "schema": schema_json(self.schema), "labels": labels}
        ).encode()

    @cached_property
    def boxes(self) -> bytes:
        """float32 left, top, width, height of each cell in level-0 px, for the layers of others."""
        w, h = (side.astype(np.float32) for side in (self.cells.w, self.cells.h))
        return np.stack([self.cells.x - w / 2, self.cells.y - h / 2, w, h], axis=1).astype(np.float32).tobytes()

    def rows(self, first: int, count: int) -> bytes:
        part = slice(first, first + count)
        columns = {name: getattr(self.cells, name)[part] for name in ("x", "y", "w", "h", "cls", "p", "field", "flags")}
        measures = {name: getattr(self.cells, name)[part] for name in ("area_um2", "circularity", "pallor", "nc_ratio")}
        raw = pack(CellTable(**columns, **measures, contour=()))
        assert len(raw) == count * ROW_BYTES
        return raw

    def contours(self, first: int, count: int) -> bytes:
        """An outline of 28 points around each cell, as large as its box and dented by chance."""
        part = slice(first, first + count)
        turns = np.linspace(0, 2 * np.pi, 28, endpoint=False)
        dents = np.random.default_rng(first).uniform(0.85, 1.05, (count, 28))
        half = np.stack([self.cells.w[part], self.cells.h[part]], axis=1).astype(np.float64) / 2
        circle = np.stack([np.cos(turns), np.sin(turns)], axis=1)
        points = half[:, None] * circle[None] * dents[..., None] * 4
        return pack_contours(list(np.rint(points).astype(np.int16)))


def bench_overlay(folder: Path, numbers: tuple[int, ...], say: Callable[[str], None]) -> list[dict[str, Any]]:
    """Rows of the 95th percentile over frames, at the worst of the zooms: as the room draws it (`ours`), by WebGL, which the room
    takes where there is a graphics card, and as the layers of others draw so many cells (`deck`, `annotorious`)."""
    built = _built(folder)
    rows: list[dict[str, Any]] = []
    for case, engine in (("ours", ""), ("webgl", "webgl")):
        for n in numbers:
            with _opened(Film(n), built) as (browser, address):
                rows += _measured(browser, address, f"{case}_{n}", engine, say)
    try:
        others = besides.build(folder)
    except (OSError, subprocess.CalledProcessError) as error:
        say(f"the layers of others are left out: npm could not fetch or build them ({error})")
        return rows
    ours = {(r["case"], r["metric"]): r["value"] for r in rows if r["case"].startswith("ours_")}
    for engine in besides.ENGINES:
        for n in numbers:
            with _opened(Film(n), others) as (browser, address):
                for case, metric, value in besides.measure(browser, address, engine, n, SCALES, FRAMES, say):
                    same = case.replace(engine, "ours")
                    rows.append(_row(case, metric, value, "ms") | _ratio(value, same, ours[same, metric]))
    return rows


def _ratio(value: float, to: str, base: float) -> dict[str, Any]:
    return {"ratio_to": to, "ratio": round(value / base, 3) if base else None}


@contextmanager
def _opened(film: Film, built: Path) -> Iterator[tuple[Any, str]]:
    """A browser of its own, and the address of the page above that film."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as browsers, _served(film, built) as address:
        browser = browsers.chromium.launch(
            executable_path=shutil.which("chromium"),
            args=["--no-sandbox", "--disable-gpu", "--enable-precise-memory-info"],
        )
        try:
            yield browser, address
        finally:
            browser.close()


def _measured(
    browser: Any, address: str, case: str, engine: str, say: Callable[[str], None]
) -> Iterator[dict[str, Any]]:
    page = browser.new_page(viewport={"width": 1440, "height": 900})
    page.goto(address)
    page.evaluate("async engine => { window.bench = await startBench(engine) }", engine)
    yield _row(case, "first_cells_ms", page.evaluate("bench.firstCells()"), "ms")
    for kind in ("pan", "zoom"):
        worst = {"layer_p95_ms": 0.0, "frame_p95_ms": 0.0}
        for name, scale in SCALES.items():
            course = {"scale": scale, "kind": kind, "frames": FRAMES}
            layer = page.evaluate("course => bench.run(course, true)", course)["layer_ms"]
            frames = page.evaluate("course => bench.run(course, false)", course)
            here = {
                "layer_p95_ms": float(np.percentile(layer, 95)),
                "frame_p95_ms": float(np.percentile(frames["frame_ms"], 95)),
            }
            say(
                f"{case} {kind} {name} ({frames['mode']}): layer {here['layer_p95_ms']:.1f}, frame {here['frame_p95_ms']:.1f} ms"
            )
            worst = {metric: max(value, here[metric]) for metric, value in worst.items()}
        for metric, value in worst.items():
            yield _row(f"{case}_{kind}", metric, value, "ms")
    memory = page.evaluate("performance.memory.usedJSHeapSize") / 1e6
    yield _row(case, "script_memory_mb", memory, "MB")
    page.close()


def _row(case: str, metric: str, value: float, unit: str) -> dict[str, Any]:
    return {"case": case, "metric": metric, "value": round(value, 2), "unit": unit, "ratio_to": "", "ratio": None}


def _built(folder: Path) -> Path:
    """The page with the viewer as it stands in `frontend/`."""
    out = folder / "overlay"
    subprocess.run(
        ["npx", "vite", "build", "--logLevel", "error", "--config", "frontend/bench/vite.config.ts",
         "--outDir", str(out), "--emptyOutDir"],
        cwd=ROOT, check=True,
    )  # fmt: skip
    return out


@contextmanager
def _served(film: Film, built: Path) -> Iterator[str]:
    tile = _tile()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = self.path.split("?")[0]
            if path.startswith("/tiles/"):
                self._answer(tile, "image/jpeg")
            elif path.startswith("/api/v1/jobs/bench/cells/"):
                first, count = path.rpartition("/")[2].removesuffix(".bin").split("-")
                self._answer(film.rows(int(first), int(count)), "application/octet-stream")
            elif path.startswith("/api/v1/jobs/bench/contours/"):
                first, count = path.rpartition("/")[2].removesuffix(".bin").split("-")
                self._answer(film.contours(int(first), int(count)), "application/octet-stream")
            elif path == "/boxes.f32":
                self._answer(film.boxes, "application/octet-stream")
            elif path == "/given.json":
                self._answer(film.page_data, "application/json")
            else:
                file = built / ("index.html" if path == "/" else path.lstrip("/"))
                if not file.is_file():
                    self.send_error(404)
                    return
                self._answer(file.read_bytes(), _TYPES.get(file.suffix, "application/octet-stream"))

        def _answer(self, body: bytes, media_type: str) -> None:
            self.send_response(200)
            self.send_header("Content-Type", media_type)
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Cache-Control", "max-age=3600")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        server.server_close()


def _tile() -> bytes:
    from PIL import Image

    rng = np.random.default_rng(1)
    small = rng.integers(180, 245, (16, 16, 3), dtype=np.uint8)
    out = io.BytesIO()
    Image.fromarray(small).resize((256, 256), Image.Resampling.BICUBIC).save(out, "JPEG", quality=85)
    return out.getvalue()
