"""Slides in the administration: looked at here, changed in their case."""

from __future__ import annotations

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html

from apps.audit.admin import ReadOnlyAdmin
from apps.slides.models import Slide
from apps.slides.selectors import slides_for


@admin.register(Slide)
class SlideAdmin(ReadOnlyAdmin):
    list_display = ("picture", "name", "case", "status", "size", "scale", "mpp_source", "vendor", "created_at")
    list_filter = ("status", "vendor", "mpp_source")
    search_fields = ("name", "case__accession", "sha256")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Slide]:
        return slides_for(request.user)

    @admin.display(description="")
    def picture(self, slide: Slide) -> str:
        if slide.status != Slide.Status.READY:
            return ""
        return format_html(
            '<img src="{}" alt="" width="64" loading="lazy">', reverse("slide-thumbnail", args=[slide.pk])
        )

    @admin.display(description="Scale", ordering="mpp")
    def scale(self, slide: Slide) -> str:
        return f"{slide.mpp:.4g} µm/px" if slide.mpp else "not known"

    @admin.display(description="px")
    def size(self, slide: Slide) -> str:
        return f"{slide.width:,} × {slide.height:,}"
