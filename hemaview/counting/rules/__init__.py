"""Versioned tables of counting rules, data that an administrator may replace."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from importlib import resources
from typing import Any


@dataclass(frozen=True)
class Rules:
    """One version of a protocol's counting rules."""

    name: str
    version: int
    grades: dict[str, tuple[float, float]]
    limits: tuple[dict[str, Any], ...]
    nrbc_correct_from: float
    schistocyte_min_red_cells: int
    schistocyte_limit_percent: float


def load_rules(name: str) -> Rules:
    """The shipped rules called `name`; raises KeyError."""
    source = resources.files(__package__) / f"{name}.toml"
    if not source.is_file():
        raise KeyError(f"no counting rules are called {name!r}")
    return parse_rules(tomllib.loads(source.read_text(encoding="utf-8")))


def parse_rules(raw: dict[str, Any]) -> Rules:
    """Rules from their table; raises KeyError where a part is missing."""
    return Rules(
        name=raw["name"],
        version=int(raw["version"]),
        grades={key: (float(a), float(b)) for key, (a, b) in raw["grades"].items()},
        limits=tuple(raw.get("limits", ())),
        nrbc_correct_from=float(raw["nrbc"]["correct_from_per_100_wbc"]),
        schistocyte_min_red_cells=int(raw["schistocyte"]["min_red_cells"]),
        schistocyte_limit_percent=float(raw["schistocyte"]["limit_percent"]),
    )
