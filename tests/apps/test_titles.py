"""The title of a refusal says what is the matter."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from apps.accounts.errors import Conflict, Forbidden
from apps.accounts.titles import TITLES
from apps.cases.models import Case
from tests import factories

APPS = Path(__file__).parents[2] / "apps"
ONLY_IN_COMMANDS = "conflict"


def _codes_of(call: ast.Call) -> Iterator[str]:
    """The codes that a refusal can have: a constant, or the ends of a conditional."""
    for keyword in call.keywords:
        if keyword.arg == "code":
            yield from (
                node.value
                for node in ast.walk(keyword.value)
                if isinstance(node, ast.Constant) and isinstance(node.value, str)
            )


def _conflicts() -> Iterator[tuple[str, str]]:
    """Every code that the source gives to a 409, with its place."""
    for path in APPS.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
                continue
            is_409 = any(k.arg == "http_status" and getattr(k.value, "value", None) == 409 for k in node.keywords)
            if node.func.id == "Conflict" or (node.func.id == "Refusal" and is_409):
                for code in _codes_of(node) or [ONLY_IN_COMMANDS]:
                    yield code, f"{path.relative_to(APPS)}:{node.lineno}"


def test_each_conflict_has_a_title_of_its_own() -> None:
    conflicts = list(_conflicts())
    assert len(conflicts) > 60
    assert [(code, place) for code, place in conflicts if code not in TITLES] == []


def test_no_title_stands_for_a_code_that_nobody_gives() -> None:
    source = "".join(p.read_text() for folder in ("apps", "hemaview") for p in (APPS.parent / folder).rglob("*.py"))
    table = (APPS / "accounts/titles.py").read_text()
    assert [code for code in TITLES if source.count(f'"{code}"') == table.count(f'"{code}"')] == []


def test_a_code_without_a_title_has_that_of_its_kind() -> None:
    assert Forbidden("Nobody may.").title == "You are not permitted to do this"
    assert Conflict("Wait.", code="importing").title == "Still running"


@pytest.mark.django_db
def test_a_locked_case_is_said_to_be_signed_and_not_to_have_changed(tess: Any, api: Any) -> None:
    case = factories.case(tess)
    Case.objects.filter(pk=case.pk).update(state=Case.State.SIGNED)
    answer = api(tess).patch(f"/api/v1/cases/{case.accession}/", {"stain": "Wright"}, format="json")
    assert (answer.status_code, answer.json()["code"], answer.json()["title"]) == (
        409,
        "case-locked",
        "The case is signed",
    )
