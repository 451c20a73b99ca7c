"""Searching cases within words uses an index on PostgreSQL."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import needs
from tests.integration.stack import postgres, postgres_tools

pytestmark = pytest.mark.services

_LOOK = """
from django.db import connection
from apps.cases.filters import CaseFilter
from apps.cases.models import Case
found = CaseFilter({"search": "00042"}, queryset=Case.objects.order_by()).qs
with connection.cursor() as cursor:
    cursor.execute("SET enable_seqscan = off")
print(found.explain())
"""


def test_searching_within_words_uses_the_index(tmp_path: Path) -> None:
    needs(postgres_tools() is not None, "PostgreSQL is missing: apt-get install postgresql")
    with postgres(tmp_path) as url:
        environment = {
            **os.environ, "DATABASE_URL": url, "HEMAVIEW_VAR": str(tmp_path / "var"),
            "DJANGO_SETTINGS_MODULE": "hemaview.config.settings.demo",
        }  # fmt: skip

        def manage(*words: str) -> str:
            run = subprocess.run([sys.executable, "manage.py", *words], env=environment, capture_output=True, text=True)
            assert run.returncode == 0, run.stderr
            return run.stdout

        assert "stays without its index" not in manage("migrate", "-v", "1")
        plan = manage("shell", "-v", "0", "-c", _LOOK)
    for column in ("accession", "pseudonym", "question", "stain"):
        assert f"cases_case_{column}_trgm" in plan, plan
