"""Run one of the papers' own comparisons."""

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
        "Train variants alike and compare them on the validation side, as a paper did, or see what our own limits part. "
        "Example: python manage.py study nodes-networks --data ~/sets --out var/studies"
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("study", help="its name; `study list` names them")
        parser.add_argument("--data", type=Path, help="the folder that holds the sets")
        parser.add_argument("--out", type=Path, help="where the trainings, the table (CSV) and its chart are written")
        parser.add_argument("--epochs", type=int, help="how long each variant is trained")
        parser.add_argument("--page", type=Path, help="put table and chart into this page of all studies (Markdown)")
        parser.add_argument("--json", action="store_true", help='{"study", "rows"} on stdout')

    def handle(self, **options: Any) -> None:
        from hemaview.learning.experiment import Experiment
        from hemaview.learning.publish.studypage import keep, write_page
        from hemaview.learning.scoring.studies import STUDIES
        from hemaview.learning.sets.data import DataError

        name, root, out = options["study"], options["data"], options["out"]
        if name == "list":
            for study in STUDIES.values():
                self.stdout.write(f"{study.name}: {study.asks} ({study.source})")
            return
        if name not in STUDIES:
            raise Refusal(
                gettext("There is no study {name}; there are: {studies}.").format(name=name, studies=all_of(STUDIES))
            )
        if root is None or out is None:
            raise Refusal(gettext("Name the data with --data DIR and the results with --out DIR."))
        if not root.is_dir():
            raise Refusal(gettext("There is no folder {root}.").format(root=root))
        study, epochs = STUDIES[name], options["epochs"]
        if epochs is not None and not study.epochs:
            raise Refusal(gettext("{name} trains nothing: leave --epochs out.").format(name=name))
        if epochs is not None and epochs < 1:
            raise Refusal(gettext("Name a whole number from 1 on with --epochs, not {epochs}.").format(epochs=epochs))
        folder = out / name
        folder.mkdir(parents=True, exist_ok=True)
        try:
            epochs = epochs or study.epochs
            rows = study.run(Experiment(root), folder, epochs, self.stderr.write)
        except DataError as error:
            raise Refusal(str(error)) from error
        tables = keep(study, rows, epochs, folder)
        self.stderr.write(f"tables and charts: {folder}")
        if options["page"]:
            write_page(options["page"], tables, STUDIES.values())
        if options["json"]:
            self.stdout.write(json.dumps({"study": name, "rows": rows}, indent=1))
            return
        for row in rows:
            self.stdout.write(
                "  ".join(f"{k} {v:.4f}" if isinstance(v, float) else f"{v!s:44}" for k, v in row.items() if v != "")
            )
