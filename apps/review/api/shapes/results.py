"""What review sends to scripts of what was counted, as typed JSON (see `hemaview.counting.values.result_json`)."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers


class LikelySerializer(serializers.Serializer[Any]):
    percent = serializers.FloatField()
    low = serializers.FloatField(help_text="lower end of the 95 % interval")
    high = serializers.FloatField(help_text="upper end")


class RowSerializer(serializers.Serializer[Any]):
    key = serializers.CharField()
    count = serializers.IntegerField()
    percent = serializers.FloatField(allow_null=True)
    low = serializers.FloatField(allow_null=True, help_text="lower end of the exact 95 % interval")
    high = serializers.FloatField(allow_null=True, help_text="upper end")
    with_machine_errors = LikelySerializer(
        required=False,
        help_text="the share as it is likely to be, given how the machine errs on such films and which cells people named; "
        "left out where people named all cells or the machine's errors are not known",
    )
    grade = serializers.CharField(allow_null=True)
    grade_crosses = serializers.BooleanField(help_text="the interval crosses a limit of the grades")


class SectionSerializer(serializers.Serializer[Any]):
    key = serializers.CharField()
    title = serializers.CharField()
    n = serializers.IntegerField()
    noun = serializers.CharField()
    target = serializers.IntegerField(allow_null=True)
    below_floor = serializers.BooleanField(help_text="n is too small for a share to be shown on a page")
    rows = RowSerializer(many=True)


class RatioSerializer(serializers.Serializer[Any]):
    key = serializers.CharField()
    name = serializers.CharField()
    value = serializers.FloatField(allow_null=True)
    low = serializers.FloatField(allow_null=True)
    high = serializers.FloatField(allow_null=True, help_text="null where there is no upper end")
    unit = serializers.CharField()
    why = serializers.CharField(help_text="why there is no value")
    basis = serializers.CharField(help_text="of what it is made")


class FindingSerializer(serializers.Serializer[Any]):
    key = serializers.CharField()
    text = serializers.CharField()


class UnsettledSerializer(serializers.Serializer[Any]):
    key = serializers.CharField()
    text = serializers.CharField()
    more_cells = serializers.IntegerField(allow_null=True)


class ResultSerializer(serializers.Serializer[Any]):
    assay = serializers.CharField()
    rules = serializers.CharField(help_text="name and version of the counting rules")
    sections = SectionSerializer(many=True)
    ratios = RatioSerializer(many=True)
    findings = FindingSerializer(many=True)
    unsettled = UnsettledSerializer(many=True)
    outside = serializers.DictField(child=serializers.IntegerField())
    notes = serializers.ListField(child=serializers.CharField())
