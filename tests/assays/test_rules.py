"""A laboratory's counting rules are tried before anybody orders by them: else each page of a case would fail at them."""

from __future__ import annotations

from typing import Any

import pytest

from hemaview.assays import assay, assays, rules_from

FILM = assay("blood_film")
LIMIT = {"class": "blast", "section": "differential", "percent": 10.0, "text": "blasts against 10 % of white cells"}


@pytest.mark.parametrize("key", sorted(assays()))
def test_the_rules_that_ship_can_count(key: str) -> None:
    assert assay(key).wrong_rules(assay(key).rules) == ""


@pytest.mark.parametrize(
    ("own", "words"),
    [
        ({"limits": [{k: v for k, v in LIMIT.items() if k != "text"}]}, "“text” is missing"),
        ({"limits": [{**LIMIT, "section": "nowhere"}]}, "“nowhere” is missing, or there is no such thing"),
        ({"limits": [{**LIMIT, "percent": "a lot"}]}, "write each entry of a list as"),
        ({"limits": ["blast"]}, "write each entry of a list as"),
        ({"unspecific": [{"class": "burr", "percent": 1.0}]}, "“noun” is missing"),
        (
            {"grades": {"schistocyte": {"first": 3}}},
            "The grade of schistocyte below 2+ is 1 (for 1+) or 0 (for none), not 3.",
        ),
        ({"grades": {"target": {"low": 30.0}}}, "The grades of target begin with 2+ at 30 %"),
    ],
)
def test_a_list_that_cells_cannot_be_counted_by_is_refused_in_a_sentence(own: dict[str, Any], words: str) -> None:
    assert words in FILM.wrong_rules(rules_from(own, FILM.rules))
    assert FILM.wrong_rules(rules_from({"limits": [LIMIT]}, FILM.rules)) == ""


@pytest.mark.parametrize("number", [float("nan"), float("inf"), -1, 10**400])
def test_a_number_of_the_rules_is_one_that_a_database_keeps(number: float) -> None:
    with pytest.raises(ValueError, match="is a number of at least 0"):
        rules_from({"platelets": {"factor_low": number}}, FILM.rules)
