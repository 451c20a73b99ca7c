"""Cell files are read by the classes that stand in them, whatever today's are."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hemaview.cells.earlier import classes_of_format_1
from hemaview.cells.schema import Schema, SchemaError, refuse_doubles, schema_from, vocabulary
from hemaview.cells.store import CellFileError, described, read_cells, schema_in, write_cells
from tests.factories import cells
from tests.schemas import BLOOD_FILM


def without(schema: Schema, *keys: str) -> Schema:
    classes = [c for c in schema.classes if c.key not in keys]
    return replace(schema, classes=tuple(replace(c, index=i) for i, c in enumerate(classes)))


def with_new(schema: Schema, place: int) -> Schema:
    new = replace(schema.classes[0], key="parasite", name="Parasite", mark="cross", colour="#d55e00", shortcut="")
    classes = [*schema.classes[:place], new, *schema.classes[place:]]
    return replace(schema, classes=tuple(replace(c, index=i) for i, c in enumerate(classes)))


def test_a_file_says_what_its_classes_are_and_is_read_by_them(tmp_path: Path) -> None:
    path = tmp_path / "cells.arrow"
    write_cells(path, cells({"normal": 3, "blast": 2}), described(BLOOD_FILM))
    table, metadata = read_cells(path)
    written = schema_in(metadata)
    assert written == BLOOD_FILM and written.sha256 == BLOOD_FILM.sha256
    assert [written.classes[i].key for i in table.cls] == ["normal"] * 3 + ["blast"] * 2


@pytest.mark.parametrize("place", [0, 5, len(BLOOD_FILM)])
def test_a_class_that_came_since_wherever_it_stands_leaves_every_cell_its_class(place: int) -> None:
    today = with_new(BLOOD_FILM, place)
    schema = vocabulary(BLOOD_FILM, today)
    assert [c.key for c in schema.classes[: len(BLOOD_FILM)]] == [c.key for c in BLOOD_FILM.classes]
    assert schema.classes[-1].key == "parasite" and [c.index for c in schema.classes] == list(range(len(schema)))
    refuse_doubles(schema)
    table = cells({"normal": 2}).with_classes(len(schema))
    assert table.p.shape == (2, len(schema)) and not table.p[:, -1].any()


def test_a_class_that_is_gone_keeps_its_name_and_its_place_and_a_look_of_its_own() -> None:
    today = with_new(without(BLOOD_FILM, "burr"), 3)
    schema = vocabulary(BLOOD_FILM, today)
    gone = schema.by_key["burr"]
    assert (gone.index, gone.name, gone.shortcut) == (BLOOD_FILM.index("burr"), "Burr cell (echinocyte)", "")
    refuse_doubles(schema)


def test_a_renamed_class_is_shown_under_the_key_that_stands_in_the_file() -> None:
    today = replace(
        BLOOD_FILM, classes=tuple(replace(c, key="echinocyte") if c.key == "burr" else c for c in BLOOD_FILM.classes)
    )
    schema = vocabulary(BLOOD_FILM, today)
    assert schema.classes[BLOOD_FILM.index("burr")].key == "burr" and schema.classes[-1].key == "echinocyte"
    refuse_doubles(schema)


def test_words_and_looks_are_todays_for_classes_that_are_still_there() -> None:
    today = replace(
        BLOOD_FILM, classes=tuple(replace(c, name="Echinocyte") if c.key == "burr" else c for c in BLOOD_FILM.classes)
    )
    assert vocabulary(BLOOD_FILM, today).by_key["burr"].name == "Echinocyte"


def test_a_file_of_format_1_is_read_by_the_classes_of_its_time() -> None:
    assert classes_of_format_1("blood-film").classes[28].key == "erythroblast"
    some = schema_in({"format": "hemaview-cells/1", "schema": "blood-film", "classes": ["blast", "normal"]})
    assert [(c.index, c.key) for c in some.classes] == [(0, "blast"), (1, "normal")]
    with pytest.raises(CellFileError, match="what its classes are"):
        schema_in({"format": "hemaview-cells/1", "schema": "tea-leaves"})


def test_classes_that_were_altered_in_the_file_are_refused(tmp_path: Path) -> None:
    about: dict[str, Any] = json.loads(json.dumps(described(BLOOD_FILM)))
    about["classes"][0]["key"] = "blast2"
    with pytest.raises(CellFileError, match="not those it was written with"):
        schema_in({"format": "hemaview-cells/2", **about})


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"group": "tea"}, "is of the group tea, which there is not"),
        ({"mark": "leaf"}, "has the mark leaf; there are: circle"),
        ({"flavour": "x"}, "a part too many or too few"),
    ],
)
def test_classes_that_cannot_be_used_are_refused_in_a_sentence(change: dict[str, str], sentence: str) -> None:
    rows = [{**BLOOD_FILM.classes_json()[0], **change}]
    with pytest.raises(SchemaError, match=sentence):
        schema_from("odd", 1, rows, BLOOD_FILM.groups_json())


def test_doubles_are_refused_by_name() -> None:
    twice = replace(BLOOD_FILM, classes=(*BLOOD_FILM.classes, replace(BLOOD_FILM.classes[3], index=len(BLOOD_FILM))))
    with pytest.raises(SchemaError, match="Two classes of blood_film have the key 'spherocyte'"):
        refuse_doubles(twice)


def test_padding_adds_no_probability_and_no_row() -> None:
    table = cells({"normal": 4})
    assert table.with_classes(3) is table
    assert np.array_equal(table.with_classes(60).p[:, : table.p.shape[1]], table.p)
