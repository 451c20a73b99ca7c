"""Documentation that is tested: every command, setting and model has its line; production refuses defaults."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.management import get_commands, load_command_class

ROOT = Path(__file__).parents[1]
OURS = sorted(name for name, app in get_commands().items() if app.startswith("apps."))


@pytest.mark.parametrize("name", OURS)
def test_each_command_is_documented_and_helps_with_an_example(name: str) -> None:
    assert f"| `{name}" in (ROOT / "docs" / "commands.md").read_text()
    command = load_command_class(get_commands()[name], name)
    assert "Example: " in command.help


def test_each_setting_from_the_environment_is_documented() -> None:
    text = "".join(p.read_text() for p in (ROOT / "hemaview" / "config" / "settings").glob("*.py"))
    text += "".join(p.read_text() for p in (ROOT / "hemaview" / "inference").glob("*.py"))
    names = set(re.findall(r'"(HEMAVIEW_[A-Z_]+|DATABASE_URL|REDIS_URL)"', text))
    page = (ROOT / "docs" / "running.md").read_text()
    assert sorted(n for n in names if f"`{n}`" not in page) == []


def test_the_models_page_is_made_from_the_cards() -> None:
    from hemaview.methods.page import models_page

    assert (ROOT / "docs" / "models.md").read_text() == models_page()


def test_links_between_documents_lead_somewhere() -> None:
    pages = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
    broken = [
        (page.name, target)
        for page in pages
        for target in re.findall(r"\]\(([^)#:]+)[^):]*\)", page.read_text())
        if not (page.parent / target).exists()
    ]
    assert broken == []


def test_no_picture_of_what_is_gone_is_left_beside_the_pages() -> None:
    shown = "".join(page.read_text() for page in (*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")))
    pictures = [p for p in (ROOT / "docs").rglob("*") if p.suffix in (".png", ".jpg")]
    assert len(pictures) > 20
    assert [p.name for p in pictures if p.name not in shown] == []


GOOD = {
    "HEMAVIEW_SECRET_KEY": "x" * 40, "HEMAVIEW_HOSTS": "hemaview.example.org", "REDIS_URL": "redis://127.0.0.1:1/0",
    "DATABASE_URL": "postgres://u:a-good-password@127.0.0.1:1/x",
}  # fmt: skip


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"HEMAVIEW_SECRET_KEY": "change-me"}, "HEMAVIEW_SECRET_KEY"),
        ({"HEMAVIEW_SECRET_KEY": "short"}, "HEMAVIEW_SECRET_KEY"),
        ({"HEMAVIEW_HOSTS": "*"}, "HEMAVIEW_HOSTS"),
        ({"DATABASE_URL": "postgres://u:postgres@127.0.0.1:1/x"}, "password of your own"),
        ({"REDIS_URL": ""}, "REDIS_URL"),
        ({}, ""),
    ],
)
def test_production_refuses_default_secrets(change: dict[str, str], message: str, tmp_path: Path) -> None:
    environment = {
        "PATH": os.environ["PATH"], "HEMAVIEW_VAR": str(tmp_path), "PYTHONPATH": str(ROOT),
        "DJANGO_SETTINGS_MODULE": "hemaview.config.settings.production", **GOOD, **change,
    }  # fmt: skip
    run = subprocess.run(
        [sys.executable, "-c", "from django.conf import settings; settings.DEBUG"],
        env=environment,
        capture_output=True,
        text=True,
    )
    assert (run.returncode == 0) == (not message)
    assert message in run.stderr
