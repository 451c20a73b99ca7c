"""Filters of the API: a value that is none of a filter's choices is refused by naming those there are."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext
from django_filters.rest_framework import DjangoFilterBackend
from rest_framework.request import Request

from apps.accounts.api.frameworkwords import in_our_words
from apps.accounts.api.inputs import refuse_value
from hemaview.words import one_of

MOST_SHOWN = 30
"""Names that one sentence lists."""


class Filters(DjangoFilterBackend):
    """The framework's own, which says of a wrong choice only that it is none."""

    def filter_queryset(self, request: Request, queryset: Any, view: Any) -> Any:
        """The things that the filters leave; raises Refusal for the first value that a filter does not take."""
        filters = self.get_filterset(request, queryset, view)
        if filters is None:
            return queryset
        for name, sentences in filters.form.errors.items():
            field = filters.form.fields[name]
            if isinstance(field, forms.ChoiceField) and not isinstance(field, forms.ModelChoiceField):
                choices: Any = field.choices
                names = [key for key, _ in choices if key]
                value = str(filters.form.data.get(name, ""))
                refuse_value(name, gettext("Choose {choices}.").format(choices=one_of(_names_like(names, value))))
            refuse_value(name, str(in_our_words(str(sentences[0]))))
        return filters.qs


def _names_like(names: list[str], value: str) -> list[str]:
    """The names to choose from: of many the ones of the asked kind, which stands before the full stop, else the kinds."""
    if len(names) <= MOST_SHOWN:
        return names
    kind = value.partition(".")[0]
    return [n for n in names if n.partition(".")[0] == kind] or sorted({f"{n.partition('.')[0]}.…" for n in names})
