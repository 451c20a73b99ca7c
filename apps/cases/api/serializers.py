"""A case as JSON."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext
from rest_framework import serializers

from apps.accounts.api.inputs import Body, Number, OneOf
from apps.cases.models import Case
from apps.cases.selectors import rights_in, rights_of, words_hidden_from
from hemaview.words import all_of


class PersonSerializer(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    name = serializers.CharField(source="display_name")


class AnalyserSerializer(serializers.Serializer[Any]):
    """Values of the laboratory's analyser; what is not given is not known."""

    wbc_10e9_per_l = Number(min_value=0, max_value=2000, required=False, help_text="10⁹/L")
    rbc_10e12_per_l = Number(min_value=0.1, max_value=20, required=False, help_text="10¹²/L")
    hb_g_per_l = Number(min_value=5, max_value=400, required=False, help_text="g/L")
    hct_l_per_l = Number(min_value=0.02, max_value=1, required=False, help_text="L/L")
    mcv_fl = Number(min_value=20, max_value=300, required=False, help_text="fL")
    mch_pg = Number(min_value=5, max_value=100, required=False, help_text="pg")
    mchc_g_per_l = Number(min_value=100, max_value=600, required=False, help_text="g/L")
    rdw_percent = Number(min_value=5, max_value=100, required=False, help_text="%")
    plt_10e9_per_l = Number(min_value=0, max_value=20000, required=False, help_text="10⁹/L")

    def to_internal_value(self, data: Any) -> Any:
        unknown = [str(key)[:40] for key in data if key not in self.fields] if isinstance(data, dict) else []
        if unknown:
            raise serializers.ValidationError(
                gettext("There is no analyser value called {unknown}; there are: {fields}.").format(
                    unknown=unknown[0], fields=all_of(self.fields)
                )
            )
        if isinstance(data, dict) and any(isinstance(value, bool) for value in data.values()):
            raise serializers.ValidationError(gettext("Values of the analyser are numbers."))
        return super().to_internal_value(data)


class CaseSerializer(serializers.ModelSerializer[Case]):
    reader = PersonSerializer(allow_null=True, read_only=True)
    analyser = AnalyserSerializer(read_only=True)
    rights = serializers.SerializerMethodField()
    locked = serializers.BooleanField(read_only=True)
    being_signed = serializers.BooleanField(read_only=True)

    class Meta:
        model = Case
        fields = [
            "accession",
            "pseudonym",
            "sex",
            "age_days",
            "specimen",
            "stain",
            "question",
            "analyser",
            "conclusion",
            "comment",
            "state",
            "reader",
            "restricted",
            "urgent",
            "archived_at",
            "created_at",
            "updated_at",
            "state_since",
            "rights",
            "locked",
            "being_signed",
        ]
        read_only_fields = fields

    def to_representation(self, case: Case) -> dict[str, Any]:
        """Without the words of others where the person reads the case blind."""
        answer = super().to_representation(case)
        return {**answer, "comment": "", "conclusion": ""} if case.pk in self._hidden() else answer

    def _hidden(self) -> frozenset[int]:
        root: Any = self.root  # the list's, where there is one: asked once for all of it
        if not hasattr(root, "words_hidden"):
            root.words_hidden = words_hidden_from(self._user())
        hidden: frozenset[int] = root.words_hidden
        return hidden

    def _user(self) -> Any:
        return self.context.get("user") or self.context["request"].user

    def get_rights(self, case: Case) -> list[str]:
        if hasattr(case, "may_view"):
            return sorted(rights_in(case))
        return sorted(rights_of(self._user(), case))


class CaseInputSerializer(Body):
    accession = serializers.CharField(max_length=64, required=False)
    pseudonym = serializers.CharField(max_length=64, required=False, allow_blank=True)
    sex = OneOf(choices=Case.Sex.choices, required=False)
    age_days = serializers.IntegerField(
        min_value=0, max_value=55_000, required=False, allow_null=True, help_text="when the specimen was taken"
    )
    specimen = OneOf(choices=Case.Specimen.choices, required=False)
    stain = serializers.CharField(max_length=64, required=False, allow_blank=True)
    question = serializers.CharField(max_length=2000, required=False, allow_blank=True)
    restricted = serializers.BooleanField(required=False)
    analyser = AnalyserSerializer(required=False)


_BEFORE = "The text that you saw; 409 where another stands there now. Left out: not compared."


class ConclusionSerializer(Body):
    conclusion = serializers.CharField(max_length=4000, allow_blank=True, trim_whitespace=False)
    before = serializers.CharField(allow_blank=True, trim_whitespace=False, required=False, help_text=_BEFORE)


class CommentSerializer(Body):
    comment = serializers.CharField(max_length=8000, allow_blank=True, trim_whitespace=False)
    before = serializers.CharField(allow_blank=True, trim_whitespace=False, required=False, help_text=_BEFORE)


class UrgentSerializer(Body):
    urgent = serializers.BooleanField()


class ArchivedSerializer(Body):
    archived = serializers.BooleanField()
    reason = serializers.CharField(
        max_length=500, required=False, allow_blank=True, default="", help_text="why; needed to archive"
    )


class ReaderSerializer(Body):
    username = serializers.CharField(allow_null=True, help_text="null gives the case back")
    word = serializers.CharField(
        max_length=500, required=False, allow_blank=True, default="", help_text="for the next reader"
    )


class RightsSerializer(Body):
    username = serializers.CharField()
    rights = serializers.ListField(child=serializers.CharField())
