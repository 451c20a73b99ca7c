"""Score the shipped models on labelled images."""

from __future__ import annotations

import json
import os
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext

from apps.accounts.commands import SentenceCommand
from apps.accounts.errors import Refusal
from hemaview.words import all_of


class Command(SentenceCommand):
    help = (
        "Score models with 95 % bootstrap intervals, through the inference that jobs use. "
        "Example: python manage.py evaluate --all --data ~/sets --split test --json"
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("methods", nargs="*", help="names of models; none means --all")
        parser.add_argument("--all", action="store_true", help="every installed model")
        parser.add_argument("--task", default="", help="rows of this task alone, such as nucleated-cells-strangers")
        parser.add_argument("--data", type=Path, required=True, help="the folder that holds the sets")
        parser.add_argument("--split", default="test", choices=("train", "val", "test"))
        parser.add_argument(
            "--page", type=Path, help="also write the results page, with its pictures in a folder beside it"
        )
        parser.add_argument("--cards", action="store_true", help="also put the scores into the model cards (test only)")
        parser.add_argument(
            "--tolerance",
            type=float,
            default=0.0,
            help="of models that solve equations (li-nodes-unet, li-nodes-fields), in place of their own: "
            "larger is quicker, less exact",
        )
        parser.add_argument("--json", action="store_true", help='{"rows": […]} on stdout')

    def handle(self, **options: Any) -> None:
        from hemaview.inference import InferenceError, NetSettings
        from hemaview.learning.experiment import Experiment
        from hemaview.learning.publish.release import write_scores
        from hemaview.learning.publish.results import beside, write_page
        from hemaview.learning.scoring.evaluate import TASKS, UNLEARNED, evaluate
        from hemaview.learning.scoring.sidebyside import sensible_number
        from hemaview.learning.sets.data import SETS, DataError, has, is_synthetic
        from hemaview.methods.card import cards

        root = options["data"]
        experiment = Experiment(root, nets=NetSettings(tolerance=options["tolerance"]))
        there = [*sorted(cards()), *UNLEARNED]
        names = options["methods"] or there
        unknown = [n for n in names if n not in there]
        if unknown:
            raise Refusal(
                gettext("There is no model called {unknown}; there are: {there}.").format(
                    unknown=unknown[0], there=all_of(there)
                )
            )
        if options["task"] and options["task"] not in TASKS:
            raise Refusal(
                gettext("There is no task called {task}; there are: {tasks}.").format(
                    task=options["task"], tasks=all_of(sorted(TASKS))
                )
            )
        if options["all"] and options["methods"]:
            raise Refusal(gettext("Name models or ask for --all, not both."))
        if options["page"]:
            self._may_write(options["page"].with_suffix(""))
        if options["cards"] and options["split"] != "test":
            raise Refusal(gettext("Model cards hold scores of the test side; leave --split as it is."))
        if not 0 <= options["tolerance"] <= 1:
            raise Refusal(gettext("A tolerance is a number above 0 and at most 1, such as 0.001."))
        if options["tolerance"] and (options["cards"] or options["page"]):
            raise Refusal(
                gettext("Model cards and the page hold scores at the models' own tolerance; leave --tolerance out.")
            )
        if not root.is_dir():
            raise Refusal(gettext("There is no folder {root}.").format(root=root))
        nothing_to_score = Refusal(
            gettext("None of the sets that these models are scored on has a split {split} in {root}.").format(
                split=options["split"], root=root
            )
        )
        # What is drawn needs no folder; but a folder without any set is a slip of the pen.
        if not options["methods"] and not any(
            has(experiment, name, options["split"]) for name in SETS if not is_synthetic(name)
        ):
            raise nothing_to_score
        try:
            scores = evaluate(
                experiment, options["split"], names, self.stderr.write, options["task"], processes=sensible_number()
            )
        except (DataError, InferenceError) as error:
            raise Refusal(str(error)) from error
        if not scores:
            raise nothing_to_score
        self._keep(scores)
        if options["cards"]:
            write_scores(scores, options["task"])
        if options["page"]:
            write_page(options["page"], scores, experiment, options["split"])
        if options["json"]:
            self.stdout.write(json.dumps({"rows": [s.as_json() for s in scores]}, indent=1))
            return
        held_against = [*scores, *self._baselines(scores, root, options["split"])]
        for s in scores:
            notes = zip(("reported", "baseline", "a second"), beside(s, held_against, experiment.evidence), strict=True)
            self.stdout.write(
                f"{s.method:24} {s.task:26} {s.dataset:16} n {s.n:6} {s.metric:18} {s.value:.4f} ({s.low:.4f}-{s.high:.4f})"
                + "".join(f"  {name} {text}" for name, text in notes if text)
            )

    def _baselines(self, scores: list[Any], root: Path, split: str) -> list[Any]:
        """Scores of the methods that these are held against and that nobody asked for, as far as they can be had."""
        from hemaview.inference import InferenceError
        from hemaview.learning.experiment import Experiment
        from hemaview.learning.publish.published import BASELINES
        from hemaview.learning.scoring.evaluate import evaluate
        from hemaview.learning.sets.data import DataError

        wanted = {BASELINES[s.task] for s in scores if s.task in BASELINES} - {s.method for s in scores}
        try:
            return evaluate(
                Experiment(root), split, sorted(wanted), lambda line: self.stderr.write(f"baseline: {line}")
            )
        except (DataError, InferenceError):
            return []

    def _may_write(self, folder: Path) -> None:
        """Refuse a page that could not be written, before hours are spent on what it would show."""
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise Refusal(
                gettext("The page's pictures cannot be written to {folder}: {strerror}.").format(
                    folder=folder, strerror=error.strerror
                )
            ) from error
        if not os.access(folder, os.W_OK) or not os.access(folder.parent, os.W_OK):
            raise Refusal(
                gettext("The page cannot be written to {parent}: permission denied.").format(parent=folder.parent)
            )

    def _keep(self, scores: list[Any]) -> None:
        """The table, as JSON, beside those of earlier evaluations."""
        folder = Path(settings.VAR_DIR) / "evaluations"
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{timezone.now():%Y%m%dT%H%M%S}.json"
        path.write_text(json.dumps({"rows": [s.as_json() for s in scores]}, indent=1))
        self.stderr.write(f"kept as {path}")
