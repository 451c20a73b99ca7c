"""What every assay must be, ours and those of installed packages."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hemaview.assays import Assay, assays, must_see_reasons, rules_from
from hemaview.cells.schema import refuse_doubles
from hemaview.counting.values import Tally, result_json
from hemaview.methods.registry import METHODS
from hemaview.pipeline.finders import finder_kinds
from tests import factories

EVERY = list(assays().values())
SECTIONS = {"differential", "nrbc", "red_cells", "platelets", "marrow", "sickle", "fetal_nrbc", "cells"}
RESERVED = {
    "blast": ("star", "#cc79a7"),
    "erythroblast": ("diamond", "#d55e00"),
    "schistocyte": ("triangle", "#d55e00"),
    "sickle_cell": ("bar", "#d55e00"),
    "elongated": ("bar", "#d55e00"),
}
"""Looks of the classes that must never be missed: no other class wears one."""


@pytest.fixture(params=EVERY, ids=lambda a: a.key)
def one(request: pytest.FixtureRequest) -> Assay:
    return request.param


def test_keys_shortcuts_and_looks_are_unique(one: Assay) -> None:
    refuse_doubles(one.schema)


def test_no_class_wears_the_look_of_one_that_must_never_be_missed(one: Assay) -> None:
    for c in one.schema.classes:
        if (c.mark, c.colour) in RESERVED.values():
            assert RESERVED.get(c.key) == (c.mark, c.colour), c.key
    for key in ("blast", "schistocyte", "sickle_cell", "elongated"):
        if key in one.schema.by_key:
            assert (one.schema.by_key[key].mark, one.schema.by_key[key].colour) == RESERVED[key]


def test_what_it_names_exists(one: Assay) -> None:
    kind = finder_kinds()[one.finder]
    groups = {g.key for g in one.schema.groups}
    assert set(one.must_see.unsure) <= groups
    assert set(one.must_see.probable or {}) <= set(one.schema.by_key)
    assert set(one.pictures) <= set(one.schema.by_key)
    described = {s.key for s in one.settings}
    for target in one.targets:
        assert target.setting in described and set(target.classes) <= set(one.schema.by_key)
    for order in one.orders:
        kind = finder_kinds()[order.finder]
        assert set(kind.roles) <= set(order.models) <= {*kind.roles, *kind.optional}
        assert set(order.models.values()) <= set(METHODS)
        assert order.specimen in one.specimens
        assert one.wrong_settings(order.settings) == ""


def test_its_settings_say_what_they_are_and_take_their_own_defaults(one: Assay) -> None:
    for setting in one.settings:
        assert setting.label and setting.help.endswith(".")
        if setting.default is not None:
            assert setting.wrong(setting.default) == ""
        assert setting.wrong(object()).endswith(".") and (
            setting.kind == "text" or setting.wrong(10**400).endswith(".")
        )
    assert "no setting called dowsing" in one.wrong_settings({"dowsing": 1})


def test_what_it_counts_is_json_with_sections_of_known_names(one: Assay) -> None:
    result = one.count(Tally({}), one.schema, one.rules)
    answer = json.loads(json.dumps(result_json(result), allow_nan=False))
    assert answer["assay"] == one.key and {s["key"] for s in answer["sections"]} <= SECTIONS
    assert all(r["percent"] is None for s in answer["sections"] for r in s["rows"])
    for ratio in answer["ratios"]:
        assert ratio["value"] is not None or ratio["why"].endswith(".")
    keys = {s["key"] for s in answer["sections"]} | {r["key"] for r in answer["ratios"]}
    assert set(one.headline) <= keys


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_no_cell_is_counted_twice_or_lost(data: Any) -> None:
    one = data.draw(st.sampled_from(EVERY))
    cells = {c.key: data.draw(st.integers(0, 500)) for c in one.schema.classes}
    result = one.count(Tally(cells, counted_mm2=0.2), one.schema, one.rules)
    json.dumps(result_json(result), allow_nan=False)
    counts: dict[str, int] = dict(result.outside)
    for section in result.sections:
        for row in section.rows:
            if row.key in one.schema.by_key:
                assert row.key not in counts, row.key
                counts[row.key] = row.count
    assert {k: n for k, n in counts.items() if n} == {k: n for k, n in cells.items() if n}


def test_each_of_its_must_see_classes_must_be_seen(one: Assay) -> None:
    cells = factories.cells({c.key: 1 for c in one.schema.classes}, key=one.key)
    reasons = must_see_reasons(cells, one.schema, one.must_see, 0.2)
    for c in one.schema.classes:
        if c.must_see:
            assert reasons[np.flatnonzero(cells.cls == c.index)[0]] == c.name.lower()


def test_its_rules_take_changes_of_the_same_kind_alone(one: Assay) -> None:
    assert rules_from({}, one.rules).sha256 == one.rules.sha256
    assert rules_from(dict(one.rules.data), one.rules).version == one.rules.version
    with pytest.raises(ValueError, match="nothing called dowsing"):
        rules_from({"dowsing": 1}, one.rules)
