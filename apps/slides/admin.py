"""Slides in the administration: looked at here, changed in their case."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext, gettext_lazy
from unfold.admin import ModelAdmin

from apps.accounts.errors import Refusal
from apps.audit.admin import ReadOnlyAdmin
from apps.slides.models import ScalePreset, Slide
from apps.slides.presets import remove_preset, save_preset
from apps.slides.selectors import slides_for
from apps.slides.services import plausible_mpp


@admin.register(Slide)
class SlideAdmin(ReadOnlyAdmin):
    list_display = ("picture", "name", "case", "status", "size", "scale", "mpp_source", "vendor", "created_at")
    list_filter = ("status", "vendor", "mpp_source")
    search_fields = ("name", "case__accession", "sha256")
    exclude = ("path", "import_request")  # names of files that stay as they were can say who the patient is

    def get_queryset(self, request: HttpRequest) -> QuerySet[Slide]:
        return slides_for(request.user)

    @admin.display(description="")
    def picture(self, slide: Slide) -> str:
        if slide.status != Slide.Status.READY:
            return ""
        return format_html(
            '<img src="{}" alt="" width="64" loading="lazy">', reverse("slide-thumbnail", args=[slide.pk])
        )

    @admin.display(description=gettext_lazy("Scale"), ordering="mpp")
    def scale(self, slide: Slide) -> str:
        return f"{slide.mpp:.4g} µm/px" if slide.mpp else gettext("not known")

    @admin.display(description="px")
    def size(self, slide: Slide) -> str:
        return f"{slide.width:,} × {slide.height:,}"


class PresetForm(forms.ModelForm):  # type: ignore[type-arg]
    def clean_mpp(self) -> float:
        try:
            return plausible_mpp(self.cleaned_data["mpp"])
        except Refusal as refusal:
            raise forms.ValidationError(refusal.message) from refusal


@admin.register(ScalePreset)
class ScalePresetAdmin(ModelAdmin):  # type: ignore[type-arg]
    form = PresetForm
    list_display = ("name", "mpp")
    fields = ("name", "mpp")

    def save_model(self, request: HttpRequest, obj: ScalePreset, form: Any, change: bool) -> None:
        save_preset(request.user, obj)

    def delete_model(self, request: HttpRequest, obj: ScalePreset) -> None:
        remove_preset(request.user, obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[ScalePreset]) -> None:
        for preset in queryset:
            remove_preset(request.user, preset)
