"""Prove that the audit record was not changed."""

from __future__ import annotations

import json
from typing import Any

from django.core.management.base import CommandError, CommandParser

from apps.accounts.commands import SentenceCommand
from apps.audit.services import verify


class Command(SentenceCommand):
    help = "Walk the audit record's hash chain. Example: python manage.py verify_audit --json"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="print the verdict as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        verdict = verify()
        if options["json"]:
            self.stdout.write(json.dumps({"ok": verdict.ok, "lines": verdict.lines, "message": verdict.message}))
        if not verdict.ok:
            raise CommandError(verdict.message)
        if not options["json"]:
            self.stdout.write(verdict.message)
