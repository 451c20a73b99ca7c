"""What a cell may be called: an ordered set of classes with their groups, marks and colours.

A cell file stores a class as its index and carries the classes it was written with, so that it is read by those and never
by today's. The classes themselves are data of the assays (`hemaview/assays/<name>/classes.toml`).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hemaview.words import all_of, gettext

MARKS = ("circle", "square", "triangle", "diamond", "plus", "cross", "star", "bar")
KINDS = ("red_cell", "nucleated", "platelet", "other")
MOST_CLASSES = 256
"""A cell file stores a class in one byte."""


class SchemaError(ValueError):
    """Classes that cannot be used; the message is one sentence."""


@dataclass(frozen=True, slots=True)
class Group:
    """Classes that belong together."""

    key: str
    """What files and rules call it."""
    name: str
    """What people read, such as White cells."""
    noun: str
    """The same within a sentence, such as white cells."""
    kind: str
    """What its cells are, one of KINDS: what is measured of them follows from it."""


@dataclass(frozen=True, slots=True)
class CellClass:
    """One class of a schema."""

    index: int
    """Its place in the schema, and its number in a cell file that is written with it."""
    key: str
    """What files, rules and models call it; never changed."""
    name: str
    """What people read."""
    short: str
    """The same where there is little room."""
    group: str
    """Key of its group."""
    colour: str
    """#rrggbb; never the only thing that tells classes apart."""
    mark: str
    """One of MARKS; with the colour it is unique within an assay."""
    shortcut: str = ""
    """The key that gives a cell this class."""
    must_see: bool = False
    """A person looks at every such cell before the case is signed."""
    counted: bool = True
    """Part of its group's n."""


@dataclass(frozen=True)
class Schema:
    """An ordered set of classes."""

    name: str
    """The assay's key."""
    version: int
    """Grows when its classes change."""
    classes: tuple[CellClass, ...]
    """In the order of their numbers."""
    groups: tuple[Group, ...] = ()
    """In the order in which they are shown."""

    @cached_property
    def by_key(self) -> dict[str, CellClass]:
        return {c.key: c for c in self.classes}

    @cached_property
    def sha256(self) -> str:
        """Hash of everything that the classes and groups say, in their order."""
        content = json.dumps([self.groups_json(), self.classes_json()], sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(content.encode()).hexdigest()

    def index(self, key: str) -> int:
        """The index of the class called `key`; raises KeyError."""
        try:
            return self.by_key[key].index
        except KeyError:
            raise KeyError(f"{key!r} is not a class of {self.name}") from None

    def group_of(self, group: str) -> tuple[CellClass, ...]:
        return tuple(c for c in self.classes if c.group == group)

    def of_kind(self, *kinds: str) -> tuple[CellClass, ...]:
        """The classes whose group holds cells of these kinds."""
        groups = {g.key for g in self.groups if g.kind in kinds}
        return tuple(c for c in self.classes if c.group in groups)

    def rows_of_kind(self, cls: NDArray[np.uint8], *kinds: str) -> NDArray[np.bool_]:
        """bool (n,): which of the cells with classes `cls` (n,) are of these kinds."""
        return np.isin(cls, [c.index for c in self.of_kind(*kinds)])

    def classes_json(self) -> list[dict[str, Any]]:
        """The classes as they are written into a cell file."""
        return [{k: v for k, v in asdict(c).items() if k != "index"} for c in self.classes]

    def groups_json(self) -> list[dict[str, Any]]:
        return [asdict(g) for g in self.groups]

    def __len__(self) -> int:
        return len(self.classes)


def schema_from(
    name: str, version: int, classes: Sequence[Mapping[str, Any]], groups: Sequence[Mapping[str, Any]]
) -> Schema:
    """A schema from tables such as `classes_json` gives, as they stand; raises SchemaError where a part is missing."""
    if not 0 < len(classes) <= MOST_CLASSES:
        raise SchemaError(
            gettext("{name} has {classes} classes; a cell file takes from 1 to {most_classes}.").format(
                name=name, classes=len(classes), most_classes=MOST_CLASSES
            )
        )
    try:
        schema = Schema(
            name, version, tuple(CellClass(i, **c) for i, c in enumerate(classes)), tuple(Group(**g) for g in groups)
        )
    except TypeError as error:
        raise SchemaError(
            gettext("A class of {name} has a part too many or too few: {error}.").format(name=name, error=error)
        ) from error
    for g in schema.groups:
        if g.kind not in KINDS:
            raise SchemaError(
                gettext("The group {key} of {name} is of the kind {kind}; there are: {kinds}.").format(
                    key=g.key, name=name, kind=g.kind, kinds=all_of(KINDS)
                )
            )
    group_keys = {g.key for g in schema.groups}
    for c in schema.classes:
        if c.group not in group_keys:
            raise SchemaError(
                gettext("The class {key} of {name} is of the group {group}, which there is not.").format(
                    key=c.key, name=name, group=c.group
                )
            )
        if c.mark not in MARKS:
            raise SchemaError(
                gettext("The class {key} of {name} has the mark {mark}; there are: {marks}.").format(
                    key=c.key, name=name, mark=c.mark, marks=all_of(MARKS)
                )
            )
    return schema


def refuse_doubles(schema: Schema) -> None:
    """Raise SchemaError where two classes share a key, a shortcut, or a look (mark and colour)."""
    for what in ("key", "shortcut"):
        values = [v for c in schema.classes if (v := getattr(c, what))]
        if twice := sorted({v for v in values if values.count(v) > 1}):
            raise SchemaError(
                gettext("Two classes of {name} have the {what} {twice!r}.").format(
                    name=schema.name, what=what, twice=twice[0]
                )
            )
    looks = [(c.mark, c.colour.lower()) for c in schema.classes]
    if doubled := next((c for c, look in zip(schema.classes, looks, strict=True) if looks.count(look) > 1), None):
        raise SchemaError(
            gettext("The class {key} of {name} wears the mark and colour of another class.").format(
                key=doubled.key, name=schema.name
            )
        )


def vocabulary(at_writing: Schema, today: Schema) -> Schema:
    """The classes that a finished job's cells have and may be given: those it was written with, at their own index, in
    today's words and looks where today still has them; then those that have come since.

    A class that is no longer there keeps the name it was written with, but no shortcut.
    """
    marks_in_use = {(c.mark, c.colour) for c in today.classes}
    classes = [
        replace(now, index=c.index)
        if (now := today.by_key.get(c.key))
        else replace(_unlike(c, marks_in_use), shortcut="")
        for c in at_writing.classes
    ]
    new = [c for c in today.classes if c.key not in at_writing.by_key]
    classes += [replace(c, index=len(classes) + i) for i, c in enumerate(new)]
    groups = {g.key: g for g in (*at_writing.groups, *today.groups)}
    return Schema(today.name, today.version, tuple(classes), tuple(groups.values()))


def _unlike(c: CellClass, marks_in_use: set[tuple[str, str]]) -> CellClass:
    """A class that today has no more, in a look that no class of today wears."""
    if (c.mark, c.colour) not in marks_in_use:
        return c
    free = next((mark for mark in MARKS if (mark, c.colour) not in marks_in_use), c.mark)
    return replace(c, mark=free)
