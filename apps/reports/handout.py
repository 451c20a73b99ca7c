"""What leaves the house: each export is a line of the audit record."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from apps.audit.services import record
from apps.reports.exports import exporter
from apps.reports.exports.source import Source


@dataclass(frozen=True)
class HandOut:
    """One export on its way."""

    name: str
    """Of its file."""
    media_type: str
    """Of its file."""
    pieces: Iterator[bytes]
    """Its bytes, in pieces."""


def hand_out(user: Any, source: Source, key: str) -> HandOut:
    """The source in the format called `key`; raises Missing where there is none. The caller has proved the right to view."""
    kind = exporter(key)
    for part in source.parts:
        part.prove()
    pieces = kind.pieces(source)
    first = next(pieces, b"")  # where nothing can be made of it, that is said here, and no line tells of it
    record(
        user, "export.made", "case", source.case.pk, accession=source.case.accession, format=key, status=source.status,
        jobs=[str(part.job.pk) for part in source.parts],
    )  # fmt: skip
    return HandOut(kind.file_name(source), kind.media_type, itertools.chain([first], pieces))
