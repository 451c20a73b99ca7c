"""What every template may know of the product."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from hemaview.config.phrases import phrases

_SECTIONS = (
    (
        _("Laboratory"),
        "/laboratory/",
        _("Letterhead of reports (name, address and logo); phrases and templates for conclusions."),
        "laboratory.change_laboratory",
    ),
    (
        _("Protocols"),
        "/protocols/",
        _("What people can order: an examination with its models, settings and readers."),
        "analysis.change_protocol",
    ),
    (_("People"), "/people/", _("Who works here, in which roles, and what each role may do."), "accounts.change_user"),
    (
        _("Sites"),
        "/sites/",
        _("Sources of slides that look alike, and the nets taught with them."),
        "slides.change_site",
    ),
    (_("Queue"), "/queue/", _("Running and waiting analyses, and active workers."), "analysis.view_job"),
    (_("Audit"), "/audit/", _("Who did what and when, by person, case and date; also as a file."), "audit.view_record"),
    (_("All tables"), "/admin/", _("Everything else that is kept, row by row."), "accounts.view_user"),
)
"""Title, address, what it is about, and the permission that it needs."""


def product(request: HttpRequest) -> dict[str, Any]:
    return {
        "product_version": settings.VERSION,
        "phrases": phrases(get_language() or settings.LANGUAGE_CODE),
        "is_demo": getattr(settings, "DEMO", False),
        "administration": SimpleLazyObject(lambda: _sections(request)),  # asked for by its own pages alone
    }


def _sections(request: HttpRequest) -> list[dict[str, Any]]:
    return [
        {"title": title, "address": address, "about": about, "here": request.path.startswith(address)}
        for title, address, about, permission in _SECTIONS
        if request.user.has_perm(permission)
    ]
