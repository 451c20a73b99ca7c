"""What people say of cells: readings of a job, each an append-only list of label events, and cells that the machine missed."""

from __future__ import annotations

import uuid
from typing import Any, NoReturn

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy

from apps.analysis.models import Job
from apps.slides.models import Slide


class Reading(models.Model):
    """What one person, or a role, says of a job's cells. Its revision grows with each event."""

    class Role(models.TextChoices):
        FIRST = "first", gettext_lazy("First reading")
        SECOND = "second", gettext_lazy("Second reading")
        CONSENSUS = "consensus", gettext_lazy("Consensus")

    class State(models.TextChoices):
        OPEN = "open", gettext_lazy("Open")
        CLOSED = "closed", gettext_lazy("Closed")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    job = models.ForeignKey(Job, on_delete=models.PROTECT, related_name="readings")
    role = models.CharField(max_length=16, choices=Role.choices, default=Role.FIRST)
    reader = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        help_text=gettext_lazy("Empty: whoever may review."),
    )
    state = models.CharField(max_length=8, choices=State.choices, default=State.OPEN)
    blind = models.BooleanField(
        default=False, help_text=gettext_lazy("Its reader sees nothing of other readings until it is closed.")
    )
    revision = models.PositiveIntegerField(default=0)
    labelled_by = models.CharField(max_length=150, blank=True, help_text=gettext_lazy("Who wrote the newest event."))
    carried_from = models.ForeignKey(
        Job, null=True, blank=True, on_delete=models.PROTECT, related_name="carried_to",
        help_text=gettext_lazy("The analysis whose labels were carried over to this one."),
    )  # fmt: skip
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["job", "created_at"]
        constraints = [models.UniqueConstraint(fields=["job", "role"], name="one_reading_a_role")]

    def __str__(self) -> str:
        return f"{self.get_role_display()} of {self.job_id}"


class CarriedLabel(models.Model):
    """A label of an earlier analysis that could not simply be carried over: a person looks at it."""

    class Why(models.TextChoices):
        NO_PARTNER = "no-partner", gettext_lazy("The new analysis has no cell there")
        RENAMED = "renamed", gettext_lazy("The machine names the cell otherwise now")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    reading = models.ForeignKey(Reading, on_delete=models.PROTECT, related_name="carried_labels")
    why = models.CharField(max_length=16, choices=Why.choices)
    row = models.PositiveIntegerField(null=True, help_text=gettext_lazy("The new cell, where there is one."))
    x = models.FloatField(gettext_lazy("centre x, level-0 px"))
    y = models.FloatField(gettext_lazy("centre y, level-0 px"))
    w = models.FloatField(gettext_lazy("width, level-0 px"))
    h = models.FloatField(gettext_lazy("height, level-0 px"))
    label_key = models.CharField(
        max_length=64, blank=True, help_text=gettext_lazy("What the person called it; empty: confirmed, rejected.")
    )
    state = models.CharField(max_length=16)
    machine_before = models.CharField(max_length=64, blank=True)
    machine_now = models.CharField(max_length=64, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    settled_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    settled_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["reading", "why", "y", "x"]

    def __str__(self) -> str:
        return f"{self.why} at {self.x:.0f}, {self.y:.0f}"


class AddedCell(models.Model):
    """A cell that a person found and the machine had missed; its class comes from label events."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    reading = models.ForeignKey(Reading, on_delete=models.PROTECT, related_name="added_cells")
    x = models.FloatField(gettext_lazy("centre x, level-0 px"))
    y = models.FloatField(gettext_lazy("centre y, level-0 px"))
    w = models.FloatField(gettext_lazy("width, level-0 px"))
    h = models.FloatField(gettext_lazy("height, level-0 px"))
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT)
    at = models.DateTimeField()

    class Meta:
        ordering = ["at", "id"]

    def __str__(self) -> str:
        return f"added at {self.x:.0f}, {self.y:.0f}"


class LabelEvent(models.Model):
    """One act of a person on one or many cells of a reading. Rows are those of the job's cell file."""

    class Action(models.TextChoices):
        RELABEL = "relabel", gettext_lazy("relabelled")
        CONFIRM = "confirm", gettext_lazy("confirmed")
        REJECT = "reject", gettext_lazy("rejected")
        CLEAR = "clear", gettext_lazy("cleared")
        ADD = "add", gettext_lazy("added")
        UNDO = "undo", gettext_lazy("undone")

    reading = models.ForeignKey(Reading, on_delete=models.PROTECT, related_name="events")
    revision = models.PositiveIntegerField()
    action = models.CharField(max_length=8, choices=Action.choices)
    rows = models.JSONField(default=list)
    added = models.JSONField(default=list)
    label_key = models.CharField(
        "class", max_length=64, blank=True, help_text=gettext_lazy("Key of the class that was given.")
    )
    carried = models.BooleanField(
        default=False, help_text=gettext_lazy("Carried over from an earlier analysis of the slide.")
    )
    undoes = models.OneToOneField("self", null=True, on_delete=models.PROTECT, related_name="undone_by")
    redoes = models.OneToOneField("self", null=True, on_delete=models.PROTECT, related_name="redone_by")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT)
    at = models.DateTimeField()

    class Meta:
        ordering = ["reading", "revision"]
        constraints = [
            models.UniqueConstraint(fields=["reading", "revision"], name="one_event_a_revision_of_a_reading")
        ]

    def __str__(self) -> str:
        return f"{self.revision}: {self.action} by {self.by_id}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise TypeError("Label events are never changed.")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise TypeError("Label events are never removed.")


