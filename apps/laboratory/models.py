"""The laboratory itself: what heads its reports, and the phrases that it concludes with."""

from __future__ import annotations

from django.core.validators import RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy

CODE_LENGTH, TEXT_LENGTH = 24, 2000


class Laboratory(models.Model):
    """The one row of what heads a report. Its logo lies in `stores.laboratory`."""

    name = models.CharField(max_length=120, blank=True)
    address = models.TextField(max_length=400, blank=True)
    phone = models.CharField(max_length=60, blank=True)
    logo = models.CharField(max_length=80, blank=True, editable=False)
    """What the logo is kept under; empty: there is none."""

    class Meta:
        verbose_name_plural = "laboratory"

    def __str__(self) -> str:
        return self.name or "laboratory"


class Phrase(models.Model):
    """Words of the laboratory for conclusions: picked by a short code, or as the template that a conclusion begins with."""

    class Kind(models.TextChoices):
        PHRASE = "phrase", gettext_lazy("Phrase")
        TEMPLATE = "template", gettext_lazy("Template")

    code = models.CharField(
        max_length=CODE_LENGTH,
        unique=True,
        validators=[
            RegexValidator(
                r"^[a-z0-9][a-z0-9._-]*\Z", "Use lower-case letters, digits, dots, hyphens and underscores, no spaces."
            )
        ],
        help_text=gettext_lazy("What people type for it, such as schisto."),
    )
    kind = models.CharField(
        max_length=16,
        choices=Kind.choices,
        default=Kind.PHRASE,
        help_text=gettext_lazy("A phrase is put into the text; a template begins an empty conclusion."),
    )
    text = models.TextField(max_length=TEXT_LENGTH)
    assay = models.CharField(
        "examination",
        max_length=64,
        blank=True,
        help_text=gettext_lazy("Offered for this examination alone; empty: for all."),
    )

    class Meta:
        ordering = ["code"]

    def __str__(self) -> str:
        return self.code
