"""Counting rules: data with a name, a version and a hash, frozen with each job."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from hemaview.assays.settings import is_finite
from hemaview.words import all_of, gettext


@dataclass(frozen=True)
class Rules:
    """The counting rules of an assay as they stand in its `rules.toml`, or as a laboratory changed them."""

    data: Mapping[str, Any]

    @property
    def name(self) -> str:
        return str(self.data["name"])

    @property
    def version(self) -> str:
        return str(self.data["version"])

    @property
    def title(self) -> str:
        return f"{self.name} {self.version}"

    @cached_property
    def sha256(self) -> str:
        """Hash of the content in canonical JSON."""
        return hashlib.sha256(json.dumps(self.data, sort_keys=True, separators=(",", ":")).encode()).hexdigest()

    def get(self, path: str, default: Any = None) -> Any:
        """The value at a dotted path such as `nrbc.correct_from_per_100_wbc`."""
        value: Any = self.data
        for part in path.split("."):
            if not isinstance(value, Mapping) or part not in value:
                return default
            value = value[part]
        return value


def rules_from(data: Mapping[str, Any], shipped: Rules) -> Rules:
    """A laboratory's rules, held against the shipped ones: the same tables with values of the same kinds.

    Raises ValueError, in a sentence, where a name is unknown or a value of another kind.
    """
    _refuse_unlike(data, shipped.data, "")
    table = _merged(shipped.data, data)
    if dict(table) != dict(shipped.data) and data.get("version") in (None, shipped.data["version"]):
        table["version"] = f"{shipped.version}-own"
    return Rules(table)


def _refuse_unlike(own: Mapping[str, Any], shipped: Mapping[str, Any], path: str) -> None:
    for key, value in own.items():
        where = f"{path}{key}"
        if key not in shipped:
            raise ValueError(
                gettext("The counting rules have nothing called {where}; there are: {shipped}.").format(
                    where=where, shipped=all_of(shipped)
                )
            )
        like = shipped[key]
        if isinstance(like, Mapping):
            if not isinstance(value, Mapping):
                raise ValueError(
                    gettext("{where} of the counting rules is a table, not {value!r}.").format(where=where, value=value)
                )
            _refuse_unlike(value, like, f"{where}.")
        elif isinstance(like, bool | str | list):
            if key != "version" and not isinstance(value, type(like)):
                raise ValueError(
                    gettext("{where} of the counting rules is written like {like!r}, not {value!r}.").format(
                        where=where, like=like, value=value
                    )
                )
        elif key != "version" and not _number(value):
            raise ValueError(
                gettext("{where} of the counting rules is a number of at least 0, not {value!r}.").format(
                    where=where, value=value
                )
            )


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and value >= 0 and is_finite(value)


def _merged(shipped: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    table = dict(shipped)
    for key, value in own.items():
        table[key] = _merged(shipped[key], value) if isinstance(value, Mapping) else value
    return table


def wrong_ranges(data: Mapping[str, Any], path: str = "") -> str:
    """Of pairs of numbers such as `factor_low` and `factor_high` the first one that begins beyond its end, in a sentence; ""
    where none does."""
    for key, value in data.items():
        if isinstance(value, Mapping):
            if wrong := wrong_ranges(value, f"{path}{key}."):
                return wrong
        elif key == "low" or key.endswith("_low"):
            high = data.get(f"{key[:-3]}high")
            if isinstance(value, int | float) and isinstance(high, int | float) and value > high:
                return gettext(
                    "{low} of the counting rules is {value:g}, more than {high}, which is {value2:g}."
                ).format(low=f"{path}{key}", value=value, high=f"{path}{key[:-3]}high", value2=high)
    return ""
