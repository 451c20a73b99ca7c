"""An assay as the rest of the house sees it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from hemaview.assays.mustsee import MustSee
from hemaview.assays.rules import Rules, wrong_ranges
from hemaview.assays.settings import Setting, wrong_settings
from hemaview.cells.schema import Schema
from hemaview.counting.grades import wrong_limits
from hemaview.counting.values import Result, Tally
from hemaview.words import gettext


class AssayError(Exception):
    """A folder that does not make an assay, or an assay that there is not; the message is one sentence."""


@dataclass(frozen=True)
class Target:
    """When enough cells of one kind are counted."""

    setting: str
    """The setting that says how many; 0 asks for none."""
    classes: tuple[str, ...]
    """Keys of the classes that count towards it."""
    search: str = "fields"
    """Where they are looked for: in the counted fields (`fields`) or in the whole monolayer (`film`)."""

    def wanted(self, settings: Mapping[str, Any]) -> int:
        return int(settings.get(self.setting, 0))


@dataclass(frozen=True)
class Order:
    """A protocol that comes with HemaView: what a laboratory can order."""

    name: str
    """What scripts call it."""
    title: str
    """What people read."""
    assay: str
    """Key of the examination."""
    specimen: str
    """What it is ordered for."""
    finder: str
    """Key of the way in which cells are found."""
    models: Mapping[str, str]
    """Role to the name of a method."""
    settings: Mapping[str, Any]
    """By key, of those that the assay has."""


@dataclass(frozen=True)
class Assay:
    """One examination."""

    key: str
    """The name of its folder."""
    title: str
    """What a protocol's form, a case and a report call it."""
    specimens: tuple[str, ...]
    """The kinds of specimen that it can be made of."""
    specimen_guard: tuple[str, ...]
    """What a picture must look like (see pipeline.specimen): film, marrow, block."""
    finder: str
    """Key of the finder that its protocols use where they name no other."""
    fields: Mapping[str, Any]
    """How fields are chosen: `crowded_is_fine` where cells are meant to overlap, and limits of the choice."""
    schema: Schema
    """Its classes and groups."""
    rules: Rules
    """Limits, grades and floors, as it ships."""
    rule_labels: Mapping[str, str]
    """Dotted path of a number of the rules to what people call it."""
    targets: tuple[Target, ...]
    """How many cells of which classes end a run."""
    settings: tuple[Setting, ...]
    """What its protocols may set."""
    must_see: MustSee
    """Which cells a person must see."""
    pictures: tuple[str, ...]
    """Keys of the classes whose pictures a report shows as abnormal, beside those that must be seen."""
    headline: tuple[str, ...]
    """Keys of sections and ratios that are always in view while the cells are reviewed, in their order."""
    codes: Mapping[str, Any]
    """Terminology: codes of sections, ratios and classes, by key."""
    orders: tuple[Order, ...]
    """The protocols that come with it."""
    count: Callable[[Tally, Schema, Rules], Result]
    """Makes the result of a tally."""

    def wrong_rules(self, rules: Rules) -> str:
        """What is wrong with a laboratory's counting rules that `rules_from` took, in a sentence; "" where cells can be counted
        by them. Whole lists are the laboratory's own, so what stands in one is tried on a film that has enough of everything."""
        if wrong := wrong_limits(rules.get("grades", {})):
            return wrong
        if wrong := wrong_ranges(rules.data):
            return wrong
        enough = {c.key: 2000 for c in self.schema.classes if c.counted}
        tally = Tally(enough, counted_mm2=1.0, analyser={"wbc_10e9_per_l": 5.0}, confirmed=enough)
        try:
            self.count(tally, self.schema, rules)
        except KeyError as error:
            sentence = gettext(
                "Cells cannot be counted by these rules: “{name}” is missing, or there is no such thing."
            )
            return sentence.format(name=error.args[0] if error.args else "")
        except (TypeError, ValueError, AttributeError, ArithmeticError) as error:
            sentence = gettext(
                "Cells cannot be counted by these rules; write each entry of a list as the examination's own rules do ({error})."
            )
            return sentence.format(error=error)
        return ""

    @property
    def defaults(self) -> dict[str, Any]:
        """The settings of a protocol that sets none."""
        return {s.key: s.default for s in self.settings if s.default is not None}

    def wrong_settings(self, values: Any) -> str:
        """What is wrong with a protocol's settings, in a sentence; "" where nothing is."""
        return wrong_settings(self.settings, values)
