"""Algorithms, their trained versions, protocols, and jobs."""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import TYPE_CHECKING

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext, gettext_lazy, ngettext

from apps.analysis.scorewords import role_words
from apps.slides.models import Site, Slide
from hemaview.assays import Assay, AssayError, Rules, assay, rules_from
from hemaview.pipeline.folder import CELLS_NAME, CONTOURS_NAME
from hemaview.words import all_of, naming, one_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hemaview.pipeline.finders import FinderKind


class Algorithm(models.Model):
    """A published or own method; what it does and where it was described."""

    name = models.SlugField(max_length=64, unique=True)
    title = models.CharField(max_length=120)
    task = models.CharField(max_length=64)
    summary = models.TextField(blank=True)
    source = models.TextField(gettext_lazy("described in"), blank=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.title


class ModelVersion(models.Model):
    """A method's trained weights with a version; the card holds what was measured."""

    algorithm = models.ForeignKey(Algorithm, on_delete=models.PROTECT, related_name="versions")
    version = models.CharField(max_length=32)
    sha256 = models.CharField(max_length=64)
    enabled = models.BooleanField(default=True)
    card = models.JSONField(default=dict)
    card_text = models.TextField(gettext_lazy("model card"), blank=True)
    added_at = models.DateTimeField(auto_now_add=True)
    weights = models.CharField(
        max_length=100,
        blank=True,
        help_text=gettext_lazy("Of a model of one's own: what its weights are kept under. Empty: installed."),
    )
    card_sha256 = models.CharField(max_length=64, blank=True)
    checks = models.JSONField(
        default=list, help_text=gettext_lazy("What was tried before it could be chosen: {title, ok, result} each.")
    )
    uploaded_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL)

    class Meta:
        ordering = ["algorithm__name", "-added_at"]
        constraints = [models.UniqueConstraint(fields=["algorithm", "version"], name="one_row_a_model_version")]

    def __str__(self) -> str:
        return f"{self.algorithm.name} {self.version}"

    @property
    def calibrations(self) -> tuple[str, ...]:
        """The sets for whose kind of blood its card holds a temperature and thresholds apart."""
        return tuple(self.card.get("calibrated_on", {}))

    @property
    def own(self) -> bool:
        """It was uploaded, not installed."""
        return bool(self.weights)

    @property
    def card_blob(self) -> str:
        """What the card of a model of one's own is kept under, in `stores.models`."""
        return f"{self.card_sha256}.json"


class ModelUpload(models.Model):
    """Weights and a card that were handed in, while and after they are tried. This row is the truth; the bell only wakes one
    who tries them.

    A model that can be chosen is made of it once every check has held; of one that is refused the file is gone and the reason
    stays.
    """

    class State(models.TextChoices):
        REQUESTED = "requested", gettext_lazy("Waiting")
        RUNNING = "running", gettext_lazy("Being checked")
        DONE = "done", gettext_lazy("Checked")
        REFUSED = "refused", gettext_lazy("Refused")

    ACTIVE = (State.REQUESTED, State.RUNNING)

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.SlugField(max_length=64)
    version = models.CharField(max_length=32)
    file_name = models.CharField(max_length=200, help_text=gettext_lazy("What the file of weights was called."))
    kind = models.CharField(max_length=16)
    size = models.PositiveBigIntegerField(gettext_lazy("size in bytes"))
    sha256 = models.CharField(max_length=64)
    card = models.JSONField(default=dict)
    state = models.CharField(max_length=16, choices=State.choices, default=State.REQUESTED, db_index=True)
    phase = models.CharField(max_length=120, blank=True)
    percent = models.FloatField(default=0)
    code = models.CharField(max_length=64, blank=True)
    reason = models.TextField(blank=True)
    checks = models.JSONField(default=list)
    owner = models.CharField(max_length=96, blank=True)
    lease = models.DateTimeField(null=True, blank=True)
    attempt = models.PositiveIntegerField(default=0)
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL)
    requested_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-requested_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["name", "version"],
                condition=models.Q(state__in=["requested", "running"]),
                name="one_check_of_a_model_version",
            )
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.version}"

    @property
    def blob(self) -> str:
        """What its file is kept under while it is tried, in `stores.models`."""
        return f"incoming/{self.id}.{self.kind}"


def finders() -> Mapping[str, FinderKind]:
    """The ways of finding cells, by key."""
    from hemaview.pipeline.finders import finder_kinds  # the models behind it take seconds to import

    return finder_kinds()


