"""Nobody becomes somebody else: invitations, passwords, sessions, tokens, waits and the second factor."""

from __future__ import annotations

import re
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone
from django_otp.oath import totp
from django_otp.plugins.otp_totp.models import TOTPDevice

from apps.accounts import secondfactor, signin
from apps.accounts.errors import Forbidden, Refusal
from apps.accounts.invitations import accept, invite
from apps.accounts.models import ApiToken, Failures, Invitation, SecondFactor, SignIn, User
from apps.accounts.services import change_person, token_of
from apps.accounts.sessions import session_lives, sessions_of
from apps.accounts.tokens import live_token, make_token
from apps.audit.models import Record
from apps.reports.services import sign
from tests import factories
from tests.factories import PASSWORD

NEW = "an-entirely-other-one-7"


@pytest.fixture
def ada(db: Any) -> User:
    return factories.person("administrator", "ada")


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def actions() -> list[tuple[str, str]]:
    return [(r.actor, r.action) for r in Record.objects.filter(action__startswith="account.").order_by("pk")]


def change(client: Client, person: User, **facts: Any) -> Any:
    form = {"username": person.username, "is_active": "on", "groups": [g.pk for g in person.groups.all()], **facts}
    return client.post(f"/admin/accounts/user/{person.pk}/change/", form)


def test_an_administrator_cannot_make_anyone_a_superuser_nor_touch_one(ada: User, tess: User) -> None:
    root = User.objects.create_superuser("root", password=PASSWORD)
    client = signed_in(ada)
    change(client, tess, is_superuser="on")
    change(client, ada, is_superuser="on", is_staff="on")
    change(client, root, first_name="Mallory")
    change(client, tess, username="paul")
    assert list(User.objects.filter(is_superuser=True)) == [root]
    assert User.objects.get(pk=root.pk).first_name == "" and User.objects.get(pk=tess.pk).username == "tess"
    for facts in ({"is_superuser": True}, {"username": "paul"}):
        with pytest.raises(Forbidden):
            change_person(ada, tess, **facts)
    with pytest.raises(Forbidden):
        change_person(ada, root, is_active=False)
    assert change_person(root, tess, is_superuser=True).is_superuser


def test_an_administrator_cannot_raise_herself_by_roles_or_permissions(ada: User) -> None:
    client = signed_in(ada)
    pathologist = Group.objects.get(name="pathologist")
    change(client, ada, is_staff="on", groups=[pathologist.pk, *[g.pk for g in ada.groups.all()]])
    assert [g.name for g in ada.groups.all()] == ["administrator"]
    at = f"/admin/auth/group/{ada.groups.get().pk}/change/"
    assert client.post(at, {"name": "administrator", "permissions": []}).status_code == 403


def test_nobody_sets_another_persons_password(ada: User, paul: User) -> None:
    client = signed_in(ada)
    before = paul.password
    new = {"password1": NEW, "password2": NEW, "usable_password": "true"}
    assert client.post(f"/admin/accounts/user/{paul.pk}/password/", new).status_code == 302
    change(client, paul, password=NEW)
    assert User.objects.get(pk=paul.pk).password == before
    with pytest.raises(Forbidden):
        invite(ada, paul)


def test_an_invited_person_sets_a_password_by_a_link_that_works_once(ada: User) -> None:
    client = signed_in(ada)
    role = Group.objects.get(name="technologist")
    answer = client.post(
        "/admin/accounts/user/add/", {"username": "nora", "first_name": "Nora", "groups": [role.pk]}, follow=True
    )
    link = re.search(r"http://testserver(/invited/[\w-]+/)", answer.content.decode())
    assert link is not None
    nora = User.objects.get(username="nora")
    assert not nora.has_usable_password() and [g.name for g in nora.groups.all()] == ["technologist"]
    stranger = Client()
    assert "at least" in stranger.post(link[1], {"new_password1": "short", "new_password2": "short"}).content.decode()
    assert stranger.post(link[1], {"new_password1": NEW, "new_password2": NEW}).status_code == 302
    assert User.objects.get(username="nora").check_password(NEW)
    assert stranger.get(link[1]).status_code == 404
    assert stranger.post(link[1], {"new_password1": PASSWORD, "new_password2": PASSWORD}).status_code == 404
    assert {("ada", "account.created"), ("ada", "account.invited"), ("system", "account.password")} <= set(actions())


