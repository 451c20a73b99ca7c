"""What review sends of two analyses of a slide beside each other."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

_MACHINE = "as the machine called it"
_BY = "who said something of the cell last; empty: nobody"


class ComparedCellSerializer(serializers.Serializer[Any]):
    row = serializers.IntegerField()
    key = serializers.CharField(help_text="as people left it")
    machine = serializers.CharField(help_text=_MACHINE)
    by = serializers.CharField(help_text=_BY)


class ComparedCellsSerializer(serializers.Serializer[Any]):
    n = serializers.IntegerField()
    shown = ComparedCellSerializer(many=True)


class RenamedCellSerializer(serializers.Serializer[Any]):
    row_a = serializers.IntegerField()
    row_b = serializers.IntegerField()
    key_a = serializers.CharField(help_text="as people left it")
    key_b = serializers.CharField(help_text="as people left it")
    machine_a = serializers.CharField(help_text=_MACHINE)
    machine_b = serializers.CharField(help_text=_MACHINE)
    by_a = serializers.CharField(help_text=_BY)
    by_b = serializers.CharField(help_text=_BY)


class RenamedCellsSerializer(serializers.Serializer[Any]):
    n = serializers.IntegerField()
    by_machine = serializers.IntegerField(help_text="of them those that the machine called otherwise, too")
    shown = RenamedCellSerializer(many=True)


class ComparedRowSerializer(serializers.Serializer[Any]):
    key = serializers.CharField()
    a = serializers.IntegerField()
    b = serializers.IntegerField()
    machine_a = serializers.IntegerField(help_text="the machine's own count")
    machine_b = serializers.IntegerField(help_text="the machine's own count")
    difference_percent = serializers.FloatField(allow_null=True)
    low = serializers.FloatField(allow_null=True)
    high = serializers.FloatField(allow_null=True)


class ComparedSectionSerializer(serializers.Serializer[Any]):
    key = serializers.CharField()
    title = serializers.CharField()
    n_a = serializers.IntegerField()
    n_b = serializers.IntegerField()
    rows = ComparedRowSerializer(many=True)


class ComparisonSerializer(serializers.Serializer[Any]):
    a = serializers.UUIDField()
    b = serializers.UUIDField()
    same = serializers.IntegerField()
    same_by_people = serializers.IntegerField(help_text="of them those that the machine called otherwise")
    added_a = serializers.IntegerField(help_text="cells that people added: counted, but in none of the lists")
    added_b = serializers.IntegerField(help_text="cells that people added: counted, but in none of the lists")
    lost = ComparedCellsSerializer()
    gained = ComparedCellsSerializer()
    renamed = RenamedCellsSerializer()
    sections = ComparedSectionSerializer(many=True)
