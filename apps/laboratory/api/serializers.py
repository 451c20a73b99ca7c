"""The laboratory and its phrases as the API answers them."""

from __future__ import annotations

from rest_framework import serializers

from apps.accounts.api.inputs import Body, OneOf
from apps.laboratory.models import CODE_LENGTH, TEXT_LENGTH, Laboratory, Phrase


class LaboratorySerializer(serializers.ModelSerializer[Laboratory]):
    logo_url = serializers.SerializerMethodField()

    class Meta:
        model = Laboratory
        fields = ["name", "address", "phone", "logo_url"]
        read_only_fields = fields

    def get_logo_url(self, row: Laboratory) -> str | None:
        return "/laboratory/logo.png" if row.logo else None


class LaboratoryInput(Body):
    name = serializers.CharField(max_length=120, required=False, allow_blank=True)
    address = serializers.CharField(max_length=400, required=False, allow_blank=True)
    phone = serializers.CharField(max_length=60, required=False, allow_blank=True)


class LogoInput(Body):
    png_or_jpeg = serializers.CharField(
        max_length=1_500_000, help_text="the picture's bytes in base64, at most 1 MB of them"
    )


class PhraseSerializer(serializers.ModelSerializer[Phrase]):
    class Meta:
        model = Phrase
        fields = ["code", "kind", "text", "assay"]
        read_only_fields = fields


class PhraseInput(Body):
    code = serializers.CharField(max_length=CODE_LENGTH)
    text = serializers.CharField(max_length=TEXT_LENGTH)
    kind = OneOf(choices=Phrase.Kind.choices, required=False)
    assay = serializers.CharField(max_length=64, required=False, allow_blank=True)
