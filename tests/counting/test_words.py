from __future__ import annotations

from hemaview.counting.words import cells_of, noun_for, number_of, unit_beside


def test_one_thing_is_said_of_one_and_many_of_any_other_number() -> None:
    assert [number_of(n, "white cell") for n in (0, 1, 2, 1200)] == [
        "0 white cells", "1 white cell", "2 white cells", "1,200 white cells"
    ]  # fmt: skip
    assert number_of(2, "difference of one", "differences of one") == "2 differences of one"
    assert [cells_of(n, "gradable red cells") for n in (1, 1200)] == ["1 gradable red cell", "1,200 gradable red cells"]
    assert [cells_of(n, "spores") for n in (0, 1)] == ["0 spores", "1 spore"]
    assert [noun_for(n, "gradable red cells") for n in (1, 1200)] == ["gradable red cell", "gradable red cells"]
    assert [noun_for(n, "spores") for n in (0, 1)] == ["spores", "spore"]


def test_a_unit_that_the_name_says_is_not_said_again() -> None:
    assert unit_beside({"name": "⟦Plàtélétš pér mm²⟧", "unit": "/mm²", "unit_in_name": True}) == ""
    assert unit_beside({"name": "Candidates", "unit": "/mm²", "unit_in_name": False}) == "/mm²"
    assert unit_beside({"name": "Platelets, estimated", "unit": "10⁹/L", "unit_in_name": False}) == "10⁹/L"
    assert unit_beside({"name": "I:T", "unit": "1", "unit_in_name": False}) == ""


def test_reports_of_before_names_stated_it_print_their_units_as_then() -> None:
    assert unit_beside({"name": "Platelets per mm²", "unit": "/mm²"}) == ""
    assert unit_beside({"name": "Platelets, estimated", "unit": "10⁹/L"}) == "10⁹/L"
