"""What a page asks once somebody else has signed in in the same browser."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from apps.audit.models import Record
from tests import factories

pytestmark = pytest.mark.django_db


def test_a_page_of_one_person_neither_reads_nor_writes_as_another(client: Client) -> None:
    tess, paul = factories.person("technologist", "tess"), factories.person("pathologist", "paul")
    case = factories.case()
    of_tess = {"X-HemaView-Person": str(tess.pk)}
    address = f"/api/v1/cases/{case.accession}/"
    client.force_login(tess)
    assert client.get(address, headers=of_tess).status_code == 200
    assert f'data-person="{tess.pk}"' in client.get("/").content.decode().partition(">")[2].partition(">")[0]
    client.logout()
    assert client.get(address, headers=of_tess).status_code == 403
    client.force_login(paul)
    refused: Any = client.post(f"{address}comment/", {"comment": "mine"}, "application/json", headers=of_tess)
    assert (refused.status_code, refused.json()["code"]) == (409, "other-person")
    assert "paul has signed in in this browser" in refused.json()["detail"]
    assert client.get(address, headers=of_tess).status_code == 409
    assert not Record.objects.filter(action="case.comment").exists()
    assert client.get(address).status_code == 200, "a script names nobody"
