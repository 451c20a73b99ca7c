"""Set the operating points of shipped models on sides that are no test."""

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
        "Set models' operating points on the validation side, and put them into their cards: how sure a shape must be to be "
        "called, and what each recall of nucleated red cells costs. Example: python manage.py operating_points --data ~/sets"
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("methods", nargs="*", help="names of models; none means all that have such points")
        parser.add_argument("--data", type=Path, required=True, help="the folder that holds the sets")
        parser.add_argument("--json", action="store_true", help="{NAME: the card's sections} on stdout")

    def handle(self, **options: Any) -> None:
        from hemaview.inference import InferenceError
        from hemaview.learning.experiment import Experiment
        from hemaview.learning.publish.operating import MODELS, operating_points
        from hemaview.learning.publish.release import write_section
        from hemaview.learning.sets.data import DataError

        root, names = options["data"], options["methods"] or list(MODELS)
        if unknown := [n for n in names if n not in MODELS]:
            raise Refusal(
                gettext("{unknown} has no operating points; these have: {models}.").format(
                    unknown=unknown[0], models=all_of(MODELS)
                )
            )
        if not root.is_dir():
            raise Refusal(gettext("There is no folder {root}.").format(root=root))
        points_by_model = {}
        for name in names:
            try:
                points_by_model[name] = operating_points(name, Experiment(root), self.stderr.write)
            except (DataError, InferenceError) as error:
                raise Refusal(str(error)) from error
            for key, section in points_by_model[name].items():
                write_section(name, key, section)
        self.stdout.write(json.dumps(points_by_model, indent=1))
