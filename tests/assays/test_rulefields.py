"""Numbers of counting rules as fields of a form, and back into what a laboratory changes."""

from __future__ import annotations

import pytest

from hemaview.assays import assay, assays, rules_from
from hemaview.assays.rulefields import rule_fields, with_numbers
from hemaview.assays.rules import Rules

FILM = assay("blood_film")


def test_every_number_of_every_examination_has_words_and_the_shipped_value() -> None:
    for examination in assays().values():
        for field in rule_fields(examination.rules, examination.rules, examination.schema, examination.rule_labels):
            assert field.value == field.shipped and field.label and "_" not in field.label + field.group
            assert field.key == ".".join(map(str, field.path))
        paths = {f.key for f in rule_fields(examination.rules, examination.rules, examination.schema, {})}
        assert set(examination.rule_labels) <= paths, "a label of a number that there is not"


def test_grades_bear_the_name_of_their_class_and_limits_their_sentence() -> None:
    fields = {f.key: f for f in rule_fields(FILM.rules, FILM.rules, FILM.schema, FILM.rule_labels)}
    low = fields["grades.schistocyte.low"]
    assert (low.group, low.label, low.value) == ("Schistocyte", "2+ from (%)", 1.0)
    assert fields["grades.howell_jolly.low"].group == "Howell–Jolly bodies", "of a shape that no schema holds"
    assert fields["limits.0.percent"].group == "blasts against 20 % of white cells"
    assert fields["platelets.field_diameter_mm"].label.endswith("(mm)")


def test_a_changed_number_is_all_that_differs_and_one_set_back_differs_no_more() -> None:
    own = with_numbers({}, FILM.rules, {("grades", "burr", "low"): 8, ("limits", 0, "percent"): 10})
    assert own["grades"] == {"burr": {"low": 8}}
    limit = {**FILM.rules.data["limits"][0], "percent": 10, "text": "blasts against 10 % of white cells"}
    assert own["limits"] == [limit], "its sentence names the new limit"
    rules = rules_from(own, FILM.rules)
    assert rules.get("grades.burr") == {"low": 8, "high": 20.0} and rules.version == f"{FILM.rules.version}-own"
    back = with_numbers(own, FILM.rules, {("grades", "burr", "low"): 5, ("limits", 0, "percent"): 20})
    assert back == {} and FILM.rules.data["limits"][0]["percent"] == 20.0


def test_what_a_laboratory_added_is_said_to_be_its_own() -> None:
    more = [*FILM.rules.data["limits"], {"class": "blast", "section": "differential", "percent": 5.0, "text": "5 %"}]
    rules = rules_from({"limits": more}, FILM.rules)
    added = {f.key: f for f in rule_fields(rules, FILM.rules, FILM.schema, {})}["limits.1.percent"]
    assert added.shipped is None and added.group == "5 %"


def test_a_number_that_there_is_not_is_refused() -> None:
    with pytest.raises((KeyError, IndexError)):
        with_numbers({}, Rules({"name": "x", "version": 1, "limits": []}), {("limits", 3, "percent"): 1})