class HbfMark(models.Model):
    """What a second, HbF-stained section says of a confirmed nucleated red cell; the newest of a cell stands."""

    class State(models.TextChoices):
        POSITIVE = "positive", gettext_lazy("HbF positive")
        NEGATIVE = "negative", gettext_lazy("HbF negative")
        NOT_DONE = "not_done", gettext_lazy("HbF not done")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    reading = models.ForeignKey(Reading, on_delete=models.PROTECT, related_name="hbf_marks")
    row = models.PositiveIntegerField(
        null=True, help_text=gettext_lazy("The cell's row in the job's cell file; empty: an added cell.")
    )
    added = models.ForeignKey(AddedCell, null=True, on_delete=models.PROTECT, related_name="hbf_marks")
    state = models.CharField(max_length=8, choices=State.choices)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        ordering = ["reading", "at", "id"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(row__isnull=True) ^ models.Q(added__isnull=True), name="an_hbf_mark_is_of_one_cell"
            )
        ]

    def __str__(self) -> str:
        return f"{self.state} of {self.added_id or self.row}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise TypeError("HbF marks are never changed.")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise TypeError("HbF marks are never removed.")


class Annotation(models.Model):
    """A place of a slide with what somebody wrote there; it is part of no count. One that was removed keeps its row."""

    class Kind(models.TextChoices):
        POINT = "point", gettext_lazy("Point")
        LINE = "line", gettext_lazy("Length")
        RECTANGLE = "rectangle", gettext_lazy("Rectangle")
        POLYGON = "polygon", gettext_lazy("Area")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    slide = models.ForeignKey(Slide, on_delete=models.CASCADE, related_name="annotations")
    kind = models.CharField(max_length=16, choices=Kind.choices)
    points = models.JSONField(
        help_text=gettext_lazy("[x, y] in level-0 px: one, two ends, two corners, or three and more.")
    )
    text = models.CharField(max_length=1000, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    removed_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    removed_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["at", "id"]

    def __str__(self) -> str:
        return f"{self.kind} on {self.slide_id}"


class CellNote(models.Model):
    """What somebody wrote of a cell, or that it is one to teach with; part of no count.

    It stays on the slide at the cell's place, so that every analysis shows it at the cell that lies there. One that was removed
    keeps its row.
    """

    class Kind(models.TextChoices):
        COMMENT = "comment", gettext_lazy("Comment")
        TEACH = "teach", gettext_lazy("To teach with")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    slide = models.ForeignKey(Slide, on_delete=models.CASCADE, related_name="cell_notes")
    job = models.ForeignKey(
        Job, on_delete=models.PROTECT, related_name="+", help_text=gettext_lazy("The analysis in which it was written.")
    )
    kind = models.CharField(max_length=8, choices=Kind.choices)
    row = models.PositiveIntegerField(
        null=True, help_text=gettext_lazy("The cell's row in that analysis; empty: an added cell.")
    )
    added = models.ForeignKey(AddedCell, null=True, on_delete=models.PROTECT, related_name="notes")
    x = models.FloatField(gettext_lazy("centre x, level-0 px"))
    y = models.FloatField(gettext_lazy("centre y, level-0 px"))
    w = models.FloatField(gettext_lazy("width, level-0 px"))
    h = models.FloatField(gettext_lazy("height, level-0 px"))
    text = models.CharField(max_length=1000, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    removed_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    removed_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["at", "id"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(row__isnull=True) ^ models.Q(added__isnull=True), name="a_note_is_of_one_cell"
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} on {self.added_id or self.row}"
