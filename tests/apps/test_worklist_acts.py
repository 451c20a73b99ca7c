"""The worklist: urgent cases first, the archive, and the next case that waits."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from apps.accounts.errors import Conflict, Forbidden, Refusal
from apps.audit.models import Record
from apps.cases.models import Case
from apps.cases.services import create_case, set_archived, set_urgent
from apps.desk.nextsteps import waiting_for
from tests import factories

pytestmark = pytest.mark.django_db


def shown(client: Client, query: str = "") -> list[str]:
    return [row["case"].accession for row in client.get(f"/{query}").context["rows"]]


@pytest.fixture
def cases(tess: Any) -> list[Case]:
    return [create_case(tess, f"W-{n}", specimen="blood-film") for n in range(3)]


def test_urgent_cases_stand_first_and_are_marked(cases: list[Case], tess: Any, client: Client) -> None:
    client.force_login(tess)
    assert shown(client) == ["W-2", "W-1", "W-0"]
    set_urgent(tess, cases[0], True)
    assert shown(client) == ["W-0", "W-2", "W-1"]
    assert 'class="urgent"' in client.get("/").content.decode()
    assert shown(client, "?ordering=-accession") == ["W-2", "W-1", "W-0"], "a chosen order is kept"


def test_an_archived_case_leaves_the_worklist_with_a_reason_and_comes_back(
    cases: list[Case], tess: Any, paul: Any, client: Client
) -> None:
    with pytest.raises(Forbidden):
        set_archived(tess, cases[1], True, "no right to")
    with pytest.raises(Refusal, match="Say why") as refused:
        set_archived(paul, cases[1], True, " ")
    assert refused.value.code == "no-reason" and not Record.objects.filter(action="case.archived").exists()
    set_archived(paul, cases[1], True, "Entered twice")
    set_archived(paul, cases[1], True, "Entered twice")
    assert [r.detail["reason"] for r in Record.objects.filter(action="case.archived")] == ["Entered twice"]
    client.force_login(paul)
    assert shown(client) == ["W-2", "W-0"] and shown(client, "?state=archived") == ["W-1"]
    tabs = {tab["key"]: tab["n"] for tab in client.get("/").context["tabs"]}
    assert (tabs[""], tabs["archived"], tabs["received"]) == (2, 1, 2)
    assert client.get("/cases/W-1/").status_code == 200, "it stays readable"
    set_archived(paul, cases[1], False)
    assert shown(client, "?state=archived") == [] and len(shown(client)) == 3


def test_a_case_that_is_being_signed_is_not_archived(cases: list[Case], paul: Any) -> None:
    Case.objects.filter(pk=cases[0].pk).update(
        signing_key="x", signing_until=timezone.now() + timezone.timedelta(seconds=60)
    )
    with pytest.raises(Conflict) as refused:
        set_archived(paul, cases[0], True, "now")
    assert refused.value.code == "being-signed"


def test_the_next_case_is_the_one_after_this_that_waits(job: Any, tess: Any, client: Client, tmp_path: Path) -> None:
    other = create_case(tess, "Z-9", specimen="blood-film")
    factories.finished_job(factories.slide(other, factories.film_file(tmp_path / "other.tif")))
    waiting = set(waiting_for(tess, Case.objects.all())[0])
    assert {job.slide.case_id, other.pk} <= waiting
    client.force_login(tess)
    at = client.get("/next-case/", {"after": "Z-9"})
    assert at.status_code == 302 and at["Location"] == f"/cases/{job.slide.case.accession}/read/"
    Case.objects.exclude(pk=other.pk).update(state=Case.State.SIGNED)
    none = client.get("/next-case/", {"after": "Z-9"})
    assert none["Location"] == "/?state=waiting&after=Z-9"
    assert "After Z-9 no other case waits for you." in client.get(none["Location"]).content.decode()
