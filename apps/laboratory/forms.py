"""Forms of the laboratory's page."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext, gettext_lazy

from apps.laboratory.models import Laboratory, Phrase
from hemaview.assays import assays


class Whole(forms.ModelForm):  # type: ignore[type-arg]
    """A form whose fields take what is pasted whole: too long a text is refused with a sentence, never cut by the browser."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.widget.attrs.pop("maxlength", None)


class LaboratoryForm(Whole):
    class Meta:
        model = Laboratory
        fields = ["name", "address", "phone"]
        labels = {"name": gettext_lazy("Name"), "address": gettext_lazy("Address"), "phone": gettext_lazy("Phone")}
        widgets = {"address": forms.Textarea(attrs={"rows": 3})}


class LogoForm(forms.Form):
    logo = forms.FileField(
        label=gettext_lazy("Picture"),
        help_text=gettext_lazy("PNG or JPEG, at most 1 MB; a wide logo on a white background prints best."),
    )


class PhraseForm(Whole):
    assay = forms.ChoiceField(label=gettext_lazy("Examination"), required=False)

    class Meta:
        model = Phrase
        fields = ["code", "kind", "assay", "text"]
        labels = {"code": gettext_lazy("Code"), "kind": gettext_lazy("Kind"), "text": gettext_lazy("Text")}
        widgets = {"text": forms.Textarea(attrs={"rows": 4})}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["assay"].choices = [("", gettext("All examinations"))] + [  # type: ignore[attr-defined]
            (a.key, a.title) for a in assays().values()
        ]

    def validate_unique(self) -> None:
        """The service says that a code is taken, in one place for form and API."""
