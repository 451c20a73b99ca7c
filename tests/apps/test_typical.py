"""Typical cells beside a cell, what is left to see, and pictures at the edge of a slide."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rest_framework.test import APIClient

from apps.accounts.errors import Missing
from apps.review.countsjson import counts_json
from apps.review.crops import ticked, window
from apps.review.services import label_cells
from apps.review.triage import expected_moves
from apps.review.typical import FOLDER, SETS, typical
from tests import factories
from tests.schemas import BLOOD_FILM

SEG, MONO, BLAST = (BLOOD_FILM.index(k) for k in ("segmented_neutrophil", "monocyte", "blast"))


@pytest.fixture
def other(tess: Any, tmp_path: Path, settings: Any) -> Any:
    """Another case's analysis, four of whose segmented neutrophils are confirmed and one is rejected."""
    settings.VAR_DIR = tmp_path / "var"
    case = factories.case(tess, accession="OTHER-1")
    other = factories.finished_job(factories.slide(case, factories.film_file(tmp_path / "other.tif")))
    label_cells(tess, other, "confirm", [40, 41, 42, 43], [], None, 0)
    label_cells(tess, other, "reject", [44], [], None, 1)
    return other


def test_typical_cells_are_confirmed_ones_of_other_cases_then_free_pictures(job: Any, other: Any, tess: Any) -> None:
    pictures = typical(tess, job, SEG)["pictures"]
    own = [p for p in pictures if p["own"]]
    assert [p["source"] for p in own] == ["OTHER-1"] * 3, "no slide gives more than three"
    assert all(f"/jobs/{other.pk}/" in p["url"] and "/cells/44/" not in p["url"] for p in own)
    assert {p["source"] for p in pictures if not p["own"]} == {SETS["pbc"]}
    assert 4 <= len(pictures) <= 8
    assert typical(tess, other, SEG)["pictures"][0]["own"] is False, "a case is no reference for itself"
    assert typical(tess, job, BLAST)["pictures"] == []
    with pytest.raises(Missing, match="no class 900"):
        typical(tess, job, 900)


def test_nobody_is_shown_typical_cells_of_a_case_that_they_may_not_see(job: Any, other: Any, paul: Any) -> None:
    other.slide.case.restricted = True
    other.slide.case.save()
    assert not [p for p in typical(paul, job, SEG)["pictures"] if p["own"]]


def test_free_pictures_are_sent_to_whoever_is_signed_in_and_nothing_else_of_the_disk_is(job: Any, tess: Any) -> None:
    client = APIClient()
    address = typical(tess, job, MONO)["pictures"][0]["url"]
    assert client.get(address).status_code == 404
    client.force_login(tess)
    answer = client.get(address)
    assert (answer.status_code, answer["Content-Type"]) == (200, "image/webp")
    for stray in ("pbc/README.md", "pbc/..%2FREADME.md", "..%2F/x.webp", "elsewhere/monocyte-1.webp"):
        assert client.get(f"/api/v1/typical/{stray}").status_code == 404
    assert {path.parent.name for path in FOLDER.rglob("*.webp")} == set(SETS)


def test_what_is_left_to_see_shrinks_with_each_confirmed_cell(job: Any, tess: Any) -> None:
    before = counts_json(job)["triage"]["segmented_neutrophil"]
    assert (before["left"], before["leave"]) == (12, pytest.approx(1.2, abs=0.01))
    label_cells(tess, job, "confirm", [40, 41, 42], [], None, 0)
    job.refresh_from_db()
    after = counts_json(job)["triage"]["segmented_neutrophil"]
    assert (after["left"], after["leave"]) == (9, pytest.approx(0.9, abs=0.01))


def test_moves_are_asked_of_whole_nucleated_cells_alone() -> None:
    table = factories.cells({"normal": 5, "segmented_neutrophil": 4}, cut=1)
    moves = expected_moves(table, BLOOD_FILM, {5})
    assert moves["segmented_neutrophil"] == (pytest.approx(0.2, abs=0.01), 0)
    assert moves["band_neutrophil"] == (0, pytest.approx(0.2, abs=0.01))
    assert moves["normal"] == (0, 0)


def test_a_picture_shows_what_a_cell_lies_among_where_that_is_asked_for(job: Any, tess: Any) -> None:
    client = APIClient()
    client.force_login(tess)
    near, wide, most = (
        client.get(f"/api/v1/jobs/{job.pk}/cells/20/crop.jpg?size=96&around={n}") for n in ("1", "4", "6")
    )
    assert near.status_code == wide.status_code == most.status_code == 200
    assert near.content != wide.content != most.content
    assert len({near["ETag"], wide["ETag"], most["ETag"]}) == 3
    wider = client.get(f"/api/v1/jobs/{job.pk}/cells/20/crop.jpg?around=900")
    assert wider.status_code == 400 and wider.json()["detail"] == "around: Give a whole number from 1 to 6."


def test_a_picture_at_the_edge_lies_within_the_slide_and_marks_the_cells_place() -> None:
    middle = window(500, 400, 60, (0, 0, 1000, 800))
    assert (middle.x, middle.y, middle.shifted) == (470, 370, False)
    corner = window(5, 790, 60, (0, 0, 1000, 800))
    assert (corner.x, corner.y, corner.side) == (0, 740, 60)
    assert corner.shifted and corner.at == pytest.approx((5 / 60, 50 / 60))
    assert window(5, 5, 60, (0, 0, 40, 800)).side == 40
    marked = ticked(np.full((96, 96, 3), 200, np.uint8), (0.25, 0.5))
    assert (marked[0, 24] == 0).all() and (marked[48, 0] == 0).all() and (marked[20:40, 40] == 200).all()
