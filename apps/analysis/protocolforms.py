"""A protocol's form on the product's own page, drawn from what its examination lets a protocol set."""

from __future__ import annotations

from typing import Any

from django import forms

from apps.accounts.errors import Refusal
from apps.analysis.models import ModelVersion, Protocol
from apps.analysis.protocolservices import PART, SETTING, Chosen, Draft, choices, models_of
from hemaview.assays import Setting

_MODEL, _THRESHOLD = "model_", "threshold_"


class RevisionForm(forms.Form):
    """Title, readers, settings and models of a protocol; `source` is the version that it begins with."""

    title = forms.CharField(max_length=120)
    second_reader = forms.BooleanField(
        label="Ask for two readers",
        required=False,
        help_text="A case cannot be signed before two people have read these cells.",
    )

    def __init__(self, source: Protocol, data: Any = None) -> None:
        super().__init__(data)
        self.source = source
        self.known = source.examination.settings
        self.roles = list(models_of(source))
        self.fields["title"].initial = source.title
        self.fields["second_reader"].initial = source.second_reader
        for setting in self.known:
            self.fields[SETTING + setting.key] = _field(setting, source.settings.get(setting.key))
        for chosen in self.roles:
            able = choices(chosen)
            self.fields[_MODEL + chosen.role] = forms.ModelChoiceField(
                ModelVersion.objects.select_related("algorithm").filter(pk__in=[m.pk for m in able]),
                label=f"Model for {chosen.role.replace('-', ' ')}",
                empty_label=None,
                initial=chosen.model_id,
            )
            self.fields[_THRESHOLD + chosen.role] = forms.FloatField(
                label=f"Counts from, for {chosen.role.replace('-', ' ')}",
                required=False,
                initial=chosen.threshold,
                help_text="A score between 0 and 1 in place of the model's own; empty: the model's own.",
            )
        self.fields["rules"] = forms.JSONField(
            label="Changed counting rules",
            required=False,
            initial=source.rules,
            widget=forms.Textarea(attrs={"rows": 3, "spellcheck": "false"}),
            help_text="What differs from the examination's own rules, in the same tables; {} changes nothing.",
        )

    def groups(self) -> list[tuple[str, list[Any]]]:
        """Its fields under the headings that people know."""
        settings = [self[SETTING + s.key] for s in self.known]
        models = [self[name + m.role] for m in self.roles for name in self._of_model(m.role)]
        head = [self[name] for name in self.fields if name in ("name", "title", "second_reader")]
        return [("Protocol", head), ("Settings", settings), ("Models", models), ("Counting rules", [self["rules"]])]

    def _of_model(self, role: str) -> tuple[str, ...]:
        return (_MODEL, _THRESHOLD) if role in self._scored() else (_MODEL,)

    def _scored(self) -> tuple[str, ...]:
        """Roles that take a threshold."""
        from apps.analysis.models import finders  # the models behind it take seconds to import

        kind = finders().get(self.source.finder_key)
        return tuple(kind.scored) if kind else ()

    def draft(self) -> Draft:
        """What was entered, as the services take it."""
        data = self.cleaned_data
        given = {s.key: data.get(SETTING + s.key) for s in self.known}
        models = {m.role: Chosen(data[_MODEL + m.role], data.get(_THRESHOLD + m.role)) for m in self.roles}
        settings = {key: value for key, value in given.items() if value not in (None, "")}
        return Draft(data["title"].strip(), settings, data["second_reader"], data.get("rules") or {}, models)

    def refuse(self, refusal: Refusal) -> None:
        """Say what a service refused, beside the field that it is about."""
        errors = refusal.extra.get("errors") or {None: [refusal.message]}
        for name, sentences in errors.items():
            field = name.replace(PART, _MODEL, 1) if name and name.startswith(PART) else name
            for sentence in sentences:
                self.add_error(field if field in self.fields else None, sentence)


class CopyForm(RevisionForm):
    """The same, and the name of the new protocol."""

    name = forms.SlugField(
        max_length=64, help_text="What programs call it: letters, digits, hyphens. It stays for ever."
    )
    field_order = ("name", "title", "second_reader")

    def __init__(self, source: Protocol, data: Any = None) -> None:
        super().__init__(source, data)
        self.fields["title"].initial = f"{source.title}, copy"
        self.order_fields(self.field_order)


def _field(setting: Setting, value: Any) -> forms.Field:
    """A field of the setting's type, its unit in the label, its help and its limits below; the service checks it."""
    label = f"{setting.label} ({setting.unit})" if setting.unit else setting.label
    hints = [setting.help]
    if setting.minimum is not None and setting.maximum is not None:
        hints.append(f"From {setting.minimum:,.10g} to {setting.maximum:,.10g}.")
    elif setting.minimum is not None:
        hints.append(f"At least {setting.minimum:,.10g}.")
    common: dict[str, Any] = {
        "label": label,
        "help_text": " ".join(hints),
        "required": setting.default is not None,
        "initial": value,
    }
    if setting.kind == "integer":
        return forms.IntegerField(**common)
    if setting.kind == "number":
        return forms.FloatField(**common, widget=forms.NumberInput(attrs={"step": "any"}))
    if setting.kind == "choice":
        return forms.ChoiceField(**common, choices=[(c, c) for c in setting.choices])
    return forms.CharField(**common)
