"""Label events in the administration: append-only, so only looked at."""

from __future__ import annotations

from django.contrib import admin

from apps.audit.admin import ReadOnlyAdmin
from apps.review.models import LabelEvent


@admin.register(LabelEvent)
class LabelEventAdmin(ReadOnlyAdmin):
    list_display = ("at", "by", "action", "cells", "label", "job", "revision")
    list_filter = ("action", "by")

    @admin.display(description="cells")
    def cells(self, event: LabelEvent) -> int:
        return len(event.rows) + len(event.added)
