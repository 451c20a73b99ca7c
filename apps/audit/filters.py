"""Lines of the record by person, action, dates and words: one set for the page, its file and the API."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django import forms
from django.db.models import Q, QuerySet
from django.utils.translation import gettext, gettext_lazy

from apps.audit.models import Record

MOST_DAYS_AHEAD = date(9999, 12, 30)


class RecordForm(forms.Form):
    """What a person asks the record for; dates are whole days in UTC, the last one included."""

    search = forms.CharField(required=False, max_length=200)
    person = forms.CharField(required=False, max_length=150)
    action = forms.CharField(required=False, max_length=64)
    since = forms.DateField(label=gettext_lazy("From"), required=False, widget=forms.DateInput(attrs={"type": "date"}))
    until = forms.DateField(label=gettext_lazy("To"), required=False, widget=forms.DateInput(attrs={"type": "date"}))

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        since, until = data.get("since"), data.get("until")
        if since and until and until < since:
            self.add_error("until", gettext("The last day lies before the first."))
        return data


def filtered(lines: QuerySet[Record], conditions: dict[str, Any]) -> QuerySet[Record]:
    """`conditions`: the cleaned data of a RecordForm."""
    if search := conditions.get("search"):
        lines = lines.filter(
            Q(actor__icontains=search)
            | Q(accession__icontains=search)
            | Q(object_id__icontains=search)
            | Q(detail__name=search)
        )
    if person := conditions.get("person"):
        lines = lines.filter(actor=person)
    if action := conditions.get("action"):
        lines = lines.filter(action=action)
    if since := conditions.get("since"):
        lines = lines.filter(at__gte=_midnight(since))
    if (until := conditions.get("until")) and until < MOST_DAYS_AHEAD:
        lines = lines.filter(at__lt=_midnight(until + timedelta(days=1)))
    return lines


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
