"""What a request says and nobody asked for is refused by name: a misspelt field would else be dropped without a word."""

from __future__ import annotations

from typing import Any

import pytest


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
