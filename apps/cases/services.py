"""Writes about cases: each locks the row, checks it as it is then, changes its fields and audits in one transaction."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib.auth.models import Group
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext
from guardian.models import GroupObjectPermission, UserObjectPermission
from guardian.shortcuts import assign_perm, get_group_perms, get_user_perms, get_users_with_perms, remove_perm

from apps.accounts.errors import Conflict, Forbidden, Refusal
from apps.accounts.models import User
from apps.accounts.roles import OWN_CASE_RIGHTS, RIGHTS
from apps.accounts.texts import refuse_turning
from apps.audit.models import Record
from apps.audit.services import record
from apps.cases.locks import hold, hold_open, hold_row
from apps.cases.models import Case
from apps.cases.selectors import require, require_any, rights_of, words_hidden_from
from hemaview.words import all_of

RESERVED = ("new",)
"""Words that stand in addresses where accession numbers do."""
EDITABLE = ("pseudonym", "sex", "age_days", "specimen", "stain", "question", "analyser")
PLACE = "administration"
"""Where a change was made, in the record's line, when it was not in the case itself."""
_NEXT = {
    Case.State.RECEIVED: {Case.State.ANALYSING, Case.State.IN_REVIEW},
    Case.State.ANALYSING: {Case.State.RECEIVED, Case.State.IN_REVIEW},
    Case.State.IN_REVIEW: {Case.State.RECEIVED, Case.State.ANALYSING, Case.State.SIGNED},
    Case.State.SIGNED: {Case.State.AMENDED},
    Case.State.AMENDED: {Case.State.SIGNED},
}


def may_create(user: Any) -> bool:
    """Who may bring in slides may open a case for them; who administers cases too, and who may have cases of their own."""
    return any(user.has_perm(f"cases.{name}") for name in ("annotate_case", "administer_case", "add_case"))


def create_case(user: Any, accession: str, **facts: Any) -> Case:
    """Open a case; raises Conflict where the accession number is taken, capitals or not, Refusal where a fact is not valid.

    Who may do nothing on cases by role but open them (a researcher) is given rights on this one: to bring in slides,
    analyse and review, never to sign.
    """
    if not may_create(user):
        raise Forbidden(gettext("Your role does not allow you to open cases."))
    case = Case(accession=accession, created_by=user, **{k: v for k, v in facts.items() if k in EDITABLE})
    if accession.strip().lower() in RESERVED:
        raise Refusal(
            gettext(
                "{accession} cannot be an accession number, because HemaView has a page of that name; choose another."
            ).format(accession=accession),
            code="invalid",
        )
    try:
        with transaction.atomic():
            # One that differs in capitals alone is a slip of the keyboard: two patients' slides would be taken for one's.
            in_use = (
                Case.objects.filter(accession__iexact=accession.strip()).values_list("accession", flat=True).first()
            )
            if in_use is not None:
                raise _accession_conflict(in_use)
            _validate(case)
            case.save(force_insert=True)
            own = _own_rights(user)
            deleted = Record.objects.filter(action="case.deleted", accession__iexact=case.accession)
            for right in own:
                assign_perm(f"{right}_case", user, case)
            record(
                user, "case.created", "case", case.pk, accession=case.accession, specimen=case.specimen,
                **({"rights": list(own)} if own else {}), **({"used_before": True} if deleted.exists() else {}),
            )  # fmt: skip
    except IntegrityError:
        raise _accession_conflict(accession) from None
    return case


def _accession_conflict(accession: str) -> Conflict:
    sentence = gettext("The accession number {accession} is already in use.").format(accession=accession)
    return Conflict(sentence, code="accession-taken")


def _own_rights(user: Any) -> tuple[str, ...]:
    by_role = any(user.has_perm(f"cases.{name}") for name in ("annotate_case", "administer_case"))
    return () if by_role else OWN_CASE_RIGHTS


@transaction.atomic
def withdraw_case(user: Any, case: Case) -> None:
    """Remove a case that was opened for a slide which was then refused, by who opened it or may annotate it; raises Conflict
    where it holds anything."""
    if case.created_by_id != user.pk:
        require(user, case, "annotate")
    case = hold_open(case)
    if case.slides.exists() or case.uploads.exists() or case.reports.exists():
        raise Conflict(gettext("This case has slides or reports, so it cannot be removed."), code="case-used")
    record(user, "case.withdrawn", "case", case.pk, accession=case.accession)
    erase(case)


def erase(case: Case) -> None:
    """Remove the row of a case that holds nothing more, with the rights that were given on it; the caller has locked it, and
    leaves the line in the record."""
    of_case = {"content_type": ContentType.objects.get_for_model(Case), "object_pk": str(case.pk)}
    UserObjectPermission.objects.filter(**of_case).delete()
    GroupObjectPermission.objects.filter(**of_case).delete()
    case.delete()


