"""The catalogue of what pages, forms and refusals say: `locale/en/LC_MESSAGES/django.po`, written from the sources."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import CommandParser
from django.core.management.commands import makemessages

SAY_NOTHING = (
    "locale", "node_modules", ".venv", "var", "tests", "static", "frontend", "bench", "clients", "docs", "*/migrations/*",
)  # fmt: skip
_HEAD = """# What HemaView's pages, forms and refusals say in English: written by `manage.py catalogue`, copied for a translation.
msgid ""
msgstr ""
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=UTF-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"Plural-Forms: nplurals=2; plural=(n != 1);\\n"
"""


class Command(makemessages.Command):
    help = (
        "Write the catalogue of phrases of templates and Python from the sources (needs gettext). "
        "Example: manage.py catalogue"
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--into", type=Path, default=None, help="another folder than locale/")

    def handle(self, *args: Any, **options: Any) -> None:
        folder: Path = options.pop("into") or settings.BASE_DIR / "locale"
        (folder / "en" / "LC_MESSAGES").mkdir(parents=True, exist_ok=True)
        before, settings.LOCALE_PATHS = settings.LOCALE_PATHS, [folder]
        fixed = {"locale": ["en"], "ignore_patterns": list(SAY_NOTHING), "no_wrap": True, "no_obsolete": True}
        try:
            super().handle(*args, **{**options, **fixed, "add_location": "file"})
        finally:
            settings.LOCALE_PATHS = before
        path = folder / "en" / "LC_MESSAGES" / "django.po"
        # Without who, when and which version: the same sources give the same file.
        _, phrases = re.split(r"\n\n", path.read_text(), maxsplit=1)
        path.write_text(f"{_HEAD}\n{phrases}")

    def find_files(self, root: str) -> list[Any]:
        self.locale_paths = [str(self.default_locale_path)]  # of several that it knows, it would write to the nearest
        return super().find_files(root)
