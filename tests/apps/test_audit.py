"""The record cannot be changed or cut short unseen, and tells what happens to accounts."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.db import transaction
from django.test import Client

from apps.accounts.models import User
from apps.accounts.services import token_of
from apps.audit.anchors import anchored, anchors_file
from apps.audit.models import Head, Record
from apps.audit.sentences import WORDS, deed, sentence
from apps.audit.services import line_hash, record, verify
from apps.audit.words import KINDS
from apps.review.models import LabelEvent
from tests import factories
from tests.factories import PASSWORD


@pytest.fixture
def lines(transactional_db: Any) -> list[Record]:
    records = [record("tess", "case.comment", "case", i) for i in range(4)]
    assert verify().ok and len(anchored()) == 4
    return records


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


def account_lines() -> list[tuple[str, str]]:
    """(actor, action) of every line about accounts."""
    return [(r.actor, r.action) for r in Record.objects.filter(action__startswith="account.").order_by("pk")]


def test_sign_ins_good_and_bad_and_sign_outs_are_lines(db: Any) -> None:
    factories.person("technologist", "tess")
    Record.objects.all().delete()
    client = Client()
    for name, password in (("tess", "wrong"), ("hunter2, typed into the wrong field", "x"), ("tess", PASSWORD)):
        client.post("/accounts/login/", {"username": name, "password": password})
    client.post("/accounts/logout/")
    assert account_lines() == [
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
    assert {actor for actor, _ in account_lines()} == {"root"}


def test_tokens_rights_of_roles_and_removed_people_are_lines(db: Any) -> None:
    tess = factories.person("technologist", "tess")
    Record.objects.all().delete()
    token_of(tess)
    Group.objects.get(name="technologist").permissions.clear()
    tess.delete()
    actions = [action for _, action in account_lines()]
    assert {"account.token-made", "account.permissions", "account.token-removed", "account.deleted"} <= set(actions)


def test_a_password_that_is_hashed_anew_at_a_sign_in_is_no_change(db: Any, settings: Any) -> None:
    tess = factories.person("technologist", "tess")
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.PBKDF2PasswordHasher", *settings.PASSWORD_HASHERS]
    Record.objects.all().delete()
    before = tess.password
    assert tess.check_password(PASSWORD) and tess.password != before
    assert account_lines() == []


def test_every_action_that_is_recorded_is_told_as_a_sentence() -> None:
    """Every word of the form `kind.what` that stands as an action in the apps has a sentence."""
    kinds = {action.partition(".")[0] for action in WORDS}
    source = "\n".join(p.read_text() for p in Path("apps").rglob("*.py") if "migrations" not in p.parts)
    actions = set(re.findall(rf'(?:record|_write|_record)\([^()]*?"((?:{"|".join(kinds)})\.[a-z-]+)"', source))
    actions |= {f"job.{state}" for state in ("done", "cancelled", "failed")}
    actions |= {f"label.{action}" for action in LabelEvent.Action.values}
    assert len(actions) > 50 and actions <= set(WORDS), actions - set(WORDS)


def test_a_line_is_told_with_what_was_and_what_is(db: Any) -> None:
    changed = record("tess", "case.changed", "case", 1, before={"stain": ""}, after={"stain": "May Grünwald"})
    assert sentence(changed) == "tess changed the case: stain from nothing to “May Grünwald”."
    one = record("tess", "label.relabel", "job", 1, cells=1, label="band_neutrophil")
    assert sentence(one) == "tess called 1 cell band neutrophil."
    assert sentence(record("tess", "case.rights", "case", 1)) == "tess changed the rights of – on the case from – to –."
    assert sentence(record("tess", "label.new-kind", "job", 1)) == "tess did label.new-kind."


def at(line: Record, when: str) -> None:
    Record.objects.filter(pk=line.pk).update(at=when)


def test_lines_are_found_by_person_action_and_days_and_handed_out_as_a_file(api: Any, db: Any) -> None:
    ada = factories.person("administrator", "ada")
    for number, (who, when) in enumerate(
        (("tess", "2026-03-01T23:59:59Z"), ("tess", "2026-03-02T00:00:00Z"), ("paul", "2026-03-02T23:59:59Z"),
         ("tess", "2026-03-03T00:00:00Z"))
    ):  # fmt: skip
        at(record(who, "case.comment", "case", number, accession=f"A-{number}", before="", after="=1+1"), when)
    client = api(ada)
    page = client.get("/audit/?since=2026-03-02&until=2026-03-02").content.decode()
    assert [f"A-{n}" in page for n in range(4)] == [False, True, True, False]
    answer = client.get("/audit/audit.csv?since=2026-03-02&until=2026-03-02&person=tess")
    rows = list(csv.DictReader(io.StringIO(b"".join(answer.streaming_content).decode("utf-8-sig"))))
    assert [(r["accession"], r["sentence"]) for r in rows] == [
        ("A-1", "tess changed the comment from nothing to =1+1.")
    ]
    line = Record.objects.get(action="audit.exported")
    assert (line.actor, line.detail["lines"]) == ("ada", 1)
    assert (
        "The last day lies before the first."
        in client.get("/audit/?since=2026-03-02&until=2026-03-01").content.decode()
    )
    assert client.get("/audit/audit.csv?since=2026-13-02").status_code == 400
    assert api(factories.person("technologist")).get("/audit/audit.csv").status_code == 403


def test_codes_in_a_line_are_told_by_the_words_that_people_know(db: Any) -> None:
    moved = record("tess", "case.state", "case", 1, before="analysing", after="in-review")
    assert sentence(moved) == "tess moved the case from analysing to in review."
    facts = {"specimen": "marrow-aspirate", "age_days": 5}
    changed = record(
        "tess", "case.changed", "case", 1, before={"specimen": "blood-film", "age_days": None}, after=facts
    )
    told_of = sentence(changed)
    assert "age in days from nothing to 5, specimen from blood film to marrow aspirate" in told_of
    granted = record(
        "ada", "account.permissions", "role", 1, name="technologist", added=["administer_case", "view_case"]
    )
    assert sentence(granted) == "ada changed what technologist may do: added administer cases, view cases."
    exported = record("tess", "export.made", "case", 1, format="geojson", status="draft")
    assert sentence(exported) == "tess exported draft results as Cells as GeoJSON (QuPath)."
    hbf = record("tess", "candidate.hbf", "job", 1, cell=3, before=None, state="not_done")
    assert sentence(hbf) == "tess recorded the HbF of cell 3 as HbF not done (before: nothing)."
    given = record("ada", "case.reader", "case", 1, before="", reader="tess")
    assert sentence(given) == "ada gave the case to tess (before: nobody)."
    taken = record("ada", "case.reader", "case", 1, before="tess", reader="")
    assert sentence(taken) == "ada gave the case to nobody (before: tess)."


def test_the_audit_page_offers_actions_in_words_and_shows_no_code_of_a_fact(db: Any) -> None:
    ada = factories.person("administrator", "ada")
    record("tess", "case.state", "case", 1, before="analysing", after="in-review")
    record("tess", "case.reader", "case", 1, before="", reader="tess")
    client = Client()
    client.force_login(ada)
    page = client.get("/audit/", {"action": "case.state"}).content.decode()
    assert '<option value="case.state" selected>moved the case from … to …</option>' in page
    assert '<option value="case.reader">gave the case to …</option>' in page
    assert '<optgroup label="Cases">' in page and "<dd>in review</dd>" in page
    assert "in-review" not in page


def test_every_kind_of_action_has_a_word_and_no_deed_keeps_a_brace() -> None:
    assert {action.partition(".")[0] for action in WORDS} == set(KINDS)
    deeds = {action: deed(action) for action in WORDS}
    assert not [words for words in deeds.values() if "{" in words or words.endswith((":", "("))]
    assert len(set(deeds.values())) == len(deeds)
