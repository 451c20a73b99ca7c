"""Bring a backup back."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from apps.accounts.commands import SentenceCommand
from apps.desk import backup


class Command(SentenceCommand):
    help = (
        "Fill a new, migrated, empty HemaView from a backup and prove its audit chain. "
        "Example: python manage.py migrate && python manage.py restore /backups/monday.tar.gz"
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("source", type=Path)

    def handle(self, **options: Any) -> None:
        self.stdout.write(
            f"{backup.restore(options['source'], self.stderr.write)} rows are back; the audit chain holds."
        )
