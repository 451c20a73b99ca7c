"""Train a model from labelled images."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.utils.translation import gettext

from apps.accounts.commands import SentenceCommand
from apps.accounts.errors import Refusal


class Command(SentenceCommand):
    help = (
        "Train a model, resumable: log, curves, weights and a card with its scores in OUT. "
        "Example: python manage.py train cell-kind-net --data ~/sets --out var/train/kind"
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("method", help="the model's name; `train list` names them")
        parser.add_argument("--data", type=Path, help="the folder that holds the sets")
        parser.add_argument("--out", type=Path, help="where log, state, weights and card are written")
        parser.add_argument("--epochs", help="how long, from 1 on (default: the recipe's own length)")
        parser.add_argument("--imagenet", type=Path, help="ImageNet weights of the backbone (.pth)")
        parser.add_argument("--backbone", choices=["lite0", "r18", "r50"], help="the detectors' (default: their own)")
        parser.add_argument(
            "--licences", choices=["any", "free"], default="any", help="free: leave sets without a free licence out"
        )
        parser.add_argument(
            "--release",
            metavar="VERSION",
            help="afterwards ship its weights and card in place of those installed; with --licences free put the variant's "
            "scores into the card of the shipped VERSION, without weights",
        )

    def handle(self, **options: Any) -> None:
        from hemaview.learning.publish.train import TrainRequest, train
        from hemaview.learning.recipes.trainings import TRAININGS, training_of
        from hemaview.learning.sets.data import DataError

        name, root, out = options["method"], options["data"], options["out"]
        if name == "list":
            for training in TRAININGS.values():
                self.stdout.write(f"{training.name}: learns from {', '.join(training.sets)}")
            return
        try:
            training_of(name)  # an unknown name is told first
            epochs = _length(options["epochs"])
            if root is None or out is None:
                raise Refusal(gettext("Name the data with --data DIR and the results with --out DIR."))
            if not root.is_dir():
                raise Refusal(gettext("There is no folder {root}.").format(root=root))
            request = TrainRequest(
                name,
                root,
                out,
                epochs,
                options["imagenet"],
                options["backbone"] or "",
                options["licences"] == "free",
                options["release"] or "",
            )
            train(request, self.stdout.write, self.stderr.write)
        except DataError as error:
            raise Refusal(str(error)) from error


def _length(epochs: Any) -> int | None:
    """How long, None where nothing was said."""
    if epochs is None:
        return None
    if not (str(epochs).isascii() and str(epochs).isdecimal() and int(epochs) > 0):
        raise Refusal(gettext("Name a whole number from 1 on with --epochs, not {epochs}.").format(epochs=epochs))
    return int(epochs)
