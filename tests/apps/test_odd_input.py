"""What nobody sends on purpose is refused, not tripped over."""

from __future__ import annotations

import base64
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from django.test import Client

from apps.accounts.api.inputs import whole_number
from apps.accounts.errors import Missing
from apps.analysis.cellfiles import cells_of
from apps.audit.models import Record
from apps.cases.api.serializers import CaseInputSerializer
from apps.cases.selectors import case_for, rights_of
from hemaview.cells.store import described, write_cells
from tests import factories
from tests.apps.test_slides import begin

HALF_A_CHARACTER = '"\\ud800"'


def test_a_whole_number_is_one_to_fifteen_ascii_digits() -> None:
    assert [whole_number(t) for t in ("0", "007", "9" * 15)] == [0, 7, 10**15 - 1]
    assert [whole_number(t) for t in ("", "²", "٣", "-1", "1.0", "9" * 16, "1" + "0" * 5000)] == [None] * 7


@pytest.mark.parametrize("number", ["²", "1" + "0" * 5000])
def test_numbers_in_addresses_that_are_none_are_refused(number: str, job: Any, tess: Any, api: Any) -> None:
    client, here = api(tess), f"/api/v1/jobs/{job.pk}"
    assert client.get(f"{here}/labels/", {"since": number}).status_code == 400
    assert client.get(f"{here}/gallery/", {"class": number}).status_code == 400
    assert client.get(f"{here}/cells/0/crop.jpg", {"size": number}).status_code == 400
    assert client.get(f"{here}/fields/{'9' * 400}/cells.bin").status_code == 404


@pytest.mark.parametrize("number", ["²", "1" + "0" * 5000])
def test_numbers_in_forms_that_are_none_are_refused(number: str, job: Any, tess: Any, api: Any) -> None:
    page = f"/cases/{job.slide.case.accession}/picking/{job.pk}/"
    row = {"act": "confirm", "row": "58", "revision": "0"}
    assert api(tess).post(page, {**row, "row": number}).status_code == 404
    assert api(tess).post(f"{page}?page={number}", {**row, "revision": number}).status_code == 302


@pytest.mark.parametrize(
    ("method", "address", "field"),
    [
        ("POST", "/api/v1/cases/", "specimen"),
        ("PATCH", "/api/v1/cases/{acc}/", "specimen"),
        ("PATCH", "/api/v1/slides/{slide}/", "colour"),
        ("POST", "/api/v1/jobs/{job}/labels/", "action"),
    ],
)
def test_a_choice_that_is_none_is_refused_by_naming_those_there_are(
    method: str, address: str, field: str, job: Any, tess: Any, api: Any
) -> None:
    where = address.format(acc=job.slide.case.accession, slide=job.slide_id, job=job.pk)
    for odd in (HALF_A_CHARACTER, "[]", "{}", "5", "null"):
        answer = api(tess).generic(method, where, f'{{"{field}": {odd}}}', content_type="application/json")
        assert answer.status_code == 400, odd
    answer = api(tess).generic(method, where, f'{{"{field}": "nonesuch"}}', content_type="application/json")
    assert answer.json()["errors"][field][0].startswith("Choose ")


def test_headers_of_an_upload_that_say_nothing_are_refused(tess: Any, api: Any) -> None:
    client, case = api(tess), factories.case(tess)
    for metadata in ("filename é", "filename 4pi", "filename " + base64.b64encode(b"\xff").decode()):
        answer = client.post("/api/v1/uploads/", HTTP_UPLOAD_LENGTH="5", HTTP_UPLOAD_METADATA=metadata)
        assert answer.status_code == 400 and "Upload-Metadata" in answer.json()["detail"]
    assert client.post("/api/v1/uploads/", HTTP_UPLOAD_LENGTH="²", HTTP_UPLOAD_METADATA="").status_code == 400
    where = begin(client, case.accession, "a.tif", 5)["Location"].removeprefix("http://testserver")
    sent = {"content_type": "application/offset+octet-stream"}
    assert client.generic("PATCH", where, b"ab", HTTP_UPLOAD_OFFSET="²", **sent).status_code == 400
    empty = client.generic("PATCH", where, b"", HTTP_UPLOAD_OFFSET="0", **sent)
    assert empty.status_code == 204 and empty["Upload-Offset"] == "0"


