"""Compare every tile that would be sent as stored with what openslide and tifffile make of the same place."""

from __future__ import annotations

import json
import uuid
from argparse import ArgumentParser
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.utils.translation import gettext

from apps.accounts.commands import SentenceCommand
from apps.accounts.errors import Missing, Refusal
from apps.slides.models import Slide
from hemaview.wsi.errors import SlideError
from hemaview.wsi.sandbox import probe
from hemaview.wsi.tileproof import prove

TOLERATED = 2


class Command(SentenceCommand):
    help = (
        "Compare every tile that is sent as stored with full decodes of the same place, level by level; of files, or of slides "
        "by their id. Example: python manage.py verify_tiles slides/*.svs --json"
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("slides", nargs="+", metavar="SLIDE", help="a file, or the id of a slide that is there")
        parser.add_argument("--json", action="store_true")

    def handle(self, **options: Any) -> None:
        rows: list[dict[str, Any]] = []
        for path in [_file(text) for text in options["slides"]]:
            try:
                probe(path)  # in the limited child first: a hostile file must not end this process
                rows += [{"file": path.name, **asdict(level)} for level in prove(path)]
            except SlideError as error:
                raise Refusal(f"{path.name}: {error.message}", code=error.code) from error
        worst = max((r["difference_openslide"] or 0 for r in rows), default=0)
        exact = max((r["difference_tifffile"] or 0 for r in rows), default=0)
        if options["json"]:
            self.stdout.write(json.dumps({"levels": rows, "worst_openslide": worst, "worst_tifffile": exact}))
        else:
            for r in rows:
                self.stdout.write(_line(r))
        if worst > TOLERATED or exact > 0:
            raise Refusal(
                gettext("Tiles differ: by {worst} grey levels from openslide, by {exact} from tifffile.").format(
                    worst=worst, exact=exact
                )
            )


def _file(text: str) -> Path:
    """The file of that name, or of the slide of that id; raises Missing."""
    path = Path(text)
    if path.is_file():
        return path
    try:
        slide = Slide.objects.filter(pk=uuid.UUID(text)).first()
    except ValueError:
        slide = None
    if slide is None:
        raise Missing(
            gettext("{text} is neither a file nor the id of a slide: give either.").format(text=text), code="no-file"
        )
    if slide.status != Slide.Status.READY or not slide.file.is_file():
        raise Missing(
            gettext("The slide {text} has no file to verify: it is {status}.").format(
                text=text, status=slide.get_status_display().lower()
            ),
            code="no-file",
        )
    return slide.file


def _line(row: dict[str, Any]) -> str:
    place = f"{row['file']:40} level {row['level']} {row['width_px']:>7} × {row['height_px']:<7}"
    if not row["stored"]:
        return f"{place} decoded: {row['why']}"
    return (
        f"{place} as stored: {row['tiles']} tiles; openslide {row['compared_openslide']} compared, "
        f"difference {row['difference_openslide']}; tifffile {row['compared_tifffile']}, {row['difference_tifffile']}"
    )
