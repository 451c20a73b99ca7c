"""Train a model from labelled images."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from apps.accounts.commands import SentenceCommand
from apps.accounts.errors import Refusal


class Command(SentenceCommand):
    help = (
        "Train a model, resumable, with a log and curves in OUT. "
        "Example: python manage.py train cell-kind-net --data ~/sets --out var/train/kind"
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("method", help="the model's name; `train list` names them")
        parser.add_argument("--data", type=Path, help="the folder that holds the sets")
        parser.add_argument("--out", type=Path, help="where log, state and weights are written")
        parser.add_argument("--epochs", type=int, help="how long (default: the recipe's own length)")
        parser.add_argument("--imagenet", type=Path, help="ImageNet weights of EfficientNet-Lite0 (.pth)")
        parser.add_argument(
            "--licences", choices=["any", "free"], default="any", help="free: leave sets without a free licence out"
        )
        parser.add_argument("--release", metavar="VERSION", help="afterwards ship it: calibrate, score, write its card")

    def handle(self, **options: Any) -> None:
        from hemaview.learning import data
        from hemaview.learning.curves import draw_curves
        from hemaview.learning.duplicates import refuse_shared
        from hemaview.learning.release import release
        from hemaview.learning.trainings import TRAININGS

        name, root, out = options["method"], options["data"], options["out"]
        if name == "list":
            for training in TRAININGS.values():
                self.stdout.write(f"{training.name}: learns from {', '.join(training.sets)}")
            return
        if name not in TRAININGS:
            raise Refusal(f"There is no training for {name}; there are: {', '.join(TRAININGS)}.")
        if root is None or out is None:
            raise Refusal("Name the data with --data DIR and the results with --out DIR.")
        if not root.is_dir():
            raise Refusal(f"There is no folder {root}.")
        training = TRAININGS[name]
        free = options["licences"] == "free"
        closed = [s for s in training.sets if not data.SETS[s].free]
        if free and options["release"]:
            raise Refusal("A shipped model is trained on all its sets; release it without --licences free.")
        if free and closed:
            self.stderr.write(f"left out, having no free licence: {', '.join(closed)}")
        try:
            refuse_shared(root, training.sets, out / "cache")
            with data.free_only(free):
                best = training.run(root, out, out / "cache", options["imagenet"], options["epochs"], self.stderr.write)
            self.stdout.write(f"weights: {best}")
            curves = draw_curves(out)
            if curves:
                self.stdout.write(f"log and curves: {out / 'log.csv'}, {curves}")
            if options["release"]:
                self.stdout.write(
                    f"card: {release(name, options['release'], best, root, self.stderr.write, options['epochs'])}"
                )
        except data.DataError as error:
            raise Refusal(str(error)) from error
