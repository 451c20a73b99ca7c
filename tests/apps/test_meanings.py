"""A signature means one of a few things, which the refusal of any other names."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from apps.accounts.errors import Refusal
from apps.reports.meanings import MEANINGS, meaning_of
from apps.reports.models import Report
from tests.apps.test_reports import see_all
from tests.factories import PASSWORD

DIALOG = Path(__file__).parents[2] / "frontend" / "shared" / "SignDialog.tsx"


@pytest.mark.django_db
def test_a_signature_that_means_anything_else_is_refused_by_naming_what_it_can_mean(
    job: Any, paul: Any, api: Any
) -> None:
    see_all(paul, job)
    sign, body = f"/api/v1/cases/{job.slide.case.accession}/sign/", {"password": PASSWORD}
    refused = api(paul).post(sign, {**body, "meaning": "because"}, format="json")
    assert (refused.status_code, refused.json()["code"]) == (400, "unknown-meaning")
    assert all(f"“{meaning}”" in refused.json()["detail"] for meaning in MEANINGS)
    assert not Report.objects.exists()
    assert api(paul).post(sign, {**body, "meaning": " reviewed  and approved"}, format="json").status_code == 201
    report = Report.objects.get()
    assert report.meaning == report.document["signature"]["meaning"] == "Reviewed and approved"


def test_a_meaning_is_read_whatever_its_capitals_and_an_empty_one_is_none() -> None:
    assert [meaning_of(meaning.upper()) for meaning in MEANINGS] == list(MEANINGS)
    with pytest.raises(Refusal, match="State the meaning of your signature: “Reviewed and approved”, ") as refused:
        meaning_of(" ")
    assert refused.value.code == "no-meaning"


def test_the_dialog_offers_what_the_server_takes() -> None:
    table = re.search(r"const MEANINGS[^{]*\{(.*?)\n\};", DIALOG.read_text(), re.DOTALL)
    assert table is not None
    offered = re.findall(r't\("([^"]+)"\)', table[1])
    assert offered == list(MEANINGS)
