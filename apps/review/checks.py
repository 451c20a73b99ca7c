"""What is wrong with the laboratory's own reference ranges is said when HemaView starts, not at the first case."""

from __future__ import annotations

from typing import Any

from django.core.checks import CheckMessage, Error

from apps.review.bloodcount import references


def reference_ranges(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    try:
        references()
    except ValueError as error:
        return [Error(str(error), id="hemaview.E010")]
    except OSError as error:
        return [Error(f"HEMAVIEW_REFERENCE_RANGES cannot be read: {error}.", id="hemaview.E011")]
    return []
