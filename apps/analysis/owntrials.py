"""A worker tries the models of one's own that wait, each by a lease: what holds becomes a model, what does not is refused."""

from __future__ import annotations

import hashlib
import json
import uuid
from typing import Any

from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from apps.accounts import leases, stores
from apps.analysis.models import Algorithm, ModelUpload, ModelVersion
from apps.analysis.owncardtext import card_text
from apps.analysis.ownnames import LEASE_S, abandoned, other_files, refuse_taken
from apps.audit.services import record

MOST_ATTEMPTS = 3


def unheld() -> list[str]:
    """Ids of uploads that no worker holds, the oldest first."""
    waiting = ModelUpload.objects.filter(_free()).order_by("requested_at")
    return [str(pk) for pk in waiting.values_list("pk", flat=True)]


def _free() -> Q:
    """Those that wait, and those whose worker is gone."""
    return Q(state=ModelUpload.State.REQUESTED) | abandoned()


def claim(upload_id: uuid.UUID | str, owner: str) -> ModelUpload | None:
    """Take it by compare-and-set; None where it is taken or has ended."""
    taken = ModelUpload.objects.filter(_free(), pk=upload_id).update(
        state=ModelUpload.State.RUNNING, owner=owner, lease=leases.until(LEASE_S), attempt=F("attempt") + 1
    )
    if not taken:
        return None
    row = ModelUpload.objects.select_related("requested_by").get(pk=upload_id)
    if row.attempt > MOST_ATTEMPTS:
        refuse(
            row, [], "crashed", f"The worker ended {MOST_ATTEMPTS} times while it checked this model; look at its log."
        )
        return None
    return row


def note(row: ModelUpload, phase: str, percent: float) -> bool:
    """Say how far it is; False where it is no longer ours."""
    return bool(_held(row).update(phase=phase[:120], percent=percent, lease=leases.until(LEASE_S)))


def alive(row: ModelUpload) -> None:
    """Renew the lease, where it is still ours."""
    _held(row).update(lease=leases.until(LEASE_S))


def accept(row: ModelUpload, checks: list[dict[str, Any]]) -> ModelVersion | None:
    """Every check held: make a model of it, switched off until an administrator switches it on; None where it was not ours."""
    if not _held(row).exists():
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
        if not _held(row).update(state=ModelUpload.State.DONE, phase="", percent=100, checks=checks, **_ended()):
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
        refused = _held(row).update(state=ModelUpload.State.REFUSED, **ended)
        if refused:
            record(
                "worker", "model.refused", "model-upload", row.pk, name=row.name, version=row.version, sha256=row.sha256,
                reason=reason,
            )  # fmt: skip
    if refused:
        stores.models().delete(row.blob)
    return bool(refused)


def _held(row: ModelUpload) -> QuerySet[ModelUpload]:
    return ModelUpload.objects.filter(pk=row.pk, attempt=row.attempt, state=ModelUpload.State.RUNNING)


def _ended() -> dict[str, Any]:
    return {"finished_at": timezone.now(), "lease": None}
