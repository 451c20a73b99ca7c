"""The rows of a database as they stand, and the way back to them: a try begins where the one before it did."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction

GOES_ON = frozenset({"django_migrations", "audit_record", "audit_head"})
"""The record is never turned back: that it cannot be is what its chain proves."""


@dataclass(frozen=True)
class Snapshot:
    """Columns and rows of each table, by its name."""

    tables: dict[str, tuple[Sequence[str], list[tuple[Any, ...]]]]

    @classmethod
    def of_now(cls) -> Snapshot:
        """Of every table but those that go on."""
        names = sorted(set(connection.introspection.table_names()) - GOES_ON)
        return cls({name: _rows(name) for name in names})

    def restore(self) -> None:
        """Put every table back that is not as it was, all in one transaction."""
        with transaction.atomic(), connection.cursor() as cursor:
            changed = {name: before for name, before in self.tables.items() if _rows(name)[1] != before[1]}
            for name in changed:
                cursor.execute(f"DELETE FROM {connection.ops.quote_name(name)}")
            for name, (columns, rows) in changed.items():
                listed = ", ".join(connection.ops.quote_name(column) for column in columns)
                places = ", ".join(["%s"] * len(columns))
                if rows:
                    cursor.executemany(
                        f"INSERT INTO {connection.ops.quote_name(name)} ({listed}) VALUES ({places})", rows
                    )


def _rows(table: str) -> tuple[Sequence[str], list[tuple[Any, ...]]]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
        columns = [column[0] for column in cursor.description]
        return columns, sorted(cursor.fetchall(), key=repr)
