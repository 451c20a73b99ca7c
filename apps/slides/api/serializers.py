"""Slides as JSON."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext
from rest_framework import serializers

from apps.accounts.api.inputs import Body, OneOf
from apps.cases.models import Case
from apps.slides.models import ScalePreset, Slide


class BoxSerializer(serializers.Serializer[Any]):
    x = serializers.FloatField()
    y = serializers.FloatField()
    w = serializers.FloatField()
    h = serializers.FloatField()


class StoredLevelSerializer(serializers.Serializer[Any]):
    width = serializers.IntegerField()
    height = serializers.IntegerField()
    stored = serializers.BooleanField(help_text="tiles are sent as the file has them")
    why = serializers.CharField(help_text="why not")


class StageSerializer(serializers.Serializer[Any]):
    """µm on the stage of a place p (level-0 px): um + (p - px) in `right` and `down`, taken at `mpp`."""

    photograph = serializers.CharField(help_text="whose it is; empty on a scan")
    source = serializers.CharField(help_text="where it stands in the file")  # type: ignore[assignment]
    px = serializers.ListField(child=serializers.FloatField())
    um = serializers.ListField(child=serializers.FloatField())
    right = serializers.ListField(child=serializers.FloatField())
    down = serializers.ListField(child=serializers.FloatField())
    mpp = serializers.FloatField()


class SlideSerializer(serializers.ModelSerializer[Slide]):
    specimen = serializers.CharField()
    notes = serializers.ListField(child=serializers.CharField(), read_only=True)
    photo_fields = BoxSerializer(many=True, read_only=True, help_text="photographs it was joined from; none for a scan")
    tile_levels = StoredLevelSerializer(many=True, read_only=True)
    stage = StageSerializer(many=True, read_only=True, help_text="none where the file does not know the stage")
    identifying = serializers.ListField(child=serializers.CharField(), read_only=True)
    associated = serializers.ListField(
        child=serializers.CharField(), read_only=True, help_text="pictures beside the slide: label, macro"
    )
    site = serializers.CharField(source="site.name", read_only=True, default=None, allow_null=True)
    thumbnail_url = serializers.SerializerMethodField()
    dzi_url = serializers.SerializerMethodField()

    class Meta:
        model = Slide
        fields = [
            "id",
            "name",
            "specimen",
            "status",
            "message",
            "notes",
            "identifying",
            "associated",
            "site",
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
            "stage",
            "colour",
            "icc_bytes",
            "tile_levels",
            "conversion",
            "conversion_percent",
            "conversion_message",
            "thumbnail_url",
            "dzi_url",
            "created_at",
            "revision",
        ]
        read_only_fields = fields

    def get_thumbnail_url(self, slide: Slide) -> str:
        return reverse("slide-thumbnail", args=[slide.pk])

    def get_dzi_url(self, slide: Slide) -> str:
        return reverse("slide-dzi", args=[slide.pk])


class ImportSerializer(Body):
    uploads = serializers.ListField(child=serializers.UUIDField(), min_length=1, max_length=2000)
    name = serializers.CharField(max_length=200, required=False, allow_blank=True)
    mpp = serializers.FloatField(required=False, allow_null=True)
    convert = serializers.BooleanField(required=False, default=False)
    specimen = OneOf(choices=Case.Specimen.choices, required=False)
    series = serializers.IntegerField(
        min_value=1, required=False, help_text="Which of several; see code several-series."
    )
    preset = serializers.CharField(max_length=100, required=False, help_text="In place of mpp.")
    plane = serializers.IntegerField(min_value=0, required=False, help_text="Focal plane; 0: the sharpest.")


class EachSeriesSerializer(Body):
    uploads = serializers.ListField(child=serializers.UUIDField(), min_length=1, max_length=2000)
    name = serializers.CharField(
        max_length=180, required=False, allow_blank=True, help_text="Begins the name of each; its number follows."
    )
    mpp = serializers.FloatField(required=False, allow_null=True)
    convert = serializers.BooleanField(required=False, default=False)
    specimen = OneOf(choices=Case.Specimen.choices, required=False)
    preset = serializers.CharField(max_length=100, required=False, help_text="In place of mpp.")


class LookSerializer(Body):
    uploads = serializers.ListField(child=serializers.UUIDField(), min_length=1, max_length=2000)
    series = serializers.IntegerField(min_value=1, required=False, help_text="Look at this one of several.")


class SeriesSerializer(serializers.Serializer[Any]):
    number = serializers.IntegerField()
    name = serializers.CharField()


class ContentsSerializer(serializers.Serializer[Any]):
    """What complete uploads hold that a person may choose from."""

    series = SeriesSerializer(many=True, help_text="slides, pictures or series; none where there is one")
    together = serializers.BooleanField(
        help_text="all become fields of one slide where none is chosen; else one must be"
    )
    focal_planes = serializers.IntegerField(help_text="of these the sharpest is taken, or `plane`")


class IdentityEntrySerializer(serializers.Serializer[Any]):
    """Of what kind, where it stands, its words."""

    kind = serializers.CharField()
    where = serializers.CharField()
    value = serializers.CharField()


class PresetSerializer(serializers.ModelSerializer[ScalePreset]):
    class Meta:
        model = ScalePreset
        fields = ["name", "mpp"]


class SlideChangeSerializer(Body):
    name = serializers.CharField(max_length=200, required=False)
    preset = serializers.CharField(max_length=100, required=False)
    mpp = serializers.FloatField(required=False)
    colour = OneOf(choices=Slide.Colouring.choices, required=False)
    specimen = OneOf(choices=Case.Specimen.choices, required=False)
    site = serializers.CharField(
        max_length=100, required=False, allow_null=True, help_text="Name of the site that it is from; null: none."
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if len(attrs) != 1:
            raise serializers.ValidationError(
                gettext(
                    "Give name, mpp (µm/px), preset, colour (stored, carried, applied), specimen or site, one at a time."
                )
            )
        return attrs


class TileLevelSerializer(serializers.Serializer[Any]):
    number = serializers.IntegerField()
    width = serializers.IntegerField()
    height = serializers.IntegerField()
    tile_width = serializers.IntegerField()
    tile_height = serializers.IntegerField()
    columns = serializers.IntegerField()
    rows = serializers.IntegerField()


class PlaneSerializer(serializers.Serializer[Any]):
    """A focal plane of the slide; its tiles have the slide's levels, under a base of their own."""

    number = serializers.IntegerField()
    depth_um = serializers.FloatField(
        allow_null=True, help_text="from the first plane; null where the file does not say"
    )
    analysed = serializers.BooleanField(help_text="cells, counts and report are of this plane")
    base = serializers.CharField(allow_blank=True, help_text="empty where its file cannot be read")


class TileAccessSerializer(serializers.Serializer[Any]):
    """Tiles lie at `base` + `number/column_row.jpg`, with `?t=token` or the token in the cookie `hvt`."""

    slide = serializers.UUIDField()
    base = serializers.CharField()
    cookie_path = serializers.CharField()
    token = serializers.CharField()
    expires_in_s = serializers.IntegerField()
    width = serializers.IntegerField()
    height = serializers.IntegerField()
    levels = TileLevelSerializer(many=True)
    planes = PlaneSerializer(many=True, help_text="empty where the slide has one focal plane")
    colour = serializers.CharField()
    colour_text = serializers.CharField()
    icc_bytes = serializers.IntegerField()
    stored_levels = serializers.IntegerField()
