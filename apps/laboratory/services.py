"""Writes about the laboratory and its phrases, by administrators; each with its line in the audit record."""

from __future__ import annotations

import hashlib
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext

from apps.accounts import stores
from apps.accounts.errors import Conflict, Forbidden, Missing, Refusal
from apps.accounts.texts import refuse_turning
from apps.audit.services import record
from apps.laboratory import logos
from apps.laboratory.models import Laboratory, Phrase
from apps.laboratory.selectors import may_change_laboratory
from hemaview.assays import assays
from hemaview.words import all_of

FACTS = ("name", "address", "phone")
PHRASE_FACTS = ("code", "kind", "text", "assay")


def require_laboratory(user: Any) -> None:
    """Raise Forbidden unless the person may change the laboratory's settings."""
    if not may_change_laboratory(user):
        raise Forbidden(gettext("Only administrators can change the laboratory's settings."))


@transaction.atomic
def change_laboratory(user: Any, **facts: str) -> Laboratory:
    """Change name, address or phone; reports that are signed keep what they were signed with. Raises Forbidden, Refusal."""
    require_laboratory(user)
    row = _locked_laboratory()
    before = {name: getattr(row, name) for name in FACTS}
    for name in FACTS:
        if name in facts:
            setattr(row, name, _plain(facts[name]))
    changed = {name: getattr(row, name) for name in FACTS if getattr(row, name) != before[name]}
    if changed:
        _validate(row)
        row.save()
        record(
            user, "laboratory.changed", "laboratory", row.pk, before={name: before[name] for name in changed},
            after=changed,
        )  # fmt: skip
    return row


def set_logo(user: Any, raw: bytes | None) -> Laboratory:
    """Put a logo (PNG or JPEG) in place of the one before, or take it away (None). Raises Forbidden, Refusal."""
    require_laboratory(user)
    png = logos.checked(raw) if raw is not None else b""
    name = f"{hashlib.sha256(png).hexdigest()[:32]}.png" if png else ""
    with transaction.atomic():
        row = _locked_laboratory()
        before, row.logo = row.logo, name
        if before != name:
            if name:
                stores.laboratory().put(name, png)  # under the lock: who takes the same logo away deletes its file
            row.save(update_fields=["logo"])
            record(user, "laboratory.logo", "laboratory", row.pk, before=before, after=name)
    if before and before != name:
        with transaction.atomic():
            if _locked_laboratory().logo != before:  # nobody has put it back meanwhile
                stores.laboratory().delete(before)
    return row


@transaction.atomic
def create_phrase(user: Any, code: str, text: str, kind: str = Phrase.Kind.PHRASE, assay: str = "") -> Phrase:
    """Add a phrase; raises Forbidden, Refusal, Conflict where its code is taken."""
    require_laboratory(user)
    row = Phrase(code=_plain(code), text=_plain(text), kind=kind, assay=_plain(assay))
    _refuse_wrong(row)
    _save_phrase(row, force_insert=True)
    record(user, "phrase.created", "phrase", row.pk, code=row.code, kind=row.kind, text=row.text, assay=row.assay)
    return row


@transaction.atomic
def change_phrase(user: Any, phrase: Phrase, **facts: str) -> Phrase:
    """Change a phrase; conclusions that were written with it stay. Raises Forbidden, Missing, Refusal,
    Conflict."""
    require_laboratory(user)
    row = _locked_phrase(phrase)
    before = {name: getattr(row, name) for name in PHRASE_FACTS}
    for name in PHRASE_FACTS:
        if name in facts:
            setattr(row, name, _plain(facts[name]))
    changed = {name: getattr(row, name) for name in PHRASE_FACTS if getattr(row, name) != before[name]}
    if changed:
        _refuse_wrong(row)
        _save_phrase(row)
        record(
            user, "phrase.changed", "phrase", row.pk, code=before["code"],
            before={name: before[name] for name in changed}, after=changed,
        )  # fmt: skip
    return row


@transaction.atomic
def remove_phrase(user: Any, phrase: Phrase) -> None:
    """Take a phrase away; conclusions that were written with it stay. Raises Forbidden, Missing."""
    require_laboratory(user)
    row = _locked_phrase(phrase)
    record(user, "phrase.removed", "phrase", row.pk, code=row.code, text=row.text)
    row.delete()


def _locked_laboratory() -> Laboratory:
    Laboratory.objects.get_or_create(pk=1)
    return Laboratory.objects.select_for_update().get(pk=1)


def _locked_phrase(phrase: Phrase) -> Phrase:
    row = Phrase.objects.select_for_update().filter(pk=phrase.pk).first()
    if row is None:
        raise Missing(gettext("There is no phrase called {code} any more.").format(code=phrase.code), code="no-phrase")
    return row


def _save_phrase(row: Phrase, force_insert: bool = False) -> None:
    try:
        with transaction.atomic():
            row.save(force_insert=force_insert)
    except IntegrityError:  # somebody else gave its code to another at the same moment
        raise _code_conflict(row.code) from None


def _code_conflict(code: str) -> Conflict:
    return Conflict(gettext("A phrase called {code} already exists.").format(code=code), code="phrase-exists")


def _plain(text: str) -> str:
    refuse_turning(text=text)
    return text.replace("\0", "").replace("\r\n", "\n").strip()


def _refuse_wrong(row: Phrase) -> None:
    if row.assay and row.assay not in assays():
        raise Refusal(
            gettext("There is no examination called {assay}; there are: {assays}.").format(
                assay=row.assay, assays=all_of(assays())
            ),
            code="no-examination",
        )
    _validate(row)
    if Phrase.objects.filter(code=row.code).exclude(pk=row.pk).exists():
        raise _code_conflict(row.code)


def _validate(row: Any) -> None:
    try:
        row.full_clean(validate_unique=False)
    except ValidationError as error:
        name, messages = next(iter(error.message_dict.items()))
        raise Refusal(f"{name}: {messages[0]}", code="invalid", errors=error.message_dict) from error
