"""The audit record in the administration: read only, and its chain proved."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from unfold.admin import ModelAdmin

from apps.accounts.errors import Forbidden
from apps.audit.models import Record
from apps.audit.selectors import records_for
from apps.audit.services import verify


class ReadOnlyAdmin(ModelAdmin):  # type: ignore[type-arg]
    """Rows that are looked at, never changed here."""

    def has_add_permission(self, request: HttpRequest, *_: Any) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, *_: Any) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, *_: Any) -> bool:
        return False


@admin.register(Record)
class RecordAdmin(ReadOnlyAdmin):
    list_display = ("at", "actor", "action", "object_type", "accession", "short")
    list_filter = ("action", "object_type", ("at", admin.DateFieldListFilter))
    search_fields = ("actor", "accession", "object_id", "action")
    date_hierarchy = "at"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Record]:
        try:
            return records_for(request.user)
        except Forbidden:
            return Record.objects.none()

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        if request.method == "GET":
            verdict = verify()
            messages.add_message(request, messages.SUCCESS if verdict.ok else messages.ERROR, verdict.message)
        return super().changelist_view(request, extra_context)

    @admin.display(description="detail")
    def short(self, line: Record) -> str:
        return ", ".join(f"{k}: {v}" for k, v in line.detail.items())[:120]
