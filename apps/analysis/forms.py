"""A protocol's form, drawn from what its examination lets a protocol set."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext, gettext_lazy
from unfold.widgets import UnfoldAdminIntegerFieldWidget, UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from apps.analysis.models import Protocol, finders
from apps.cases.models import Case
from hemaview.assays import AssayError, Setting, assays

PREFIX = "setting_"


def settings_of(protocol: Protocol | None) -> tuple[Setting, ...]:
    """The settings of a protocol's examination; none before it is chosen, or where its package is gone."""
    if protocol is None:
        return ()
    try:
        return protocol.examination.settings
    except AssayError:
        return ()


def field_name(setting: Setting) -> str:
    return PREFIX + setting.key


class ProtocolForm(forms.ModelForm):  # type: ignore[type-arg]
    """What every protocol has; `protocol_form` adds the settings of its examination."""

    assay = forms.ChoiceField(label=gettext_lazy("Examination"), widget=UnfoldAdminSelectWidget)
    finder = forms.ChoiceField(
        label=gettext_lazy("Way of finding cells"), required=False, widget=UnfoldAdminSelectWidget
    )
    specimen = forms.ChoiceField(choices=Case.Specimen.choices, widget=UnfoldAdminSelectWidget)

    class Meta:
        model = Protocol
        fields = ["name", "version", "title", "assay", "specimen", "finder", "enabled", "second_reader", "rules"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["assay"].choices = [(a.key, a.title) for a in assays().values()]  # type: ignore[attr-defined]
        self.fields["finder"].choices = [("", gettext("The examination's own"))] + [  # type: ignore[attr-defined]
            (kind.key, kind.title) for kind in finders().values()
        ]
        for setting in settings_of(self.instance if self.instance.pk else None):
            self.fields[field_name(setting)].initial = self.instance.settings.get(setting.key)

    def clean(self) -> dict[str, Any]:
        """Put the settings together, so that the protocol's own checks see them."""
        data = super().clean() or {}
        settings = settings_of(self.instance if self.instance.pk else None)
        if settings:
            values = {s.key: data.get(field_name(s)) for s in settings}
            self.instance.settings = {k: v for k, v in values.items() if v not in (None, "")}
        elif not self.instance.pk and (assay := assays().get(data.get("assay", ""))):
            self.instance.settings = assay.defaults
        return data

    def _post_clean(self) -> None:
        super()._post_clean()  # type: ignore[misc]
        # The model tells of `settings` as a whole; here each of them has a field of its own.
        for error in self.errors.pop("settings", []):
            self.add_error(None, error)


def protocol_form(protocol: Protocol | None) -> type[ProtocolForm]:
    """The form with a field for each setting: typed, with limits, unit and help."""
    extra = {field_name(s): _field(s) for s in settings_of(protocol)}
    return type("ProtocolForm", (ProtocolForm,), extra)


def _field(setting: Setting) -> forms.Field:
    label = f"{setting.label} ({setting.unit})" if setting.unit else setting.label
    common: dict[str, Any] = {"label": label, "help_text": setting.help, "required": setting.default is not None}
    low, high = setting.minimum, setting.maximum
    if setting.kind == "integer":
        common["min_value"], common["max_value"] = (None if end is None else int(end) for end in (low, high))
        return forms.IntegerField(**common, widget=UnfoldAdminIntegerFieldWidget)
    if setting.kind == "number":
        widget = UnfoldAdminIntegerFieldWidget(attrs={"step": "any"})
        return forms.FloatField(**common, min_value=low, max_value=high, widget=widget)
    if setting.kind == "choice":
        choices = [(c, c) for c in setting.choices]
        return forms.ChoiceField(**common, choices=choices, widget=UnfoldAdminSelectWidget)
    return forms.CharField(**common, widget=UnfoldAdminTextInputWidget)
