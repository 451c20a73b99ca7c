"""Bring an empty PostgreSQL (DATABASE_URL) to the migrations that a SQLite file of HemaView has had, with the file's rows:
`python -m tests.migration.carry_over FILE`. So a house of an earlier form can be upgraded on PostgreSQL, too."""

from __future__ import annotations

import os
import sqlite3
import sys
from typing import Any

import django
from django.conf import settings

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hemaview.config.settings.test")


def carry_over(file: str) -> None:
    from django.core.management import call_command
    from django.db import connection

    old = sqlite3.connect(file)
    last = dict(old.execute("SELECT app, name FROM django_migrations ORDER BY id").fetchall())
    for app, name in last.items():
        call_command("migrate", app, name, verbosity=0)
    with connection.cursor() as new:
        new.execute("SET session_replication_role = replica")  # rows come in any order: no foreign key is looked at
        for table in sorted(connection.introspection.table_names()):
            if table != "django_migrations":
                _rows(old, new, table)
            for sequence in connection.introspection.get_sequences(new, table):
                _go_on_after_the_last(new, table, sequence["column"])


def _rows(old: sqlite3.Connection, new: Any, table: str) -> None:
    new.execute("SELECT column_name, data_type FROM information_schema.columns WHERE table_name = %s", [table])
    types = dict(new.fetchall())
    new.execute(f'DELETE FROM "{table}"')
    rows = old.execute(f'SELECT * FROM "{table}"')
    names = [column[0] for column in rows.description]
    columns = ", ".join(f'"{name}"' for name in names)
    values = ", ".join(f"CAST(%s AS {types[name]})" for name in names)
    for row in rows:
        typed = [bool(v) if types[n] == "boolean" and v is not None else v for n, v in zip(names, row, strict=True)]
        new.execute(f'INSERT INTO "{table}" ({columns}) VALUES ({values})', typed)


def _go_on_after_the_last(new: Any, table: str, column: str) -> None:
    sequence = f"""pg_get_serial_sequence('"{table}"', '{column}')"""
    new.execute(f'SELECT setval({sequence}, COALESCE(MAX("{column}"), 1)) FROM "{table}"')


if __name__ == "__main__":
    settings.INSTALLED_APPS = [*settings.INSTALLED_APPS, "rest_framework.authtoken"]  # the first form had it
    django.setup()
    carry_over(sys.argv[1])
