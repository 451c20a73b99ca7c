"""Writes about cases: each checks, changes and audits in one transaction."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from guardian.shortcuts import assign_perm, remove_perm

from apps.accounts.errors import Conflict, Forbidden, Refusal
from apps.accounts.models import User
from apps.accounts.roles import RIGHTS
from apps.audit.services import record
from apps.cases.models import Case
from apps.cases.selectors import require

EDITABLE = ("pseudonym", "specimen", "stain", "question")
_NEXT = {
    Case.State.RECEIVED: {Case.State.ANALYSING, Case.State.IN_REVIEW},
    Case.State.ANALYSING: {Case.State.RECEIVED, Case.State.IN_REVIEW},
    Case.State.IN_REVIEW: {Case.State.ANALYSING, Case.State.SIGNED},
    Case.State.SIGNED: {Case.State.AMENDED},
    Case.State.AMENDED: {Case.State.SIGNED},
}


def may_create(user: Any) -> bool:
    """Who may bring in slides may open a case for them; who administers cases too."""
    return bool(user.has_perm("cases.annotate_case") or user.has_perm("cases.administer_case"))


@transaction.atomic
def create_case(user: Any, accession: str, **facts: Any) -> Case:
    """Open a case; raises Conflict where the accession number is taken, Refusal where a fact is not valid."""
    if not may_create(user):
        raise Forbidden("Your role may not open cases.")
    if Case.objects.filter(accession=accession).exists():
        raise Conflict(f"The accession number {accession} is taken.", code="accession-taken")
    case = Case(accession=accession, created_by=user, **{k: v for k, v in facts.items() if k in EDITABLE})
    _validate(case)
    case.save()
    record(user, "case.created", "case", case.pk, accession=case.accession, specimen=case.specimen)
    return case


@transaction.atomic
def update_case(user: Any, case: Case, **facts: Any) -> Case:
    """Change a case's facts."""
    require(user, case, "administer" if "restricted" in facts else "annotate")
    refuse_locked(case)
    changed = {k: v for k, v in facts.items() if k in (*EDITABLE, "restricted") and getattr(case, k) != v}
    for name, value in changed.items():
        setattr(case, name, value)
    _validate(case)
    case.save()
    if changed:
        record(user, "case.changed", "case", case.pk, accession=case.accession, fields=sorted(changed))
    return case


@transaction.atomic
def set_comment(user: Any, case: Case, comment: str) -> Case:
    """The comment that the report will carry; plain text."""
    require(user, case, "annotate")
    refuse_locked(case)
    case.comment = comment.strip()
    _validate(case)
    case.save(update_fields=["comment", "updated_at"])
    record(user, "case.comment", "case", case.pk, accession=case.accession, characters=len(case.comment))
    return case


@transaction.atomic
def set_reader(user: Any, case: Case, reader: User | None) -> Case:
    """Who reads the case: anyone who reviews may take it or give it back, who administers may give it to another."""
    require(user, case, "review" if reader in (user, None) and case.reader in (user, None) else "administer")
    case.reader = reader
    case.save(update_fields=["reader", "updated_at"])
    record(user, "case.reader", "case", case.pk, accession=case.accession, reader=reader.username if reader else "")
    return case


@transaction.atomic
def set_rights(user: Any, case: Case, person: User, rights: set[str]) -> None:
    """Give a person exactly these rights on this case, beside what their role gives."""
    require(user, case, "administer")
    unknown = rights - set(RIGHTS)
    if unknown:
        raise Refusal(
            f"There is no right called {sorted(unknown)[0]}; there are: {', '.join(RIGHTS)}.", code="unknown-right"
        )
    for right in RIGHTS:
        change = assign_perm if right in rights else remove_perm
        change(f"{right}_case", person, case)
    record(
        user, "case.rights", "case", case.pk, accession=case.accession, person=person.username, rights=sorted(rights)
    )


@transaction.atomic
def set_state(actor: Any, case: Case, state: str) -> Case:
    """Move a case on; raises Conflict where that step does not exist. The same state again is no step."""
    case = Case.objects.select_for_update().get(pk=case.pk)
    if case.state == state:
        return case
    if state not in _NEXT[Case.State(case.state)]:
        raise Conflict(
            f"The case is {case.get_state_display().lower()}; it cannot become {Case.State(state).label.lower()}."
        )
    before, case.state, case.state_since = case.state, state, timezone.now()
    case.save(update_fields=["state", "state_since", "updated_at"])
    record(actor, "case.state", "case", case.pk, accession=case.accession, before=before, after=state)
    return case


def refuse_locked(case: Case) -> None:
    """Raise Conflict where the case is signed."""
    if case.locked:
        raise Conflict("This case is signed; amend it to change anything.", code="case-locked")


def _validate(case: Case) -> None:
    try:
        case.full_clean()
    except ValidationError as error:
        name, messages = next(iter(error.message_dict.items()))
        raise Refusal(f"{name}: {messages[0]}", code="invalid", errors=error.message_dict) from error
