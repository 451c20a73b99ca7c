"""Label events in the administration: append-only, so only looked at."""

from __future__ import annotations

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy

from apps.analysis.scorewords import class_words
from apps.analysis.selectors import jobs_for
from apps.audit.admin import ReadOnlyAdmin
from apps.review.models import LabelEvent


@admin.register(LabelEvent)
class LabelEventAdmin(ReadOnlyAdmin):
    list_display = ("at", "by", "action", "cells", "label", "reading", "revision")
    list_filter = ("action", "by")

    def get_queryset(self, request: HttpRequest) -> QuerySet[LabelEvent]:
        return LabelEvent.objects.filter(reading__job__in=jobs_for(request.user)).select_related("reading", "by")

    @admin.display(description=gettext_lazy("label"), ordering="label_key")
    def label(self, event: LabelEvent) -> str:
        return class_words(event.label_key) if event.label_key else "–"

    @admin.display(description="cells")
    def cells(self, event: LabelEvent) -> int:
        return len(event.rows) + len(event.added)
