"""Forms of the desk."""

from __future__ import annotations

from math import ceil
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from apps.cases.models import Case

AGE_UNITS = {"years": 365.25, "months": 365.25 / 12, "days": 1}
_UNIT_NAMES = {"years": gettext_lazy("years"), "months": gettext_lazy("months"), "days": gettext_lazy("days")}


class CaseForm(forms.ModelForm):  # type: ignore[type-arg]
    age = forms.IntegerField(
        label=gettext_lazy("Age"),
        required=False,
        min_value=0,
        max_value=1000,
        help_text=gettext_lazy("When the specimen was taken; for reference ranges."),
    )
    age_unit = forms.ChoiceField(label=gettext_lazy("Age in"), required=False, choices=list(_UNIT_NAMES.items()))

    class Meta:
        model = Case
        fields = ["accession", "pseudonym", "sex", "age", "age_unit", "specimen", "stain", "question"]
        labels = {
            "accession": gettext_lazy("Accession number"),
            "pseudonym": gettext_lazy("Pseudonym"),
            "sex": gettext_lazy("Sex"),
            "specimen": gettext_lazy("Specimen"),
            "stain": gettext_lazy("Stain"),
            "question": gettext_lazy("Clinical question"),
        }
        widgets = {"question": forms.Textarea(attrs={"rows": 3})}
        help_texts = {"pseudonym": gettext_lazy("The laboratory’s own name for the patient; never the real one.")}

    def facts(self) -> dict[str, Any]:
        """What was entered, as `create_case` takes it; its accession number among them."""
        facts = dict(self.cleaned_data)
        age, unit = facts.pop("age"), facts.pop("age_unit") or "years"
        return {**facts, "age_days": None if age is None else ceil(age * AGE_UNITS[unit])}
