"""An outline in an address."""

from __future__ import annotations

import math
from typing import Any

from django.utils.translation import gettext
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

MOST_CORNERS = 500


@extend_schema_field({"type": "string"})
class OutlineField(serializers.Field):  # type: ignore[type-arg]
    """An outline in level-0 px: x and y of each corner apart by a comma, corners apart by blanks."""

    def to_internal_value(self, data: Any) -> tuple[tuple[float, float], ...]:
        try:
            corners = tuple((float(x), float(y)) for x, y in (corner.split(",") for corner in str(data).split()))
        except ValueError:
            raise serializers.ValidationError(gettext("Write an outline as corners x,y separated by spaces.")) from None
        if corners and not 3 <= len(corners) <= MOST_CORNERS:
            raise serializers.ValidationError(
                gettext("An outline has 3 to {most_corners} corners.").format(most_corners=MOST_CORNERS)
            )
        if not all(math.isfinite(v) and abs(v) < 1e9 for corner in corners for v in corner):
            raise serializers.ValidationError(gettext("A corner of the outline lies outside every slide."))
        return corners

    def to_representation(self, value: Any) -> Any:
        return value
