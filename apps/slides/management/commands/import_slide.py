"""Bring slides in from the command line."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser
from django.db import transaction
from django.utils.translation import gettext

from apps.accounts.commands import SentenceCommand
from apps.accounts.errors import Missing, Refusal
from apps.accounts.services import acting_user
from apps.cases.models import Case
from apps.cases.selectors import require
from apps.cases.services import create_case, withdraw_case
from apps.slides import imports, services, tileservices
from apps.slides.folders import with_companions
from apps.slides.models import Slide
from apps.slides.placing import ImportOptions
from apps.slides.presets import preset_of
from apps.slides.selectors import require_identity
from apps.slides.sites import set_site, site_named
from apps.slides.uploads import as_refusal
from hemaview.wsi.errors import SeveralSeries, SlideError
from hemaview.wsi.identity import Entry
from hemaview.wsi.sandbox import identity_of
from hemaview.wsi.sources.choice import SHARPEST, Choice


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
        parser.add_argument("--preset", metavar="NAME", help="µm per pixel of a camera and objective of the laboratory")
        parser.add_argument(
            "--site", metavar="NAME", help="the site (laboratory, stain, camera) that the slide is from"
        )
        parser.add_argument("--series", type=_series, metavar="N", help="of several series the one of this number")
        parser.add_argument("--all-series", action="store_true", help="each series as a slide of its own")
        parser.add_argument("--plane", type=_plane, metavar="N", help="focal plane N, or sharpest (default: sharpest)")
        parser.add_argument("--name", default="", help="the slide's name")
        parser.add_argument(
            "--in-place", action="store_true", help="read the slide where it lies instead of copying it"
        )
        parser.add_argument(
            "--convert",
            action="store_true",
            help="make a pyramid whose tiles can be sent as stored, if the file has none",
        )
        parser.add_argument(
            "--identity", action="store_true", help="list what the files say of people, places, times and devices"
        )
        parser.add_argument("--user", default="", help="who does it (default: the first superuser, or console)")
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        user = acting_user(options["user"])
        if options["preset"]:
            if options["mpp"] is not None:
                raise Refusal(gettext("Give --mpp or --preset, not both."), code="invalid")
            preset = preset_of(options["preset"])
            options["mpp"], options["preset"] = preset.mpp, preset.name
        site = site_named(options["site"]) if options["site"] else None
        if options["identity"]:
            require_identity(user)
        accession = options["case"]
        case = Case.objects.filter(accession=accession).first()
        creates_case = case is None
        if case is None:
            if not options["create"]:
                raise Missing(
                    gettext("There is no case {accession}; add --create to open it.").format(accession=accession)
                )
            facts = {k: options[k] for k in ("stain", "pseudonym")}
            with transaction.atomic():  # who may open cases but bring nothing in leaves none behind
                case = create_case(user, accession, specimen=options["specimen"] or Case.Specimen.BLOOD_FILM, **facts)
                require(user, case, "annotate")
        entries: list[Entry] = []
        try:
            if options["identity"]:
                entries = _identity(options["paths"])
            slides = self._bring_in(user, case, options)
        except BaseException:
            if creates_case:
                withdraw_case(user, case)
            raise
        if site is not None:
            slides = [set_site(user, slide, site) for slide in slides]
        slides = [tileservices.run_conversion(s.pk) if s.conversion == Slide.Conversion.ASKED else s for s in slides]
        if options["json"]:
            identity = {"identity": [asdict(e) for e in entries]} if options["identity"] else {}
            self.stdout.write(json.dumps({"slides": [{**_answer(slide), **identity} for slide in slides]}))
        for slide in slides if not options["json"] else []:
            mpp = f"{slide.mpp:g} µm/px" if slide.mpp else "µm/px unknown"
            self.stdout.write(f"{slide.name}: {slide.width} × {slide.height} px, {mpp}, {slide.status}; id {slide.pk}")
            for note in slide.notes:
                self.stdout.write(f"  {note}")
        for entry in entries if not options["json"] else []:
            self.stdout.write(f"  {entry.kind}: {entry.value} ({entry.where})")
        sys.stdout.flush()
        failed = next((s for s in slides if s.conversion == Slide.Conversion.FAILED), None)
        if failed is not None:
            raise Refusal(
                gettext("The slide is imported and can be used, but was not converted: {conversion_message}").format(
                    conversion_message=failed.conversion_message
                )
            )

    def _bring_in(self, user: Any, case: Case, options: dict[str, Any]) -> list[Slide]:
        """One slide, or one a series; all of them or none. Raises Refusal."""
        slides: list[Slide] = []

        def bring(series: int | None) -> None:
            slide = imports.begin_import_of_files(
                user,
                case,
                options["paths"],
                ImportOptions(
                    options["name"],
                    options["mpp"],
                    options["preset"] or "",
                    options["specimen"] or "",
                    options["convert"],
                    Choice(series, options["plane"]),
                    options["in_place"],
                ),
            )
            slides.append(slide)
            slides[-1] = imports.run_import(slide.pk)
            if slides[-1].status == Slide.Status.REFUSED:
                raise Refusal(slides[-1].message)

        try:
            try:
                bring(options["series"])
            except Refusal as refusal:
                if refusal.code != SeveralSeries.code:
                    raise
                if not options["all_series"]:
                    how = "choose one with --series N, or take them all with --all-series."
                    raise Refusal(refusal.message.rpartition(": ")[0] + f": {how}", refusal.code) from refusal
                for row in refusal.extra["series"]:
                    bring(row["number"])
        except BaseException:  # also where a person stops it: all or none
            for slide in slides:
                services.delete_slide(user, slide)
            raise
        return slides


def _identity(paths: list[Path]) -> list[Entry]:
    try:
        return identity_of([(path, path.name) for path in with_companions(paths)[0]])
    except SlideError as error:
        raise as_refusal(error) from error


def _plane(text: str) -> int:
    return SHARPEST if text == "sharpest" else _counted_from_one(text, "focal plane", ", or sharpest")


def _series(text: str) -> int:
    return _counted_from_one(text, "series")


def _counted_from_one(text: str, what: str, or_else: str = "") -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text} is no number of a {what}: give 1, 2, 3 and so on{or_else}.")
    return int(text)


def _answer(slide: Slide) -> dict[str, Any]:
    return {
        "id": str(slide.pk),
        "case": slide.case.accession,
        "name": slide.name,
        "width": slide.width,
        "height": slide.height,
        "specimen": slide.specimen,
        "mpp": slide.mpp,
        "mpp_source": slide.mpp_source,
        "status": slide.status,
        "notes": slide.notes,
        "identifying": slide.identifying,
        "site": slide.site.name if slide.site else None,
        "tiles": f"{sum(v['stored'] for v in slide.tile_levels)} of {len(slide.tile_levels)} levels as stored",
    }
