"""What review sends: labels, pages of the gallery, cards, counts, comparisons. Lengths in level-0 px."""

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


class TypicalPictureSerializer(serializers.Serializer[Any]):
    url = serializers.CharField()
    source = serializers.CharField(help_text="accession number of the case, or the set and its licence")  # type: ignore[assignment]
    own = serializers.BooleanField(help_text="a confirmed cell of this laboratory")


class TypicalSerializer(serializers.Serializer[Any]):
    """Typical pictures of a class: confirmed cells of the laboratory's other cases, else pictures of free sets."""

    pictures = TypicalPictureSerializer(many=True)

    def get_fields(self) -> dict[str, Any]:
        return {"class": serializers.IntegerField(), **super().get_fields()}


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


class ClassWithinSerializer(ShareSerializer):
    def get_fields(self) -> dict[str, Any]:
        return {"class": serializers.IntegerField(), **super().get_fields()}


class CountsWithinSerializer(serializers.Serializer[Any]):
    """Counts within an outline; shares are percent of the counted cells of the class's kind there."""

    n = serializers.IntegerField()
    area_mm2 = serializers.FloatField(allow_null=True)
    classes = ClassWithinSerializer(many=True)


class GalleryRowSerializer(PlaceSerializer):
    row = serializers.IntegerField(allow_null=True, help_text="null for a cell that a person added")
    added = serializers.UUIDField(allow_null=True)
    label = serializers.IntegerField(allow_null=True)  # type: ignore[assignment]
    p = serializers.FloatField(allow_null=True)
    margin = serializers.FloatField(allow_null=True)
    state = serializers.ChoiceField(choices=STATES)
    must_see = serializers.CharField()

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
