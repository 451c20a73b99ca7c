"""What every template may know of the product."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest


def product(request: HttpRequest) -> dict[str, Any]:
    return {"product_version": settings.VERSION, "is_demo": getattr(settings, "DEMO", False)}
