"""Jobs, algorithms, model versions and protocols in the administration."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext, gettext_lazy
from unfold.admin import ModelAdmin, TabularInline
from unfold.decorators import display

from apps.accounts.errors import Refusal
from apps.analysis.forms import ProtocolForm, field_name, protocol_form, settings_of
from apps.analysis.models import Algorithm, Job, ModelVersion, Protocol, ProtocolModel
from apps.analysis.ownmodels import switch
from apps.analysis.scorewords import metric_words, prose, role_words, score_words
from apps.analysis.selectors import jobs_for
from apps.audit.admin import ReadOnlyAdmin
from apps.audit.services import record
from hemaview.assays import AssayError

_COLOURS = {"done": "success", "failed": "danger", "cancelled": "warning", "running": "info"}


@admin.register(Job)
class JobAdmin(ReadOnlyAdmin):
    list_display = (
        "requested_at",
        "accession",
        "slide",
        "protocol",
        "shown_state",
        "percent",
        "cells",
        "duration_s",
        "device",
    )
    list_filter = ("state", "protocol", "device")
    search_fields = ("id", "slide__name", "slide__case__accession", "reason")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Job]:
        return jobs_for(request.user)

    @admin.display(description="accession")
    def accession(self, job: Job) -> str:
        return job.slide.case.accession

    @display(description="state", label=_COLOURS)
    def shown_state(self, job: Job) -> tuple[str, str]:
        return job.state, job.get_state_display()


@admin.register(Algorithm)
class AlgorithmAdmin(ReadOnlyAdmin):
    """Written by `manage.py setup` from the cards, which would put back whatever was changed here."""

    list_display = ("title", "name", "task", "versions_n")

    @admin.display(description="versions")
    def versions_n(self, algorithm: Algorithm) -> int:
        return algorithm.versions.count()


@admin.register(ModelVersion)
class ModelVersionAdmin(ModelAdmin):  # type: ignore[type-arg]
    list_display = ("algorithm", "version", "enabled", "default_for", "short_scores", "added_at")
    list_filter = ("enabled", "algorithm")
    fields = ("algorithm", "version", "enabled", "default_for", "scores", "limits", "licence", "sha256", "added_at")
    readonly_fields = ("algorithm", "version", "default_for", "scores", "limits", "licence", "sha256", "added_at")

    @admin.display(description=gettext_lazy("default in"))
    def default_for(self, model: ModelVersion) -> str:
        return (
            ", ".join(f"{d.protocol} ({role_words(d.role)})" for d in model.default_in.select_related("protocol"))
            or "–"
        )

    @admin.display(description="measured")
    def short_scores(self, model: ModelVersion) -> str:
        metrics = [m for m in model.card.get("metrics", []) if m["metric"] in ("accuracy", "cell_f1_50")]
        return "; ".join(f"{m['dataset']} {metric_words(m['metric'])} {m['value']:.3f}" for m in metrics) or "–"

    @admin.display(description=gettext_lazy("measured scores (95 % interval)"))
    def scores(self, model: ModelVersion) -> str:
        rows = (
            (
                m["task_words"],
                m["dataset"],
                m["metric_words"],
                f"{m['value']:.4f} {m['unit']} ({m['low']:.4f}–{m['high']:.4f}), n {m['n']}".replace("  ", " "),
            )
            for m in map(score_words, model.card.get("metrics", []))
        )
        return format_html(
            "<table>{}</table>", format_html_join("", "<tr><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>", rows)
        )

    @admin.display(description="limits")
    def limits(self, model: ModelVersion) -> str:
        return format_html_join("", "<p>{}</p>", ((prose(limit),) for limit in model.card.get("limits", [])))

    @admin.display(description="licence")
    def licence(self, model: ModelVersion) -> str:
        return str(model.card.get("licence_note", ""))

    def save_model(self, request: HttpRequest, obj: ModelVersion, form: Any, change: bool) -> None:
        try:
            switch(request.user, obj, obj.enabled)
        except Refusal as refusal:
            self.message_user(request, refusal.message, messages.ERROR)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class ProtocolModelInline(TabularInline):  # type: ignore[type-arg]
    model = ProtocolModel
    extra = 0


@admin.register(Protocol)
class ProtocolAdmin(ModelAdmin):  # type: ignore[type-arg]
    """Jobs keep what they were ordered with, so a protocol may be changed at any time; make a new version for new rules."""

    form = ProtocolForm
    list_display = ("title", "name", "version", "examination_title", "specimen", "enabled")
    list_filter = ("enabled", "specimen")
    inlines = (ProtocolModelInline,)

    @admin.display(description=gettext_lazy("examination"), ordering="assay")
    def examination_title(self, protocol: Protocol) -> str:
        try:
            return protocol.examination.title
        except AssayError:
            return protocol.assay

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        protocol = form.instance
        record(
            request.user, "protocol.changed", "protocol", protocol.pk, name=protocol.name, version=protocol.version,
            enabled=protocol.enabled, second_reader=protocol.second_reader, assay=protocol.assay,
            settings=protocol.settings, rules=protocol.rules,
            models={m.role: f"{m.model} ≥ {m.threshold}" for m in protocol.models.select_related("model__algorithm")},
        )  # fmt: skip

    def get_fieldsets(self, request: HttpRequest, obj: Protocol | None = None) -> Any:
        """What a protocol is, then what its examination lets it set, each with its unit and help."""
        own = (None, {"fields": ProtocolForm.Meta.fields})
        choices = settings_of(obj)
        if obj is None or not choices:
            return [own]
        return [
            own,
            (
                gettext("Settings of {title}").format(title=obj.examination.title),
                {"fields": [field_name(s) for s in choices]},
            ),
        ]

    def get_form(self, request: HttpRequest, obj: Protocol | None = None, change: bool = False, **kwargs: Any) -> Any:
        return super().get_form(request, obj, change, **{**kwargs, "form": protocol_form(obj), "fields": None})

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
