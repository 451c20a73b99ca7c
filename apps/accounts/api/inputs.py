"""What comes from outside, read so that nothing of it ends in a fault of ours."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers


def whole_number(text: str) -> int | None:
    """The number that a query or a header says in 1 to 15 ASCII digits, else None.

    `isdigit` alone lets through what `int` refuses: ², and more than 4,300 digits.
    """
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 15 else None


class OneOf(serializers.ChoiceField):
    """A choice whose refusal names the choices, not what came: that may hold what no answer can carry (half a character)."""

    def __init__(self, choices: Any, **kwargs: Any) -> None:
        super().__init__(choices, **kwargs)
        self.error_messages["invalid_choice"] = f"Choose one of: {', '.join(str(c) for c in self.choices)}."
