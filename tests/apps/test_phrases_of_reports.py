"""What reports and exports say is in the catalogue as whole sentences: no English is left where every phrase is translated."""

from __future__ import annotations

import itertools
import re
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import pytest

from apps.reports import render
from apps.reports.exports import exporter, picking, source
from apps.review import picking as candidates_module
from apps.review.hbf import mark_hbf
from apps.review.models import HbfMark
from apps.review.services import label_cells
from apps.slides.models import Slide
from tests import factories

PEOPLE = ([], ["Ada"], ["Ada", "Bo"])
_PHRASE = re.compile(r"«[^«»]*»")


@pytest.fixture(autouse=True)
def another_language(monkeypatch: pytest.MonkeyPatch) -> None:
    """One in which each phrase stands in quotation marks; names and numbers come in afterwards."""
    for module in (render, picking, candidates_module):
        monkeypatch.setattr(module, "gettext", lambda phrase: f"«{phrase}»")
    for module in (render, picking):
        monkeypatch.setattr(module, "ngettext", lambda one, many, n: f"«{one if n == 1 else many}»")


def outside(text: str) -> str:
    """What of a text is in no quotation marks."""
    while _PHRASE.search(text):
        text = _PHRASE.sub("", text)
    return text


def test_who_read_is_told_in_whole_sentences() -> None:
    roles = ("first", "second", "decided_by", "decided_by_first", "carried_by")
    for *people, blind, closed in itertools.product(*[PEOPLE] * len(roles), (True, False), (True, False)):
        who = {**dict(zip(roles, people, strict=True)), "blind": blind, "closed": closed}
        assert outside(render.readers_sentence(who)).strip() == "", who


@pytest.mark.parametrize("photographs", [True, False])
def test_the_picking_map_says_nothing_that_is_in_no_catalogue(
    photographs: bool, tess: Any, tmp_path: Path, settings: Any
) -> None:
    settings.VAR_DIR = tmp_path / "var"
    case = factories.case(tess, specimen="cell-block")
    slide = factories.slide(case, factories.film_file(tmp_path / "block.tif"))
    fields = [{"x": 0, "y": 0, "w": 4096, "h": 4096, "name": "7"}] if photographs else []
    Slide.objects.filter(pk=slide.pk).update(photo_fields=fields)
    slide.refresh_from_db()
    job = factories.finished_job(slide, factories.cells({"erythroblast": 3}, key="fetal_nrbc"), "fetal_nrbc")
    label_cells(tess, job, "confirm", [1], [], None, 0)
    mark_hbf(tess, job, HbfMark.State.NOT_DONE, 1)
    page = ET.fromstring(b"".join(exporter("picking-map").pieces(source.of_job(job))))
    texts = [text.text or "" for text in page.iter("{http://www.w3.org/2000/svg}text")]
    assert any("«HbF not done»" in text for text in texts)
    assert [text for text in texts if re.search(r"[^\W\d_]{3,}", outside(text))] == []
