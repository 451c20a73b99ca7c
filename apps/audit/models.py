"""The append-only record: who did what to what, each line chained to the one before by its hash."""

from __future__ import annotations

from typing import Any, NoReturn

from django.db import models


class AppendOnly(Exception):
    """Somebody tried to change or remove a line of the record."""


class Record(models.Model):
    """One line. `sha256` covers the line's content and the hash of the line before it."""

    at = models.DateTimeField(db_index=True)
    actor = models.CharField(max_length=150, db_index=True)
    action = models.CharField(max_length=64, db_index=True)
    object_type = models.CharField(max_length=32, db_index=True)
    object_id = models.CharField(max_length=64)
    accession = models.CharField(max_length=64, blank=True, db_index=True)
    detail = models.JSONField(default=dict)
    previous = models.CharField(max_length=64)
    sha256 = models.CharField(max_length=64, unique=True)

    class Meta:
        ordering = ["-id"]
        verbose_name = "audit record"

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.actor} {self.action} {self.object_type} {self.object_id}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise AppendOnly("Lines of the audit record are never changed.")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise AppendOnly("Lines of the audit record are never removed.")


class Head(models.Model):
    """The one row that holds the end of the chain; locking it orders the writers."""

    sha256 = models.CharField(max_length=64, default="0" * 64)
    lines = models.PositiveBigIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.lines} lines"
