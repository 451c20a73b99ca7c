"""The base of every command: a refusal is one sentence on stderr and exit status 1."""

from __future__ import annotations

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from apps.accounts.errors import Refusal


class SentenceCommand(BaseCommand):
    """Subclasses raise Refusal (or CommandError) and the user reads only its sentence."""

    def run_from_argv(self, argv: list[str]) -> None:
        try:
            super().run_from_argv(argv)
        except KeyboardInterrupt:
            sys.stderr.write("Stopped.\n")
            sys.exit(130)

    def execute(self, *args: Any, **options: Any) -> Any:
        try:
            return super().execute(*args, **options)
        except Refusal as refusal:
            if getattr(self, "_called_from_command_line", False):
                sys.stderr.write(refusal.message + "\n")
                sys.exit(1)
            raise CommandError(refusal.message) from refusal
        except CommandError as error:
            if getattr(self, "_called_from_command_line", False):
                sys.stderr.write(str(error) + "\n")
                sys.exit(error.returncode)
            raise
