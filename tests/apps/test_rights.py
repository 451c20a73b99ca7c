"""Who may do what: role × case × endpoint, tiles and websockets included."""

from __future__ import annotations

from typing import Any

import pytest
from asgiref.sync import async_to_sync
from asgiref.testing import ApplicationCommunicator
from django.test import Client

from apps.accounts.models import User
from apps.cases.models import Case
from apps.cases.selectors import rights_of
from apps.cases.services import set_rights, update_case
from hemaview.config.urls import websocket_urlpatterns
from tests import factories

ROLES = ("technologist", "pathologist", "administrator", "researcher", "nobody", "anonymous")
OPEN, NAMED_ONLY = "open case", "restricted case"

VIEW = {"technologist", "pathologist", "administrator", "researcher"}
ANNOTATE = {"technologist", "pathologist"}
REVIEW = {"technologist", "pathologist"}
SIGN = {"pathologist"}
ADMINISTER = {"administrator"}

NO_UPLOAD = "00000000-0000-4000-8000-000000000000"
ENDPOINTS: list[tuple[str, str, dict[str, Any] | None, set[str]]] = [
    ("GET", "/api/v1/cases/{acc}/", None, VIEW),
    ("GET", "/api/v1/cases/{acc}/room/", None, VIEW),
    ("GET", "/cases/{acc}/", None, VIEW),
    ("GET", "/cases/{acc}/read/", None, VIEW),
    ("GET", "/cases/{acc}/report/", None, VIEW),
    ("GET", "/api/v1/cases/{acc}/reports/", None, VIEW),
    ("GET", "/api/v1/slides/{slide}/", None, VIEW),
    ("GET", "/slides/{slide}.dzi", None, VIEW),
    ("GET", "/slides/{slide}_files/8/0_0.jpg", None, VIEW),
    ("GET", "/slides/{slide}/thumbnail.jpg", None, VIEW),
    ("GET", "/api/v1/jobs/{job}/", None, VIEW),
    ("GET", "/api/v1/jobs/{job}/regions/", None, VIEW),
    ("GET", "/api/v1/jobs/{job}/cells/index.json", None, VIEW),
    ("GET", "/api/v1/jobs/{job}/cells/0-5.bin", None, VIEW),
    ("GET", "/api/v1/jobs/{job}/labels/", None, VIEW),
    ("GET", "/api/v1/jobs/{job}/gallery/", None, VIEW),
    ("GET", "/api/v1/jobs/{job}/cells/0/", None, VIEW),
    ("GET", "/api/v1/jobs/{job}/cells/0/crop.jpg", None, VIEW),
    ("GET", "/api/v1/jobs/{job}/counts/", None, VIEW),
    ("GET", "/api/v1/jobs/{job}/typical/14/", None, VIEW),
    ("GET", "/api/v1/jobs/{job}/counts/within/?within=0,0+900,0+900,700", None, VIEW),
    ("GET", "/api/v1/jobs/{job}/contours/0-5.bin", None, VIEW),
    ("GET", "/api/v1/jobs/{job}/notes/", None, VIEW),
    ("POST", "/api/v1/jobs/{job}/notes/", {"kind": "comment", "row": 0, "text": "seen"}, ANNOTATE),
    ("GET", "/api/v1/jobs/{job}/export/csv/", None, VIEW),
    ("GET", "/api/v1/jobs/{job}/candidates/", None, VIEW),
    ("GET", "/cases/{acc}/picking/{job}/", None, VIEW),
    ("GET", "/api/v1/cases/{acc}/export/geojson/", None, VIEW),
    ("GET", "/api/v1/slides/{slide}/removal/", None, ANNOTATE),
    ("GET", "/api/v1/cases/{acc}/deletion/", None, ADMINISTER),
    ("PATCH", "/api/v1/cases/{acc}/", {"stain": "Wright"}, ANNOTATE),
    ("POST", "/api/v1/cases/{acc}/comment/", {"comment": "seen"}, ANNOTATE),
    ("POST", "/api/v1/cases/{acc}/slides/contents/", {"uploads": [NO_UPLOAD]}, ANNOTATE),
    ("POST", "/api/v1/cases/{acc}/slides/each-series/", {"uploads": [NO_UPLOAD]}, ANNOTATE),
    ("POST", "/api/v1/jobs/{job}/labels/", {"action": "confirm", "rows": [0], "base_revision": 0}, REVIEW),
    ("POST", "/api/v1/jobs/{job}/labels/redo/", {}, REVIEW),
    ("POST", "/api/v1/jobs/{job}/cells/", {"x": 50, "y": 50, "w": 20, "h": 20, "label": 14}, REVIEW),
    ("POST", "/api/v1/cases/{acc}/sign/", {"password": "wrong", "meaning": "Reviewed"}, SIGN),
    ("POST", "/api/v1/cases/{acc}/amend/", {"reason": "because"}, SIGN),
    ("POST", "/api/v1/cases/{acc}/archived/", {"archived": True, "reason": "a test"}, SIGN | ADMINISTER),
    ("POST", "/api/v1/cases/{acc}/rights/", {"username": "tess", "rights": ["view"]}, ADMINISTER),
]
ALLOWED = {200, 201, 202, 204}
# A right may be there and the state not: the answer then is a conflict, a wrong password, an upload that is gone, or
# nothing to undo.
STATE_ANSWERS = {("/sign/", 403), ("/amend/", 409), ("/redo/", 409), ("/contents/", 404), ("/each-series/", 404)}


