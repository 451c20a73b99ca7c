"""`bench soak`: a thousand slides touched at random, a hundred thousand requests; what it leaves in memory."""

from __future__ import annotations

import json
import os
import random
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bench import load, servers
from bench.slides import BenchSlide
from bench.tiles import Row

_CLONE = """
import json, sys, uuid
from apps.slides.models import Slide
first = Slide.objects.get()
fields = {f.name: getattr(first, f.name) for f in Slide._meta.fields if f.name not in ("id", "sha256")}
made = [Slide(**fields, id=uuid.uuid4(), sha256=uuid.uuid4().hex * 2) for _ in range(%d)]
Slide.objects.bulk_create(made)
print("IDS " + json.dumps([s.pk.hex for s in made]))
"""


def soak(folder: Path, slide: BenchSlide, slides: int, requests: int, say: Callable[[str], None]) -> list[Row]:
    """Rows for memory (MB, server's whole tree) and open descriptors after a tenth, half and all of the requests."""
    house = servers.House(folder / "house-soak")
    first = house.bring_in(slide.path, "SOAK")
    output = house.manage("shell", "-v", "0", "-c", _CLONE % slides)
    keys: list[str] = json.loads(next(line for line in output.splitlines() if line.startswith("IDS "))[4:])
    for key in keys:
        target = house.index_path(key)
        target.parent.mkdir(parents=True)
        shutil.copyfile(house.index_path(first), target)
    chooser = random.Random(2)
    places = [(chooser.randrange(slide.columns), chooser.randrange(slide.rows)) for _ in range(50 * slides)]
    token_paths = {key: house.paths(key, [(0, 0)])[0].split("/0/0_0.jpg") for key in keys}
    paths = []
    for column, row in places:
        before, after = token_paths[chooser.choice(keys)]
        paths.append(f"{before}/0/{column}_{row}.jpg{after}")
    rows: list[Row] = []
    with house.serving() as (port, pid):
        server = servers.Server("soak_http", port, pid, paths)
        total, marks = 0, [requests // 10, requests // 2, requests]
        while marks:
            shot = load.run(server, 2, folder, total % len(paths))
            total += shot.requests
            if total >= marks[0]:
                marks.pop(0)
                rows.append(_row("memory_mb", f"after_{total}_requests", server.memory_mb(), "MB"))
                rows.append(_row("descriptors", f"after_{total}_requests", _descriptors(server), "open files"))
                say(
                    f"  {total} requests on {slides} slides: {server.memory_mb():.0f} MB, {_descriptors(server)} descriptors"
                )
    return rows


def _descriptors(server: servers.Server) -> int:
    return sum(len(os.listdir(f"/proc/{pid}/fd")) for pid in server.tree())


def _row(metric: str, when: str, value: float, unit: str) -> dict[str, Any]:
    return {
        "case": f"soak_{when}", "metric": metric, "value": round(value, 1), "unit": unit, "ratio_to": None, "ratio": None,
    }  # fmt: skip
