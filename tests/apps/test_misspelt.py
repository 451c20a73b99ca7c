"""What a request says and nobody asked for is refused by name: a misspelt field would else be dropped without a word."""

from __future__ import annotations

from typing import Any

import pytest

from apps.accounts.errors import Refusal
from apps.cases.services import create_case


@pytest.mark.parametrize(
    ("method", "path", "body", "field"),
    [
        ("patch", "cases/{case}/", {"conclusion": "Blasts"}, "conclusion"),
        ("post", "cases/", {"accession": "N-1", "speciman": "blood-film"}, "speciman"),
        ("post", "jobs/{job}/labels/", {"action": "confirm", "rows": [1], "base_revision": 0, "lable": 3}, "lable"),
        ("post", "slides/{slide}/jobs/", {"protocol": "blood-film", "regoin": [0, 0, 9, 9]}, "regoin"),
    ],
)
def test_a_misspelt_field_is_named_beside_those_that_there_are(
    method: str, path: str, body: dict[str, Any], field: str, job: Any, tess: Any, api: Any
) -> None:
    path = path.format(case=job.slide.case.accession, job=job.pk, slide=job.slide_id)
    answer = getattr(api(tess), method)(f"/api/v1/{path}", body, format="json")
    assert answer.status_code == 400 and list(answer.json()["errors"]) == [field]
    assert answer.json()["detail"].startswith(f"{field}: There is no such field here; there are: ")


@pytest.mark.parametrize("turning", ["\u202e", "\u2066"])
def test_characters_that_turn_what_is_read_are_refused_by_api_and_page(
    turning: str, tess: Any, api: Any, slide: Any
) -> None:
    text = f"Blasts {turning}21 %"
    answer = api(tess).patch(f"/api/v1/cases/{slide.case.accession}/", {"question": text}, format="json")
    assert answer.status_code == 400 and "turn the order" in answer.json()["detail"]
    answer = api(tess).patch(f"/api/v1/cases/{slide.case.accession}/", {"question": "دم محيطي 21 %"}, format="json")
    assert answer.status_code == 200, "what runs from the right by itself is welcome"
    with pytest.raises(Refusal):
        create_case(tess, "TURN-1", pseudonym=text)


@pytest.mark.parametrize(("path", "name"), [("cases/?status=signed", "status"), ("jobs/{job}/gallery/?cls=3", "cls")])
def test_a_misspelt_parameter_chooses_nothing_in_place_of_everything(
    path: str, name: str, job: Any, tess: Any, api: Any
) -> None:
    answer = api(tess).get(f"/api/v1/{path.format(job=job.pk)}")
    assert answer.status_code == 400 and f"There is no parameter {name} here; there are: " in answer.json()["detail"]
    right = "cases/?state=signed&page=1&ordering=accession" if name == "status" else f"jobs/{job.pk}/gallery/?class=3"
    assert api(tess).get(f"/api/v1/{right}").status_code == 200
