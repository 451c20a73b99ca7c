"""Bring slides in from the command line."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from apps.accounts.commands import SentenceCommand
from apps.accounts.errors import Missing, Refusal
from apps.accounts.services import acting_user
from apps.cases.models import Case
from apps.cases.services import create_case, withdraw_case
from apps.slides import services, tileservices
from apps.slides.models import Slide


class Command(SentenceCommand):
    help = (
        "Bring a slide, or several camera fields as one slide, into a case. Example: "
        "python manage.py import_slide fields/ --case 26-00042 --create --specimen blood-film --mpp 0.19 --json"
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "paths", nargs="+", type=Path, metavar="PATH", help="a slide, pictures, or a folder of them"
        )
        parser.add_argument("--case", required=True, metavar="ACCESSION")
        parser.add_argument("--create", action="store_true", help="open the case if there is none")
        parser.add_argument(
            "--specimen",
            choices=Case.Specimen.values,
            help="what the slide is of (default: what the case is of; a new case is of a blood film)",
        )
        parser.add_argument("--stain", default="")
        parser.add_argument("--pseudonym", default="")
        parser.add_argument("--mpp", type=float, help="µm per pixel, where the file does not say")
        parser.add_argument("--name", default="", help="the slide's name")
        parser.add_argument(
            "--in-place", action="store_true", help="read the slide where it lies instead of copying it"
        )
        parser.add_argument(
            "--convert",
            action="store_true",
            help="make a pyramid whose tiles can be sent as stored, if the file has none",
        )
        parser.add_argument("--user", default="", help="who does it (default: the first superuser, or console)")
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        user = acting_user(options["user"])
        accession = options["case"]
        case = Case.objects.filter(accession=accession).first()
        made = case is None
        if case is None:
            if not options["create"]:
                raise Missing(f"There is no case {accession}; add --create to open it.")
            facts = {k: options[k] for k in ("stain", "pseudonym")}
            case = create_case(user, accession, specimen=options["specimen"] or Case.Specimen.BLOOD_FILM, **facts)
        try:
            slide = services.begin_import_of_files(
                user,
                case,
                options["paths"],
                options["name"],
                options["mpp"],
                options["in_place"],
                options["convert"],
                options["specimen"] or "",
            )
            slide = services.run_import(slide.pk)
            if slide.status == Slide.Status.REFUSED:
                message = slide.message
                services.delete_slide(user, slide)
                raise Refusal(message)
        except Refusal:
            if made:
                withdraw_case(user, case)
            raise
        if slide.conversion == Slide.Conversion.ASKED:
            slide = tileservices.run_conversion(slide.pk)
        answer = {
            "id": str(slide.pk),
            "case": accession,
            "name": slide.name,
            "width": slide.width,
            "height": slide.height,
            "specimen": slide.specimen,
            "mpp": slide.mpp,
            "mpp_source": slide.mpp_source,
            "status": slide.status,
            "notes": slide.notes,
            "tiles": f"{sum(v['stored'] for v in slide.tile_levels)} of {len(slide.tile_levels)} levels as stored",
        }
        if options["json"]:
            self.stdout.write(json.dumps({"slides": [answer]}))
        else:
            mpp = f"{slide.mpp:g} µm/px" if slide.mpp else "µm/px unknown"
            self.stdout.write(f"{slide.name}: {slide.width} × {slide.height} px, {mpp}, {slide.status}; id {slide.pk}")
            for note in slide.notes:
                self.stdout.write(f"  {note}")
        sys.stdout.flush()
        if slide.conversion == Slide.Conversion.FAILED:
            raise Refusal(f"The slide is imported and can be used, but was not converted: {slide.conversion_message}")
