"""Who may read the record: people who administer."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet

from apps.accounts.errors import Forbidden
from apps.audit.models import Record


def records_for(user: Any) -> QuerySet[Record]:
    """All lines, newest first; raises Forbidden for people without the right to view the record."""
    if not user.has_perm("audit.view_record"):
        raise Forbidden("Only administrators may read the audit record.")
    return Record.objects.all()
