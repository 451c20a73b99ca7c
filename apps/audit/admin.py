"""The audit record in the administration: read only, and its chain proved."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy
from unfold.admin import ModelAdmin

from apps.accounts.errors import Forbidden
from apps.audit.models import Record
from apps.audit.selectors import records_for
from apps.audit.sentences import deed, sentence
from apps.audit.services import verify
from apps.audit.words import kind


class ReadOnlyAdmin(ModelAdmin):  # type: ignore[type-arg]
    """Rows that are looked at, never changed here."""

    def has_add_permission(self, request: HttpRequest, *_: Any) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, *_: Any) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, *_: Any) -> bool:
        return False


class DeedFilter(admin.SimpleListFilter):
    """By action, in the words of the record's page."""

    title = gettext_lazy("action")
    parameter_name = "action"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        actions = Record.objects.order_by("action").values_list("action", flat=True).distinct()
        return sorted(((action, f"{kind(action)}: {deed(action)}") for action in actions), key=lambda one: one[1])

    def queryset(self, request: HttpRequest, queryset: QuerySet[Record]) -> QuerySet[Record]:
        return queryset.filter(action=self.value()) if self.value() else queryset


@admin.register(Record)
class RecordAdmin(ReadOnlyAdmin):
    list_display = ("at", "what_happened", "accession", "about")
    list_filter = (DeedFilter, ("at", admin.DateFieldListFilter))
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

    @admin.display(description=gettext_lazy("what happened"))
    def what_happened(self, line: Record) -> str:
        return sentence(line)

    @admin.display(description=gettext_lazy("about"), ordering="action")
    def about(self, line: Record) -> str:
        return kind(line.action)
