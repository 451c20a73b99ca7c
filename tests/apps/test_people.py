"""The pages about people: roles with their meaning, links, accounts closed and opened."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client

from apps.accounts.errors import Forbidden
from apps.accounts.models import User
from apps.accounts.services import set_roles
from apps.audit.models import Record
from apps.cases.selectors import rights_of
from tests import factories


@pytest.fixture
def ada(db: Any) -> User:
    return factories.person("administrator", "ada")


@pytest.fixture
def keeper(ada: User) -> Client:
    client = Client()
    client.force_login(ada)
    return client


def test_a_person_is_added_with_roles_and_comes_in_by_a_link_that_is_shown_once(keeper: Client) -> None:
    body = {"username": "nina", "first_name": "Nina", "last_name": "Berg", "email": "", "roles": ["pathologist"]}
    page = keeper.post("/people/", body, follow=True).content.decode()
    link = re.search(r"http://testserver(/invited/[\w-]+/)", page)
    assert link and "Nina Berg" in page
    assert "/invited/" not in keeper.get(f"/people/{User.objects.get(username='nina').pk}/").content.decode()
    secret = "a-new-password-of-nina-1"
    assert Client().post(link[1], {"new_password1": secret, "new_password2": secret}).status_code == 302
    nina = User.objects.get(username="nina")
    assert nina.check_password(secret) and nina.has_perm("cases.sign_case") and not nina.is_staff


def test_a_new_administrator_may_open_the_administration_and_one_who_is_none_no_more_may_not(ada: User) -> None:
    tess = factories.person("technologist", "tess")
    assert set_roles(ada, tess, {"technologist", "administrator"}).is_staff
    client = Client()
    client.force_login(tess)
    assert client.get("/administration/").status_code == 200
    assert not set_roles(ada, tess, {"technologist"}).is_staff
    lines = Record.objects.filter(action="account.roles", detail__username="tess").order_by("pk")
    assert [{k: v for k, v in line.detail.items() if k in ("added", "taken")} for line in lines][-2:] == [
        {"added": ["administrator"]},
        {"taken": ["administrator"]},
    ]


def test_nobody_changes_their_own_roles_or_those_of_a_superuser(ada: User) -> None:
    root = User.objects.create(username="root", is_superuser=True)
    for person in (ada, root):
        with pytest.raises(Forbidden):
            set_roles(ada, person, {"pathologist"})
    with pytest.raises(Forbidden, match="Only administrators"):
        set_roles(factories.person("pathologist"), ada, set())


def test_an_account_is_closed_and_opened_and_whoever_has_a_password_gets_no_second_link(keeper: Client) -> None:
    tess = factories.person("technologist", "tess")
    at = f"/people/{tess.pk}/"
    keeper.post(at, {"act": "close"})
    assert not User.objects.get(pk=tess.pk).is_active
    keeper.post(at, {"act": "open"})
    assert User.objects.get(pk=tess.pk).is_active
    page = keeper.post(at, {"act": "link"}, follow=True).content.decode()
    assert "already has a password" in page and "/invited/" not in page
    assert "There is nothing to do." in keeper.post(at, {"act": "?"}, follow=True).content.decode()


def test_what_each_role_may_do_is_said_in_words(keeper: Client, tess: User) -> None:
    page = keeper.get("/people/").content.decode()
    assert "sign and amend the report" in page and "confirm, relabel and reject cells" in page
    client = Client()
    client.force_login(tess)
    assert client.get("/people/").status_code == 403 and client.get(f"/people/{tess.pk}/").status_code == 403
    assert keeper.get("/people/999999/").status_code == 404


def test_every_section_of_the_administration_opens_for_an_administrator(keeper: Client) -> None:
    page = keeper.get("/administration/").content.decode()
    for address in ("/laboratory/", "/protocols/", "/people/", "/sites/", "/queue/", "/audit/"):
        assert f'href="{address}"' in page and keeper.get(address).status_code == 200, address


def test_on_a_case_rights_are_shown_in_words_and_given_by_who_administers_it(keeper: Client, ada: User) -> None:
    tess, rosa = factories.person("technologist", "tess"), factories.person("researcher", "rosa")
    case = factories.case(tess, accession="R-7")
    page = "/cases/R-7/rights/"
    html = keeper.get(page).content.decode()
    assert "confirm, relabel and reject cells" in html
    keeper.post(page, {"person": str(rosa.pk), "rights": ["view", "review"]})
    assert rights_of(rosa, case) == {"view", "review"}
    assert keeper.post(page, {"person": str(rosa.pk), "rights": ["fly"]}).status_code == 400
    keeper.post(page, {"person": str(ada.pk), "rights": ["view", "administer"]})
    keeper.post(page, {"restricted": "1"})
    case.refresh_from_db()
    assert case.restricted and rights_of(tess, case) == frozenset() and rights_of(rosa, case) == {"view", "review"}
    client = Client()
    client.force_login(rosa)
    assert client.get(page).status_code == 403
    client.force_login(tess)
    assert client.get(page).status_code == 404


def test_who_keeps_a_case_to_named_people_can_still_open_it(keeper: Client, ada: User) -> None:
    case = factories.case(factories.person("technologist", "tess"), accession="R-8")
    keeper.post("/cases/R-8/rights/", {"restricted": "1"})
    case.refresh_from_db()
    assert case.restricted and rights_of(ada, case) == {"view", "administer"}
    assert keeper.get("/cases/R-8/rights/").status_code == 200
