"""A protocol's form on the product's own page, drawn from what its examination lets a protocol set."""

from __future__ import annotations

from itertools import groupby
from typing import Any

from django import forms
from django.utils.translation import gettext, gettext_lazy

from apps.accounts.errors import Refusal
from apps.analysis.models import ModelVersion, Protocol
from apps.analysis.protocolservices import PART, SETTING, Chosen, Draft, choices, models_of
from apps.analysis.scorewords import role_words
from hemaview.assays import AssayError, Setting
from hemaview.assays.rulefields import GRADES, OF_GRADES, RuleField, rule_fields, with_numbers

_MODEL, _THRESHOLD, _RULE = "model_", "threshold_", "rule_"


class RevisionForm(forms.Form):
    """Title, readers, settings and models of a protocol; `source` is the version that it begins with."""

    title = forms.CharField(label=gettext_lazy("Title"), max_length=120)
    second_reader = forms.BooleanField(
        label=gettext_lazy("Ask for two readers"),
        required=False,
        help_text=gettext_lazy("A case cannot be signed before two people have read these cells."),
    )

    def __init__(self, source: Protocol, data: Any = None) -> None:
        super().__init__(data)
        self.source = source
        self.settings = source.examination.settings
        self.roles = list(models_of(source))
        self.fields["title"].initial = source.title
        self.fields["second_reader"].initial = source.second_reader
        for setting in self.settings:
            self.fields[SETTING + setting.key] = _field(setting, source.settings.get(setting.key))
        for row in self.roles:
            able = choices(row)
            self.fields[_MODEL + row.role] = forms.ModelChoiceField(
                ModelVersion.objects.select_related("algorithm").filter(pk__in=[m.pk for m in able]),
                label=gettext("Model for {role}").format(role=role_words(row.role)),
                empty_label=None,
                initial=row.model_id,
            )
            self.fields[_THRESHOLD + row.role] = forms.FloatField(
                label=gettext("Counts from, for {role}").format(role=role_words(row.role)),
                required=False,
                initial=row.threshold,
                help_text=gettext("A score between 0 and 1 in place of the model's own; empty: the model's own."),
            )
        self.numbers = _numbers_of(source)
        for number in self.numbers:
            self.fields[_RULE + number.key] = forms.FloatField(
                label=number.label if number.path[0] != GRADES else f"{number.group}, {number.label}",
                initial=number.value,
                min_value=0,
                required=False,
                help_text="" if number.value == number.shipped else _shipped(number.shipped),
                widget=forms.NumberInput(attrs={"step": "any"}),
            )
        self.fields["rules"] = forms.JSONField(
            label=gettext("Changes as a table (JSON)"),
            required=False,
            initial=source.rules,
            widget=forms.Textarea(attrs={"rows": 3, "spellcheck": "false"}),
            help_text=gettext(
                "What differs from the examination's own rules, in the same tables, such as one more limit; {} changes "
                "nothing. A number changed above takes precedence over this table."
            ),
        )

    def groups(self) -> list[tuple[str, list[Any]]]:
        """Its fields under the headings that people know."""
        settings = [self[SETTING + s.key] for s in self.settings]
        models = [self[name + m.role] for m in self.roles for name in self._of_model(m.role)]
        head = [self[name] for name in self.fields if name in ("name", "title", "second_reader")]
        return [(gettext("Protocol"), head), (gettext("Settings"), settings), (gettext("Models"), models)]

    def table(self) -> Any:
        """The field of the table of changed rules."""
        return self["rules"]

    def rule_groups(self) -> list[tuple[str, list[Any]]]:
        """Fields of the counting rules' numbers, grades left out, by what they belong to."""
        there = [n for n in self.numbers if n.path[0] != GRADES]
        return [
            (group, [self[_RULE + n.key] for n in together]) for group, together in groupby(there, lambda n: n.group)
        ]

    def grade_names(self) -> list[str]:
        return list(OF_GRADES.values()) if any(n.path[0] == GRADES for n in self.numbers) else []

    def grade_groups(self) -> list[tuple[str, list[Any]]]:
        """Of each graded class the fields of its grades, None for a grade that it has not."""
        there = [n for n in self.numbers if n.path[0] == GRADES]
        return [
            (group, [by_name.get(name) for name in OF_GRADES])
            for group, together in groupby(there, lambda n: n.group)
            for by_name in [{n.path[-1]: self[_RULE + n.key] for n in together}]
        ]

    def _changed_rules(self) -> dict[str, Any]:
        """What the laboratory changes of the rules: the table, and over it the numbers that were changed here."""
        own = self.cleaned_data.get("rules") or {}
        changes = {}
        for number in self.numbers:
            entered = self.cleaned_data.get(_RULE + number.key)
            if _RULE + number.key not in self.data or entered == number.value:
                continue
            # What is emptied is the examination's own again.
            if (value := number.shipped if entered is None else entered) is not None:
                changes[number.path] = _whole(value)
        return with_numbers(own, self.source.examination.rules, changes) if isinstance(own, dict) else own

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
        values = {s.key: data.get(SETTING + s.key) for s in self.settings}
        models = {m.role: Chosen(data[_MODEL + m.role], data.get(_THRESHOLD + m.role)) for m in self.roles}
        settings = {key: value for key, value in values.items() if value not in (None, "")}
        return Draft(data["title"].strip(), settings, data["second_reader"], self._changed_rules(), models)

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
        label=gettext_lazy("Name"),
        max_length=64,
        help_text=gettext_lazy("The name that programs use: letters, digits, hyphens. It cannot be changed later."),
    )
    field_order = ("name", "title", "second_reader")

    def __init__(self, source: Protocol, data: Any = None) -> None:
        super().__init__(source, data)
        self.fields["title"].initial = f"{source.title}, copy"
        self.order_fields(self.field_order)


def _numbers_of(source: Protocol) -> list[RuleField]:
    """The numbers of the protocol's counting rules; those that ship where its own cannot be read any more."""
    assay = source.examination
    try:
        rules = source.counting_rules
    except (AssayError, ValueError):
        rules = assay.rules
    return rule_fields(rules, assay.rules, assay.schema, assay.rule_labels)


def _shipped(value: float | None) -> str:
    return (
        gettext("Added by the laboratory.")
        if value is None
        else gettext("Changed; the examination's own is {value:g}.").format(value=value)
    )


def _whole(value: float) -> float:
    """3.0 as 3: a number is written as the examination writes it."""
    return int(value) if float(value).is_integer() and abs(value) < 1e15 else value


def _field(setting: Setting, value: Any) -> forms.Field:
    """A field of the setting's type, its unit in the label, its help and its limits below; the service checks it."""
    label = f"{setting.label} ({setting.unit})" if setting.unit else setting.label
    hints = [setting.help]
    if setting.minimum is not None and setting.maximum is not None:
        hints.append(
            gettext("From {minimum:,.10g} to {maximum:,.10g}.").format(minimum=setting.minimum, maximum=setting.maximum)
        )
    elif setting.minimum is not None:
        hints.append(gettext("At least {minimum:,.10g}.").format(minimum=setting.minimum))
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
