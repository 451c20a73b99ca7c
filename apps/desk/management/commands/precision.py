"""Measure what bf16 costs the shipped models."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.utils.translation import gettext

from apps.accounts.commands import SentenceCommand
from apps.accounts.errors import Refusal
from hemaview.words import all_of


class Command(SentenceCommand):
    help = (
        "Measure what bf16 costs models on labels of the validation side, and put it into their cards: where it costs nothing "
        "they run in it on machines that have it. Example: python manage.py precision red-cell-unet --data ~/sets"
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("methods", nargs="*", help="names of models; none means all")
        parser.add_argument("--data", type=Path, required=True, help="the folder that holds the sets")
        parser.add_argument("--json", action="store_true", help="{NAME: the card's section} on stdout")

    def handle(self, **options: Any) -> None:
        from hemaview.inference import InferenceError
        from hemaview.learning.experiment import Experiment
        from hemaview.learning.publish.release import write_section
        from hemaview.learning.scoring.halfprecision import measure
        from hemaview.learning.sets.data import DataError
        from hemaview.methods.card import cards

        root, names = options["data"], options["methods"] or sorted(cards())
        unknown = [n for n in names if n not in cards()]
        if unknown:
            raise Refusal(
                gettext("There is no model called {unknown}; there are: {cards}.").format(
                    unknown=unknown[0], cards=all_of(sorted(cards()))
                )
            )
        if not root.is_dir():
            raise Refusal(gettext("There is no folder {root}.").format(root=root))
        sections = {}
        for name in names:
            try:
                sections[name] = measure(name, Experiment(root), self.stderr.write)
            except (DataError, InferenceError) as error:
                raise Refusal(str(error)) from error
            write_section(name, "precision", sections[name])
        if options["json"]:
            self.stdout.write(json.dumps(sections, indent=1))
            return
        for name, section in sections.items():
            largest = section.get("largest_difference", "unknown, for its net takes no bf16")
            times = f"; bf16 {section['times_faster']} times as fast" if "times_faster" in section else ""
            self.stdout.write(
                f"{name}: {'bf16' if section['bf16'] else 'float32'}; largest difference {largest}{times}"
            )
            for row in section["rows"]:
                self.stdout.write(
                    f"  {row['task']:24} {row['dataset']:16} n {row['n']:5} {row['metric']:12} float32 {row['f32']:.4f} "
                    f"({row['low']:.4f}-{row['high']:.4f})  bf16 {row['bf16']:.4f}"
                )
