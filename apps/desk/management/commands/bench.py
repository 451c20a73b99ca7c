"""Timings, as ratios against other ways of doing the same in the same run."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from django.utils.translation import gettext

from apps.accounts.commands import SentenceCommand
from apps.accounts.errors import Refusal
from hemaview.words import all_of


class Command(SentenceCommand):
    help = (
        "Measure how tiles are served beside openslide + Pillow, large_image and nginx, interleaved in one run, or how long "
        "analyses take beside the plain way. Example: python manage.py bench tiles --quick --json"
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "what",
            choices=["tiles", "soak", "analysis", "exports", "overlay"],
            help="tiles: the comparison; soak: a thousand slides at random; analysis: whole films and marrow, with memory; "
            "exports: outlines read once or cell by cell; overlay: cells above a slide in headless Chromium",
        )
        parser.add_argument("--quick", action="store_true", help="a smaller slide, under a minute")
        parser.add_argument("--slide", type=Path, help="a tiled slide of your own (default: a drawn one)")
        parser.add_argument("--folder", type=Path, help="where to keep what is generated (default: thrown away)")
        parser.add_argument("--case", default="", help="analysis: only cases whose name begins so, like whole_slide")
        parser.add_argument("--slides", type=int, default=1000, help="soak: how many slides")
        parser.add_argument("--requests", type=int, default=100_000, help="soak: how many requests")
        parser.add_argument("--page", type=Path, help="also write the figures as a Markdown page")
        parser.add_argument("--json", action="store_true")

    def handle(self, **options: Any) -> None:
        from bench import page, soak, tiles, ways
        from bench.slides import FULL, QUICK, make_slides

        if options["slides"] < 1 or options["requests"] < 10:
            raise Refusal(gettext("--slides is 1 or more, --requests 10 or more."))
        if options["slide"] and not options["slide"].is_file():
            raise Refusal(gettext("There is no file {slide}.").format(slide=options["slide"]), code="no-file")
        if options["what"] in ("tiles", "soak"):
            for case, why in ways.available().items():
                self.say(f"{case} is left out: {why}")
        with ExitStack() as stack:
            folder = options["folder"] or Path(stack.enter_context(TemporaryDirectory(prefix="hemaview-bench-")))
            folder.mkdir(parents=True, exist_ok=True)
            if options["what"] == "analysis":
                from bench.analysis import FULL as CASES
                from bench.analysis import bench_analysis

                if not any(case.name.startswith(options["case"]) for case in CASES):
                    raise Refusal(
                        gettext("No case begins with {case}: there are {names}.").format(
                            case=options["case"], names=all_of(case.name for case in CASES)
                        )
                    )
                rows = bench_analysis(folder, options["quick"], self.say, options["case"])
            elif options["what"] == "exports":
                from bench.exports import export_rows

                rows = export_rows()
            elif options["what"] == "overlay":
                from bench.overlay import NUMBERS, bench_overlay

                rows = bench_overlay(folder, NUMBERS[:1] if options["quick"] else NUMBERS, self.say)
            elif options["what"] == "soak":
                slide = make_slides(folder, QUICK if options["quick"] else FULL, (256,))[0]
                rows = soak.soak(folder, slide, options["slides"], options["requests"], self.say)
            else:
                rows = tiles.bench_tiles(folder, options["quick"], options["slide"], self.say)
        if options["page"]:
            page.write(options["page"], options["what"], rows)
        if options["json"]:
            self.stdout.write(json.dumps({"rows": rows}))
            return
        for r in rows:
            against = f"  {r['ratio']:.2f} × {r['ratio_to']}" if r["ratio"] else ""
            self.stdout.write(f"{r['case']:30} {r['metric']:16} {r['value']:12.3f} {r['unit']}{against}")

    def say(self, text: str) -> None:
        """Progress goes to the error stream, so that --json stays JSON."""
        sys.stderr.write(f"· {text}\n")
        sys.stderr.flush()
