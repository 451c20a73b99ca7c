"""Moments on pages: written in UTC as they are sent, and by the reader's own zone and language as soon as the page is read."""

from __future__ import annotations

from datetime import UTC, datetime

from django import template
from django.contrib.humanize.templatetags.humanize import naturaltime
from django.utils.formats import date_format
from django.utils.html import format_html

register = template.Library()


@register.filter
def moment(at: datetime | None) -> str:
    """A `<time>` of day, hour and minute, which `frontend/base/times.ts` writes anew; "" where there is none."""
    if at is None:
        return ""
    return format_html('<time datetime="{}">{}</time>', at.isoformat(), _in_utc(at))


@register.filter
def ago(at: datetime) -> str:
    """How long ago it was, with the moment itself as its title."""
    return format_html(
        '<time datetime="{}" title="{}" data-ago>{}</time>', at.isoformat(), _in_utc(at), naturaltime(at)
    )


def _in_utc(at: datetime) -> str:
    return f"{date_format(at.astimezone(UTC), 'j M Y, H:i')} UTC"
