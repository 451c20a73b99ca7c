"""Lists within sentences, and phrases of packages that know no Django."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.utils import translation

from hemaview.words import all_of, gettext, naming, one_of

ROOT = Path(__file__).parents[1]
WORDS = ROOT / "hemaview" / "words.py"


def test_a_list_of_choices_says_or_and_shows_an_empty_one() -> None:
    assert one_of(["a"]) == "a" and one_of([]) == ""
    assert one_of(["view", "sign"]) == "view or sign"
    assert one_of(["", "female", "male"]) == 'female, male or "" (nothing)'
    assert all_of(["a", "b", "c"]) == "a, b and c"


def test_a_refusal_names_those_that_there_are_or_says_that_there_is_none() -> None:
    some, none = "There is no {name}; there are: {there}.", "There is no {name}, nor any other."
    assert naming(["a", "b"], some, none, name="c") == "There is no c; there are: a and b."
    assert naming([], some, none, name="{there}") == "There is no {there}, nor any other."


def _joined_within(node: ast.AST) -> Iterator[int]:
    for part in ast.walk(node):
        if isinstance(part, ast.Call) and isinstance(part.func, ast.Attribute) and part.func.attr == "join":
            between = part.func.value
            if isinstance(between, ast.Constant) and between.value in (", ", " or ", " and "):
                yield part.lineno


def test_no_refusal_joins_its_list_by_hand() -> None:
    """A list without *or* or *and* reads as cut short; `one_of` and `all_of` say it whole."""
    by_hand = []
    for path in (p for folder in ("apps", "hemaview") for p in (ROOT / folder).rglob("*.py") if p != WORDS):
        for node in ast.walk(ast.parse(path.read_text())):
            formatted = (
                isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "format"
            )
            if isinstance(node, ast.Raise) or formatted:
                by_hand += [f"{path.relative_to(ROOT)}:{line}" for line in _joined_within(node)]
    assert sorted(set(by_hand)) == []


def test_phrases_of_packages_are_translated_by_the_house_that_runs_them() -> None:
    with translation.override("en"):
        assert gettext("{others} or {last}") == "{others} or {last}"


def test_an_empty_choice_is_named_by_the_api(tess: Any, api: Any) -> None:
    answer = api(tess).post("/api/v1/cases/", {"accession": "T-9", "sex": "neither"}, format="json")
    assert answer.status_code == 400
    assert answer.json()["errors"] == {"sex": ['Choose female, male or "" (nothing).']}
