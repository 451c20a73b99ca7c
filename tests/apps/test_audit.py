"""The record cannot be changed or cut short unseen, and tells what happens to accounts."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.db import transaction
from django.test import Client

from apps.accounts.models import User
from apps.accounts.services import token_of
from apps.audit.anchors import anchored, anchors_file
from apps.audit.models import Head, Record
from apps.audit.services import line_hash, record, verify
from tests import factories
from tests.factories import PASSWORD


@pytest.fixture
def lines(transactional_db: Any) -> list[Record]:
    made = [record("tess", "case.comment", "case", i) for i in range(4)]
    assert verify().ok and len(anchored()) == 4
    return made


def test_lines_and_head_cut_off_together_are_missed_by_the_anchors(lines: list[Record]) -> None:
    Record.objects.filter(pk__gte=lines[2].pk).delete()
    Head.objects.update(lines=2, sha256=lines[1].sha256)
    assert verify().message == "The audit record is incomplete: 4 entries are anchored, 2 remain."


def test_a_record_that_was_emptied_is_found_out(lines: list[Record]) -> None:
    Record.objects.all().delete()
    Head.objects.all().delete()
    assert not verify().ok


def test_a_chain_that_was_hashed_anew_is_found_out(lines: list[Record]) -> None:
    previous = lines[0].sha256
    for line in Record.objects.filter(pk__gt=lines[0].pk).order_by("pk"):
        line.actor, line.previous = "paul", previous
        previous = line_hash(line)
        Record.objects.filter(pk=line.pk).update(actor="paul", previous=line.previous, sha256=previous)
    Head.objects.update(sha256=previous)
    assert "is not the one that was anchored" in verify().message


def test_a_head_that_a_crash_cut_short_harms_nothing(lines: list[Record]) -> None:
    with anchors_file().open("a") as stream:
        stream.write("5 abc")
    assert verify().ok


def test_what_was_rolled_back_is_not_anchored(lines: list[Record]) -> None:
    with transaction.atomic():
        record("tess", "case.comment", "case", 9)
        transaction.set_rollback(True)
    assert verify().ok and len(anchored()) == 4


def told() -> list[tuple[str, str]]:
    """(actor, action) of every line about accounts."""
    return [(r.actor, r.action) for r in Record.objects.filter(action__startswith="account.").order_by("pk")]


def test_sign_ins_good_and_bad_and_sign_outs_are_lines(db: Any) -> None:
    factories.person("technologist", "tess")
    Record.objects.all().delete()
    client = Client()
    for name, password in (("tess", "wrong"), ("hunter2, typed into the wrong field", "x"), ("tess", PASSWORD)):
        client.post("/accounts/login/", {"username": name, "password": password})
    client.post("/accounts/logout/")
    assert told() == [
        ("tess", "account.sign-in-refused"), ("nobody", "account.sign-in-refused"), ("tess", "account.signed-in"),
        ("tess", "account.signed-out"),
    ]  # fmt: skip
    assert "hunter2" not in str(list(Record.objects.values()))
    assert Record.objects.get(action="account.signed-in").detail["address"] == "127.0.0.1"


def test_what_an_administrator_does_to_accounts_is_lines_with_old_and_new_value(db: Any) -> None:
    root = User.objects.create_superuser("root", password=PASSWORD)
    tess = factories.person("technologist", "tess")
    client = Client()
    client.force_login(root)
    Record.objects.all().delete()
    page = f"/admin/accounts/user/{tess.pk}/"
    facts = {"username": "tess", "is_active": "on", "is_superuser": "on", "groups": [Group.objects.get(name="pathologist").pk],
             "date_joined_0": "2026-01-01", "date_joined_1": "00:00:00"}  # fmt: skip
    assert client.post(f"{page}change/", facts).status_code == 302
    changed = Record.objects.get(action="account.changed")
    assert (changed.detail["before"], changed.detail["after"]) == ({"is_superuser": False}, {"is_superuser": True})
    roles = [r.detail for r in Record.objects.filter(action="account.roles").order_by("pk")]
    assert {"username": "tess", "taken": ["technologist"]} in roles and {
        "username": "tess",
        "added": ["pathologist"],
    } in roles
    assert {actor for actor, _ in told()} == {"root"}


def test_tokens_rights_of_roles_and_removed_people_are_lines(db: Any) -> None:
    tess = factories.person("technologist", "tess")
    Record.objects.all().delete()
    token_of(tess)
    Group.objects.get(name="technologist").permissions.clear()
    tess.delete()
    actions = [action for _, action in told()]
    assert {"account.token-made", "account.permissions", "account.token-removed", "account.deleted"} <= set(actions)


def test_a_password_that_is_hashed_anew_at_a_sign_in_is_no_change(db: Any, settings: Any) -> None:
    tess = factories.person("technologist", "tess")
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.PBKDF2PasswordHasher", *settings.PASSWORD_HASHERS]
    Record.objects.all().delete()
    before = tess.password
    assert tess.check_password(PASSWORD) and tess.password != before
    assert told() == []
