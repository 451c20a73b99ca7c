"""What a format is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from apps.reports.exports.source import Source


@dataclass(frozen=True)
class Exporter:
    """One format."""

    key: str
    """What scripts call it."""
    title: str
    """What people read."""
    suffix: str
    """What a file's name ends in, with its dot."""
    media_type: str
    """Of its file."""
    pieces: Callable[[Source], Iterator[bytes]]
    """The bytes that it makes of a source, in pieces."""

    def file_name(self, source: Source) -> str:
        """A name that says what it is of, and that it is a draft where it is one."""
        version = f"-v{source.report.version}" if source.report else ""
        draft = "" if source.signed else "-draft"
        return f"{source.name}{version}{draft}{self.suffix}"
