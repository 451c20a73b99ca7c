"""Train a model from labelled images."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

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
        from hemaview.learning import data
        from hemaview.learning.course import alone_in, identity
        from hemaview.learning.curves import draw_curves
        from hemaview.learning.duplicates import refuse_shared
        from hemaview.learning.release import Made, release, tried, write_free_variant
        from hemaview.learning.trainings import TRAININGS
        from hemaview.learning.wang import on_backbone
        from hemaview.methods.card import cards

        name, root, out = options["method"], options["data"], options["out"]
        if name == "list":
            for training in TRAININGS.values():
                self.stdout.write(f"{training.name}: learns from {', '.join(training.sets)}")
            return
        if name not in TRAININGS:
            raise Refusal(f"There is no training for {name}; there are: {', '.join(TRAININGS)}.")
        epochs = options["epochs"]
        if epochs is not None and not (str(epochs).isascii() and str(epochs).isdecimal() and int(epochs) > 0):
            raise Refusal(f"Name a whole number from 1 on with --epochs, not {epochs}.")
        epochs = int(epochs) if epochs is not None else None
        if root is None or out is None:
            raise Refusal("Name the data with --data DIR and the results with --out DIR.")
        if not root.is_dir():
            raise Refusal(f"There is no folder {root}.")
        training, backbone = TRAININGS[name], options["backbone"] or ""
        free = options["licences"] == "free"
        closed = [s for s in training.sets if not data.SETS[s].free]
        if free and options["release"]:
            card = cards().get(name)
            if card is None or card.version != options["release"]:
                shipped = f"version {card.version} is shipped" if card else "it is not shipped"
                raise Refusal(f"{name} {options['release']} has no card for a variant's scores: {shipped}.")
            if not closed:
                raise Refusal(f"All data of {name} have free licences: it is its own variant.")
        if free and closed:
            self.stderr.write(f"left out, having no free licence: {', '.join(closed)}")
        version = options["release"]
        try:
            if backbone:
                training = on_backbone(training, backbone)
            with data.free_only(free):
                wanted = identity(name, root, training.sets, options["licences"], backbone)
                lacking = [s for s in training.sets if not data.has(root, s, "train")]
            if training.sets and len(lacking) == len(training.sets):
                raise Refusal(f"None of the sets that {name} learns from has a train side in {root}.")
            for lost in (s for s in lacking if not (free and s in closed)):
                self.stderr.write(f"{lost}/train is not in {root}: left out")
            with alone_in(out, wanted):
                with data.free_only(free):
                    refuse_shared(root, training.sets, out / "cache", self.stderr.write)
                    try:
                        best = training.run(root, out, out / "cache", options["imagenet"], epochs, self.stderr.write)
                    finally:  # also where it is stopped
                        curves = draw_curves(out)
                if curves:
                    self.stdout.write(f"log and curves: {out / 'log.csv'}, {curves}")
                made = Made(name, best, root, epochs, free, backbone)
                card = tried(made, self.stderr.write)
                self.stdout.write(f"weights: {card.weights}\ncard: {out / 'card.json'}, {out / 'card.md'}")
                if version:
                    shipped = (
                        write_free_variant(made, version, card, self.stderr.write)
                        if free
                        else release(made, version, card)
                    )
                    self.stdout.write(f"shipped card: {shipped}")
        except data.DataError as error:
            raise Refusal(str(error)) from error
