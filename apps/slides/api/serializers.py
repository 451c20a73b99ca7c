"""Slides as JSON."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from rest_framework import serializers

from apps.slides.models import Slide


class SlideSerializer(serializers.ModelSerializer[Slide]):
    thumbnail_url = serializers.SerializerMethodField()
    dzi_url = serializers.SerializerMethodField()

    class Meta:
        model = Slide
        fields = [
            "id",
            "name",
            "status",
            "message",
            "percent",
            "width",
            "height",
            "mpp",
            "mpp_source",
            "vendor",
            "objective",
            "sha256",
            "size_bytes",
            "photo_fields",
            "thumbnail_url",
            "dzi_url",
            "created_at",
            "revision",
        ]

    def get_thumbnail_url(self, slide: Slide) -> str:
        return reverse("slide-thumbnail", args=[slide.pk])

    def get_dzi_url(self, slide: Slide) -> str:
        return reverse("slide-dzi", args=[slide.pk])


class ImportSerializer(serializers.Serializer[Any]):
    uploads = serializers.ListField(child=serializers.UUIDField(), min_length=1, max_length=2000)
    name = serializers.CharField(max_length=200, required=False, allow_blank=True)
    mpp = serializers.FloatField(required=False, allow_null=True)


class MppSerializer(serializers.Serializer[Any]):
    mpp = serializers.FloatField()
