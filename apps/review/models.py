"""What people say of cells: an append-only list of label events a job, and cells that the machine missed."""

from __future__ import annotations

import uuid
from typing import Any, NoReturn

from django.conf import settings
from django.db import models

from apps.analysis.models import Job


class AddedCell(models.Model):
    """A cell that a person found and the machine had missed; its class comes from label events."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    job = models.ForeignKey(Job, on_delete=models.PROTECT, related_name="added_cells")
    x = models.FloatField("centre x, level-0 px")
    y = models.FloatField("centre y, level-0 px")
    w = models.FloatField("width, level-0 px")
    h = models.FloatField("height, level-0 px")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT)
    at = models.DateTimeField()

    class Meta:
        ordering = ["at", "id"]

    def __str__(self) -> str:
        return f"added at {self.x:.0f}, {self.y:.0f}"


class LabelEvent(models.Model):
    """One act of a person on one or many cells of a job. Rows are those of the job's cell file."""

    class Action(models.TextChoices):
        RELABEL = "relabel", "relabelled"
        CONFIRM = "confirm", "confirmed"
        REJECT = "reject", "rejected"
        CLEAR = "clear", "cleared"
        ADD = "add", "added"
        UNDO = "undo", "undone"

    job = models.ForeignKey(Job, on_delete=models.PROTECT, related_name="label_events")
    revision = models.PositiveIntegerField()
    action = models.CharField(max_length=8, choices=Action.choices)
    rows = models.JSONField(default=list)
    added = models.JSONField(default=list)
    label = models.PositiveSmallIntegerField(null=True)
    undoes = models.OneToOneField("self", null=True, on_delete=models.PROTECT, related_name="undone_by")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT)
    at = models.DateTimeField()

    class Meta:
        ordering = ["job", "revision"]
        constraints = [models.UniqueConstraint(fields=["job", "revision"], name="one_event_a_revision")]

    def __str__(self) -> str:
        return f"{self.revision}: {self.action} by {self.by_id}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise TypeError("Label events are never changed.")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise TypeError("Label events are never removed.")
