"""Roles, models and protocols: what a new database needs beside its tables."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from apps.accounts.commands import SentenceCommand
from apps.accounts.services import ensure_roles
from apps.analysis.modelservices import protocols_behind, renew_protocols, sync_models
from apps.analysis.worker import installed_cards


class Command(SentenceCommand):
    help = (
        "After `migrate`: make the four roles, register installed models and the protocols they can run; safe to run again. "
        "Example: python manage.py migrate && python manage.py setup"
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--renew-protocols",
            action="store_true",
            help="after an upgrade: a new version of each protocol that is not as it is shipped now; your settings stay, and "
            "old versions too",
        )

    def handle(self, **options: Any) -> None:
        ensure_roles()
        cards = installed_cards()
        sentences = ["Roles are there.", *sync_models(cards)]
        if options["renew_protocols"]:
            sentences += renew_protocols(cards) or ["No protocol needs a new version."]
        elif behind := protocols_behind(cards):
            sentences.append(
                f"Not as they are shipped now: {', '.join(behind)}; `python manage.py setup --renew-protocols` makes a new "
                "version of each and leaves the old ones as they are."
            )
        self.stdout.write("\n".join(sentences))
