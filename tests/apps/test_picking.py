"""The picking list: candidates by rank with places and states, HbF of confirmed ones; closed by signing; a page and files."""

from __future__ import annotations

import csv
import io
import re
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from apps.accounts.errors import Conflict, Forbidden, Missing, Refusal
from apps.analysis.models import Job
from apps.audit.models import Record
from apps.reports import services as reports
from apps.reports.exports import exporter, source
from apps.review.hbf import mark_hbf
from apps.review.models import HbfMark
from apps.review.picking import candidates, picking_json
from apps.review.services import add_cell, label_cells
from apps.slides.models import Slide
from tests import factories
from tests.apps.test_reports import see_all
from tests.factories import PASSWORD


@pytest.fixture
def block(tess: Any, tmp_path: Path, settings: Any) -> Job:
    """Three candidates of different probability and two other cells, on a cell block."""
    settings.VAR_DIR = tmp_path / "var"
    case = factories.case(tess, specimen="cell-block")
    slide = factories.slide(case, factories.film_file(tmp_path / "block.tif"))
    table = factories.cells({"erythroblast": 3, "nucleated_cell": 2}, key="fetal_nrbc")
    p = table.p.copy()
    p[:3, 0], p[:3, 1] = (0.6, 0.95, 0.8), (0.4, 0.05, 0.2)
    return factories.finished_job(slide, type(table)(**{**vars(table), "p": p.astype(np.float16)}), "fetal_nrbc")


def content_of(job: Job, key: str) -> str:
    return b"".join(exporter(key).pieces(source.of_job(job))).decode("utf-8-sig")


def test_candidates_are_ranked_by_probability_with_their_place_in_um(block: Job) -> None:
    listed = candidates(block)
    assert [c.row for c in listed] == [1, 2, 0]
    assert [c.state for c in listed] == ["pending"] * 3
    first = listed[0]
    assert first.x_um == pytest.approx(first.x_px * 0.25)
    assert first.y_um == pytest.approx(first.y_px * 0.25)


def test_a_place_on_photographs_is_that_within_its_photograph(block: Job) -> None:
    fields = [{"x": 0, "y": 0, "w": 200, "h": 768, "name": "a"}, {"x": 200, "y": 0, "w": 824, "h": 768, "name": "b"}]
    Slide.objects.filter(pk=block.slide_id).update(photo_fields=fields)
    block = Job.objects.get(pk=block.pk)
    candidate = next(c for c in candidates(block) if c.x_px > 200)
    assert (candidate.photograph, candidate.x_um) == ("b", pytest.approx((candidate.x_px - 200) * 0.25))


STAGE = {
    "px": [0.0, 0.0],
    "um": [5000.0, 9000.0],
    "right": [0.0, 0.25],
    "down": [-0.25, 0.0],
    "mpp": 0.25,
    "source": "its file",
}


def test_a_place_is_given_on_the_stage_where_the_file_knows_it_and_a_word_says_so(
    block: Job, tess: Any, api: Any
) -> None:
    Slide.objects.filter(pk=block.slide_id).update(stage=[{"photograph": "", **STAGE}])
    block = Job.objects.get(pk=block.pk)
    first, answer = candidates(block)[0], api(tess).get(f"/api/v1/jobs/{block.pk}/candidates/").json()
    assert first.stage_um == pytest.approx((5000 - first.y_um, 9000 + first.x_um))
    assert answer["stage"] == "Stage coordinates from its file."
    assert answer["candidates"][0]["stage_x_um"] == pytest.approx(5000 - first.y_um, abs=0.06)
    row = next(csv.DictReader(io.StringIO(content_of(block, "picking-csv"))))
    assert float(row["stage_y_um"]) == pytest.approx(9000 + first.x_um, abs=0.06)
    assert f"({5000 - first.y_um:,.0f}, {9000 + first.x_um:,.0f})" in content_of(block, "picking-map")


