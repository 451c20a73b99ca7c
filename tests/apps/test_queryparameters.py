"""What a request says and nobody asked for is refused by name: a misspelt field would else be dropped without a word."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from django.urls import resolve
from rest_framework.test import APIClient

from apps.accounts.api.inputs import refuse_unknown
from apps.accounts.api.queryparameters import parameters_of
from apps.accounts.errors import Refusal
from apps.cases.services import create_case
from apps.review.selectors import labels_json
from apps.review.services import add_cell
from tests import factories


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
    assert answer.status_code == 400 and "change the direction" in answer.json()["detail"]
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
    right = (
        "cases/?state=signed&page=1&ordering=accession&format=json"
        if name == "status"
        else f"jobs/{job.pk}/gallery/?class=3"
    )
    assert api(tess).get(f"/api/v1/{right}").status_code == 200


def test_a_parameter_without_a_name_is_shown_as_an_empty_text_and_one_that_stands_alone_in_the_singular(
    db: Any, tess: Any, api: Any
) -> None:
    answer = api(tess).get("/api/v1/cases/?=1")
    assert answer.status_code == 400 and 'There is no parameter "" here; there are: ' in answer.json()["detail"]
    with pytest.raises(Refusal, match=r"There is no parameter cls here; there is: assay\."):
        refuse_unknown(["cls"], ["assay"])


DESCRIBED = yaml.safe_load((Path(__file__).parents[2] / "clients" / "openapi.yaml").read_text())["paths"]
AN_ID = "6f9c1e0a-0000-4000-8000-000000000000"


def _view_of(path: str) -> Any:
    for name in ("accession", "kind", "name", "version", "code"):
        path = path.replace(f"{{{name}}}", "x")
    for name in ("row", "cls", "site_id", "first", "count", "field"):
        path = path.replace(f"{{{name}}}", "1")
    for name in ("job_id", "other_id", "slide_id", "report_id", "upload_id", "added_id", "adaptation_id"):
        path = path.replace(f"{{{name}}}", AN_ID)
    return getattr(resolve(path).func, "cls", None)


def test_every_get_takes_the_parameters_of_its_description_and_no_other() -> None:
    operations = {path: ops["get"] for path, ops in DESCRIBED.items() if "get" in ops}
    views = {path: view for path in operations if (view := _view_of(path))}
    assert len(views) > 50
    for path, view in views.items():
        described = {p["name"] for p in operations[path].get("parameters", []) if p["in"] == "query"}
        assert parameters_of(view) == described, path


@pytest.mark.parametrize(
    "path", ["audit/", "jobs/", "phrases/", "protocols/", "models/", "sites/", "presets/", "exports/"]
)
def test_an_unknown_parameter_of_any_list_is_refused(path: str, db: Any, api: Any) -> None:
    ada = factories.person("administrator", "ada")
    answer = api(ada).get(f"/api/v1/{path}?pagesize=5")
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")
    assert "There is no parameter pagesize here" in answer.json()["detail"]
    assert api(ada).get(f"/api/v1/{path}").status_code == 200
    assert APIClient().get(f"/api/v1/{path}?pagesize=5").status_code == 403, "who asks comes first"


WRONG = {
    "integer": ("x", "-1", "1.5", ""),
    "boolean": ("maybe", ""),
    "number": ("x",),
    "uuid": ("x",),
    "date-time": ("x",),
}


def _typed() -> list[tuple[str, str, str]]:
    """Address, parameter and a value that it does not take, of each typed parameter of each GET."""
    wrong = []
    for path, ops in DESCRIBED.items():
        for p in ops.get("get", {}).get("parameters", []):
            if p["in"] != "query":
                continue
            schema = p["schema"]
            values = WRONG.get(schema.get("format", ""), WRONG.get(schema["type"], ()))
            if "enum" in schema:
                values = ("nonesuch",)
            wrong += [(path, p["name"], value) for value in values]
    return wrong


def test_a_wrong_value_of_any_typed_parameter_is_refused_with_a_sentence(job: Any, tess: Any, api: Any) -> None:
    add_cell(tess, job, 100, 100, 40, 40, "segmented_neutrophil")
    added = labels_json(job)["added"][0]["id"]
    client = api(factories.person("administrator", "ada"))
    wrong = [
        *_typed(),
        ("/api/v1/jobs/{job_id}/gallery/", "class", "x"),
        ("/api/v1/jobs/{job_id}/gallery/", "class", "999"),
    ]
    wrong += [
        ("/api/v1/jobs/{job_id}/gallery/", "classes", "0,x"),
        ("/api/v1/jobs/{job_id}/gallery/", "classes", "0,999"),
    ]
    wrong += [
        (path, "page_size", n) for path in ("/api/v1/cases/", "/api/v1/jobs/", "/api/v1/audit/") for n in ("0", "501")
    ]
    assert len({(path, name) for path, name, _ in wrong}) > 20
    for path, name, value in wrong:
        address = path.format(job_id=job.pk, row=0, added_id=added)
        answer = client.get(address, {name: value})
        body = answer.json()
        assert (answer.status_code, body["code"]) == (400, "invalid"), (path, name, value)
        assert body["detail"].startswith(f"{name}: ") and body["detail"].endswith("."), body["detail"]
        assert list(body["errors"]) == [name]


@pytest.mark.parametrize("path", ["cases/", "jobs/", "audit/"])
def test_a_page_beyond_the_end_says_how_many_there_are(path: str, job: Any, api: Any) -> None:
    answer = api(factories.person("administrator", "ada")).get(f"/api/v1/{path}?page=99")
    assert (answer.status_code, answer.json()["code"]) == (404, "not-found")
    assert answer.json()["detail"] == "There is no page 99: the list has 1 page."


@pytest.mark.parametrize(
    "path",
    ["cells/0-2.bin", "contours/0-2.bin", "fields/0/cells.bin", "cells/0/crop.jpg", "cells/index.json", "cells/0/"],
)
def test_an_unknown_parameter_of_what_a_browser_keeps_is_refused(path: str, job: Any, tess: Any, api: Any) -> None:
    answer = api(tess).get(f"/api/v1/jobs/{job.pk}/{path}?colour=red")
    assert answer.status_code == 400 and "There is no parameter colour here" in answer.json()["detail"]


def test_a_picture_of_a_cell_takes_its_size_alone(job: Any, tess: Any, api: Any) -> None:
    address = f"/api/v1/jobs/{job.pk}/cells/0/crop.jpg"
    assert api(tess).get(f"{address}?size=64&around=2").status_code == 200
    assert api(tess).get(f"{address}?sise=64").status_code == 400
