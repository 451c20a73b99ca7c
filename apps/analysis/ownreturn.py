"""A model of one's own whose files were altered or lost, and comes back with the very same ones."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from django.db import transaction
from django.utils import timezone

from apps.accounts import stores
from apps.analysis.models import ModelUpload, ModelVersion
from apps.analysis.ownblobs import files_of, state_of
from apps.audit.services import record


def is_damaged(model: ModelVersion) -> bool:
    """Whether one of its files was altered or is gone."""
    return model.own and any(state_of(name) for _, name in files_of(model.weights, model.card_sha256))


def put_back(user: Any, model: ModelVersion, row: ModelUpload) -> bool:
    """Put the files of an upload, which is not saved yet, in the place of the model's own; False where they are others than
    those that were checked, so that nothing was done."""
    card_raw = json.dumps(model.card, sort_keys=True, separators=(",", ":")).encode()
    same = row.sha256 == model.sha256 and f"{row.sha256}.{row.kind}" == model.weights and row.card == model.card
    if not same or hashlib.sha256(card_raw).hexdigest() != model.card_sha256:
        return False
    files = stores.models()
    with files.open(row.blob) as stream:
        files.put(model.weights, iter(lambda: stream.read(1 << 20), b""))
    files.put(model.card_blob, card_raw)
    row.state, row.percent, row.finished_at, row.checks = ModelUpload.State.DONE, 100, timezone.now(), model.checks
    with transaction.atomic():
        row.save(force_insert=True)
        record(
            user, "model.files-put-back", "model", model.pk, name=row.name, version=row.version, sha256=row.sha256,
            card_sha256=model.card_sha256,
        )  # fmt: skip
    files.delete(row.blob)
    return True
