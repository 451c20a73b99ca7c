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
        parser.add_argument(
            "--after",
            type=Path,
            metavar="EARLIER.tar.gz",
            help="pack only files that this earlier backup does not hold; it is needed to restore, beside the new one",
        )

    def handle(self, **options: Any) -> None:
        rows = backup.backup(options["out"], self.stderr.write, options["after"])
        size = options["out"].stat().st_size / 1024**2
        self.stdout.write(f"{options['out']}: {rows} rows, {size:.1f} MiB")