def test_no_nul_is_looked_for_since_postgresql_refuses_to(
    slide: Any, tess: Any, django_assert_num_queries: Any
) -> None:
    with django_assert_num_queries(0), pytest.raises(Missing, match="no case"):
        case_for(tess, "T-1\0")
    client = Client()
    client.force_login(tess)
    for address in (
        "/cases/T-1%00/",
        "/?search=T-1%00",
        "/?%00=1",
        "/audit/?action=%00",
        "/admin/analysis/job/?state=%00",
    ):
        answer = client.get(address)
        assert answer.status_code == 400 and b"cannot hold a NUL" in answer.content, address
    answer = client.get("/api/v1/cases/", {"search": "\0"})
    assert (answer.status_code, answer.json()["code"]) == (400, "nul-in-address")


def test_json_that_is_nested_without_end_is_refused(tess: Any, api: Any) -> None:
    answer = api(tess).generic("POST", "/api/v1/cases/", "[" * 100_000, content_type="application/json")
    assert answer.status_code == 400 and "nested too deeply" in answer.json()["detail"]


def test_a_recursion_of_our_own_is_no_fault_of_who_asks(tess: Any, api: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(CaseInputSerializer, "is_valid", lambda *_, **__: (_ for _ in ()).throw(RecursionError()))
    with pytest.raises(RecursionError):
        api(tess).post("/api/v1/cases/", {}, format="json")


def test_pages_of_rights_in_the_administration_open_know_numbers_alone_and_leave_a_line(slide: Any) -> None:
    keeper, tess = factories.person("administrator"), slide.case.created_by
    keeper.is_staff = True
    keeper.save()
    client = Client()
    client.force_login(keeper)
    case = slide.case
    here = f"/admin/cases/case/{case.pk}/permissions"
    role = tess.groups.get()
    assert client.get(f"{here}/").status_code == 200
    for end, whose in (
        (f"user-manage/{tess.pk}/", {"person": "tess"}),
        (f"group-manage/{role.pk}/", {"role": role.name}),
    ):
        assert client.get(f"{here}/{end}").status_code == 200
        assert client.post(f"{here}/{end}", {"permissions": ["view_case", "sign_case"]}).status_code == 302
        line = Record.objects.filter(action="case.rights").latest("pk")
        assert (line.actor, line.accession) == (keeper.username, case.accession)
        assert line.detail == {**whose, "before": [], "rights": ["sign", "view"], "by": "administration"}
    assert "sign" in rights_of(tess, case)
    for end in ("user-manage/x/", "group-manage/x/"):
        assert client.get(f"{here}/{end}").status_code == 404
    for page in ("permissions/", "permissions/user-manage/1/", "permissions/group-manage/1/"):
        assert client.get(f"/admin/cases/case/x/{page}").status_code == 404


def test_numbers_in_a_cell_file_that_are_none_are_told_as_none(job: Any, tess: Any, api: Any) -> None:
    table = cells_of(job)
    p, area = table.p.copy(), table.area_um2.copy()
    p[0], area[0] = np.nan, np.inf
    broken = replace(table, p=p, area_um2=area)
    job.cells_sha256 = write_cells(job.cells_file, broken, described(job.examination.schema))
    job.save()
    client, here = api(tess), f"/api/v1/jobs/{job.pk}"
    card = client.get(f"{here}/cells/0/").json()
    assert (card["p"], card["margin"], card["probabilities"], card["measures"]["area_um2"]) == (0, 0, [], None)
    answer = client.get(f"{here}/gallery/", {"class": int(table.cls[0])})
    assert answer.status_code == 200 and 0 in [row["row"] for row in answer.json()["rows"]]
    assert client.get(f"{here}/counts/").status_code == 200
