"""What review sends of labels: what people touched, and what an event changed. Lengths in level-0 px."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from apps.review.api.shapes.cells import STATES, PlaceSerializer
from apps.review.api.shapes.counts import CountsSerializer


class RowLabelSerializer(serializers.Serializer[Any]):
    """What people said last of a row of the cell file."""

    row = serializers.IntegerField()
    label = serializers.IntegerField(allow_null=True, help_text="index of the class; null where none was given")  # type: ignore[assignment]
    state = serializers.ChoiceField(choices=STATES)
    by = serializers.CharField()
    at = serializers.DateTimeField(allow_null=True)
    carried = serializers.BooleanField(required=False, help_text="carried over from an earlier analysis")


class UponSerializer(serializers.Serializer[Any]):
    """The cell that was there already: the machine's by its row, or one that somebody added before."""

    row = serializers.IntegerField(allow_null=True)
    added = serializers.UUIDField(allow_null=True)

    def get_fields(self) -> dict[str, Any]:
        class_field = serializers.IntegerField(
            allow_null=True, help_text="as the machine called it; null for an added cell"
        )
        return {**super().get_fields(), "class": class_field}


class AddedCellSerializer(PlaceSerializer):
    """A cell that a person added."""

    id = serializers.UUIDField()
    label = serializers.IntegerField(allow_null=True)  # type: ignore[assignment]
    state = serializers.ChoiceField(choices=STATES)
    by = serializers.CharField(help_text="who said last what it is")
    at = serializers.DateTimeField()
    added_by = serializers.CharField()
    added_at = serializers.DateTimeField()
    upon = UponSerializer(
        allow_null=True, required=False, help_text="the cell that lies there; both are counted unless one is rejected"
    )
    cut = serializers.BooleanField(
        required=False, help_text="reaches over the edge of the picture; counted, for a person named it"
    )


class LabelsSerializer(serializers.Serializer[Any]):
    """What people touched since a revision of the reading on which you work."""

    reading = serializers.UUIDField(allow_null=True, help_text="revisions are of it; null before anybody read")
    revision = serializers.IntegerField()
    rows = RowLabelSerializer(many=True)
    added = AddedCellSerializer(many=True)
    gone = serializers.ListField(child=serializers.UUIDField(), help_text="added cells that are no more")


class UndoneSerializer(serializers.Serializer[Any]):
    action = serializers.CharField()
    n = serializers.IntegerField()


class LabelAnswerSerializer(serializers.Serializer[Any]):
    """What an event changed, and the counts that follow from it."""

    revision = serializers.IntegerField()
    changed = RowLabelSerializer(many=True)
    added = AddedCellSerializer(many=True)
    gone = serializers.ListField(child=serializers.UUIDField())
    counts = CountsSerializer()


class UndoAnswerSerializer(LabelAnswerSerializer):
    undone = UndoneSerializer()


class RedoAnswerSerializer(LabelAnswerSerializer):
    redone = UndoneSerializer()