def test_a_link_ends_by_itself_and_when_a_newer_one_is_made(ada: User) -> None:
    nora = User.objects.create_user("nora")
    old, new = invite(ada, nora), invite(ada, nora)
    with pytest.raises(Refusal):
        accept(old, NEW)
    Invitation.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    with pytest.raises(Refusal):
        accept(new, NEW)


@pytest.mark.parametrize(
    "facts", [{"is_active": False}, {"is_staff": True}, {"is_superuser": True}, {"username": "tessa"}, {"email": "t@example.org"}]
)  # fmt: skip
def test_a_change_of_account_ends_its_sessions_and_tokens(tess: User, facts: dict[str, Any]) -> None:
    signed_in(tess)
    key = token_of(tess)
    root = User.objects.create_superuser("root", password=PASSWORD)
    change_person(root, tess, **facts)
    assert not Session.objects.exists() and live_token(key) is None and not ApiToken.objects.exists()


def test_roles_that_are_given_or_taken_end_sessions_from_either_side(tess: User) -> None:
    for give in (
        lambda: tess.groups.add(Group.objects.get(name="pathologist")),
        lambda: Group.objects.get(name="pathologist").user_set.remove(tess),
        lambda: tess.groups.clear(),
    ):
        client = signed_in(tess)
        give()
        assert client.get("/").status_code == 302


def test_a_changed_password_ends_every_session_and_token_but_a_name_does_not(tess: User) -> None:
    here, there, key = signed_in(tess), signed_in(tess), token_of(tess)
    tess.first_name = "Tess"
    tess.save()
    assert here.get("/").status_code == 200
    form = {"old_password": PASSWORD, "new_password1": NEW, "new_password2": NEW}
    assert here.post("/account/password/", {**form, "old_password": "wrong"}).status_code == 400
    assert there.get("/").status_code == 200
    assert here.post("/account/password/", form).status_code == 302
    assert {c.get("/").status_code for c in (here, there)} == {302}
    assert live_token(key) is None and User.objects.get(pk=tess.pk).check_password(NEW)
    assert ("tess", "account.password") in actions()


def test_a_person_sees_and_ends_their_own_sessions_and_nobody_elses(tess: User, paul: User) -> None:
    here, there, other = signed_in(tess), signed_in(tess), signed_in(paul)
    page = here.get("/account/").content.decode()
    assert page.count(">End<") == 1 and "this session" in page
    theirs = sessions_of(paul).get()
    here.post(f"/account/session/{theirs.pk}/end/")
    assert other.get("/").status_code == 200
    row = sessions_of(tess).exclude(session_key=here.session.session_key).get()
    assert session_lives(row.session_key)
    here.post(f"/account/session/{row.pk}/end/")
    assert not session_lives(row.session_key)
    assert (there.get("/").status_code, here.get("/").status_code) == (302, 200)
    assert ("tess", "account.session-ended") in actions()


def test_a_token_is_shown_once_has_an_end_and_can_be_revoked(tess: User, paul: User) -> None:
    client = signed_in(tess)
    page = client.post("/account/tokens/", {"name": "notebook", "scope": "read", "days": 7}).content.decode()
    key = re.search(r"<code>([\w-]{43})</code>", page)
    assert key is not None and key[1] not in client.get("/account/").content.decode()
    headers = {"Authorization": f"Token {key[1]}"}
    assert Client().get("/api/v1/cases/", headers=headers).status_code == 200
    token = ApiToken.objects.get()
    assert token.key_sha256 != key[1] and timedelta(days=6) < token.expires_at - timezone.now() <= timedelta(days=7)
    signed_in(paul).post(f"/account/token/{token.pk}/end/")
    assert ApiToken.objects.count() == 1
    ApiToken.objects.update(expires_at=timezone.now())
    assert Client().get("/api/v1/cases/", headers=headers).status_code == 403
    ApiToken.objects.update(expires_at=timezone.now() + timedelta(days=1))
    client.post(f"/account/token/{token.pk}/end/")
    assert Client().get("/api/v1/cases/", headers=headers).status_code == 403
    assert {("tess", "account.token-made"), ("tess", "account.token-removed")} <= set(actions())


