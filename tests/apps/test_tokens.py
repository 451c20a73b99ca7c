"""Deep Zoom, thumbnails, pictures of cells and their bytes take an API token, like the API itself."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from apps.accounts.services import token_of
from apps.reports.services import sign
from tests import factories
from tests.apps.test_reports import see_all

ADDRESSES = (
    "/slides/{slide}.dzi", "/slides/{slide}_files/8/0_0.jpg", "/slides/{slide}/thumbnail.jpg",
    "/api/v1/jobs/{job}/cells/0/crop.jpg", "/api/v1/jobs/{job}/cells/0-5.bin",
)  # fmt: skip


@pytest.mark.parametrize("address", ADDRESSES)
def test_a_token_opens_what_a_session_opens(address: str, job: Any, tess: Any) -> None:
    at = address.format(slide=job.slide_id, job=job.pk)
    assert Client().get(at).status_code == 404
    assert Client().get(at, headers={"Authorization": f"Token {token_of(tess)}"}).status_code == 200
    refused = Client().get(at, headers={"Authorization": "Token wrong"})
    assert (refused.status_code, refused.json()["code"]) == (401, "authentication-failed")


def test_a_token_opens_only_what_its_person_may_see(job: Any) -> None:
    stranger = factories.person("researcher", "stranger")
    stranger.groups.clear()
    headers = {"Authorization": f"Token {token_of(stranger)}"}
    assert Client().get(f"/slides/{job.slide_id}.dzi", headers=headers).status_code == 404
    stranger.is_active = False
    stranger.save()
    assert Client().get(f"/slides/{job.slide_id}.dzi", headers=headers).status_code == 401


def test_a_wrong_token_is_refused_beside_a_session_that_is_good(job: Any, tess: Any) -> None:
    client = Client()
    client.force_login(tess)
    assert client.get(f"/slides/{job.slide_id}.dzi").status_code == 200
    assert client.get(f"/slides/{job.slide_id}.dzi", headers={"Authorization": "Token wrong"}).status_code == 401


def test_a_token_opens_the_report_whose_address_the_api_gives(job: Any, paul: Any, api: Any) -> None:
    see_all(paul, job)
    case = job.slide.case.accession
    draft = f"/cases/{case}/report/"
    headers = {"Authorization": f"Token {token_of(paul)}"}
    assert Client().get(draft).status_code == 302, "a browser signs in first"
    assert Client().get(draft, headers=headers).status_code == 200
    sign(paul, job.slide.case, factories.PASSWORD, "Reviewed")
    (report,) = api(paul).get(f"/api/v1/cases/{case}/reports/").json()
    for address, kind in ((report["pdf_url"], "application/pdf"), (report["html_url"], "text/html; charset=utf-8")):
        assert Client().get(address, headers=headers)["Content-Type"] == kind
        assert Client().get(address, headers={"Authorization": "Token wrong"}).status_code == 401
