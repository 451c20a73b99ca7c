"""Errors of the framework in words that a person can act on."""

from __future__ import annotations

from typing import Any

from rest_framework.test import APIClient


def test_what_the_framework_refuses_is_said_in_our_words(tess: Any, api: Any) -> None:
    client = api(tess)
    answer = client.put("/api/v1/cases/")
    assert (answer.status_code, answer.json()["code"]) == (405, "method-not-allowed")
    assert answer.json()["detail"].startswith("PUT is not possible here; possible: GET, POST")
    assert "{" not in answer.json()["title"]
    answer = client.post("/api/v1/cases/", b"<a/>", content_type="application/xml")
    assert answer.json()["detail"] == "Send the request as JSON (Content-Type: application/json)."
    answer = client.post("/api/v1/cases/", b"{", content_type="application/json")
    assert answer.json()["detail"].startswith("The request could not be read: ")
    assert APIClient().get("/api/v1/cases/").json()["detail"] == "Sign in first, or send a token."
