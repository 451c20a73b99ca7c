"""Lists ask the database as often for fifty rows as for five."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache

from apps.review import mustsee, state
from apps.review.remembered import Remembered
from apps.review.services import label_cells
from tests import factories

MOST = 12
ROLES = ("pathologist", "technologist", "administrator")
ADDRESSES = ("/api/v1/cases/", "/?state=waiting", "/", "/?search=P-", "/?state=in-review&ordering=reader")


@pytest.fixture(params=[5, 50], ids=["5 rows", "50 rows"])
def laboratory(request: Any, db: Any, tmp_path: Path) -> int:
    """So many cases in review, each with an analysis that somebody has begun to look at."""
    tess, film = factories.person("technologist", "tess"), factories.film_file(tmp_path / "a.tif")
    for number in range(request.param):
        case = factories.case(tess, accession=f"Q-{number:03d}", pseudonym=f"P-{number}", restricted=False)
        job = factories.finished_job(factories.slide(case, film))
        label_cells(tess, job, "confirm", [58], [], None, 0)
    return int(request.param)


def remember_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a process that has just started."""
    for room, name in ((state, "_folded"), (mustsee, "_open"), (mustsee, "_reasons")):
        monkeypatch.setattr(room, name, Remembered(256))


def test_a_list_takes_no_more_than_twelve_queries_whatever_its_rows(
    laboratory: int,
    api: Any,
    django_assert_max_num_queries: Any,
    subtests: pytest.Subtests,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for role, address in itertools.product(ROLES, ADDRESSES):
        with subtests.test(role=role, address=address):
            cache.clear()
            remember_nothing(monkeypatch)
            client = api(factories.person(role))
            with django_assert_max_num_queries(MOST):
                answer = client.get(address)
            assert answer.status_code == 200
            n_shown = (
                answer.json()["count"] if address.startswith("/api/") else answer.context["page_obj"].paginator.count
            )
            assert n_shown == (0 if address == "/?state=waiting" and role == "administrator" else laboratory)


def test_the_rights_of_a_list_are_those_of_each_case(db: Any, api: Any) -> None:
    """Rights by role, by name, and kept to named people, told alike by list and case."""
    from apps.cases.services import set_rights, update_case

    tess, ada = factories.person("technologist", "tess"), factories.person("administrator", "ada")
    cases = [factories.case(tess, accession=f"R-{n}") for n in range(3)]
    set_rights(ada, cases[0], tess, {"view", "sign"})
    set_rights(ada, cases[1], tess, {"view"})
    update_case(ada, cases[1], restricted=True)
    client = api(tess)
    listed = {c["accession"]: c["rights"] for c in client.get("/api/v1/cases/").json()["results"]}
    assert listed == {name: client.get(f"/api/v1/cases/{name}/").json()["rights"] for name in listed}
    assert listed == {
        "R-0": ["annotate", "review", "sign", "view"], "R-1": ["view"], "R-2": ["annotate", "review", "view"],
    }  # fmt: skip
