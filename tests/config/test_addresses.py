"""Versions of the API, refusals where there is no view, and pages of other origins."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from apps.accounts.services import token_of
from tests import factories

ELSEWHERE = "https://viewer.example.org"


def test_addresses_are_made_with_the_version() -> None:
    assert reverse("case-list") == "/api/v1/cases/"


def test_an_address_without_a_version_answers_on_and_names_its_successor(tess: Any, api: Any) -> None:
    old, now = api(tess).get("/api/cases/"), api(tess).get("/api/v1/cases/")
    assert old.json() == now.json()
    assert old["Deprecation"].startswith("@") and old["Link"] == '</api/v1/cases/>; rel="successor-version"'
    assert "Deprecation" not in now


@pytest.mark.django_db
def test_an_address_of_the_api_that_leads_nowhere_is_refused_like_any_other() -> None:
    answer = Client().get("/api/v1/jobs/no-uuid/")
    assert (answer.status_code, answer["Content-Type"]) == (404, "application/problem+json")
    assert answer.json()["code"] == "not-found"
    assert "text/html" in Client().get("/no/such/page/")["Content-Type"]


@pytest.mark.django_db
def test_pages_of_named_origins_may_ask_with_a_token_and_no_others(settings: Any) -> None:
    headers = {"Authorization": f"Token {token_of(factories.person('technologist'))}", "Origin": ELSEWHERE}
    assert "Access-Control-Allow-Origin" not in Client().get("/api/v1/cases/", headers=headers)
    settings.CORS_ORIGINS = [ELSEWHERE]
    answer = Client().get("/api/v1/cases/", headers=headers)
    assert answer["Access-Control-Allow-Origin"] == ELSEWHERE and "Origin" in answer["Vary"]
    assert "Access-Control-Allow-Credentials" not in answer
    other = Client().get("/api/v1/cases/", headers={**headers, "Origin": "https://other.example.org"})
    assert "Access-Control-Allow-Origin" not in other and "Origin" in other["Vary"]
    request_headers = {"Origin": ELSEWHERE, "Access-Control-Request-Method": "PATCH"}
    preflight = Client().options("/api/v1/cases/T-1/", headers=request_headers)
    assert preflight.status_code == 204 and "Authorization" in preflight["Access-Control-Allow-Headers"]
    assert "Access-Control-Allow-Origin" not in Client().get("/accounts/login/", headers={"Origin": ELSEWHERE})