class Protocol(models.Model):
    """What a laboratory orders: an assay with its models, settings and counting rules."""

    name = models.SlugField(max_length=64)
    version = models.PositiveIntegerField(default=1)
    title = models.CharField(max_length=120)
    specimen = models.CharField(max_length=32)
    assay = models.CharField("examination", max_length=64, default="blood_film")
    finder = models.CharField(
        gettext_lazy("way of finding cells"),
        max_length=64,
        blank=True,
        help_text=gettext_lazy("Empty: the examination's own."),
    )
    enabled = models.BooleanField(default=True)
    second_reader = models.BooleanField(
        gettext_lazy("two readers"),
        default=False,
        help_text=gettext_lazy("A case cannot be signed before two people have read these cells."),
    )
    settings = models.JSONField(default=dict, help_text=gettext_lazy("What the examination lets a protocol set."))
    rules = models.JSONField(
        gettext_lazy("changed counting rules"),
        default=dict,
        blank=True,
        help_text=gettext_lazy("What differs from the examination's own rules, in the same tables; empty: nothing."),
    )

    class Meta:
        ordering = ["name", "-version"]
        constraints = [models.UniqueConstraint(fields=["name", "version"], name="one_row_a_protocol_version")]

    @property
    def examination(self) -> Assay:
        """Its assay; raises AssayError where the package that brought it is gone."""
        return assay(self.assay)

    @property
    def finder_key(self) -> str:
        return self.finder or self.examination.finder

    @property
    def counting_rules(self) -> Rules:
        """The assay's rules with what the laboratory changed; raises AssayError, ValueError."""
        return rules_from(self.rules, self.examination.rules)

    def what_is_wrong(self) -> dict[str, str]:
        """Field to a sentence on what a run, a count or a page could not take; empty where nothing is wrong."""
        try:
            assay = self.examination
        except AssayError as error:
            return {"assay": str(error)}
        wrong = {"settings": assay.wrong_settings(self.settings)}
        if not wrong["settings"] and (blood := self.settings.get("calibrated_on")):
            sets = sorted({name for model in ModelVersion.objects.all() for name in model.calibrations})
            if blood not in sets:
                some = ngettext(
                    "No model is calibrated for blood like that of {blood}; there is: {there}.",
                    "No model is calibrated for blood like that of {blood}; there are: {there}.",
                    len(sets),
                )
                none = gettext("No model is calibrated for blood like that of {blood}, nor for any other.")
                wrong["settings"] = naming(sets, some, none, blood=blood)
        if self.finder_key not in finders():
            wrong["finder"] = gettext(
                "There is no way of finding cells called {finder_key}; there are: {finders}."
            ).format(finder_key=self.finder_key, finders=all_of(finders()))
        if self.specimen not in assay.specimens:
            wrong["specimen"] = gettext("{title} is made of: {specimens}.").format(
                title=assay.title, specimens=one_of(assay.specimens)
            )
        try:
            if not isinstance(self.rules, dict):
                raise ValueError(gettext("Changed counting rules are names with their values in braces."))
            rules = self.counting_rules
            if self.rules:
                wrong["rules"] = assay.wrong_rules(rules)
        except ValueError as error:
            wrong["rules"] = str(error)
        return {name: text for name, text in wrong.items() if text}

    def clean(self) -> None:
        """Refuse what a run, a count or a page could not take."""
        if wrong := self.what_is_wrong():
            raise ValidationError(wrong)

    def __str__(self) -> str:
        return f"{self.title} (version {self.version})"


