"""Forms of the desk."""

from __future__ import annotations

from django import forms

from apps.cases.models import Case


class CaseForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = Case
        fields = ["accession", "pseudonym", "specimen", "stain", "question"]
        widgets = {"question": forms.Textarea(attrs={"rows": 3})}
        help_texts = {"pseudonym": "The laboratory’s own name for the patient; never the real one."}
