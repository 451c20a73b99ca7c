"""Cells above a slide as layers of others draw them: deck.gl's rings and Annotorious' boxes, above the same tiles.

Neither is part of the product: `npm` fetches them, at pinned versions, into the folder of the bench.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "bench" / "beside"
ENGINES = ("deck", "annotorious")
MOST_OPEN_MS = 90_000.0
"""A layer that has not drawn its cells by then cannot hold so many."""
MOST_COURSE_MS = 6_000.0
"""A course ends after so long, however few its frames are."""


def build(folder: Path) -> Path:
    """The page with the layers of others; raises CalledProcessError where they cannot be fetched or built."""
    place, out = folder / "beside", folder / "beside-built"
    shutil.copytree(SOURCE, place, dirs_exist_ok=True)
    subprocess.run(["npm", "ci", "--no-audit", "--no-fund", "--loglevel", "error"], cwd=place, check=True)
    subprocess.run(
        ["node", str(ROOT / "node_modules" / "vite" / "bin" / "vite.js"), "build", "--logLevel", "error",
         "--outDir", str(out), "--emptyOutDir"],
        cwd=place, check=True,
    )  # fmt: skip
    return out


def measure(
    browser: Any, address: str, engine: str, n: int, scales: dict[str, float], frames: int, say: Callable[[str], None]
) -> Iterator[tuple[str, str, float]]:
    """(case, metric, ms) of a layer of others that holds `n` cells, the worst zoom of each way; where it cannot hold so many
    that is said, and nothing more comes."""
    page = browser.new_page(viewport={"width": 1440, "height": 900})
    page.set_default_timeout(MOST_OPEN_MS)
    case = f"{engine}_{n}"
    try:
        page.goto(address)
        page.evaluate("async engine => { window.bench = await startBench(engine) }", engine)
        first = page.evaluate(
            "most => Promise.race([bench.firstCells(), new Promise((_, no) => setTimeout(() => no('too long'), most))])",
            MOST_OPEN_MS,
        )
        yield case, "first_cells_ms", first
        for kind in ("pan", "zoom"):
            worst = {"layer_p95_ms": 0.0, "frame_p95_ms": 0.0}
            for name, scale in scales.items():
                course = {"scale": scale, "kind": kind, "frames": frames, "most_ms": MOST_COURSE_MS}
                layer = page.evaluate("course => bench.run(course, true)", course)["layer_ms"]
                frame = page.evaluate("course => bench.run(course, false)", course)["frame_ms"]
                here = {
                    "layer_p95_ms": float(np.percentile(layer, 95)) if layer else 0.0,
                    "frame_p95_ms": float(np.percentile(frame, 95)),
                }
                say(
                    f"{case} {kind} {name}: layer {here['layer_p95_ms']:.1f}, frame {here['frame_p95_ms']:.1f} ms "
                    f"over {len(frame)} frames"
                )
                worst = {metric: max(value, here[metric]) for metric, value in worst.items()}
            yield from ((f"{case}_{kind}", metric, value) for metric, value in worst.items())
    except Exception as error:
        say(f"{case} is left out: it could not hold so many ({str(error).splitlines()[0][:120]})")
    finally:
        page.close()
