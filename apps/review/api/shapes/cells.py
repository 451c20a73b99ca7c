"""What review sends of cells: places, pages of the gallery, cards, typical pictures. Lengths in level-0 px."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from hemaview.cells.likeness import BY_ANSWERS, BY_LOOKS

STATES = ("", "confirmed", "relabelled", "rejected")


class PlaceSerializer(serializers.Serializer[Any]):
    x = serializers.FloatField()
    y = serializers.FloatField()
    w = serializers.FloatField()
    h = serializers.FloatField()


class TypicalPictureSerializer(serializers.Serializer[Any]):
    url = serializers.CharField()
    source = serializers.CharField(help_text="accession number of the case, or the set and its licence")  # type: ignore[assignment]
    own = serializers.BooleanField(help_text="a confirmed cell of this laboratory")


class TypicalSerializer(serializers.Serializer[Any]):
    """Typical pictures of a class: confirmed cells of the laboratory's other cases, else pictures of free sets."""

    pictures = TypicalPictureSerializer(many=True)

    def get_fields(self) -> dict[str, Any]:
        return {"class": serializers.IntegerField(), **super().get_fields()}


class GalleryRowSerializer(PlaceSerializer):
    row = serializers.IntegerField(allow_null=True, help_text="null for a cell that a person added")
    added = serializers.UUIDField(allow_null=True)
    label = serializers.IntegerField(allow_null=True)  # type: ignore[assignment]
    p = serializers.FloatField(allow_null=True)
    margin = serializers.FloatField(allow_null=True)
    state = serializers.ChoiceField(choices=STATES)
    must_see = serializers.CharField()
    perhaps = serializers.IntegerField(
        allow_null=True,
        help_text="the likeliest nucleated class of a cell that the models left unidentified; null for every other cell",
    )

    def get_fields(self) -> dict[str, Any]:
        return {**super().get_fields(), "class": serializers.IntegerField(allow_null=True)}


class GalleryPageSerializer(serializers.Serializer[Any]):
    n = serializers.IntegerField()
    total_open = serializers.IntegerField()
    revision = serializers.IntegerField()
    alike_by = serializers.ChoiceField(
        choices=("", BY_LOOKS, BY_ANSWERS),
        help_text="what the view `alike` compares by: how cells look to the net that named the chosen one, or, where the cell "
        "file does not tell, the nets' answers and measures; empty in other views",
    )
    rows = GalleryRowSerializer(many=True)


class ProbabilitySerializer(serializers.Serializer[Any]):
    p = serializers.FloatField()

    def get_fields(self) -> dict[str, Any]:
        return {"class": serializers.IntegerField(), **super().get_fields()}


class MeasuresSerializer(serializers.Serializer[Any]):
    area_um2 = serializers.FloatField(allow_null=True)
    diameter_um = serializers.FloatField(allow_null=True)
    circularity = serializers.FloatField(allow_null=True)
    pallor = serializers.FloatField(allow_null=True)
    nc_ratio = serializers.FloatField(allow_null=True)


class HistorySerializer(serializers.Serializer[Any]):
    by = serializers.CharField()
    at = serializers.DateTimeField()
    action = serializers.CharField()
    label = serializers.IntegerField(allow_null=True)  # type: ignore[assignment]
    carried = serializers.BooleanField()
    undone = serializers.BooleanField()


class OtherReadingSerializer(serializers.Serializer[Any]):
    """What another reader says of the cell; without a label of theirs it is the machine's class."""

    role = serializers.ChoiceField(choices=("first", "second"))
    by = serializers.CharField()
    label = serializers.IntegerField(allow_null=True, help_text="null where they rejected it")  # type: ignore[assignment]
    state = serializers.ChoiceField(choices=STATES)


class CardSerializer(PlaceSerializer):
    """Everything about one cell."""

    row = serializers.IntegerField()
    job = serializers.UUIDField()
    field = serializers.IntegerField()
    cut = serializers.BooleanField()
    cut_by = serializers.CharField(
        help_text="edge: of its picture; mark: a scale bar, text or an arrow; empty where it is whole, or not known"
    )
    outside = serializers.BooleanField()
    label = serializers.IntegerField()  # type: ignore[assignment]
    state = serializers.ChoiceField(choices=STATES)
    p = serializers.FloatField()
    margin = serializers.FloatField()
    probabilities = ProbabilitySerializer(many=True)
    measures = MeasuresSerializer()
    contour = serializers.ListField(
        child=serializers.ListField(child=serializers.FloatField(), min_length=2, max_length=2), allow_null=True
    )
    history = HistorySerializer(many=True)
    others = OtherReadingSerializer(many=True, help_text="where two people read the cells, and you may know")
    must_see = serializers.CharField()
    crop_url = serializers.CharField()

    def get_fields(self) -> dict[str, Any]:
        return {**super().get_fields(), "class": serializers.IntegerField()}
