"""A worker tries one uploaded model and ends its row."""

from __future__ import annotations

import json
import logging
import os
import socket
import tempfile
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

from apps.accounts import stores
from apps.accounts.errors import Refusal
from apps.analysis import owntrials, ownuploads
from apps.analysis.models import ModelUpload
from apps.analysis.ownnames import TRIALS
from hemaview.methods.own.trial import try_out

logger = logging.getLogger(__name__)

Listener = Callable[[str, float], None]


def check(upload_id: uuid.UUID | str, listener: Listener | None = None) -> ModelUpload | None:
    """Try it here if it can be claimed; the row afterwards, None where another worker has it."""
    row = owntrials.claim(upload_id, f"{socket.gethostname()}:{os.getpid()}:{uuid.uuid4().hex[:8]}")
    if row is None:
        return None

    def step(title: str, share: float) -> None:
        TRIALS.note(row, title, round(100 * share, 1))
        if listener:
            listener(title, share)

    try:
        _end(row, _tried(row, step))
    except Refusal as error:
        owntrials.refuse(row, [], error.code, error.message)
    except OSError as error:
        sentence = (
            f"A file could not be read or written ({error.strerror or error}); check the disk, then upload again."
        )
        owntrials.refuse(row, [], "disk", sentence)
    except Exception:
        logger.exception("upload %s failed", row.pk)
        sentence = "An unexpected error occurred; send the worker's log to the administrator."
        owntrials.refuse(row, [], "fault", sentence)
    return ownuploads.uploads().get(pk=row.pk)


def _tried(row: ModelUpload, step: Listener) -> list[dict[str, Any]]:
    path = stores.models().local_path(row.blob)
    assert path is not None
    with tempfile.TemporaryDirectory() as folder:
        card = Path(folder) / "card.json"
        card.write_text(json.dumps(row.card))
        return try_out(path, card, row.sha256, step, lambda: TRIALS.renew(row))


def _end(row: ModelUpload, checks: list[dict[str, Any]]) -> None:
    last = checks[-1]
    if last["ok"]:
        owntrials.accept(row, checks)
    else:
        owntrials.refuse(row, checks, last["code"], last["result"])
