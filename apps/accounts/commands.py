"""The base of every command: a refusal, or a part of the server that is down, is one sentence on stderr and exit status 1."""

from __future__ import annotations

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import Error as DatabaseError
from redis.exceptions import RedisError

from apps.accounts.errors import Refusal
from hemaview.config.outages import outage_of


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
        except (Refusal, DatabaseError, RedisError, OSError) as error:
            refusal = error if isinstance(error, Refusal) else outage_of(error)
            if refusal is None:
                raise
            if getattr(self, "_called_from_command_line", False):
                sys.stderr.write(refusal.message + "\n")
                sys.exit(1)
            raise CommandError(refusal.message) from error
        except CommandError as error:
            if getattr(self, "_called_from_command_line", False):
                sys.stderr.write(str(error) + "\n")
                sys.exit(error.returncode)
            raise
