"""Roles, models and protocols: what a new database needs beside its tables."""

from __future__ import annotations

from typing import Any

from apps.accounts.commands import SentenceCommand
from apps.accounts.services import ensure_roles
from apps.analysis.services import sync_models
from apps.analysis.worker import installed_cards


class Command(SentenceCommand):
    help = (
        "After `migrate`: make the four roles, register installed models and the blood-film protocol; safe to run again. "
        "Example: python manage.py migrate && python manage.py setup"
    )

    def handle(self, **options: Any) -> None:
        ensure_roles()
        said = sync_models(installed_cards())
        self.stdout.write("\n".join(["Roles are there.", *said]))
