"""Keep everything that cannot be made again."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from apps.accounts.commands import SentenceCommand
from apps.desk import backup


class Command(SentenceCommand):
    help = (
        "Write rows, slides, results and reports to one file. Example: python manage.py backup /backups/monday.tar.gz"
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("out", type=Path)

    def handle(self, **options: Any) -> None:
        rows = backup.backup(options["out"], self.stderr.write)
        size = options["out"].stat().st_size / 1024**2
        self.stdout.write(f"{options['out']}: {rows} rows, {size:.1f} MiB")
