"""A case's report as a PDF or HTML file."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.utils.translation import gettext

from apps.accounts.commands import SentenceCommand
from apps.accounts.errors import Conflict, Refusal
from apps.accounts.services import acting_user
from apps.cases.selectors import case_for
from apps.reports import render
from apps.reports.drafts import draft_html
from apps.reports.selectors import proved_bytes, reports_of
from apps.review.agreement import refuse_blind
from hemaview.blobs import whole_file


class Command(SentenceCommand):
    help = (
        "Write the signed report of a case, or a draft of it. "
        "Example: python manage.py report DEMO-REAL --out report.pdf --draft"
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("accession")
        parser.add_argument("--out", type=Path, required=True, help="FILE.pdf or FILE.html")
        parser.add_argument("--draft", action="store_true", help="as it would be signed now")
        parser.add_argument("--user", default="", help="act as this person (default: the first superuser, or console)")

    def handle(self, **options: Any) -> None:
        out: Path = options["out"]
        if out.suffix.lower() not in (".pdf", ".html"):
            raise Refusal(gettext("Name a file that ends in .pdf or .html."))
        if not out.parent.is_dir():
            raise Refusal(gettext("There is no folder {parent}.").format(parent=out.parent))
        user = acting_user(options["user"])
        case = case_for(user, options["accession"])
        refuse_blind(user, case.pk)
        is_pdf = out.suffix.lower() == ".pdf"
        if options["draft"]:
            page = draft_html(case)
            raw = render.pdf(page) if is_pdf else page.encode()
        else:
            signed = reports_of(case)
            if not signed:
                raise Conflict(
                    gettext("Case {accession} has no signed report yet; --draft writes what would be signed.").format(
                        accession=case.accession
                    )
                )
            report = signed[0]
            if is_pdf and not report.pdf_sha256:
                raise Refusal(gettext(render.NO_PDF), code="no-pdf")
            raw = (
                proved_bytes(report.pdf_name, report.pdf_sha256)
                if is_pdf
                else proved_bytes(report.html_name, report.html_sha256)
            )
        with whole_file(out) as stream:
            stream.write(raw)
        self.stdout.write(str(out))
