"""Label events in the administration: append-only, so only looked at."""

from __future__ import annotations

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from apps.analysis.selectors import jobs_for
from apps.audit.admin import ReadOnlyAdmin
from apps.review.models import LabelEvent


@admin.register(LabelEvent)
class LabelEventAdmin(ReadOnlyAdmin):
    list_display = ("at", "by", "action", "cells", "label_key", "reading", "revision")
    list_filter = ("action", "by")

    def get_queryset(self, request: HttpRequest) -> QuerySet[LabelEvent]:
        return LabelEvent.objects.filter(reading__job__in=jobs_for(request.user)).select_related("reading", "by")

    @admin.display(description="cells")
    def cells(self, event: LabelEvent) -> int:
        return len(event.rows) + len(event.added)
