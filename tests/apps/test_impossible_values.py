"""A value that cannot be is refused by naming those that can; of cases, slides and people nobody learns what there is."""

from __future__ import annotations

from typing import Any

import pytest

from tests import factories


@pytest.mark.parametrize(
    ("address", "sentence"),
    [
        ("jobs/?protocol=zz", "protocol: Choose blood-film"),
        ("jobs/?assay=zz", "assay: Choose blood_film, "),
        ("jobs/?slide=zz", "slide: Give an id as the API writes it, such as "),
        ("phrases/?assay=zz", "assay: Choose blood_film, "),
        ("audit/?action=zzz", "action: Choose account.…, annotation.…, "),
        ("audit/?action=phrase.zz", "action: Choose phrase.changed, phrase.created or phrase.removed."),
        ("audit/?object_type=zz", "object_type: Choose adaptation, audit, case, "),
        (
            "audit/?since=2026-03-02T00:00:00Z&until=2026-03-01T00:00:00Z",
            "until: Give a time after 2026-03-02T00:00:00",
        ),
        ("cases/?reader=zz", "reader: Nothing here has this name."),
        ("jobs/{job}/gallery/?view=alike&like=999999", "like: Give the row of a cell, from 0 to 59."),
        ("jobs/{job}/gallery/?like=999999", "like: This parameter is only for view=alike."),
        ("jobs/{job}/gallery/?view=sure&like=3", "like: This parameter is only for view=alike."),
    ],
)
def test_a_value_that_cannot_be_is_refused_by_naming_what_there_is(
    address: str, sentence: str, job: Any, api: Any
) -> None:
    answer = api(factories.person("administrator", "ada")).get("/api/v1/" + address.format(job=job.pk))
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")
    assert answer.json()["detail"].startswith(sentence) and answer.json()["detail"].endswith(".")


@pytest.mark.parametrize(
    "address",
    [
        "jobs/?protocol={protocol}&assay=blood_film&state=done",
        "phrases/?assay=blood_film",
        "audit/?action=case.withdrawn&object_type=site",
        "audit/?since=2026-03-01T00:00:00Z&until=2026-03-02T00:00:00Z",
        "audit/?actor=zz&accession=zz",
        "jobs/?case=zz",
    ],
)
def test_a_value_that_can_be_is_taken_though_there_is_nothing_of_it(address: str, job: Any, api: Any) -> None:
    client = api(factories.person("administrator", "ada"))
    assert client.get("/api/v1/" + address.format(protocol=job.protocol.name)).status_code == 200


def test_a_class_that_there_is_not_is_refused_by_the_examinations_title_and_none_is_asked_for(
    job: Any, tess: Any, api: Any
) -> None:
    client, labels = api(tess), f"/api/v1/jobs/{job.pk}/labels/"
    body: dict[str, Any] = {"action": "relabel", "rows": [40], "base_revision": 0}
    assert client.post(labels, body, format="json").json()["detail"].startswith("Name the class: label=…")
    answer = client.post(labels, {**body, "label": "unicorn"}, format="json")
    assert answer.json()["detail"] == "There is no class unicorn in Blood film."
    assert client.post(labels, [], format="json").json()["detail"].startswith("Send an object with named values")


def test_rows_that_a_cell_file_does_not_have_are_refused_for_the_true_reason(job: Any, tess: Any, api: Any) -> None:
    def refusal_of(rows: str) -> str:
        answer = api(tess).get(f"/api/v1/jobs/{job.pk}/{rows}.bin")
        assert (answer.status_code, answer.json()["title"]) == (404, "Not found")
        return str(answer.json()["detail"])

    for kind in ("cells", "contours"):
        beyond = "The file has 60 cells: it has no 10 from row 5,000 on; rows begin at 0."
        assert refusal_of(f"{kind}/5000-10") == beyond
        assert refusal_of(f"{kind}/0-0").startswith("Ask for 1 to ") and refusal_of(f"{kind}/0-0").endswith(
            "these are 0."
        )
        assert refusal_of(f"{kind}/0-900000").endswith("these are 900,000.")


def test_a_title_is_no_sentence(job: Any, tess: Any, api: Any) -> None:
    assert api(tess).get("/api/v1/jobs/0b1e7a52-6c1d-4f0e-9a57-2f6d3c8e4b10/").json()["title"] == "Not found"
    assert api(tess).get("/api/v1/cases/NOPE/").json()["title"] == "Not found"
    assert api(tess).get("/api/v1/jobs/?page=999").json()["title"] == "Not found"


@pytest.mark.parametrize("number", ["nan", "NaN", "-nan", "inf", 10**400])
def test_what_no_answer_can_carry_is_no_number(number: str | int, job: Any, tess: Any, api: Any) -> None:
    """Python reads these texts as numbers; a database that is to keep them as JSON refuses, which was a fault of ours."""
    client, case = api(tess), job.slide.case
    for value in ({"wbc_10e9_per_l": number}, {"hb_g_per_l": 121, "mcv_fl": number}):
        answer = client.patch(f"/api/v1/cases/{case.accession}/", {"analyser": value}, format="json")
        assert (answer.status_code, answer.json()["code"]) == (400, "invalid")
    case.refresh_from_db()
    assert case.analyser == {}
    cell = {"x": number, "y": 20, "w": 20, "h": 20, "label": 0}
    answer = client.post(f"/api/v1/jobs/{job.pk}/cells/", cell, format="json")
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")
    assert client.get(f"/api/v1/jobs/{job.pk}/gallery/?least={number}").status_code == 400
