"""Rows of background work that a worker takes by a lease: teachings of sites, and models of one's own that are tried."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any, Generic, TypeVar

from django.db.models import F, Model, Q, QuerySet

from apps.accounts import leases

Row = TypeVar("Row", bound=Model)
MOST_ATTEMPTS = 3
"""A worker that ends this often at one row has a reason that another try does not mend."""
_REQUESTED, _RUNNING = "requested", "running"


class LeasedRows(Generic[Row]):
    """The rows of one table with `state`, `owner`, `lease`, `attempt`, `phase`, `percent` and `requested_at`, whose leases last
    `lease_s` seconds."""

    def __init__(self, rows: Callable[[], QuerySet[Row]], lease_s: float) -> None:
        self._rows, self.lease_s = rows, lease_s

    def abandoned(self) -> Q:
        """Those whose worker is gone."""
        return Q(state=_RUNNING) & leases.lapsed(self.lease_s)

    def unheld(self) -> list[str]:
        """Ids of those that no worker holds, the oldest first."""
        return [
            str(pk) for pk in self._rows().filter(self._free()).order_by("requested_at").values_list("pk", flat=True)
        ]

    def claim(self, row_id: uuid.UUID | str, owner: str) -> Row | None:
        """Take it by compare-and-set; None where it is taken or has ended. Whoever takes it looks at its `attempt`."""
        rows = self._table(row_id).filter(self._free())
        changed = rows.update(state=_RUNNING, owner=owner, lease=leases.until(self.lease_s), attempt=F("attempt") + 1)
        return self._rows().get(pk=row_id) if changed else None

    def note(self, row: Row, phase: str, percent: float) -> bool:
        """Say how far it is, and keep the lease; False where it is no longer ours."""
        longest = getattr(row._meta.get_field("phase"), "max_length", None)
        lease = leases.until(self.lease_s)
        return bool(self.attempt(row).update(phase=phase[:longest], percent=percent, lease=lease))

    def renew(self, row: Row) -> None:
        """Keep the lease, where it is still ours."""
        self.attempt(row).update(lease=leases.until(self.lease_s))

    def attempt(self, row: Any) -> QuerySet[Row]:
        """The row, as long as this attempt at it holds it."""
        return self._table(row.pk).filter(attempt=row.attempt, state=_RUNNING)

    def _table(self, row_id: uuid.UUID | str) -> QuerySet[Row]:
        return self._rows().model._default_manager.filter(pk=row_id)

    def _free(self) -> Q:
        """Those that wait, and those whose worker is gone."""
        return Q(state=_REQUESTED) | self.abandoned()
