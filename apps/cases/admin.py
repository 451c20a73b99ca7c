"""Cases in the administration; their state moves only by what people do with them."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from guardian.admin import GuardedModelAdminMixin
from unfold.admin import ModelAdmin

from apps.audit.services import record
from apps.cases.models import Case


@admin.register(Case)
class CaseAdmin(GuardedModelAdminMixin, ModelAdmin):  # type: ignore[type-arg]
    list_display = (
        "accession",
        "pseudonym",
        "specimen",
        "stain",
        "state",
        "reader",
        "restricted",
        "state_since",
        "page",
    )
    list_filter = ("state", "specimen", "reader", "restricted")
    search_fields = ("accession", "pseudonym", "question")
    readonly_fields = ("state", "state_since", "created_by", "created_at", "updated_at", "comment")
    autocomplete_fields = ("reader",)

    @admin.display(description="")
    def page(self, case: Case) -> str:
        return format_html('<a href="{}">open</a>', reverse("case-page", args=[case.accession]))

    def save_model(self, request: HttpRequest, obj: Case, form: Any, change: bool) -> None:
        if not change:
            obj.created_by = request.user  # type: ignore[assignment]
        super().save_model(request, obj, form, change)
        what = "case.changed" if change else "case.created"
        record(
            request.user,
            what,
            "case",
            obj.pk,
            accession=obj.accession,
            fields=sorted(form.changed_data),
            by="administration",
        )

    def has_delete_permission(self, request: HttpRequest, obj: Case | None = None) -> bool:
        return False
