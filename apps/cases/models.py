"""A case: one patient's question to the laboratory, under a pseudonym."""

from __future__ import annotations

from django.conf import settings
from django.core.validators import MaxValueValidator, RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy

from apps.accounts import leases


class Case(models.Model):
    """What was sent in, why, who reads it and how far it is."""

    class Specimen(models.TextChoices):
        BLOOD_FILM = "blood-film", gettext_lazy("Blood film")
        MARROW = "marrow-aspirate", gettext_lazy("Marrow aspirate")
        CELL_BLOCK = "cell-block", gettext_lazy("Cell block")

    class State(models.TextChoices):
        RECEIVED = "received", gettext_lazy("Received")
        ANALYSING = "analysing", gettext_lazy("Analysing")
        IN_REVIEW = "in-review", gettext_lazy("In review")
        SIGNED = "signed", gettext_lazy("Signed")
        AMENDED = "amended", gettext_lazy("Amended")

    class Sex(models.TextChoices):
        UNKNOWN = "", gettext_lazy("Not stated")
        FEMALE = "female", gettext_lazy("Female")
        MALE = "male", gettext_lazy("Male")

    accession = models.CharField(
        gettext_lazy("accession number"),
        max_length=64,
        unique=True,
        validators=[
            RegexValidator(
                r"^[A-Za-z0-9][A-Za-z0-9._-]*$", "Use letters, digits, dots, dashes and underscores, no spaces."
            )
        ],
    )
    pseudonym = models.CharField(
        max_length=64, blank=True, help_text=gettext_lazy("Never a name, a birth date or a hospital number.")
    )
    sex = models.CharField(max_length=8, choices=Sex.choices, blank=True, default=Sex.UNKNOWN)
    age_days = models.PositiveIntegerField(
        gettext_lazy("age in days"), null=True, blank=True, validators=[MaxValueValidator(55_000)],
        help_text=gettext_lazy("When the specimen was taken; for reference ranges."),
    )  # fmt: skip
    specimen = models.CharField(max_length=32, choices=Specimen.choices, default=Specimen.BLOOD_FILM)
    stain = models.CharField(max_length=64, blank=True)
    question = models.TextField(gettext_lazy("clinical question"), blank=True, max_length=2000)
    conclusion = models.TextField(
        blank=True,
        max_length=4000,
        help_text=gettext_lazy("What the examination means, in words; the report begins with it."),
    )
    comment = models.TextField(gettext_lazy("comment for the report"), blank=True, max_length=8000)
    analyser = models.JSONField(
        gettext_lazy("values of the analyser"),
        default=dict,
        blank=True,
        help_text=gettext_lazy("By name with unit, such as wbc_10e9_per_l."),
    )
    state = models.CharField(max_length=16, choices=State.choices, default=State.RECEIVED, db_index=True)
    reader = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="cases_read"
    )
    restricted = models.BooleanField(
        gettext_lazy("only named people"),
        default=False,
        help_text=gettext_lazy("Roles then count for nothing: only rights given on this case do."),
    )
    urgent = models.BooleanField(default=False, help_text=gettext_lazy("Its jobs go before all others."))
    archived_at = models.DateTimeField(
        null=True,
        blank=True,
        db_index=True,
        help_text=gettext_lazy("When it was put out of the worklist; empty: it was not."),
    )
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="cases_created"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    state_since = models.DateTimeField(auto_now_add=True)
    signing_key = models.CharField(
        max_length=32, blank=True, help_text=gettext_lazy("Names the signature that has begun.")
    )
    signing_until = models.DateTimeField(
        null=True, blank=True, help_text=gettext_lazy("When a signature that has begun lapses.")
    )

    class Meta:
        ordering = ["-created_at"]
        permissions = [
            ("annotate_case", "May bring in slides, analyse and add cells"),
            ("review_case", "May confirm, relabel and reject cells"),
            ("sign_case", "May sign and amend"),
            ("administer_case", "May change the case and its people"),
        ]

    def __str__(self) -> str:
        return self.accession

    @property
    def locked(self) -> bool:
        """A signed case is not changed until it is amended."""
        return self.state == self.State.SIGNED

    @property
    def being_signed(self) -> bool:
        """A signature has begun and has not lapsed: until it ends nothing of what it signs is changed."""
        return bool(self.signing_key) and leases.holds(self.signing_until, settings.SIGNING_LEASE_S)