def test_a_token_that_may_read_does_not_write(tess: User) -> None:
    for scope, status in (("read", 403), ("write", 201)):
        headers = {"Authorization": f"Token {make_token(tess, 'x', scope, timedelta(days=1))}"}
        facts = {"accession": "S-1", "specimen": "blood-film"}
        answer = Client().post("/api/v1/cases/", facts, content_type="application/json", headers=headers)
        assert answer.status_code == status, answer.content


def test_restricted_cases_are_restricted_in_the_administration_and_its_record(ada: User, tess: User) -> None:
    case = factories.case(tess, accession="R-1", pseudonym="P-secret")
    client = signed_in(ada)
    assert "R-1" in client.get("/admin/audit/record/").content.decode()
    case.restricted = True
    case.save()
    for page in ("/admin/cases/case/", "/admin/audit/record/", "/audit/", "/api/v1/audit/"):
        answer = client.get(page)
        assert answer.status_code == 200 and "R-1" not in answer.content.decode(), page
    for page in ("change/", "permissions/", f"permissions/user-manage/{ada.pk}/", "history/"):
        at = f"/admin/cases/case/{case.pk}/{page}"
        answer = client.get(at, follow=True)
        assert "R-1" not in answer.content.decode().replace("“R-1”", ""), page


def test_a_name_waits_longer_after_each_wrong_password_from_any_address(
    tess: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = timezone.now()  # a second may pass on a busy machine
    monkeypatch.setattr(signin, "timezone", SimpleNamespace(now=lambda: now))
    statuses = [
        Client(REMOTE_ADDR=f"10.0.0.{n}").post("/api/v1/token/", {"username": "tess", "password": "wrong"},
                                             content_type="application/json").status_code
        for n in range(12)
    ]  # fmt: skip
    assert statuses == [400] * 5 + [429] * 7
    assert [signin.wait_s(n) for n in (4, 5, 6, 7, 20)] == [0, 1, 2, 4, 900]
    page = Client().post("/accounts/login/", {"username": "tess", "password": PASSWORD})
    assert page.status_code == 200 and "wait 1 s" in page.content.decode()
    Failures.objects.update(until=now)
    assert Client().post("/accounts/login/", {"username": "tess", "password": PASSWORD}).status_code == 302
    assert not Failures.objects.exists()


def test_signing_asks_through_one_port_and_strangers_cannot_make_it_wait(
    job: Any, paul: User, tess: User, settings: Any
) -> None:
    for _ in range(6):
        signin.failed("paul")
    with pytest.raises(Refusal):
        signin.refuse_early("paul")
    with pytest.raises(Forbidden) as wrong:
        sign(paul, job.slide.case, "wrong", "Reviewed")
    assert wrong.value.code == "wrong-password"
    settings.REAUTHENTICATION = "tests.apps.test_accounts.another_house"
    with pytest.raises(Refusal) as refused:
        sign(paul, job.slide.case, PASSWORD, "Reviewed")
    assert refused.value.code == "stale"


def another_house(user: User, proof: str) -> None:
    raise Forbidden("Sign in again.", code="stale")


def code_of(device: TOTPDevice) -> str:
    return f"{totp(device.bin_key):06d}"


def test_a_second_factor_is_switched_on_by_its_person_and_then_asked_for_everywhere(tess: User, settings: Any) -> None:
    client = signed_in(tess)
    assert "Second factor" not in client.get("/account/").content.decode()
    settings.SECOND_FACTOR = True
    client.post("/account/second-factor/", {"begin": "", "password": "wrong"})
    assert secondfactor.begun(tess) is None
    client.post("/account/second-factor/", {"begin": "", "password": PASSWORD})
    device = secondfactor.begun(tess)
    assert device is not None and secondfactor.secret(device) in client.get("/account/").content.decode()
    client.post("/account/second-factor/", {"code": "000000" if code_of(device) != "000000" else "111111"})
    assert not secondfactor.is_on(tess)
    TOTPDevice.objects.update(throttling_failure_count=0, throttling_failure_timestamp=None)
    client.post("/account/second-factor/", {"code": code_of(device)})
    assert secondfactor.is_on(tess) and ("tess", "account.second-factor-on") in actions()

    credentials = {"username": "tess", "password": PASSWORD}
    page = Client().post("/accounts/login/", credentials)
    assert page.status_code == 200 and "Second-factor code" in page.content.decode()
    used = Client().post("/accounts/login/", {**credentials, "code": code_of(device)})
    assert used.status_code == 200  # the code that switched it on counts once
    for at in ("/api/v1/token/", "/api/v1/token/"):
        assert Client().post(at, credentials, content_type="application/json").json()["code"] == "code-needed"
    assert Client().post("/admin/login/?next=/admin/", credentials).status_code == 302  # to the one page that asks
    TOTPDevice.objects.update(last_t=-1, throttling_failure_count=0, throttling_failure_timestamp=None)
    assert Client().post("/accounts/login/", {**credentials, "code": code_of(device)}).status_code == 302


def test_a_superuser_alone_switches_off_another_persons_second_factor(ada: User, tess: User, settings: Any) -> None:
    settings.SECOND_FACTOR = True
    TOTPDevice.objects.create(user=tess, name="app", confirmed=True)
    with pytest.raises(Forbidden):
        secondfactor.switch_off(ada, tess)
    secondfactor.switch_off(User.objects.create_superuser("root", password=PASSWORD), tess)
    assert not secondfactor.is_on(tess)


def test_tokens_from_before_stand_on_hashed(transactional_db: Any) -> None:
    from importlib import import_module

    from django.apps import apps
    from django.db import connection

    tess = factories.person("technologist", "tess")
    with connection.schema_editor() as editor:
        editor.execute("CREATE TABLE authtoken_token (key varchar(40), user_id integer)")
        editor.execute(f"INSERT INTO authtoken_token VALUES ('{'a' * 40}', {tess.pk})")
        import_module("apps.accounts.migrations.0003_tokens_hashed").carry(apps, editor)
        editor.execute("DROP TABLE authtoken_token")
    token = live_token("a" * 40)
    assert token is not None and token.user == tess


def test_the_database_alone_gives_no_codes(tess: User, settings: Any) -> None:
    settings.SECOND_FACTOR = True
    device = secondfactor.begin(tess)
    row = SecondFactor.objects.get()
    secret = device.bin_key
    assert bytes.fromhex(row.key)[4:] not in secret and row.bin_key == secret and len(secret) == 20
    old_key, settings.SECRET_KEY = settings.SECRET_KEY, "another secret key of this house, of now"
    assert SecondFactor.objects.get().bin_key != secret, "with another secret key it is another secret"
    settings.SECRET_KEY_FALLBACKS = [old_key]
    assert SecondFactor.objects.get().bin_key == secret, "a key that was changed may stay beside the new one"
    plain = SecondFactor.objects.create(user=tess, name="of before", key="ab" * 20)
    assert plain.bin_key == bytes.fromhex("ab" * 20)


def test_where_a_second_factor_is_required_nobody_goes_on_without_one(tess: User, settings: Any) -> None:
    client = signed_in(tess)
    token = make_token(tess, "script", "write", timedelta(days=1))
    settings.SECOND_FACTOR = settings.SECOND_FACTOR_REQUIRED = True
    assert client.get("/").headers["Location"] == "/account/"
    assert "Switch on a second factor" in client.get("/account/").content.decode()
    refused = client.get("/api/v1/cases/")
    assert (refused.status_code, refused.json()["code"]) == (403, "second-factor-needed")
    assert Client().get("/api/v1/cases/", headers={"Authorization": f"Token {token}"}).status_code == 403
    credentials = {"username": "tess", "password": PASSWORD}
    answer = Client().post("/api/v1/token/", credentials, content_type="application/json")
    assert (answer.status_code, answer.json()["code"]) == (403, "second-factor-needed")
    client.post("/account/second-factor/", {"begin": "", "password": PASSWORD})
    device = secondfactor.begun(tess)
    assert device is not None
    client.post("/account/second-factor/", {"code": code_of(device)})
    assert client.get("/").status_code == 200 and client.get("/api/v1/cases/").status_code == 200
    with pytest.raises(Forbidden, match="for a new phone"):
        secondfactor.switch_off(tess, tess)


def test_a_browser_is_called_as_people_call_it() -> None:
    edge = "Mozilla/5.0 (Windows NT 10.0; Win64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0 Safari/537.36 Edg/126.0"
    phone = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1 Version/17.5 Safari/604.1"
    names = [SignIn(browser=text).browser_name for text in (edge, phone, "curl/8.5")]
    assert names == ["Edge on Windows", "Safari on iPhone", "curl/8.5"]