class ProtocolModel(models.Model):
    """The default model of a role in a protocol."""

    protocol = models.ForeignKey(Protocol, on_delete=models.CASCADE, related_name="models")
    role = models.SlugField(max_length=32)
    model = models.ForeignKey(ModelVersion, on_delete=models.PROTECT, related_name="default_in")
    threshold = models.FloatField(
        null=True,
        blank=True,
        help_text=gettext_lazy(
            "In place of the model's own: the score from which a box counts or a cell is called an erythroblast."
        ),
    )

    class Meta:
        ordering = ["role"]
        constraints = [models.UniqueConstraint(fields=["protocol", "role"], name="one_model_a_role")]

    def clean(self) -> None:
        """Refuse a model that a run would refuse in this role, a threshold out of (0, 1), or one that nothing would ask for."""
        if self.protocol.what_is_wrong():  # which the protocol's own fields tell
            return
        kind = finders().get(self.protocol.finder_key)
        classes = self.model.card.get("classes", ())
        if kind and classes:
            schema = self.protocol.examination.schema
            if wrong := kind.unfit(self.role, str(self.model), classes, schema):
                raise ValidationError({"model": wrong})
        if self.threshold is None:
            return
        if kind is None or self.role not in kind.scored:
            raise ValidationError(
                {
                    "threshold": gettext("The role {role} takes no threshold; leave this empty.").format(
                        role=role_words(self.role)
                    )
                }
            )
        if not 0 < self.threshold < 1:
            raise ValidationError({"threshold": gettext("A threshold is a score between 0 and 1.")})
        if (
            self.model.own
            and not self.model.card.get("thresholds")
            and "erythroblast" not in self.model.card["classes"]
        ):
            raise ValidationError(
                {
                    "threshold": gettext(
                        "{model} names no nucleated red cells: a threshold would change nothing; leave this empty."
                    ).format(model=self.model)
                }
            )

    def __str__(self) -> str:
        return f"{self.role}: {self.model}"


class Job(models.Model):
    """One protocol run on one slide. This row is the truth; the queue's message only wakes a worker."""

    class State(models.TextChoices):
        REQUESTED = "requested", gettext_lazy("Requested")
        QUEUED = "queued", gettext_lazy("Queued")
        RUNNING = "running", gettext_lazy("Running")
        DONE = "done", gettext_lazy("Done")
        FAILED = "failed", gettext_lazy("Failed")
        CANCELLED = "cancelled", gettext_lazy("Cancelled")

    ACTIVE = (State.REQUESTED, State.QUEUED, State.RUNNING)

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    slide = models.ForeignKey(Slide, on_delete=models.PROTECT, related_name="jobs")
    protocol = models.ForeignKey(Protocol, on_delete=models.PROTECT, related_name="jobs")
    assay = models.CharField("examination", max_length=64, db_index=True, default="blood_film")
    state = models.CharField(max_length=16, choices=State.choices, default=State.REQUESTED, db_index=True)
    frozen = models.JSONField(
        default=dict,
        help_text=gettext_lazy("Settings, models, classes and counting rules as they were when the job was requested."),
    )

    owner = models.CharField(max_length=96, blank=True)
    attempt = models.PositiveIntegerField(default=0)
    stalled = models.PositiveIntegerField(
        default=0, help_text=gettext_lazy("Attempts since a field was last finished.")
    )
    lease = models.DateTimeField(null=True, blank=True, db_index=True)
    cancel_requested = models.BooleanField(default=False)
    revision = models.PositiveIntegerField(default=0)

    fields_total = models.PositiveIntegerField(default=0)
    fields_done = models.PositiveIntegerField(default=0)
    cells = models.PositiveIntegerField(default=0)
    percent = models.FloatField(default=0)
    phase = models.CharField(max_length=64, blank=True)
    partial = models.BooleanField(default=False)
    code = models.CharField(
        max_length=64, blank=True, help_text=gettext_lazy("Names why it failed, for scripts; empty: it did not.")
    )
    reason = models.TextField(blank=True)
    advice = models.TextField(blank=True)

    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL)
    requested_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    duration_s = models.FloatField(null=True, blank=True)
    device = models.CharField(max_length=200, blank=True)
    software_version = models.CharField(max_length=32, blank=True)
    colour_policy = models.CharField(max_length=64, blank=True)
    mpp = models.FloatField(gettext_lazy("scale in µm/px"), null=True, blank=True)
    mpp_source = models.CharField(max_length=16, blank=True)
    mpp_sd = models.FloatField(gettext_lazy("standard deviation of µm/px"), null=True, blank=True)
    notes = models.JSONField(default=list)
    guards = models.JSONField(
        default=list,
        help_text=gettext_lazy("What speaks against the slide's being what it is taken for: {code, sentence} each."),
    )
    cells_sha256 = models.CharField(max_length=64, blank=True)
    contours_sha256 = models.CharField(max_length=64, blank=True)

    class Meta:
        ordering = ["-requested_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["slide", "protocol"],
                condition=models.Q(state__in=["requested", "queued", "running"]),
                name="one_active_job_a_slide_and_protocol",
            )
        ]

    def __str__(self) -> str:
        return f"{self.protocol.name} on {self.slide.name}: {self.state}"

    @property
    def folder(self) -> Path:
        return Path(settings.RESULTS_DIR) / str(self.id)

    @property
    def cells_name(self) -> str:
        """What its cell file is kept under, in `stores.results`."""
        return f"{self.id}/{CELLS_NAME}"

    @property
    def contours_name(self) -> str:
        return f"{self.id}/{CONTOURS_NAME}"

    @property
    def cells_file(self) -> Path:
        """Where a worker writes it and a reader maps it."""
        return self.folder / CELLS_NAME

    @property
    def contours_file(self) -> Path:
        return self.folder / CONTOURS_NAME

    @property
    def reviewable(self) -> bool:
        """There is a final cell file that people may correct."""
        return bool(self.cells_sha256)

    @property
    def region(self) -> tuple[int, int, int, int] | None:
        """The rectangle (x, y, w, h), level-0 px, that alone was ordered; None for the whole slide."""
        rectangle = self.frozen.get("region")
        return (rectangle[0], rectangle[1], rectangle[2], rectangle[3]) if rectangle else None

    @property
    def examination(self) -> Assay:
        """Its assay as it is today; raises AssayError."""
        return assay(self.assay)

    @property
    def rules(self) -> Rules:
        """The counting rules that the job was ordered with."""
        return Rules(self.frozen["rules"])


