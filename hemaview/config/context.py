"""What every template may know of the product."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

_SECTIONS = (
    (
        "Laboratory",
        "/laboratory/",
        "Name, address and logo that head each report; phrases and templates for conclusions.",
        "laboratory.change_laboratory",
    ),
    (
        "Protocols",
        "/protocols/",
        "What people can order: an examination with its models, settings and readers.",
        "analysis.change_protocol",
    ),
    ("People", "/people/", "Who works here, in which roles, and what each role may do.", "accounts.change_user"),
    ("Sites", "/sites/", "Where slides look alike, and the nets that they taught.", "slides.change_site"),
    ("Queue", "/queue/", "Analyses that run and wait, and the workers that are alive.", "analysis.view_job"),
    ("Audit", "/audit/", "Who did what and when, by person, case and date; as a file, too.", "audit.view_record"),
    ("All tables", "/admin/", "Everything else that is kept, row by row.", "accounts.view_user"),
)
"""Title, address, what it is about, and the permission that it needs."""


def product(request: HttpRequest) -> dict[str, Any]:
    return {
        "product_version": settings.VERSION,
        "is_demo": getattr(settings, "DEMO", False),
        "administration": SimpleLazyObject(lambda: _sections(request)),  # asked for by its own pages alone
    }


def _sections(request: HttpRequest) -> list[dict[str, Any]]:
    return [
        {"title": title, "address": address, "about": about, "here": request.path.startswith(address)}
        for title, address, about, permission in _SECTIONS
        if request.user.has_perm(permission)
    ]
