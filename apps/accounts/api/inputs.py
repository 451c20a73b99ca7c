"""What comes from outside, read so that nothing of it ends in a fault of ours."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any, NoReturn

from django.utils.translation import gettext, ngettext
from rest_framework import serializers
from rest_framework.exceptions import ParseError
from rest_framework.fields import empty
from rest_framework.parsers import JSONParser

from apps.accounts.errors import Refusal
from apps.accounts.texts import TURNS_TEXT, turns_text
from hemaview.words import naming, one_of


def whole_number(text: str) -> int | None:
    """The number that a query or a header says in 1 to 15 ASCII digits, else None.

    `isdigit` alone lets through what `int` refuses: ², and more than 4,300 digits.
    """
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 15 else None


YES, NO = ("true", "1", "yes"), ("false", "0", "no")
"""How a parameter of an address says yes, and how no."""


def refuse_value(name: str, sentence: str) -> NoReturn:
    """Raise Refusal: the value of a parameter is none that it takes."""
    raise Refusal(f"{name}: {sentence}", code="invalid", errors={name: [sentence]})


def number_within(name: str, value: str, least: int, most: int) -> int:
    """The whole number that a parameter says; raises Refusal where it is none, or not within these two."""
    number = whole_number(value)
    if number is None or not least <= number <= most:
        refuse_value(name, gettext("Give a whole number from {least} to {most}.").format(least=least, most=f"{most:,}"))
    return number


class OneOf(serializers.ChoiceField):
    """A choice whose refusal names the choices, not what came: that may hold what no answer can carry (half a character)."""

    def fail(self, key: str, **kwargs: Any) -> NoReturn:
        if key == "invalid_choice":
            raise serializers.ValidationError(
                gettext("Choose {choices}.").format(choices=one_of(self.choices)), code=key
            )
        super().fail(key, **kwargs)


class Number(serializers.FloatField):
    """A number that can be kept and handed out again: Python reads the texts `nan` and `inf` as numbers, JSON has neither."""

    def to_internal_value(self, data: Any) -> float:
        try:
            value: float = super().to_internal_value(data)
        except OverflowError:  # a whole number of more digits than a float holds
            self.fail("invalid")
        if not math.isfinite(value):
            self.fail("invalid")
        return value


def refuse_unknown(names: Iterable[str], parameters: Iterable[str]) -> None:
    """Raise Refusal for the first of the asked parameters that there is not: misspelt, it would else choose nothing unsaid."""
    there = sorted(parameters)
    unknown = sorted(set(names) - set(there))
    if unknown:
        first = unknown[0][:60].encode(errors="replace").decode() or '""'
        some = ngettext(
            "There is no parameter {shown} here; there is: {there}.",
            "There is no parameter {shown} here; there are: {there}.",
            len(there),
        )
        none = gettext("There is no parameter {shown} here; this address takes none.")
        raise Refusal(naming(there, some, none, shown=first), code="invalid")


class Body(serializers.Serializer[Any]):
    """What a request says. A field that there is not is refused by name: what is misspelt would else be dropped unsaid."""

    def run_validation(self, data: Any = empty) -> Any:
        if isinstance(data, Mapping):
            unknown = sorted(str(name) for name in set(data) - set(self.fields) - {"csrfmiddlewaretoken"})
            if unknown:
                there = [name for name, field in self.fields.items() if not field.read_only]
                first = unknown[0][:60].encode(errors="replace").decode() or '""'
                some = ngettext(
                    "There is no such field here; there is: {there}.",
                    "There is no such field here; there are: {there}.",
                    len(there),
                )
                none = gettext("There is no such field here; leave the body empty.")
                raise serializers.ValidationError({first: [naming(there, some, none)]})
            for name, value in data.items():
                if isinstance(value, str) and turns_text(value):
                    raise serializers.ValidationError({name: [TURNS_TEXT]})
        return super().run_validation(data)


class FlatEnoughJSON(JSONParser):
    """JSON, of which what is nested deeper than Python reads is refused like any other that cannot be read."""

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        try:
            return super().parse(stream, media_type, parser_context)
        except RecursionError:
            raise ParseError(gettext("The JSON is nested too deeply.")) from None