class ReportedAnalysis(models.Model):
    """Of a slide's analyses by one assay, the one whose cells are reported. The first one is by itself; later ones are
    proposed, and a person chooses."""

    slide = models.ForeignKey(Slide, on_delete=models.PROTECT, related_name="reported")
    assay = models.CharField("examination", max_length=64)
    job = models.ForeignKey(Job, on_delete=models.PROTECT, related_name="reported_as")
    chosen_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL)
    chosen_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["slide", "assay"], name="one_reported_analysis_a_slide_and_assay")
        ]

    def __str__(self) -> str:
        return f"{self.assay} of {self.slide_id}: {self.job_id}"


class Adaptation(models.Model):
    """A net taught by a site's labelled cells, for one examination. This row is the truth; the bell only wakes a worker."""

    class State(models.TextChoices):
        REQUESTED = "requested", gettext_lazy("Waiting")
        RUNNING = "running", gettext_lazy("Learning")
        DONE = "done", gettext_lazy("Done")
        FAILED = "failed", gettext_lazy("Failed")

    ACTIVE = (State.REQUESTED, State.RUNNING)

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="adaptations")
    assay = models.CharField("examination", max_length=64)
    number = models.PositiveIntegerField(help_text=gettext_lazy("Counts the site's teachings for this examination."))
    base = models.ForeignKey(ModelVersion, on_delete=models.PROTECT, related_name="taught")
    state = models.CharField(max_length=16, choices=State.choices, default=State.REQUESTED, db_index=True)
    phase = models.CharField(max_length=64, blank=True)
    percent = models.FloatField(default=0)
    reason = models.TextField(blank=True)
    owner = models.CharField(max_length=96, blank=True)
    lease = models.DateTimeField(null=True, blank=True)
    attempt = models.PositiveIntegerField(default=0)
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL)
    requested_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    duration_s = models.FloatField(null=True, blank=True)
    cells = models.JSONField(default=list, help_text=gettext_lazy("The labelled cells that it learned from."))
    report = models.JSONField(default=dict, help_text=gettext_lazy("How good it is, and which cells to name next."))
    sha256 = models.CharField(max_length=64, blank=True)
    in_force = models.BooleanField(default=False, help_text=gettext_lazy("New analyses of the site's slides use it."))

    class Meta:
        ordering = ["site", "assay", "-number"]
        constraints = [
            models.UniqueConstraint(fields=["site", "assay", "number"], name="one_teaching_a_number"),
            models.UniqueConstraint(
                fields=["site", "assay"], condition=models.Q(in_force=True), name="one_teaching_in_force"
            ),
            models.UniqueConstraint(
                fields=["site", "assay"],
                condition=models.Q(state__in=["requested", "running"]),
                name="one_teaching_at_a_time",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.site}, teaching {self.number}"

    @property
    def blob(self) -> str:
        """What its file is kept under, in `stores.adaptations`."""
        return f"{self.id}/taught.safetensors"


class WorkerBeat(models.Model):
    """A worker that is alive says so here every few seconds."""

    name = models.CharField(max_length=96, unique=True)
    at = models.DateTimeField()
    device = models.CharField(max_length=64, blank=True)

    def __str__(self) -> str:
        return self.name
