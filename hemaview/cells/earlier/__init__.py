"""Classes of cell files that an earlier version wrote without describing them."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from functools import cache
from importlib import resources

from hemaview.cells.schema import Schema, schema_from


@cache
def classes_of_format_1(name: str, keys: Sequence[str] = ()) -> Schema:
    """The classes of a file of format 1 (`hemaview-cells/1`), which names its schema and the keys of its classes.

    Files of the very first version named no keys: they have all classes of the schema. Raises KeyError where there is no such
    schema or class.
    """
    source = resources.files(__package__) / f"{name}.toml"
    if not source.is_file():
        raise KeyError(f"no cell file of format 1 has the schema {name!r}")
    raw = tomllib.loads(source.read_text(encoding="utf-8"))
    every = {c["key"]: c for c in raw["classes"]}
    return schema_from(name, raw["version"], [every[key] for key in keys] or raw["classes"], raw["groups"])