def update_case(user: Any, case: Case, **facts: Any) -> Case:
    """Change a case's facts, or who may see it (`restricted`, also where the case is signed)."""
    require(user, case, "administer" if "restricted" in facts else "annotate")
    with transaction.atomic():
        if facts.get("restricted"):
            _keep_a_key(user, case)
        return _change(user, case, facts)


def _keep_a_key(user: Any, case: Case) -> None:
    """Before a case is kept to named people, name who does it, where nobody who is named could manage it: else nobody could."""
    keepers: Any = get_users_with_perms(case, only_with_perms_in=["administer_case"], with_group_users=True)
    if not any(person.is_active for person in keepers):
        own = {right for right in RIGHTS if f"{right}_case" in get_user_perms(user, case)}
        set_rights(user, case, user, own | {"view", "administer"})


def administer_case(user: Any, case: Case, **facts: Any) -> Case:
    """The same, and the `reader`, by somebody who administers the case; raises Refusal where the person may not review it."""
    require(user, case, "administer")
    with transaction.atomic():
        if facts.get("restricted"):
            _keep_a_key(user, case)
        case = _change(user, case, facts, by=PLACE)
        return _give_to(user, hold_open(case), facts["reader"], by=PLACE) if "reader" in facts else case


@transaction.atomic
def set_urgent(user: Any, case: Case, urgent: bool) -> Case:
    """Let the case's jobs go before all others, or no longer, by who orders analyses or administers; also while it is being
    signed, which does not freeze this."""
    require_any(user, case, "annotate", "administer")
    case = hold_row(case)
    if case.urgent != urgent:
        Case.objects.filter(pk=case.pk).update(urgent=urgent, updated_at=timezone.now())
        record(user, "case.urgent", "case", case.pk, accession=case.accession, before=case.urgent, after=urgent)
        case.refresh_from_db()
    return case


@transaction.atomic
def set_archived(user: Any, case: Case, archived: bool, reason: str = "") -> Case:
    """Put a case out of the worklist, with a reason, or back into it, by who signs or administers it. It stays readable as it is,
    and nothing of it is deleted; raises Refusal without a reason, Conflict while it is being signed."""
    require_any(user, case, "sign", "administer")
    case = hold_row(case)
    if case.being_signed:
        raise Conflict(gettext("This case is being signed; wait a moment and try again."), code="being-signed")
    if archived == (case.archived_at is not None):
        return case
    if archived and not reason.strip():
        raise Refusal(gettext("Say why the case is put into the archive."), code="no-reason")
    case.archived_at = timezone.now() if archived else None
    Case.objects.filter(pk=case.pk).update(archived_at=case.archived_at)
    record(
        user, "case.archived" if archived else "case.unarchived", "case", case.pk, accession=case.accession,
        **({"reason": reason.strip()} if reason.strip() else {}),
    )  # fmt: skip
    return case


def set_comment(user: Any, case: Case, comment: str, before: str | None = None) -> Case:
    """The comment that the report will carry; plain text. `before` is the text that the writer saw: raises Conflict where
    another stands there now."""
    require(user, case, "annotate")
    return _write(user, case, "comment", comment, before)


def set_conclusion(user: Any, case: Case, conclusion: str, before: str | None = None) -> Case:
    """The conclusion that the report will begin with; plain text, by who reviews the case. `before` is the text that the
    writer saw: raises Conflict where another stands there now."""
    require(user, case, "review")
    return _write(user, case, "conclusion", conclusion, before)


@transaction.atomic
def set_reader(user: Any, case: Case, reader: User | None, word: str = "") -> Case:
    """Who reads the case, with a word for them; raises Conflict where it is signed, Forbidden, or Refusal where the person may
    not review it.

    Anyone who reviews may take a case that nobody reads; its reader may give it back or hand it over; who signs or
    administers may give it to anybody.
    """
    case = hold_open(case)
    rights = rights_of(user, case)
    if not rights & {"sign", "administer"}:
        require(user, case, "review")
        if case.reader not in (user, None):
            raise Forbidden(
                gettext(
                    "{reader} is the reader of this case; only they, or somebody who may sign, can hand it over."
                ).format(reader=case.reader)
            )
    return _give_to(user, case, reader, **({"word": word.strip()} if word.strip() else {}))


