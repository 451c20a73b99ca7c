"""An analysis, or the reported analyses of a case, as a file for other programs."""

from __future__ import annotations

import uuid
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.utils.translation import gettext

from apps.accounts.commands import SentenceCommand
from apps.accounts.errors import Refusal
from apps.accounts.services import acting_user
from apps.analysis.selectors import reviewable_job_for
from apps.cases.selectors import case_for
from apps.reports.exports import exporters, source
from apps.reports.handout import hand_out
from apps.review.agreement import refuse_blind
from hemaview.blobs import whole_file


class Command(SentenceCommand):
    help = (
        "Write cells or counts for other programs, marked as a draft until they are signed. "
        "Example: python manage.py export DEMO-REAL --format geojson --out cells.geojson"
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("what", metavar="JOB|ACCESSION", help="one analysis, or the reported ones of a case")
        parser.add_argument(
            "--format", required=True, help=", ".join(f"{e.key} ({e.title})" for e in exporters().values())
        )
        parser.add_argument("--out", type=Path, required=True, metavar="FILE")
        parser.add_argument("--user", default="", help="act as this person (default: the first superuser, or console)")

    def handle(self, **options: Any) -> None:
        out: Path = options["out"]
        if not out.parent.is_dir():
            raise Refusal(gettext("There is no folder {parent}.").format(parent=out.parent))
        if out.is_dir():
            raise Refusal(gettext("{out} is a folder; name a file.").format(out=out))
        user = acting_user(options["user"])
        try:
            job_id = uuid.UUID(options["what"])
        except ValueError:
            case = case_for(user, options["what"])
            refuse_blind(user, case.pk)
            of = source.of_case(case)
        else:
            job = reviewable_job_for(user, job_id)
            refuse_blind(user, job.slide.case_id)
            of = source.of_job(job)
        export = hand_out(user, of, options["format"])
        with whole_file(out) as stream:
            stream.writelines(export.pieces)
        self.stdout.write(f"{out} ({of.status})")
