"""What a protocol may set: typed, with limits, unit and help, so that a form can be drawn and a value refused."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Any

from hemaview.words import all_of, gettext, one_of

KINDS = ("integer", "number", "choice", "text")


def is_finite(value: float) -> bool:
    """Whether a number has an end: a whole one of more digits than a float holds is none that anything is counted by."""
    try:
        return isfinite(value)
    except OverflowError:
        return False


@dataclass(frozen=True)
class Setting:
    """One setting of an assay's protocols."""

    key: str
    """Its name in a protocol."""
    kind: str
    """One of KINDS."""
    label: str
    """Its name in a form."""
    help: str
    """What it does, in a sentence."""
    default: Any = None
    """None where it may be left out."""
    unit: str = ""
    """Of its value; empty where it has none."""
    minimum: float | None = None
    """None: no limit."""
    maximum: float | None = None
    """None: no limit."""
    choices: tuple[str, ...] = ()
    """Of a choice."""

    def wrong(self, value: Any) -> str:
        """Why `value` cannot be taken, in a sentence; "" where it can."""
        if self.kind in ("integer", "number"):
            kinds = int if self.kind == "integer" else (int, float)
            fits = isinstance(value, kinds) and not isinstance(value, bool) and is_finite(value)
            if fits and (self.minimum is None or value >= self.minimum):
                fits = self.maximum is None or value <= self.maximum
            else:
                fits = False
            return "" if fits else self._sentence(self._range_in_words())
        if self.kind == "choice":
            return (
                ""
                if value in self.choices
                else self._sentence(gettext("{label} ({key}) is {choices}."), choices=one_of(self.choices))
            )
        return (
            ""
            if isinstance(value, str) and value
            else self._sentence(gettext("{label} ({key}) is a text that is not empty."))
        )

    def _sentence(self, sentence: str, **more: object) -> str:
        facts = {"low": self.minimum, "high": self.maximum, "example": self._example(), **more}
        return sentence.format(label=self.label, key=self.key, **facts)

    def _range_in_words(self) -> str:
        whole, low, high = self.kind == "integer", self.minimum is not None, self.maximum is not None
        if low and high:
            return (
                gettext("{label} ({key}) is a whole number from {low:,.10g} to {high:,.10g}, such as {example}.")
                if whole
                else gettext("{label} ({key}) is a number from {low:,.10g} to {high:,.10g}, such as {example}.")
            )
        if low:
            return (
                gettext("{label} ({key}) is a whole number of at least {low:,.10g}, such as {example}.")
                if whole
                else gettext("{label} ({key}) is a number of at least {low:,.10g}, such as {example}.")
            )
        if high:
            return (
                gettext("{label} ({key}) is a whole number of at most {high:,.10g}, such as {example}.")
                if whole
                else gettext("{label} ({key}) is a number of at most {high:,.10g}, such as {example}.")
            )
        return (
            gettext("{label} ({key}) is a whole number, such as {example}.")
            if whole
            else gettext("{label} ({key}) is a number, such as {example}.")
        )

    def _example(self) -> str:
        return f"{self.default if self.default is not None else self.maximum if self.maximum is not None else 1}"


def wrong_settings(settings: Sequence[Setting], values: Any) -> str:
    """What is wrong with a protocol's settings, in a sentence; "" where nothing is."""
    if not isinstance(values, Mapping):
        return gettext('Settings are names with their values in braces, such as {"wbc": 200}.')
    by_key = {s.key: s for s in settings}
    if strange := sorted(set(values) - set(by_key)):
        return gettext("There is no setting called {strange}; there are: {settings}.").format(
            strange=strange[0], settings=all_of(by_key)
        )
    return next((wrong for key, value in values.items() if (wrong := by_key[key].wrong(value))), "")
