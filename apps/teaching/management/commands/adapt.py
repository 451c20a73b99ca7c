"""Teach a site's net from its labelled cells, here and now, and say how good it is."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any

from django.utils.translation import gettext

from apps.accounts.commands import SentenceCommand
from apps.accounts.errors import Conflict, Refusal
from apps.accounts.services import acting_user
from apps.analysis import adaptations
from apps.analysis.models import Adaptation
from apps.slides.sites import site_named
from apps.teaching.services import order
from hemaview.counting.words import number_of


class Command(SentenceCommand):
    help = (
        "Teach the net of nucleated cells by a site's named cells (20 to 500), and compare it with the shipped one on "
        'slides left out. Example: python manage.py adapt "Ward 3, phone" --assay blood_film --switch-on --json'
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("site", help="the site's name")
        parser.add_argument("--assay", default="blood_film", help="the examination (default: blood_film)")
        parser.add_argument("--switch-on", action="store_true", help="let new analyses of the site's slides use it")
        parser.add_argument("--switch-off", action="store_true", help="use the shipped net again; teaches nothing")
        parser.add_argument("--user", default="", help="who does it (default: the first superuser, or console)")
        parser.add_argument("--json", action="store_true")

    def handle(self, **options: Any) -> None:
        user, site = acting_user(options["user"]), site_named(options["site"])
        if options["switch_off"]:
            row = adaptations.adaptations().filter(site=site, assay=options["assay"], in_force=True).first()
            if row is None:
                raise Conflict(gettext("Nothing that this site taught is switched on."), code="not-in-force")
            self._tell(adaptations.switch(user, row, False), options["json"])
            return
        row = order(user, site, options["assay"])
        from apps.teaching.learning import learn  # the models' libraries take seconds to import

        learned = learn(row.pk, lambda phase, share: self.stderr.write(f"{100 * share:3.0f} % {phase}"))
        if learned is None:
            raise Conflict(gettext("A worker has taken this teaching; look at the site's page."), code="teaching")
        if learned.state == Adaptation.State.FAILED:
            raise Refusal(learned.reason, code="teaching-failed")
        if options["switch_on"]:
            learned = adaptations.switch(user, learned, True)
        self._tell(learned, options["json"])

    def _tell(self, row: Adaptation, as_json: bool) -> None:
        if as_json:
            answer = {
                "adaptation": str(row.pk),
                "site": row.site.name,
                "assay": row.assay,
                "number": row.number,
                "in_force": row.in_force,
                "seconds": round(row.duration_s, 1) if row.duration_s is not None else None,
                "report": row.report,
            }
            self.stdout.write(json.dumps(answer))
            return
        report = row.report
        self.stdout.write(
            f"{row}: {number_of(report['n_labels'], 'cell')} of {number_of(report['n_slides'], 'slide')}, judged on "
            f"{report['left_out']} left out"
        )
        for name in ("accuracy", "macro_f1", "blast_recall", "coverage", "silent_error"):
            before, after = report["before"][name], report["after"][name]
            if before is not None or after is not None:
                self.stdout.write(f"  {name}: {_number(before)} before, {_number(after)} after")
        if report["without_labels"]:
            self.stdout.write(f"  nothing was learned about: {', '.join(report['without_labels'])}")
        self.stdout.write("New analyses of its slides use it." if row.in_force else "It is not switched on.")


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"
