"""The numbers of counting rules as single things that a form can show: each with its place, words and the shipped value."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from hemaview.assays.rules import Rules
from hemaview.cells.schema import Schema

GRADES = "grades"
OF_GRADES = {"first": "1+ for fewer (1: yes, 0: no)", "low": "2+ from (%)", "high": "3+ above (%)"}
UNITS = {"mm": "mm", "percent": "%", "mm2": "mm²", "um": "µm"}
ABBREVIATIONS = {"nrbc": "NRBC", "wbc": "WBC", "me": "M:E", "rbc": "red cells"}
SHAPES = {
    "irregularly_contracted": "Irregularly contracted cell",
    "howell_jolly": "Howell–Jolly bodies",
    "pappenheimer": "Pappenheimer bodies",
    "polychromatic": "Polychromatic red cell",
}
"""Graded shapes that no schema holds."""
NOT_SHOWN = frozenset({"name", "version"})


@dataclass(frozen=True)
class RuleField:
    """One number of the rules."""

    path: tuple[str | int, ...]
    """Names of the tables, and places in lists, that lead to it."""
    group: str
    """What it belongs to, in words; of a grade the class."""
    label: str
    """What it is, in words."""
    value: float
    """As it stands now."""
    shipped: float | None
    """None where the laboratory has added it."""

    @property
    def key(self) -> str:
        """Its path in one word, for names of fields: `grades.schistocyte.low`."""
        return ".".join(str(part) for part in self.path)


def rule_fields(rules: Rules, shipped: Rules, schema: Schema, words: Mapping[str, str]) -> list[RuleField]:
    """Every number of the rules, in their order; `words`: dotted path to what people call it, where its own name says too
    little."""
    names = {c.key: c.name for c in schema.classes}
    return [
        RuleField(
            path,
            _group(path, rules.data, names),
            words.get(".".join(str(p) for p in path)) or _label(path),
            value,
            _at(shipped.data, path),
        )
        for path, value in _numbers(rules.data, ())
    ]


def with_numbers(
    own: Mapping[str, Any], shipped: Rules, numbers_by_path: Mapping[tuple[str | int, ...], float]
) -> dict[str, Any]:
    """What a laboratory changes (`own`) with these numbers too: a list is changed as a whole, and what is as it ships is left
    out. Raises KeyError, IndexError where there is no such number."""
    changed = copy.deepcopy(dict(own))
    for path, value in numbers_by_path.items():
        table: Any = changed
        like: Any = shipped.data
        for depth, part in enumerate(path[:-1]):
            like = like[part] if _has(like, part) else None
            if isinstance(part, str) and part not in table:
                of_list = isinstance(path[depth + 1], int)
                table[part] = copy.deepcopy(like) if of_list else {}
            table = table[part]
        if isinstance(table, dict) and path[-1] == "percent" and isinstance(text := table.get("text"), str):
            # "blasts against 20 % of white cells" names the limit itself.
            table["text"] = text.replace(f"{table['percent']:g} %", f"{value:g} %")
        table[path[-1]] = value
    return _unlike(changed, shipped.data)


def _unlike(own: Mapping[str, Any], shipped: Mapping[str, Any]) -> dict[str, Any]:
    """What of `own` is not as it ships."""
    differences = {}
    for key, value in own.items():
        like = shipped.get(key)
        if isinstance(value, Mapping) and isinstance(like, Mapping):
            value = _unlike(value, like)
            if value:
                differences[key] = value
        elif value != like:
            differences[key] = value
    return differences


def _numbers(value: Any, path: tuple[str | int, ...]) -> Iterator[tuple[tuple[str | int, ...], float]]:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            if path or key not in NOT_SHOWN:
                yield from _numbers(inner, (*path, key))
    elif isinstance(value, list):
        for place, inner in enumerate(value):
            yield from _numbers(inner, (*path, place))
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield path, value


def _has(table: Any, part: str | int) -> bool:
    if isinstance(table, Mapping):
        return part in table
    return isinstance(table, list) and isinstance(part, int) and part < len(table)


def _at(table: Any, path: tuple[str | int, ...]) -> float | None:
    for part in path:
        if not _has(table, part):
            return None
        table = table[part]
    return table if isinstance(table, int | float) else None


def _group(path: tuple[str | int, ...], data: Mapping[str, Any], names: Mapping[str, str]) -> str:
    if path[0] == GRADES and len(path) > 2:
        return names.get(str(path[1])) or SHAPES.get(str(path[1]), _words(str(path[1])))
    row = data[str(path[0])][path[1]] if len(path) > 2 and isinstance(path[1], int) else None
    if isinstance(row, Mapping) and row.get("text"):
        return str(row.get("noun") or row["text"])
    return _words(str(path[0])) if len(path) > 1 else ""


def _label(path: tuple[str | int, ...]) -> str:
    name = str(path[-1])
    if path[0] == GRADES:
        return OF_GRADES.get(name, _words(name))
    stem, _, last = name.rpartition("_")
    if last in UNITS and stem:
        return f"{_words(stem)} ({UNITS[last]})"
    return f"Limit ({UNITS[name]})" if name in UNITS else _words(name)


def _words(name: str) -> str:
    text = " ".join(ABBREVIATIONS.get(part, part) for part in name.split("_"))
    return text[:1].upper() + text[1:]
