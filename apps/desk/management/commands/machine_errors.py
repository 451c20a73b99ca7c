"""Measure how the classifiers of nucleated cells err on films."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.utils.translation import gettext

from apps.accounts.commands import SentenceCommand
from apps.accounts.errors import Refusal
from hemaview.words import all_of

NAMES = ("nucleated-cell-net", "nucleated-cell-strangers")


class Command(SentenceCommand):
    help = (
        "Measure on val's films how the classifiers of nucleated cells err, and put it into their cards: the shares of a "
        "differential that only a machine counted are shown with an interval that holds these errors. "
        "Example: python manage.py machine_errors nucleated-cell-strangers --data ~/sets"
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("methods", nargs="*", help=f"of {' and '.join(NAMES)}; none means both")
        parser.add_argument("--data", type=Path, required=True, help="the folder that holds the sets")
        parser.add_argument("--json", action="store_true", help="{NAME: the card's section} on stdout")

    def handle(self, **options: Any) -> None:
        from hemaview.counting.machine import MachineErrors
        from hemaview.learning.experiment import Experiment
        from hemaview.learning.publish.errors import machine_errors
        from hemaview.learning.publish.release import write_section
        from hemaview.learning.sets.data import DataError

        root, names = options["data"], options["methods"] or list(NAMES)
        if unknown := [n for n in names if n not in NAMES]:
            raise Refusal(
                gettext("{unknown} names no nucleated cells of films; there are: {names}.").format(
                    unknown=unknown[0], names=all_of(NAMES)
                )
            )
        if not root.is_dir():
            raise Refusal(gettext("There is no folder {root}.").format(root=root))
        measured = {}
        for name in names:
            try:
                measured[name] = machine_errors(name, Experiment(root), self.stderr.write)
            except DataError as error:
                raise Refusal(str(error)) from error
        for name, section in measured.items():
            write_section(name, "machine_errors", section)
        if options["json"]:
            self.stdout.write(json.dumps(measured))
            return
        for name, section in measured.items():
            for stain, errors in section.items():
                cells = int(MachineErrors.from_json(errors).tables().sum())
                self.stdout.write(f"{name}, {stain} stains: {cells:,} cells of {len(errors['films'])} films")
