"""Slides in the administration: looked at here, changed in their case."""

from __future__ import annotations

from django.contrib import admin
from django.urls import reverse
from django.utils.html import format_html

from apps.audit.admin import ReadOnlyAdmin
from apps.slides.models import Slide


@admin.register(Slide)
class SlideAdmin(ReadOnlyAdmin):
    list_display = ("picture", "name", "case", "status", "size", "scale", "mpp_source", "vendor", "created_at")
    list_filter = ("status", "vendor", "mpp_source")
    search_fields = ("name", "case__accession", "sha256")

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
