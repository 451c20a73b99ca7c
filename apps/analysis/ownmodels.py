"""Models of one's own: handed in by administrators, tried by a worker, switched on and retired, frozen by jobs."""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from pathlib import PurePath
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext

from apps.accounts import leases, stores
from apps.accounts.errors import Conflict, Forbidden, Missing, Refusal
from apps.analysis.models import Algorithm, ModelUpload, ModelVersion
from apps.analysis.owncardtext import card_text
from apps.analysis.ownreturn import is_damaged, put_back
from apps.audit.services import record
from apps.slides.uploads import refuse_full_disk
from hemaview.assays import assays
from hemaview.methods.own.cardfile import checked_card, read_card
from hemaview.methods.own.errors import OwnModelError
from hemaview.methods.own.files import OwnFiles
from hemaview.methods.own.weights import HEAD_BYTES, kind_of

LEASE_S = 60.0
"""The worker renews it every few seconds while the child runs (`alive`): who says nothing for so long is gone."""
MOST_ATTEMPTS = 3
MOST_SHOWN = 20
MOST_WAITING = 20
"""Uploads of one person that may wait or be tried at once."""
UNIDENTIFIED = "unidentified"
"""The class of what has no name, which no model gives."""
TOO_LARGE = ("model-too-large", "card-too-large")


def may_change_models(user: Any) -> bool:
    return bool(user.is_superuser or user.has_perm("analysis.change_modelversion"))


def require_models(user: Any) -> None:
    """Raise Forbidden unless the person may upload, switch on and retire models."""
    if not may_change_models(user):
        raise Forbidden(gettext("Only administrators upload models and switch them on and off."))


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
    damaged = _refuse_taken(card)
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
                    "The weights are not those that the card is of: their sha256 is another; "
                    "hand in the two that belong together."
                ),
                code="wrong-weights",
            )
        if damaged is not None:
            if not put_back(user, damaged, row):
                raise _other_files(damaged)
            return row
        with transaction.atomic():
            _refuse_taken(card)
            _end_lapsed(card)
            row.save(force_insert=True)
            record(
                user, "model.uploaded", "model-upload", row.pk, name=row.name, version=row.version, size=row.size,
                sha256=row.sha256,
            )  # fmt: skip
    except IntegrityError:
        stores.models().delete(row.blob)
        raise _being_checked(card) from None
    except Refusal:
        stores.models().delete(row.blob)
        raise
    return row


def examinations() -> dict[str, dict[str, str]]:
    """Of each examination the key of each class, to the kind of thing that it is."""
    return {
        key: {c.key: kinds[c.group] for c in known.schema.classes if c.key != UNIDENTIFIED}
        for key, known in assays().items()
        for kinds in ({group.key: group.kind for group in known.schema.groups},)
    }


def _shown_name(name: str) -> str:
    """A file's name as a page and any database can keep it."""
    return "".join(c for c in PurePath(name).name if c.isprintable()).encode("utf-8", "ignore").decode()[:200]


def _hashed(first: bytes, rest: Iterator[bytes], digest: Any, size: int) -> Iterator[bytes]:
    """The chunks, hashed as they pass; raises Refusal where they are not as many bytes as was said."""
    left = size
    for chunk in chain((first,), rest):
        left -= len(chunk)
        if left < 0:
            break
        digest.update(chunk)
        yield chunk
    if left:
        raise Refusal(gettext("The file did not come whole; upload it again."), code="cut-short")


def _refuse_taken(card: Mapping[str, Any]) -> ModelVersion | None:
    """Raise Conflict where the name is that of an installed model, or this version is there; the version where its files were
    altered or are gone."""
    name, version = card["name"], card["version"]
    versions = ModelVersion.objects.filter(algorithm__name=name)
    if versions.filter(weights="").exists():
        raise Conflict(
            gettext("HemaView has a model called {name} itself; give yours another name.").format(name=name),
            code="model-name-taken",
        )
    if there := versions.filter(version=version).select_related("algorithm").first():
        if is_damaged(there):
            return there
        raise Conflict(
            gettext("There is {name} {version} already; give this one another version.").format(
                name=name, version=version
            ),
            code="model-exists",
        )
    active = ModelUpload.objects.filter(name=name, version=version, state__in=ModelUpload.ACTIVE)
    if active.exclude(_abandoned()).exists():
        raise _being_checked(card)
    return None


def _other_files(model: ModelVersion) -> Conflict:
    return Conflict(
        gettext(
            "There is {model} already, and these are not its files: upload the very same two to put them back, for some were "
            "altered or are gone, or give this one another version."
        ).format(model=model),
        code="model-exists",
    )


def _refuse_many(user: Any) -> None:
    """Raise Conflict where the person has as many uploads waiting as one may have."""
    if (
        getattr(user, "pk", None)
        and ModelUpload.objects.filter(requested_by=user, state__in=ModelUpload.ACTIVE).count() >= MOST_WAITING
    ):
        raise Conflict(
            gettext(
                "{most_waiting} of your uploads wait to be checked, the most that may; wait until one has ended."
            ).format(most_waiting=MOST_WAITING),
            code="too-many-waiting",
        )