def test_where_the_file_knows_no_stage_the_columns_are_empty_and_a_word_says_why(
    block: Job, tess: Any, api: Any
) -> None:
    words = "The slide's file does not state where it lay on the stage."
    row = next(csv.DictReader(io.StringIO(content_of(block, "picking-csv"))))
    assert (row["stage_x_um"], row["stage_y_um"], row["stage_from"]) == ("", "", words)
    answer = api(tess).get(f"/api/v1/jobs/{block.pk}/candidates/").json()
    assert (answer["stage"], answer["candidates"][0]["stage_x_um"]) == (words, None)
    assert words.replace("'", "&#x27;") in content_of(block, "picking-map")
    page = api(tess).get(f"/cases/{block.slide.case.accession}/picking/{block.pk}/").content.decode()
    assert words.replace("'", "&#x27;") in page


def test_of_photographs_those_have_a_stage_whose_files_know_it(block: Job) -> None:
    fields = [{"x": 0, "y": 0, "w": 200, "h": 768, "name": "a"}, {"x": 200, "y": 0, "w": 824, "h": 768, "name": "b"}]
    stage = [{"photograph": "b", **STAGE}]
    Slide.objects.filter(pk=block.slide_id).update(photo_fields=fields, stage=stage)
    block = Job.objects.get(pk=block.pk)
    assert all((c.stage_um is not None) == (c.photograph == "b") for c in candidates(block))
    assert picking_json(block)["stage"] == "Stage coordinates from its file; not for every photograph."


def test_labels_confirm_and_exclude_candidates(block: Job, tess: Any) -> None:
    label_cells(tess, block, "confirm", [1], [], None, 0)
    label_cells(tess, block, "reject", [2], [], None, 1)
    label_cells(tess, block, "relabel", [0], [], "nucleated_cell", 2)
    label_cells(tess, block, "relabel", [3], [], "erythroblast", 3)
    add_cell(tess, block, 300, 300, 30, 30, "erythroblast")
    states = {c.cell if c.added is None else "added": c.state for c in candidates(block)}
    assert states == {"added": "confirmed", "1": "confirmed", "2": "excluded", "0": "excluded", "3": "confirmed"}


def test_hbf_is_asked_of_confirmed_cells_alone_and_each_word_of_it_is_audited(block: Job, tess: Any) -> None:
    with pytest.raises(Refusal, match="Confirm the candidate first"):
        mark_hbf(tess, block, "positive", 1)
    label_cells(tess, block, "confirm", [1], [], None, 0)
    mark_hbf(tess, block, "not_done", 1)
    mark_hbf(tess, block, "positive", 1)
    assert candidates(block)[0].hbf == "positive"
    line = Record.objects.filter(action="candidate.hbf").latest("pk")
    assert (line.detail["before"], line.detail["state"], line.detail["cell"]) == ("not_done", "positive", 1)
    assert picking_json(block)["hbf"] == {"positive": 1, "negative": 0, "not_done": 0, "open": 0}
    with pytest.raises(Missing):
        mark_hbf(tess, block, "positive", 4)
    with pytest.raises(Refusal, match="not an HbF state"):
        mark_hbf(tess, block, "perhaps", 1)
    # Excluded afterwards, it has no HbF to show; confirmed again, what was said stands.
    label_cells(tess, block, "reject", [1], [], None, 1)
    assert candidates(block)[0].hbf == ""


def test_who_may_not_review_says_nothing_of_hbf(block: Job) -> None:
    with pytest.raises((Forbidden, Missing)):
        mark_hbf(factories.person("researcher"), block, "positive", 1)
    assert not HbfMark.objects.exists()


def test_signing_closes_the_list_and_a_later_mark_does_not_change_what_was_signed(
    block: Job, tess: Any, paul: Any
) -> None:
    label_cells(tess, block, "confirm", [1], [], None, 0)
    mark_hbf(tess, block, "negative", 1)
    see_all(paul, block)
    report = reports.sign(paul, block.slide.case, PASSWORD, "Approved")
    with pytest.raises(Conflict, match="signed"):
        mark_hbf(tess, block, "positive", 1)
    reports.amend(paul, block.slide.case, "A second section came")
    block = Job.objects.get(pk=block.pk)
    mark_hbf(tess, block, "positive", 1)
    signed = b"".join(exporter("picking-csv").pieces(source.of_report(report))).decode("utf-8-sig")
    assert {line["hbf"] for line in csv.DictReader(io.StringIO(signed)) if line["rank"] == "1"} == {"negative"}


