"""Who may read the record: people who administer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.translation import gettext

from apps.accounts.errors import Forbidden
from apps.audit.models import Record

hidden_accessions: list[Callable[[Any], QuerySet[Any]]] = []
"""Each gives the accession numbers of what a person may not know of; the rooms above this one add theirs."""


def records_for(user: Any) -> QuerySet[Record]:
    """All lines but those about cases that are hidden from the person, newest first.

    Raises Forbidden for people without the right to view the record.
    """
    if not user.has_perm("audit.view_record"):
        raise Forbidden(gettext("Only administrators may read the audit record."))
    lines = Record.objects.all()
    for hidden in hidden_accessions:
        lines = lines.exclude(accession__in=hidden(user))
    return lines.exclude(_of_deleted_cases(user))


def _of_deleted_cases(user: Any) -> Q:
    """The lines up to the end of cases that only named people could see, for everybody but who deleted them: nobody else knew."""
    hidden = Q(pk__in=[])
    if user.is_superuser:
        return hidden
    ends = Record.objects.filter(action="case.deleted", detail__restricted=True).exclude(actor=user.get_username())
    for pk, accession in ends.values_list("pk", "accession"):
        hidden |= Q(accession=accession, pk__lte=pk)
    return hidden
