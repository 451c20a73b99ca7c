"""Slides of a case, and files on their way in."""

from __future__ import annotations

import uuid
from pathlib import Path

from django.conf import settings
from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy

from apps.cases.models import Case


class Site(models.Model):
    """Where slides look alike: one laboratory with its stain and its camera or scanner."""

    name = models.CharField(
        max_length=100, unique=True, help_text=gettext_lazy("For example: Ward 3, May-Grünwald, Axiocam.")
    )
    description = models.TextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint(Lower("name"), name="one_site_a_name_however_capitalised")]

    def __str__(self) -> str:
        return self.name


class Slide(models.Model):
    """One image file that can be viewed and analysed. Its id is part of every tile's address."""

    class Status(models.TextChoices):
        IMPORTING = "importing", gettext_lazy("Importing")
        READY = "ready", gettext_lazy("Ready")
        REFUSED = "refused", gettext_lazy("Refused")

    class MppSource(models.TextChoices):
        FILE = "file", gettext_lazy("from the file")
        USER = "user", gettext_lazy("given by a person")
        ESTIMATED = "estimated", gettext_lazy("estimated from red cells")
        UNKNOWN = "unknown", gettext_lazy("unknown")

        @classmethod
        def words(cls, code: str) -> str:
            """A source in words; whatever is none of them stays as it is."""
            return str(cls(code).label) if code in cls.values else code

    class Colouring(models.TextChoices):
        STORED = "stored", gettext_lazy("colours as stored")
        CARRIED = "carried", gettext_lazy("profile sent along, applied by the browser")
        APPLIED = "applied", gettext_lazy("profile applied (sRGB)")

    class Conversion(models.TextChoices):
        NONE = "", gettext_lazy("not asked for")
        ASKED = "asked", gettext_lazy("asked for")
        RUNNING = "running", gettext_lazy("running")
        DONE = "done", gettext_lazy("done")
        FAILED = "failed", gettext_lazy("failed")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="slides")
    name = models.CharField(max_length=200)
    own_specimen = models.CharField(
        "specimen",
        max_length=32,
        choices=Case.Specimen.choices,
        blank=True,
        help_text=gettext_lazy("Empty: the case's."),
    )
    site = models.ForeignKey(Site, null=True, blank=True, on_delete=models.PROTECT, related_name="slides")
    status = models.CharField(max_length=16, choices=Status.choices, default=Status.IMPORTING)
    message = models.TextField(blank=True)
    percent = models.FloatField(default=0)
    path = models.CharField(max_length=1024, blank=True)
    in_place = models.BooleanField(default=False, help_text=gettext_lazy("The file stays where it was found."))
    width = models.PositiveIntegerField(default=0)
    height = models.PositiveIntegerField(default=0)
    mpp = models.FloatField(gettext_lazy("scale in µm/px"), null=True, blank=True)
    mpp_source = models.CharField(max_length=16, choices=MppSource.choices, default=MppSource.UNKNOWN)
    vendor = models.CharField(max_length=64, blank=True)
    objective = models.FloatField(null=True, blank=True)
    sha256 = models.CharField(max_length=64, blank=True, db_index=True)
    size_bytes = models.BigIntegerField(default=0)
    associated = models.JSONField(default=list)
    photo_fields = models.JSONField(default=list)
    notes = models.JSONField(
        default=list, help_text=gettext_lazy("What a person should know of how the file was taken, a sentence each.")
    )
    identifying = models.JSONField(
        default=list,
        help_text=gettext_lazy(
            "Of what kinds is what the file says of people, places, times and devices; never the words."
        ),
    )
    stage = models.JSONField(
        default=list,
        help_text=gettext_lazy(
            "Where the slide, or each of its photographs, lies on the stage that it was taken on, as its file says."
        ),
    )
    planes = models.JSONField(
        default=list,
        help_text=gettext_lazy(
            "Focal planes that can be looked at: number, depth in µm where stated, which one is analysed."
        ),
    )
    side_pyramid = models.BooleanField(default=False)
    colour = models.CharField(max_length=8, choices=Colouring.choices, default=Colouring.STORED)
    icc_bytes = models.PositiveIntegerField(default=0, help_text=gettext_lazy("Size of the embedded colour profile."))
    tile_levels = models.JSONField(
        default=list, help_text=gettext_lazy("Each level: size, whether its tiles go out as stored, why not.")
    )
    conversion = models.CharField(max_length=8, choices=Conversion.choices, default=Conversion.NONE, blank=True)
    conversion_percent = models.FloatField(default=0)
    conversion_message = models.TextField(blank=True)
    conversion_beat = models.DateTimeField(null=True, blank=True)
    generation = models.PositiveIntegerField(
        default=1, help_text=gettext_lazy("Grows when the file is replaced; part of the ETag.")
    )
    import_request = models.JSONField(default=dict)
    import_beat = models.DateTimeField(null=True, blank=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL)
    created_at = models.DateTimeField(auto_now_add=True)
    revision = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["created_at", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["case", "sha256"],
                condition=models.Q(status="ready"),
                name="a_slide_stands_once_in_a_case",
            )
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def specimen(self) -> str:
        """The kind of specimen: its own, else the case's."""
        return self.own_specimen or self.case.specimen

    def get_specimen_display(self) -> str:
        return str(Case.Specimen(self.specimen).label)

    @property
    def folder(self) -> Path:
        return Path(settings.SLIDES_DIR) / str(self.id)

    @property
    def file(self) -> Path:
        """Where the pixels are."""
        path = Path(self.path)
        return path if path.is_absolute() else self.folder / path

    @property
    def thumbnail_file(self) -> Path:
        return self.folder / "thumbnail.jpg"

    @property
    def side_pyramid_file(self) -> Path:
        return self.folder / "low-levels.tif"

    @property
    def converted_file(self) -> Path:
        return self.folder / "converted.tif"

    @property
    def tile_index_file(self) -> Path:
        return self.folder / "tiles.hvt"

    def plane_folder(self, number: int) -> Path:
        """Where a focal plane that is not analysed has its pyramid and its index; the tile server looks there, too."""
        return self.folder / "planes" / str(number)


class ScalePreset(models.Model):
    """A camera with its objective and adapter, as the laboratory calls it, and the µm/px that it gives."""

    name = models.CharField(
        max_length=100, unique=True, help_text=gettext_lazy("For example: Axiocam 305, 100× oil, 0.5× adapter.")
    )
    mpp = models.FloatField(gettext_lazy("scale in µm/px"), help_text=gettext_lazy("Measured on a stage micrometer."))

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Upload(models.Model):
    """A file being received in chunks (tus 1.0). Its bytes lie in a file named by its id alone."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="uploads")
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    name = models.CharField(max_length=200)
    length = models.BigIntegerField()
    offset = models.BigIntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return self.name

    @property
    def file(self) -> Path:
        return Path(settings.UPLOADS_DIR) / str(self.id)

    @property
    def unpacked(self) -> Path:
        """Where its folder is, of a folder that was sent as one file."""
        return self.file.with_name(f"{self.id}.zarr")

    @property
    def complete(self) -> bool:
        return self.offset == self.length
