"""Signed reports, frozen, and the reasons for which they were amended."""

from __future__ import annotations

import uuid
from typing import Any, NoReturn

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy

from apps.cases.models import Case


class Report(models.Model):
    """One signed version of a case's report. Its content and its files never change; only `state` may."""

    class State(models.TextChoices):
        SIGNED = "signed", gettext_lazy("Signed")
        SUPERSEDED = "superseded", gettext_lazy("Superseded")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="reports")
    version = models.PositiveIntegerField()
    state = models.CharField(max_length=16, choices=State.choices, default=State.SIGNED)
    document = models.JSONField(help_text=gettext_lazy("Everything the report says, as it was when it was signed."))
    html_sha256 = models.CharField(max_length=64)
    pdf_sha256 = models.CharField(max_length=64, blank=True)
    sha256 = models.CharField(max_length=64, help_text=gettext_lazy("Over the document in canonical JSON."))
    meaning = models.CharField(max_length=200)
    reason = models.TextField("why the version before was amended", blank=True)
    signed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="reports_signed")
    signed_at = models.DateTimeField()

    class Meta:
        ordering = ["case", "-version"]
        constraints = [
            models.UniqueConstraint(fields=["case", "version"], name="one_report_a_version"),
            models.UniqueConstraint(
                fields=["case"], condition=models.Q(state="signed"), name="one_signed_report_a_case"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.case.accession} version {self.version}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise TypeError("A signed report is never changed.")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise TypeError("A signed report is never removed.")

    @property
    def html_name(self) -> str:
        """What its page is kept under, in `stores.reports`."""
        return f"{self.id}/report.html"

    @property
    def pdf_name(self) -> str:
        return f"{self.id}/report.pdf"


class Amendment(models.Model):
    """A signed case opened again, and why."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="amendments")
    report = models.OneToOneField(Report, on_delete=models.PROTECT, related_name="amendment")
    reason = models.TextField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.report} amended"
