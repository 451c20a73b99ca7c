"""Everything at once, for trying HemaView out."""

from __future__ import annotations

import time
from argparse import ArgumentParser
from typing import Any

from django.core.management import call_command
from django.utils.translation import gettext

from apps.accounts.commands import SentenceCommand
from apps.accounts.errors import Refusal
from apps.desk import seed, supervise


class Command(SentenceCommand):
    help = (
        "Migrate, seed the demonstration cases, and serve with a worker until Ctrl-C. "
        "Example: python manage.py demo --port 8000"
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=int, default=8000)
        parser.add_argument("--reload", action="store_true", help="serve changed source at once, for developers")
        parser.add_argument("--prepare-only", action="store_true", help="do everything but serve")

    def handle(self, **options: Any) -> None:
        from django.conf import settings

        if not getattr(settings, "DEMO", False):
            raise Refusal(gettext("`demo` is for the demonstration settings only; these are not."))
        started = time.monotonic()
        if not options["prepare_only"]:
            supervise.free_or_refuse(options["host"], options["port"])
        self.say("preparing the database")
        call_command("migrate", verbosity=0, interactive=False)
        seed.seed(self.say)
        if options["prepare_only"]:
            self.say(f"ready after {time.monotonic() - started:.0f} s")
            return

        def ready() -> None:
            self.say(f"ready after {time.monotonic() - started:.0f} s")
            self.stdout.write(f"\n  HemaView  http://{options['host']}:{options['port']}/\n")
            for username, password, role, *_ in seed.PEOPLE:
                self.stdout.write(f"    {role:14} {username:6} {password}")
            self.stdout.write("\n  Ctrl-C ends it. Research use only; not for patients' data.\n")
            self.stdout.flush()

        status = supervise.serve(options["host"], options["port"], self.say, ready, options["reload"])
        self.say("Ended.")
        if status:
            raise SystemExit(status)

    def say(self, text: str) -> None:
        self.stdout.write(f"· {text}")
        self.stdout.flush()
