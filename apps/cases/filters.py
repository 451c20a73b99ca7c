"""Searching and sorting cases, the same in the worklist and in the API."""

from __future__ import annotations

from typing import Any

import django_filters
from django import forms
from django.db import models
from django.db.models import Q, QuerySet
from django.utils.translation import gettext, gettext_lazy

from apps.accounts.models import User
from apps.cases.models import Case

ORDERINGS = {
    "accession": "accession",
    "pseudonym": "pseudonym",
    "specimen": "specimen",
    "state": "state",
    "reader": "reader__username",
    "since": "state_since",
    "created": "created_at",
}


class CaseFilter(django_filters.FilterSet):
    search = django_filters.CharFilter(method="by_text", label=gettext_lazy("Search"))
    state = django_filters.ChoiceFilter(choices=Case.State.choices, empty_label=gettext_lazy("Any state"))
    specimen = django_filters.ChoiceFilter(choices=Case.Specimen.choices, empty_label=gettext_lazy("Any specimen"))
    stain = django_filters.CharFilter(lookup_expr="icontains", label=gettext_lazy("Stain"))
    reader = django_filters.ModelChoiceFilter(
        queryset=User.objects.filter(is_active=True), to_field_name="username", empty_label=gettext_lazy("Any reader")
    )

    class Meta:
        model = Case
        fields = ["search", "state", "specimen", "stain", "reader"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.form.fields["search"].widget = forms.TextInput(
            attrs={"type": "search", "placeholder": gettext("Accession or pseudonym")}
        )

    def by_text(self, cases: QuerySet[Case], name: str, value: str) -> QuerySet[Case]:
        words = Q()
        for word in value.split():
            words &= (
                Q(accession__icontains=word)
                | Q(pseudonym__icontains=word)
                | Q(question__icontains=word)
                | Q(stain__icontains=word)
            )
        return cases.filter(words)


def urgent_first(cases: QuerySet[Case]) -> QuerySet[Case]:
    """Urgent cases that are not signed before all others, then newest first."""
    urgent = models.Case(models.When(Q(urgent=True) & ~Q(state=Case.State.SIGNED), then=0), default=1)
    return cases.order_by(urgent, "-state_since", "-pk")


def ordered(cases: QuerySet[Case], ordering: str) -> QuerySet[Case]:
    """Sorted by a known column, '-' in front for the other way; anything else: newest first."""
    field = ORDERINGS.get(ordering.lstrip("-"))
    if field is None:
        return cases.order_by("-state_since", "-pk")
    return cases.order_by(("-" if ordering.startswith("-") else "") + field, "-pk")