def client_of(role: str) -> Client:
    client = Client()
    if role == "nobody":
        user = factories.person("researcher")
        user.groups.clear()
        client.force_login(user)
    elif role != "anonymous":
        client.force_login(factories.person(role))
    return client


def ask(client: Client, method: str, url: str, body: dict[str, Any] | None) -> Any:
    if body is None:
        return client.generic(method, url)
    return client.generic(method, url, data=__import__("json").dumps(body), content_type="application/json")


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("kind", [OPEN, NAMED_ONLY])
def test_each_endpoint_answers_each_role_as_the_table_says(role: str, kind: str, slide: Any, job: Any) -> None:
    case = slide.case
    if kind == NAMED_ONLY:
        update_case(_administrator(), case, restricted=True)
    client = client_of(role)
    for method, template, body, roles in ENDPOINTS:
        url = template.format(acc=case.accession, slide=slide.pk, job=job.pk)
        answer = ask(client, method, url, body)
        allowed = role in roles and kind == OPEN
        got = answer.status_code
        where = f"{role} {method} {url} on {kind}: {got}"
        if allowed:
            state = any(url.endswith(end) and got == code for end, code in STATE_ANSWERS)
            assert got in ALLOWED or state, where
            if got == 403:
                assert answer.json()["code"] == "wrong-password", where
        elif role == "anonymous" and template.startswith(("/api/", "/slides/")):
            assert got in (401, 403, 404), where
        elif role == "anonymous":
            assert got == 302, where
        elif kind == OPEN and role in VIEW:
            assert got == 403, where
            assert answer.json()["code"] == "no-right", where
        else:
            assert got == 404, where


def test_a_right_given_by_name_opens_one_case_and_no_other(slide: Any, job: Any) -> None:
    stranger = factories.person("researcher", "stranger")
    stranger.groups.clear()
    other = factories.case(accession="T-2")
    set_rights(_administrator(), slide.case, stranger, {"view", "review"})
    client = Client()
    client.force_login(stranger)
    assert client.get(f"/api/v1/cases/{slide.case.accession}/").status_code == 200
    assert client.get(f"/slides/{slide.pk}_files/8/0_0.jpg").status_code == 200
    assert client.get(f"/api/v1/cases/{other.accession}/").status_code == 404
    body = {"action": "confirm", "rows": [1], "base_revision": 0}
    assert ask(client, "POST", f"/api/v1/jobs/{job.pk}/labels/", body).status_code == 200
    assert ask(client, "POST", f"/api/v1/cases/{slide.case.accession}/comment/", {"comment": "x"}).status_code == 403
    set_rights(_administrator(), slide.case, stranger, set())
    assert client.get(f"/slides/{slide.pk}_files/8/0_0.jpg").status_code == 404


def test_label_and_macro_stay_hidden_without_their_own_right(slide: Any, tess: Any, api: Any) -> None:
    assert api(tess).get(f"/slides/{slide.pk}/associated/label.jpg").status_code == 403


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("role", "opened"), [("technologist", True), ("researcher", True), ("nobody", False)])
def test_a_websocket_tells_only_those_who_may_view(role: str, opened: bool, film: Any) -> None:
    case = factories.case(factories.person("technologist"))
    user = factories.person("researcher" if role == "nobody" else role)
    if role == "nobody":
        user.groups.clear()
    assert _closing_code(case.accession, user) == (None if opened else 4403)


@pytest.mark.django_db(transaction=True)
def test_a_websocket_of_a_restricted_case_is_closed_to_roles() -> None:
    case = factories.case(factories.person("technologist"))
    update_case(_administrator(), case, restricted=True)
    assert _closing_code(case.accession, factories.person("pathologist")) == 4403


def _closing_code(accession: str, user: Any) -> int | None:
    """The code that the socket is closed with, or None where it stays open."""
    from channels.routing import URLRouter

    async def look() -> int | None:
        path = f"/ws/cases/{accession}/"
        scope = {
            "type": "websocket",
            "path": path,
            "headers": [],
            "query_string": b"",
            "user": user,
            "subprotocols": [],
        }
        socket = ApplicationCommunicator(URLRouter(websocket_urlpatterns), scope)
        await socket.send_input({"type": "websocket.connect"})
        code = None
        while code is None and not await socket.receive_nothing(timeout=0.8):
            message = await socket.receive_output(timeout=1)
            if message["type"] == "websocket.close":
                code = int(message["code"])
        await socket.send_input({"type": "websocket.disconnect", "code": 1000})
        await socket.wait(timeout=3)
        return code

    return async_to_sync(look)()


def _administrator() -> Any:
    return factories.person("administrator")


def test_a_case_that_is_kept_to_named_people_has_a_keeper_who_still_works_here(slide: Any) -> None:
    ada, eve = factories.person("administrator", "ada"), factories.person("administrator", "eve")
    set_rights(ada, slide.case, eve, {"view", "administer"})
    User.objects.filter(pk=eve.pk).update(is_active=False)
    case = update_case(ada, Case.objects.get(pk=slide.case_id), restricted=True)
    assert "administer" in rights_of(ada, case)


def test_an_accession_number_that_differs_in_capitals_alone_is_taken(slide: Any, tess: Any, api: Any) -> None:
    for accession in ("t-1", "T-1"):
        answer = api(tess).post("/api/v1/cases/", {"accession": accession, "specimen": "blood-film"}, format="json")
        assert (answer.status_code, answer.json()["code"]) == (409, "accession-taken")
        assert answer.json()["detail"] == "The accession number T-1 is already in use."
    assert Case.objects.count() == 1
