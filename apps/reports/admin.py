"""Signed reports in the administration: frozen, so only looked at."""

from __future__ import annotations

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html

from apps.audit.admin import ReadOnlyAdmin
from apps.reports.models import Report
from apps.reports.selectors import reports_for


@admin.register(Report)
class ReportAdmin(ReadOnlyAdmin):
    list_display = ("case", "version", "state", "signed_by", "signed_at", "page")
    list_filter = ("state", "signed_by")
    search_fields = ("case__accession", "sha256")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Report]:
        return reports_for(request.user)

    @admin.display(description="")
    def page(self, report: Report) -> str:
        return format_html('<a href="{}">read</a>', reverse("report", args=[report.pk]))
