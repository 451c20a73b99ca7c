"""A worker tries the models of one's own that wait, each by a lease: what holds becomes a model, what does not is refused."""

from __future__ import annotations

import hashlib
import json
import uuid
from typing import Any

from django.db import transaction
from django.utils import timezone

from apps.accounts import stores
from apps.analysis.leasedrows import MOST_ATTEMPTS
from apps.analysis.models import Algorithm, ModelUpload, ModelVersion
from apps.analysis.owncardtext import card_text
from apps.analysis.ownnames import TRIALS, other_files, refuse_taken
from apps.audit.services import record


def claim(upload_id: uuid.UUID | str, owner: str) -> ModelUpload | None:
    """Take it; None where it is taken or has ended, or where its worker ended too often."""
    row = TRIALS.claim(upload_id, owner)
    if row is not None and row.attempt > MOST_ATTEMPTS:
        refuse(
            row, [], "crashed", f"The worker ended {MOST_ATTEMPTS} times while it checked this model; look at its log."
        )
        return None
    return row


def accept(row: ModelUpload, checks: list[dict[str, Any]]) -> ModelVersion | None:
    """Every check held: make a model of it, switched off until an administrator switches it on; None where it was not ours."""
    if not TRIALS.attempt(row).exists():
        return None
    card_raw = json.dumps(row.card, sort_keys=True, separators=(",", ":")).encode()
    card_sha256 = hashlib.sha256(card_raw).hexdigest()
    weights = f"{row.sha256}.{row.kind}"
    files = stores.models()
    if not files.exists(weights):
        with files.open(row.blob) as stream:
            files.put(weights, iter(lambda: stream.read(1 << 20), b""))
    files.put(f"{card_sha256}.json", card_raw)
    with transaction.atomic():
        if not TRIALS.attempt(row).update(
            state=ModelUpload.State.DONE, phase="", percent=100, checks=checks, **_ended()
        ):
            return None
        if there := refuse_taken(row.card):  # an installed package may have brought one of its name meanwhile
            raise other_files(there)
        model = _make(row, weights, card_sha256, checks)
        record(
            "worker", "model.checked", "model", model.pk, name=row.name, version=row.version, sha256=row.sha256,
            card_sha256=card_sha256, checks=len(checks),
        )  # fmt: skip
    files.delete(row.blob)
    return model


def _make(row: ModelUpload, weights: str, card_sha256: str, checks: list[dict[str, Any]]) -> ModelVersion:
    card = row.card
    algorithm, _ = Algorithm.objects.update_or_create(
        name=row.name,
        defaults={
            "title": card["title"], "task": card["task"], "summary": card.get("summary", ""), "source": card["source"],
        },
    )  # fmt: skip
    return ModelVersion.objects.create(
        algorithm=algorithm, version=row.version, sha256=row.sha256, enabled=False, card=card, card_text=card_text(card),
        weights=weights, card_sha256=card_sha256, checks=checks, uploaded_by=row.requested_by,
    )  # fmt: skip


def refuse(row: ModelUpload, checks: list[dict[str, Any]], code: str, reason: str) -> bool:
    """A check did not hold: the reason stays, the file goes."""
    with transaction.atomic():
        ended = {"phase": "", "code": code, "reason": reason, "checks": checks, **_ended()}
        refused = TRIALS.attempt(row).update(state=ModelUpload.State.REFUSED, **ended)
        if refused:
            record(
                "worker", "model.refused", "model-upload", row.pk, name=row.name, version=row.version, sha256=row.sha256,
                reason=reason,
            )  # fmt: skip
    if refused:
        stores.models().delete(row.blob)
    return bool(refused)


def _ended() -> dict[str, Any]:
    return {"finished_at": timezone.now(), "lease": None}
