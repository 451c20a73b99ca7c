"""What review sends of the readings of a case: who read, how far they agree, where they differ. Lengths in level-0 px."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers


class ReadingSerializer(serializers.Serializer[Any]):
    """One of the readings of a case's reported analyses."""

    role = serializers.ChoiceField(choices=("first", "second", "consensus"))
    reader = serializers.CharField(help_text="empty: whoever may review")
    reader_id = serializers.IntegerField(allow_null=True)
    blind = serializers.BooleanField()
    state = serializers.ChoiceField(choices=("open", "closed"))
    acts = serializers.IntegerField(help_text="label events")
    by = serializers.ListField(child=serializers.CharField(), help_text="people who said something in it")


class AgreementIntervalSerializer(serializers.Serializer[Any]):
    value = serializers.FloatField()
    low = serializers.FloatField()
    high = serializers.FloatField()


class ClassAgreementSerializer(serializers.Serializer[Any]):
    key = serializers.CharField()
    name = serializers.CharField()
    both = serializers.IntegerField()
    only_first = serializers.IntegerField()
    only_second = serializers.IntegerField()
    kappa = AgreementIntervalSerializer(allow_null=True)
    why = serializers.CharField(help_text="there is no kappa; empty where there is one")
    mcnemar_p = serializers.FloatField(help_text="exact: do both readers call the class equally often")


class ExaminationAgreementSerializer(serializers.Serializer[Any]):
    assay = serializers.CharField()
    title = serializers.CharField()
    n = serializers.IntegerField(help_text="cells of which both readers said something")
    same = serializers.IntegerField(help_text="those that they call alike")
    kappa = AgreementIntervalSerializer(allow_null=True)
    why = serializers.CharField(help_text="there is no kappa; empty where there is one")
    classes = ClassAgreementSerializer(many=True)


class ReadingDifferenceSerializer(serializers.Serializer[Any]):
    """A cell that two readers call otherwise: keys of classes, or `rejected`; empty where a reader has no such cell."""

    job = serializers.UUIDField()
    schema = serializers.CharField()
    row = serializers.IntegerField(allow_null=True)
    added = serializers.UUIDField(allow_null=True)
    x = serializers.FloatField()
    y = serializers.FloatField()
    first = serializers.CharField()
    second = serializers.CharField()
    machine = serializers.CharField()
    decided = serializers.CharField(help_text="empty: nobody has decided yet")
    decided_by = serializers.CharField()
    crop_url = serializers.CharField()


class AgreementSerializer(serializers.Serializer[Any]):
    """Who read the case, how far two readers agree, and the cells on which they differ, open ones first."""

    readings = ReadingSerializer(many=True)
    hidden = serializers.BooleanField(help_text="a blind reading is open, so nothing is compared yet")
    decidable = serializers.BooleanField(help_text="the second reading is closed: differences can be decided")
    why_not_you = serializers.CharField(help_text="why you do not decide between the readers; empty where you may")
    examinations = ExaminationAgreementSerializer(many=True)
    n = serializers.IntegerField(help_text="differences")
    open = serializers.IntegerField()
    differences = ReadingDifferenceSerializer(many=True)
    mine = serializers.BooleanField(help_text="the second reading is open and yours")
