"""Assays found: the folders beside this file, and those that installed packages name by `hemaview.assays`."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import import_module
from importlib.metadata import entry_points
from importlib.resources import files
from pkgutil import iter_modules
from types import ModuleType
from typing import Any

from hemaview.assays.assay import Assay, AssayError, Order, Target
from hemaview.assays.mustsee import MustSee
from hemaview.assays.rules import Rules
from hemaview.assays.settings import Setting
from hemaview.cells.schema import Schema, SchemaError, refuse_doubles, schema_from
from hemaview.words import all_of, gettext


@cache
def assays() -> Mapping[str, Assay]:
    """Every assay by its key: ours, then those of installed packages; ours are not replaced. Raises AssayError."""
    own = import_module("hemaview.assays")
    folders = [import_module(f"hemaview.assays.{m.name}") for m in iter_modules(own.__path__) if m.ispkg]
    entries = [e.load() for e in sorted(entry_points(group="hemaview.assays"), key=lambda e: e.name)]
    every: dict[str, Assay] = {}
    for folder in [*folders, *entries]:
        one = assay_in(folder)
        every.setdefault(one.key, one)
    return every


def assay(key: str) -> Assay:
    """The assay called `key`; raises AssayError naming those there are."""
    try:
        return assays()[key]
    except KeyError:
        raise AssayError(
            gettext("There is no examination called {key}; there are: {assays}.").format(
                key=key, assays=all_of(sorted(assays()))
            )
        ) from None


def assay_in(folder: ModuleType) -> Assay:
    """The assay that a package's files make; its key is the package's last name. Raises AssayError."""
    key = folder.__name__.rpartition(".")[2]
    try:
        about = _table(folder, "assay")
        schema = _schema(key, _table(folder, "classes"))
        count = import_module(f"{folder.__name__}.counts").count
        return Assay(
            key=key,
            title=about["title"],
            specimens=tuple(about["specimens"]),
            specimen_guard=tuple(about.get("looks_like", ())),
            finder=about["finder"],
            fields=about.get("fields", {}),
            schema=schema,
            rules=Rules(_table(folder, "rules")),
            rule_labels=about.get("rule_labels", {}),
            targets=tuple(_target(t, schema) for t in about.get("targets", ())),
            settings=tuple(_setting(s) for s in about.get("settings", ())),
            must_see=_must_see(about.get("must_see", {})),
            pictures=tuple(about.get("pictures", ())),
            headline=tuple(about.get("headline", ())),
            codes=_table(folder, "codes", {}),
            orders=tuple(_order(o, key, about) for o in _table(folder, "protocols", {}).get("protocols", ())),
            count=count,
        )
    except (KeyError, TypeError, AttributeError, SchemaError, tomllib.TOMLDecodeError, ModuleNotFoundError) as error:
        raise AssayError(
            gettext("The folder of the examination {key} is not complete: {error}.").format(key=key, error=error)
        ) from error


def _table(folder: ModuleType, name: str, missing: dict[str, Any] | None = None) -> dict[str, Any]:
    source = files(folder) / f"{name}.toml"
    if not source.is_file():
        if missing is not None:
            return missing
        raise KeyError(f"{name}.toml is missing")
    return tomllib.loads(source.read_text(encoding="utf-8"))


def _schema(key: str, raw: dict[str, Any]) -> Schema:
    schema = schema_from(key, int(raw["version"]), raw["classes"], raw["groups"])
    refuse_doubles(schema)
    return schema


def _target(raw: dict[str, Any], schema: Schema) -> Target:
    classes = [c.key for c in schema.classes if c.group in raw.get("groups", ()) and c.counted]
    classes += [schema.by_key[key].key for key in raw.get("classes", ())]
    return Target(raw["setting"], tuple(classes), raw.get("search", "fields"))


def _setting(raw: dict[str, Any]) -> Setting:
    return Setting(**{**raw, "choices": tuple(raw.get("choices", ()))})


def _must_see(raw: dict[str, Any]) -> MustSee:
    return MustSee(tuple(raw.get("unsure", ())), raw.get("maybe", ""), raw.get("probable", {}))


def _order(raw: dict[str, Any], key: str, about: dict[str, Any]) -> Order:
    defaults = {s["key"]: s["default"] for s in about.get("settings", ()) if "default" in s}
    return Order(
        name=raw["name"],
        title=raw["title"],
        assay=key,
        specimen=raw.get("specimen", about["specimens"][0]),
        finder=raw.get("finder", about["finder"]),
        models=raw["models"],
        settings={**defaults, **raw.get("settings", {})},
    )
