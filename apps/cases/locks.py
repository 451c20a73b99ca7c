"""A case's row, locked: for a write about it, for a write of what its report says, and while it is being signed."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.utils.translation import gettext

from apps.accounts import leases
from apps.accounts.errors import Conflict, Missing
from apps.cases.models import Case


def hold_row(case: Case) -> Case:
    """The case's row as it is now, locked until the caller's transaction ends, also while it is being signed: for a write of what
    a signature does not freeze. Raises Missing where the case was deleted."""
    # `no_key`, as wherever a row is locked that others point to: PostgreSQL checks a foreign key when a transaction ends, which
    # holds the head of the record by then, and would wait for a whole lock whose owner waits for the head.
    # No join: PostgreSQL reads the row anew once it has the lock, but a joined reader as it was before.
    row = Case.objects.select_for_update(no_key=True).filter(pk=case.pk).first()
    if row is None:
        raise Missing(gettext("The case {accession} was deleted.").format(accession=case.accession), code="case-gone")
    return row


def hold(case: Case) -> Case:
    """The same; raises Conflict while the case is being signed.

    Every write about a case, its slides, jobs, labels and reports begins here, so all lock in one order: the case first, the
    head of the record last.
    """
    case = hold_row(case)
    if case.being_signed:
        raise Conflict(gettext("This case is being signed; try again in a moment."), code="being-signed")
    return case


def hold_open(case: Case) -> Case:
    """The same for a write of what a report says; raises Conflict also where the case is signed."""
    case = hold(case)
    if case.locked:
        raise Conflict(gettext("This case is signed; amend it to change anything."), code="case-locked")
    return case


def begin_signing(case: Case) -> Case:
    """Keep everybody else from changing a case that `hold_open` gave, from the end of the transaction until `end_signing`
    or until the lease lapses: a process that dies while it signs leaves the case as it was."""
    case.signing_key = uuid.uuid4().hex
    case.signing_until = leases.until(settings.SIGNING_LEASE_S)
    case.save(update_fields=["signing_key", "signing_until"])
    return case


def end_signing(case: Case) -> Case:
    """The row, locked and free again, for who began to sign it; raises Conflict where somebody else signs it by now."""
    row = hold_row(case)
    if row.signing_key != case.signing_key:
        raise Conflict(
            gettext(
                "Signing took too long, and the case was changed or signed in the meantime; review it and sign again."
            ),
            code="signing-lapsed",
        )
    row.signing_key, row.signing_until = "", None
    row.save(update_fields=["signing_key", "signing_until"])
    return row