def _abandoned() -> Q:
    """Those whose worker is gone."""
    return Q(state=ModelUpload.State.RUNNING) & leases.lapsed(LEASE_S)


def _end_lapsed(card: Mapping[str, Any]) -> None:
    """End the check of this name and version whose worker is gone: it is handed in again."""
    rows = ModelUpload.objects.filter(_abandoned(), name=card["name"], version=card["version"])
    for row in rows.select_for_update():
        refuse(row, [], "crashed", "The worker ended while it checked this model; it was handed in again.")


def _being_checked(card: Mapping[str, Any]) -> Conflict:
    return Conflict(
        gettext("{name} {version} has been uploaded and is being checked; wait until that has ended.").format(
            name=card["name"], version=card["version"]
        ),
        code="model-being-checked",
    )


def unheld() -> list[str]:
    """Ids of uploads that no worker holds, the oldest first."""
    waiting = ModelUpload.objects.filter(_free()).order_by("requested_at")
    return [str(pk) for pk in waiting.values_list("pk", flat=True)]


def _free() -> Q:
    """Those that wait, and those whose worker is gone."""
    return Q(state=ModelUpload.State.REQUESTED) | _abandoned()


def claim(upload_id: uuid.UUID | str, owner: str) -> ModelUpload | None:
    """Take it by compare-and-set; None where it is taken or has ended."""
    taken = ModelUpload.objects.filter(_free(), pk=upload_id).update(
        state=ModelUpload.State.RUNNING, owner=owner, lease=leases.until(LEASE_S), attempt=F("attempt") + 1
    )
    if not taken:
        return None
    row = uploads().get(pk=upload_id)
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
    kept = f"{row.sha256}.{row.kind}"
    files = stores.models()
    if not files.exists(kept):
        with files.open(row.blob) as stream:
            files.put(kept, iter(lambda: stream.read(1 << 20), b""))
    files.put(f"{card_sha256}.json", card_raw)
    with transaction.atomic():
        if not _held(row).update(state=ModelUpload.State.DONE, phase="", percent=100, checks=checks, **_ended()):
            return None
        if there := _refuse_taken(row.card):  # an installed package may have brought one of its name meanwhile
            raise _other_files(there)
        made = _make(row, kept, card_sha256, checks)
        record(
            "worker", "model.checked", "model", made.pk, name=row.name, version=row.version, sha256=row.sha256,
            card_sha256=card_sha256, checks=len(checks),
        )  # fmt: skip
    files.delete(row.blob)
    return made


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


@transaction.atomic
def switch(user: Any, model: ModelVersion, on: bool) -> ModelVersion:
    """Let protocols choose a model and run on it, or retire it: analyses that were ordered go on. Raises Forbidden, Conflict."""
    require_models(user)
    row = ModelVersion.objects.select_for_update(no_key=True, of=("self",)).select_related("algorithm").get(pk=model.pk)
    if row.enabled == on:
        return row
    if on and (gone := what_is_gone(row)):
        raise Conflict(gone, code="model-gone")
    ModelVersion.objects.filter(pk=row.pk).update(enabled=on)
    record(user, "model.enabled" if on else "model.disabled", "model", row.pk, name=str(row), sha256=row.sha256)
    row.enabled = on
    return row


def what_is_gone(model: ModelVersion) -> str:
    """A sentence where a file of a model of one's own is no longer there; "" where nothing is missing."""
    if not model.own or all(stores.models().exists(name) for name in (model.weights, model.card_blob)):
        return ""
    return (
        f"The files of {model} are gone from the disk; upload the very same two files again, restore "
        "them from a backup, or choose another model."
    )


def frozen_own(model: ModelVersion) -> dict[str, Any]:
    """What a job keeps of a model of one's own, beside what it keeps of every model."""
    return {"own": {"weights": model.weights, "card_sha256": model.card_sha256}} if model.own else {}


def own_files(frozen_models: Iterable[Mapping[str, Any]]) -> dict[str, OwnFiles]:
    """Role to the files of the models of one's own that a job was ordered with; raises Missing."""
    files: dict[str, OwnFiles] = {}
    for used in frozen_models:
        if not (own := used.get("own")):
            continue
        try:
            weights = stores.models().local_path(own["weights"])
            card = stores.models().local_path(f"{own['card_sha256']}.json")
        except FileNotFoundError as error:
            raise Missing(
                gettext("The files of {name} {version} are gone from the disk.").format(
                    name=used["name"], version=used["version"]
                ),
                code="model-gone",
            ) from error
        assert weights is not None and card is not None
        files[used["role"]] = OwnFiles(weights, used["sha256"], card, own["card_sha256"])
    return files


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


def _held(row: ModelUpload) -> QuerySet[ModelUpload]:
    return ModelUpload.objects.filter(pk=row.pk, attempt=row.attempt, state=ModelUpload.State.RUNNING)


def _ended() -> dict[str, Any]:
    return {"finished_at": timezone.now(), "lease": None}