def test_the_list_as_csv_and_the_map_name_every_candidate_by_its_rank(block: Job, tess: Any) -> None:
    label_cells(tess, block, "confirm", [1], [], None, 0)
    mark_hbf(tess, block, "positive", 1)
    lines = list(csv.DictReader(io.StringIO(content_of(block, "picking-csv"))))
    assert [(line["rank"], line["state"], line["hbf"]) for line in lines] == [
        ("1", "confirmed", "positive"), ("2", "pending", ""), ("3", "pending", ""),
    ]  # fmt: skip
    assert {line["status"] for line in lines} == {"draft"}
    svg = content_of(block, "picking-map")
    page = ET.fromstring(svg)
    texts = [t.text or "" for t in page.iter("{http://www.w3.org/2000/svg}text")]
    assert {"1", "2", "3"} <= set(texts)
    assert any(text.startswith("draft.") for text in texts)
    assert any("HbF positive" in text for text in texts)
    assert len(list(page.iter("{http://www.w3.org/2000/svg}circle"))) == 3


def test_what_people_wrote_cannot_break_the_map(block: Job) -> None:
    Slide.objects.filter(pk=block.slide_id).update(name='<script>"&')
    assert ET.fromstring(content_of(Job.objects.get(pk=block.pk), "picking-map")) is not None


def test_there_is_no_list_where_no_nucleated_red_cells_are_looked_for(tess: Any, tmp_path: Path, settings: Any) -> None:
    settings.VAR_DIR = tmp_path / "var"
    case = factories.case(tess)
    job = factories.finished_job(
        factories.slide(case, factories.film_file(tmp_path / "f.tif")),
        factories.cells({"circular": 3}, key="sickle"),
        "sickle",
    )
    with pytest.raises(Conflict, match="nothing to pick"):
        content_of(job, "picking-csv")


def test_the_page_confirms_excludes_and_saves_hbf(block: Job, client: Any, tess: Any) -> None:
    client.force_login(tess)
    url = f"/cases/{block.slide.case.accession}/picking/{block.pk}/"
    assert client.get(url).status_code == 200
    assert client.post(url, {"act": "confirm", "row": "1", "revision": "0"}).status_code == 302
    assert client.post(url, {"act": "hbf", "row": "1", "hbf": "positive"}).status_code == 302
    assert client.post(url, {"act": "exclude", "row": "2", "revision": "1"}).status_code == 302
    text = client.get(url).content.decode()
    assert re.search(r"<dt>Confirmed</dt><dd>1</dd>", text)
    assert "1 positive, 0 negative" in text
    # An excluded candidate that is confirmed after all is a nucleated red cell again.
    assert client.post(url, {"act": "confirm", "row": "2", "revision": "2"}).status_code == 302
    assert [c.state for c in candidates(Job.objects.get(pk=block.pk))] == ["confirmed", "confirmed", "pending"]
    refused = client.post(url, {"act": "hbf", "row": "0", "hbf": "positive"})
    assert refused.status_code == 400
    assert "Confirm the candidate first" in refused.content.decode()


def test_the_page_is_not_there_for_whom_the_case_is_not(block: Job, client: Any) -> None:
    url = f"/cases/{block.slide.case.accession}/picking/{block.pk}/"
    assert client.get(url).status_code == 302
    client.force_login(factories.person("technologist"))
    block.slide.case.restricted = True
    block.slide.case.save(update_fields=["restricted"])
    assert client.get(url).status_code == 404


def test_the_api_lists_candidates_and_takes_hbf(block: Job, api: Any, tess: Any) -> None:
    label_cells(tess, block, "confirm", [1], [], None, 0)
    url = f"/api/v1/jobs/{block.pk}/candidates/"
    assert api(tess).get(url).json()["states"] == {"pending": 2, "confirmed": 1, "excluded": 0}
    answer = api(tess).post(url, {"row": 1, "state": "negative"}, format="json")
    assert (answer.status_code, answer.json()["candidates"][0]["hbf"]) == (200, "negative")
    assert api(tess).post(url, {"row": 0, "state": "negative"}, format="json").json()["code"] == "not-confirmed"
