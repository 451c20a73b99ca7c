"""Prove that signed reports, and everything that they froze, are as they were signed."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser
from typing import Any

from django.utils.translation import gettext

from apps.accounts.commands import SentenceCommand
from apps.accounts.errors import Missing, Refusal
from apps.reports.manifest import verify
from apps.reports.models import Report


class Command(SentenceCommand):
    help = (
        "Hold signed reports against what they froze: content, HTML, PDF, case, cells, labels, rules, models. "
        "Example: python manage.py verify_report DEMO-REAL"
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("accession", nargs="?", default="", help="a case, of which every version is looked at")
        parser.add_argument("--all", action="store_true", help="every report")
        parser.add_argument("--json", action="store_true")

    def handle(self, **options: Any) -> None:
        accession = options["accession"]
        if bool(accession) == options["all"]:
            raise Refusal(gettext("Name a case, or ask for --all."))
        reports = Report.objects.select_related("case", "signed_by").order_by("case__accession", "version")
        if accession:
            reports = reports.filter(case__accession=accession)
            if not reports:
                raise Missing(gettext("Case {accession} has no signed report.").format(accession=accession))
        verdicts = [verify(report) for report in reports]
        wrong = [v for v in verdicts if not v.ok]
        if options["json"]:
            rows = [{"report": v.report, "ok": v.ok, "differs": v.differs, "notes": v.notes} for v in verdicts]
            self.stdout.write(json.dumps({"ok": not wrong, "reports": rows}))
        else:
            for verdict in verdicts:
                self.stdout.write(f"{verdict.report}: {'holds' if verdict.ok else 'DIFFERS'}")
                for line in (*verdict.differs, *verdict.notes):
                    self.stdout.write(f"  {line}")
        if wrong:
            number = "1 report is" if len(wrong) == 1 else f"{len(wrong)} reports are"
            sys.stderr.write(f"{number} not as signed: {', '.join(v.report for v in wrong)}.\n")
            raise SystemExit(1)
        if not options["json"]:
            self.stdout.write("1 report holds." if len(verdicts) == 1 else f"{len(verdicts)} reports hold.")
