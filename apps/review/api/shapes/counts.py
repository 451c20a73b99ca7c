"""What review sends of counts: the machine's beside those that people left, whole or within an outline."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers


class ShareSerializer(serializers.Serializer[Any]):
    count = serializers.IntegerField()
    value = serializers.FloatField(allow_null=True, help_text="percent of n")
    low = serializers.FloatField(allow_null=True)
    high = serializers.FloatField(allow_null=True)


class IntervalSerializer(serializers.Serializer[Any]):
    value = serializers.FloatField()
    low = serializers.FloatField()
    high = serializers.FloatField(allow_null=True, help_text="null where there is no upper end")
    text = serializers.CharField()


class GradeSerializer(serializers.Serializer[Any]):
    text = serializers.CharField()
    crosses = serializers.BooleanField(help_text="the interval crosses a limit of the grades")


class CountRowSerializer(serializers.Serializer[Any]):
    key = serializers.CharField()
    name = serializers.CharField()
    machine = ShareSerializer()
    reviewed = ShareSerializer()
    grade = GradeSerializer(allow_null=True)
    absolute = IntervalSerializer(allow_null=True, help_text="10⁹/L")
    with_machine_errors = IntervalSerializer(
        allow_null=True,
        help_text="percent as it is likely to be, given how the machine errs and which cells people named",
    )

    def get_fields(self) -> dict[str, Any]:
        # `class` is a word of Python's own
        return {"class": serializers.IntegerField(allow_null=True), **super().get_fields()}


class BothSerializer(serializers.Serializer[Any]):
    machine = serializers.IntegerField()
    reviewed = serializers.IntegerField()


class CountSectionSerializer(serializers.Serializer[Any]):
    key = serializers.CharField()
    title = serializers.CharField()
    noun = serializers.CharField()
    unit = serializers.CharField()
    n = BothSerializer()
    target = serializers.IntegerField(allow_null=True)
    floor = serializers.IntegerField()
    below_floor = serializers.BooleanField()
    note = serializers.CharField()
    rows = CountRowSerializer(many=True)


class CountRatioSerializer(serializers.Serializer[Any]):
    key = serializers.CharField()
    name = serializers.CharField()
    unit = serializers.CharField()
    unit_in_name = serializers.BooleanField(help_text="the name says the unit, which is not printed beside it")
    machine = IntervalSerializer(allow_null=True)
    reviewed = IntervalSerializer(allow_null=True)
    why = serializers.CharField(help_text="why there is no value")
    basis = serializers.CharField()


class RulesSerializer(serializers.Serializer[Any]):
    name = serializers.CharField()
    version = serializers.CharField()
    sha256 = serializers.CharField()


class CountFindingSerializer(serializers.Serializer[Any]):
    key = serializers.CharField()
    text = serializers.CharField()


class CountUnsettledSerializer(serializers.Serializer[Any]):
    key = serializers.CharField()
    text = serializers.CharField()
    more_cells = serializers.IntegerField(allow_null=True)


class MustSeeReasonSerializer(serializers.Serializer[Any]):
    reason = serializers.CharField()
    open = serializers.IntegerField()
    total = serializers.IntegerField()


class MustSeeSerializer(serializers.Serializer[Any]):
    open = serializers.IntegerField()
    total = serializers.IntegerField()
    by_reason = MustSeeReasonSerializer(many=True)


class OutsideSerializer(serializers.Serializer[Any]):
    key = serializers.CharField()
    name = serializers.CharField()
    count = serializers.IntegerField()

    def get_fields(self) -> dict[str, Any]:
        return {"class": serializers.IntegerField(), **super().get_fields()}


class SlideSectionSerializer(serializers.Serializer[Any]):
    key = serializers.CharField()
    title = serializers.CharField()
    n = serializers.IntegerField()
    rows = serializers.DictField(child=serializers.IntegerField())


class SlideCountsSerializer(serializers.Serializer[Any]):
    slide = serializers.CharField()
    job = serializers.UUIDField()
    sections = SlideSectionSerializer(many=True)


class SlideDifferenceSerializer(serializers.Serializer[Any]):
    section = serializers.CharField()
    key = serializers.CharField()
    p = serializers.FloatField()


class AccountSerializer(serializers.Serializer[Any]):
    """How the number of one class came about."""

    machine = serializers.IntegerField()
    cut = serializers.IntegerField()
    outside = serializers.IntegerField()
    rejected = serializers.IntegerField()
    renamed_away = serializers.IntegerField()
    renamed_here = serializers.IntegerField()
    added = serializers.IntegerField()
    confirmed = serializers.IntegerField()
    counted = serializers.IntegerField()


class TriageSerializer(serializers.Serializer[Any]):
    """What the counted cells of a class that nobody confirmed can still change."""

    left = serializers.IntegerField(help_text="counted cells that nobody confirmed")
    leave = serializers.FloatField(help_text="of them expected to have another name, by the models' probabilities")
    come = serializers.FloatField(help_text="of other classes' cells expected to have this name")


class CountsSerializer(serializers.Serializer[Any]):
    """Counts of an analysis, the machine's beside those that people left; where `why` says something, nothing can be counted
    and `sections` and `ratios` are empty."""

    revision = serializers.IntegerField()
    assay = serializers.CharField()
    title = serializers.CharField()
    why = serializers.CharField()
    headline = serializers.ListField(child=serializers.CharField())
    rules = RulesSerializer(allow_null=True)
    partial = serializers.BooleanField()  # type: ignore[assignment]
    reviewed_n = serializers.IntegerField()
    sections = CountSectionSerializer(many=True)
    ratios = CountRatioSerializer(many=True)
    findings = CountFindingSerializer(many=True)
    unsettled = CountUnsettledSerializer(many=True)
    notes = serializers.ListField(child=serializers.CharField())
    must_see = MustSeeSerializer()
    outside = OutsideSerializer(many=True)
    slides = SlideCountsSerializer(many=True)
    differences = SlideDifferenceSerializer(many=True)
    accounts = serializers.DictField(child=AccountSerializer())
    triage = serializers.DictField(child=TriageSerializer(), help_text="by class key")


class ClassWithinSerializer(ShareSerializer):
    def get_fields(self) -> dict[str, Any]:
        return {"class": serializers.IntegerField(), **super().get_fields()}


class CountsWithinSerializer(serializers.Serializer[Any]):
    """Counts within an outline; shares are percent of the counted cells of the class's kind there."""

    n = serializers.IntegerField()
    area_mm2 = serializers.FloatField(allow_null=True)
    classes = ClassWithinSerializer(many=True)
