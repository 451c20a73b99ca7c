"""Append to the record, and prove its chain."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext

from apps.audit.anchors import anchor, anchored
from apps.audit.models import Head, Record

GENESIS = "0" * 64


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether the chain of the audit record holds."""

    ok: bool
    """It does."""
    lines: int
    """That were read."""
    message: str
    """What is wrong first; empty where nothing is."""


def record(
    actor: Any, action: str, object_type: str, object_id: object, *, accession: str = "", **detail: Any
) -> Record:
    """Append one line, in the caller's transaction: the line stands exactly if what it tells of was done.

    `actor` is a user or a name for the machine's own acts. `detail` must be JSON and hold nothing that identifies a
    patient.
    """
    name = actor if isinstance(actor, str) else actor.get_username()
    with transaction.atomic():
        head, _ = Head.objects.select_for_update().get_or_create(pk=1)
        line = Record(
            at=timezone.now(),
            actor=name,
            action=action,
            object_type=object_type,
            object_id=str(object_id),
            accession=accession,
            detail=json.loads(json.dumps(detail, default=str)),
            previous=head.sha256,
        )
        line.sha256 = line_hash(line)
        line.save()
        head.sha256 = line.sha256
        head.lines += 1
        head.save(update_fields=["sha256", "lines"])
        lines, sha256 = head.lines, head.sha256
        # Robust: a disk that is full is logged, and what was done stays done; the next head anchors these lines, too.
        transaction.on_commit(lambda: anchor(lines, sha256), robust=True)
    return line


def line_hash(line: Record) -> str:
    """sha256 over the line's content in canonical JSON and the hash before it."""
    content = {
        "at": line.at.astimezone(UTC).isoformat(timespec="microseconds"),
        "actor": line.actor,
        "action": line.action,
        "object": [line.object_type, line.object_id, line.accession],
        "detail": line.detail,
        "previous": line.previous,
    }
    return hashlib.sha256(json.dumps(content, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def verify() -> Verdict:
    """Walk the whole chain: each line's own hash, its link, the recorded end, and the heads anchored outside the database."""
    anchors = anchored()  # read first: what is written meanwhile is longer, never shorter
    previous, lines = GENESIS, 0
    for line in Record.objects.order_by("id").iterator(chunk_size=2000):
        if line.previous != previous:
            sentence = gettext("Entry {entry} does not follow the entry before it: an entry is missing.")
            return Verdict(False, lines, sentence.format(entry=line.pk))
        if line_hash(line) != line.sha256:
            sentence = gettext("Entry {entry} was changed after it was written.")
            return Verdict(False, lines, sentence.format(entry=line.pk))
        previous, lines = line.sha256, lines + 1
        if anchors.get(lines, {previous}) != {previous}:
            sentence = gettext("Entry {entry} is not the one that was anchored: the record has been rewritten.")
            return Verdict(False, lines, sentence.format(entry=line.pk))
    head = Head.objects.filter(pk=1).first()
    if head and (head.sha256 != previous or head.lines != lines):
        sentence = gettext("The audit record is incomplete: {written} entries were written, {lines} remain.")
        return Verdict(False, lines, sentence.format(written=head.lines, lines=lines))
    if anchors and max(anchors) > lines:
        sentence = gettext("The audit record is incomplete: {anchored} entries are anchored, {lines} remain.")
        return Verdict(False, lines, sentence.format(anchored=max(anchors), lines=lines))
    sentence = gettext("The audit record is intact: {lines} entries, {anchored} of them anchored outside the database.")
    return Verdict(True, lines, sentence.format(lines=lines, anchored=len(anchors)))


def head() -> tuple[int, str]:
    """How many lines there are, and the hash of the last one."""
    row = Head.objects.filter(pk=1).first()
    return (row.lines, row.sha256) if row else (0, GENESIS)
