"""Models of one's own are handed in: weights and card are judged as far as can be without opening them, and wait to be tried."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from pathlib import PurePath
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext

from apps.accounts import stores
from apps.accounts.errors import Conflict, Missing, Refusal
from apps.analysis.models import ModelUpload
from apps.analysis.ownmodels import require_models
from apps.analysis.ownnames import TRIALS, being_checked, other_files, refuse_taken
from apps.analysis.ownreturn import put_back
from apps.analysis.owntrials import refuse
from apps.audit.services import record
from apps.slides.uploads import refuse_full_disk
from hemaview.assays import assays
from hemaview.methods.own.cardfile import checked_card, read_card
from hemaview.methods.own.errors import OwnModelError
from hemaview.methods.own.weights import HEAD_BYTES, kind_of

MOST_SHOWN = 20
MOST_WAITING = 20
"""Uploads of one person that may wait or be tried at once."""
UNIDENTIFIED = "unidentified"
"""The class of what has no name, which no model gives."""
TOO_LARGE = ("model-too-large", "card-too-large")


def uploads() -> QuerySet[ModelUpload]:
    return ModelUpload.objects.select_related("requested_by")


def upload_for(user: Any, upload_id: uuid.UUID | str) -> ModelUpload:
    """One upload, for who manages models; raises Forbidden, Missing."""
    require_models(user)
    row = uploads().filter(pk=upload_id).first()
    if row is None:
        raise Missing(gettext("There is no such upload of a model."), code="no-upload")
    return row


def recent_uploads(user: Any) -> list[ModelUpload]:
    """The last ones, newest first; raises Forbidden."""
    require_models(user)
    return list(uploads()[:MOST_SHOWN])


def receive(
    user: Any, weights_name: str, size: int, chunks: Iterable[bytes], card_name: str, card_raw: bytes
) -> ModelUpload:
    """Take weights (`size` bytes, in chunks) and their card, and have them tried; raises Forbidden, Refusal, Conflict.

    The card and the first bytes are judged here; the file is opened by nobody but the worker's child process. The very files of
    a model that lost them are put back in their place, and nothing is tried anew.
    """
    require_models(user)
    stream = iter(chunks)
    first = next(stream, b"")
    try:
        kind = kind_of(weights_name, first[:HEAD_BYTES], size, settings.MODEL_MAX_BYTES)
        card = checked_card(read_card(card_raw, card_name), kind, examinations())
    except OwnModelError as error:
        raise Refusal(error.message, error.code, 413 if error.code in TOO_LARGE else None) from error
    damaged = refuse_taken(card)
    _refuse_many(user)
    refuse_full_disk(size)
    row = ModelUpload(
        name=card["name"], version=card["version"], file_name=_shown_name(weights_name), kind=kind, size=size,
        card=card, requested_by=user,
    )  # fmt: skip
    digest = hashlib.sha256()
    stores.models().put(row.blob, _hashed(first, stream, digest, size))
    try:
        row.sha256 = digest.hexdigest()
        if card.get("sha256", row.sha256) != row.sha256:
            raise Refusal(
                gettext(
                    "These weights do not belong to the card (the sha256 differs); upload the two files that belong together."
                ),
                code="wrong-weights",
            )
        if damaged is not None:
            if not put_back(user, damaged, row):
                raise other_files(damaged)
            return row
        with transaction.atomic():
            refuse_taken(card)
            _end_lapsed(card)
            row.save(force_insert=True)
            record(
                user, "model.uploaded", "model-upload", row.pk, name=row.name, version=row.version, size=row.size,
                sha256=row.sha256,
            )  # fmt: skip
    except IntegrityError:
        stores.models().delete(row.blob)
        raise being_checked(card) from None
    except Refusal:
        stores.models().delete(row.blob)
        raise
    return row


def examinations() -> dict[str, dict[str, str]]:
    """Of each examination the key of each class, to the kind of thing that it is."""
    return {
        key: {c.key: kinds[c.group] for c in assay.schema.classes if c.key != UNIDENTIFIED}
        for key, assay in assays().items()
        for kinds in ({group.key: group.kind for group in assay.schema.groups},)
    }


def _shown_name(name: str) -> str:
    """A file's name as a page and any database can keep it."""
    return "".join(c for c in PurePath(name).name if c.isprintable()).encode("utf-8", "ignore").decode()[:200]


def _hashed(first: bytes, rest: Iterator[bytes], digest: Any, size: int) -> Iterator[bytes]:
    """The chunks, hashed as they pass; raises Refusal where they are not as many bytes as was said."""
    missing = size
    for chunk in chain((first,), rest):
        missing -= len(chunk)
        if missing < 0:
            break
        digest.update(chunk)
        yield chunk
    if missing:
        raise Refusal(gettext("The file did not arrive complete; upload it again."), code="cut-short")


def _refuse_many(user: Any) -> None:
    """Raise Conflict where the person has as many uploads waiting as one may have."""
    if (
        getattr(user, "pk", None)
        and ModelUpload.objects.filter(requested_by=user, state__in=ModelUpload.ACTIVE).count() >= MOST_WAITING
    ):
        raise Conflict(
            gettext(
                "{most_waiting} of your uploads are waiting to be checked, which is the maximum; wait until one is finished."
            ).format(most_waiting=MOST_WAITING),
            code="too-many-waiting",
        )


def _end_lapsed(card: Mapping[str, Any]) -> None:
    """End the check of this name and version whose worker is gone: it is handed in again."""
    rows = ModelUpload.objects.filter(TRIALS.abandoned(), name=card["name"], version=card["version"])
    for row in rows.select_for_update():
        refuse(row, [], "crashed", "The worker ended while it checked this model; it was handed in again.")


def sweep_strays() -> int:
    """Delete incoming files that no waiting upload is about, a day after they came; how many."""
    active = {row.blob for row in ModelUpload.objects.filter(state__in=ModelUpload.ACTIVE)}
    limit = timezone.now().timestamp() - 24 * 3600
    strays = []
    for name in stores.models().names_in("incoming"):
        path = stores.models().local_path(name)
        if name not in active and path is not None and path.stat().st_mtime < limit:
            strays.append(name)
    for name in strays:
        stores.models().delete(name)
    return len(strays)