@transaction.atomic
def set_rights(user: Any, case: Case, person: User | Group, rights: set[str], **where: str) -> None:
    """Give a person, or a role, exactly these rights on this case, beside what their role gives; also where it is signed."""
    require(user, case, "administer")
    unknown = rights - set(RIGHTS)
    if unknown:
        raise Refusal(
            gettext("There is no right called {unknown}; there are: {rights}.").format(
                unknown=sorted(unknown)[0], rights=all_of(RIGHTS)
            ),
            code="unknown-right",
        )
    # Not `hold`: who may see a case is no part of what a signature freezes.
    case = hold_row(case)
    permissions: Iterable[Any] = (
        get_group_perms(person, case) if isinstance(person, Group) else get_user_perms(person, case)
    )
    before = {name.removesuffix("_case") for name in permissions} & set(RIGHTS)
    for right in before ^ rights:
        change = assign_perm if right in rights else remove_perm
        change(f"{right}_case", person, case)
    whose = {"role": person.name} if isinstance(person, Group) else {"person": person.username}
    record(
        user, "case.rights", "case", case.pk, accession=case.accession, **whose, before=sorted(before),
        rights=sorted(rights), **where,
    )  # fmt: skip


@transaction.atomic
def set_state(actor: Any, case: Case, state: str) -> Case:
    """Move a case on; raises Conflict where that step does not exist. The same state again is no step."""
    case = hold(case)
    if case.state == state:
        return case
    if state not in _NEXT[Case.State(case.state)]:
        raise Conflict(
            gettext("The case is {lower}; it cannot become {lower2}.").format(
                lower=case.get_state_display().lower(), lower2=Case.State(state).label.lower()
            ),
            code="no-such-step",
        )
    before, case.state, case.state_since = case.state, state, timezone.now()
    case.save(update_fields=["state", "state_since", "updated_at"])
    record(actor, "case.state", "case", case.pk, accession=case.accession, before=before, after=state)
    return case


def touch(case: Case) -> None:
    """Let the pages that show a case, whose row the caller has locked, read it again: what hangs on it has changed."""
    case.save(update_fields=["updated_at"])


def _change(user: Any, case: Case, facts: dict[str, Any], **where: str) -> Case:
    values = {k: v for k, v in facts.items() if k in (*EDITABLE, "restricted")}
    with transaction.atomic():
        content = any(k in EDITABLE for k in values)
        case = hold_open(case) if content else hold_row(case)
        changed = {k: v for k, v in values.items() if getattr(case, k) != v}
        if not changed:
            return case
        before = {k: getattr(case, k) for k in changed}
        for name, value in changed.items():
            setattr(case, name, value)
        _validate(case)
        case.save(update_fields=[*changed, "updated_at"])
        record(
            user, "case.changed", "case", case.pk, accession=case.accession, fields=sorted(changed), before=before,
            after=changed, **where,
        )  # fmt: skip
    return case


@transaction.atomic
def _write(user: Any, case: Case, name: str, text: str, expected: str | None) -> Case:
    """Put words of people into the case, unless its reading hides them from this person or they are no longer those that the
    person saw; raises Conflict."""
    case = hold_open(case)
    if case.pk in words_hidden_from(user):
        raise Conflict(
            gettext("You are reading this case blind: write your {name} after you have closed your reading.").format(
                name=name
            ),
            code="blind-reading",
        )
    before, after = getattr(case, name), text.replace("\r\n", "\n").strip()
    if after == before:
        return case
    if expected is not None and expected.replace("\r\n", "\n").strip() != before:
        sentence = (
            gettext(
                "Somebody else has changed the {name} in the meantime; it now reads “{before}”: decide which text to keep, and "
                "save again."
            )
            if before
            else gettext(
                "Somebody else has changed the {name} in the meantime; it is now empty: decide which text to keep, and save "
                "again."
            )
        )
        raise Conflict(sentence.format(name=name, before=before), code="text-changed")
    setattr(case, name, after)
    _validate(case)
    case.save(update_fields=[name, "updated_at"])
    record(user, f"case.{name}", "case", case.pk, accession=case.accession, before=before, after=after)
    return case


def _give_to(user: Any, case: Case, reader: User | None, **where: str) -> Case:
    """Write who reads the case; raises Refusal where the person may not review it."""
    before = case.reader
    if before == reader:
        return case
    if reader is not None and "review" not in rights_of(reader, case):
        raise Refusal(
            gettext("{display_name} may not review this case.").format(display_name=reader.display_name),
            code="not-a-reader",
        )
    case.reader = reader
    case.save(update_fields=["reader", "updated_at"])
    record(
        user, "case.reader", "case", case.pk, accession=case.accession, before=before.username if before else "",
        reader=reader.username if reader else "", **where,
    )  # fmt: skip
    return case


def _validate(case: Case) -> None:
    refuse_turning(pseudonym=case.pseudonym, stain=case.stain, question=case.question)
    try:
        case.full_clean(exclude=["signing_key", "signing_until"])
    except ValidationError as error:
        name, messages = next(iter(error.message_dict.items()))
        raise Refusal(f"{name}: {messages[0]}", code="invalid", errors=error.message_dict) from error
