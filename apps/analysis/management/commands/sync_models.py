"""Make the installed models and their protocol known to the database."""

from __future__ import annotations

from typing import Any

from apps.accounts.commands import SentenceCommand
from apps.analysis.services import sync_models
from apps.analysis.worker import installed_cards


class Command(SentenceCommand):
    help = "Register installed models and the blood-film protocol; safe to run again. Example: python manage.py sync_models"

    def handle(self, **options: Any) -> None:
        said = sync_models(installed_cards())
        self.stdout.write("\n".join(said) if said else "Nothing new.")
