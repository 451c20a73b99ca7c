"""Receive files in chunks that can be taken up again: every write of the tus protocol."""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext

from apps.accounts import stores
from apps.accounts.errors import Conflict, Missing, Refusal
from apps.cases.locks import hold_open
from apps.cases.models import Case
from apps.cases.selectors import require
from apps.slides.models import Upload
from hemaview.wsi.contents import check_name
from hemaview.wsi.errors import SeveralSeries, SlideError
from hemaview.wsi.foldertar import SUFFIX, unpack
from hemaview.wsi.sources.names import LISTED, LISTED_PICTURES, PACKED_FOLDER, may_come

ABANDONED_AFTER = timedelta(days=2)


def as_refusal(error: SlideError, http_status: int = 422) -> Refusal:
    """A slide's refusal as the services' refusal."""
    if isinstance(error, SeveralSeries):
        series = [{"number": number, "name": name} for number, name in error.listed.items()]
        return Refusal(error.message, code=error.code, http_status=409, series=series)
    return Refusal(error.message, code=error.code, http_status=http_status)


def refuse_full_disk(more_bytes: int, where: Path | None = None) -> None:
    """Raise Refusal where `more_bytes` would leave less than the reserve."""
    folder = where or Path(settings.VAR_DIR)
    free = shutil.disk_usage(folder).free
    if free - more_bytes < settings.DISK_RESERVE_BYTES:
        raise Refusal(
            gettext("The server's disk is nearly full ({free} MiB left); ask the administrator to make room.").format(
                free=free // 1024**2
            ),
            code="disk-full",
            http_status=507,
        )


def create_upload(user: Any, case: Case, name: str, length: int) -> Upload:
    """Begin to receive a file; refuses names, sizes and types at once, before a byte is sent."""
    require(user, case, "annotate")
    try:
        name = check_name(name)
    except SlideError as error:
        raise as_refusal(error) from error
    if not may_come(name):
        raise Refusal(
            gettext("{name} is neither a slide ({listed}) nor a picture ({listed_pictures}).").format(
                name=name, listed=LISTED, listed_pictures=LISTED_PICTURES
            ),
            code="unsupported-format",
            http_status=422,
        )
    if length <= 0:
        raise Refusal(gettext("{name} is empty.").format(name=name), code="unsupported-format", http_status=422)
    if length > settings.UPLOAD_MAX_BYTES:
        raise Refusal(
            gettext("{name} is larger than {UPLOAD_MAX_BYTES} MiB, the most that an upload may have.").format(
                name=name, UPLOAD_MAX_BYTES=settings.UPLOAD_MAX_BYTES // 1024**2
            ),
            code="too-many-bytes",
            http_status=413,
        )
    refuse_full_disk(length)
    with transaction.atomic():
        upload = Upload(case=hold_open(case), owner=user, name=name, length=length)
        stores.uploads().put(str(upload.pk), b"")
        upload.save()
    return upload


def receive_chunk(upload: Upload, offset: int, chunk: bytes) -> Upload:
    """Append a chunk at `offset`; raises Conflict where the file is at another place.

    The file's length and the row agree afterwards; bytes beyond the row (a crash between the two) are overwritten.
    """
    with transaction.atomic():
        row = Upload.objects.select_for_update().filter(pk=upload.pk).first()
        if row is None or not stores.uploads().exists(str(row.pk)):
            raise _gone()
        upload = row
        if offset != upload.offset:
            raise Conflict(
                gettext("The upload is at byte {offset}, not {offset2}.").format(offset=upload.offset, offset2=offset),
                code="wrong-offset",
            )
        if offset + len(chunk) > upload.length:
            raise Refusal(gettext("More bytes were received than announced."), code="too-many-bytes", http_status=413)
        refuse_full_disk(len(chunk))
        stores.uploads().extend(str(upload.pk), offset, chunk)
        upload.offset = offset + len(chunk)
        upload.save(update_fields=["offset", "updated_at"])
    return upload


def discard(uploads: Iterable[Upload]) -> None:
    """Forget uploads, bytes and rows."""
    for upload in uploads:
        stores.uploads().delete(str(upload.pk))
        stores.uploads().delete(upload.unpacked.name)
        Upload.objects.filter(pk=upload.pk).delete()


def files_of(uploads: Iterable[Upload]) -> list[tuple[Path, str]]:
    """Path and name of what complete uploads hold, folders that were sent as one file unpacked; raises Refusal."""
    files = []
    for upload in uploads:
        if not upload.name.lower().endswith(PACKED_FOLDER):
            files.append((upload.file, upload.name))
            continue
        if not upload.unpacked.is_dir():
            refuse_full_disk(upload.length)
        try:
            unpack(upload.file, upload.unpacked, upload.name.removesuffix(SUFFIX))
        except SlideError as error:
            raise as_refusal(error) from error
        files.append((upload.unpacked, upload.name[: -len(SUFFIX)]))
    return files


def sweep_abandoned() -> int:
    """Discard uploads that nobody went on with; how many."""
    limit = timezone.now() - ABANDONED_AFTER
    old = list(Upload.objects.filter(updated_at__lt=limit))
    discard(old)
    _sweep_strays(limit.timestamp())
    return len(old)


@transaction.atomic
def take_complete(user: Any, case: Case, ids: list[uuid.UUID]) -> list[Upload]:
    """The person's complete uploads for this case, in the order given; raises Refusal.

    Their rows are gone afterwards, so that nobody else takes them at the same moment; their files are the caller's.
    """
    if not ids:
        raise Refusal(gettext("Name at least one upload."), code="invalid")
    if len(set(ids)) != len(ids):
        raise Refusal(gettext("An upload is named twice."), code="invalid")
    hold_open(case)
    rows = {u.pk: u for u in Upload.objects.select_for_update().filter(pk__in=ids, owner=user, case=case)}
    if any(i not in rows for i in ids):
        raise _gone()
    uploads = [rows[i] for i in ids]
    unfinished = [u.name for u in uploads if not u.complete]
    if unfinished:
        raise Conflict(
            gettext("{unfinished} has not been uploaded completely yet.").format(unfinished=unfinished[0]),
            code="upload-unfinished",
        )
    Upload.objects.filter(pk__in=ids).delete()
    return uploads


def put_back(uploads: Iterable[Upload]) -> None:
    """Uploads that were taken and of which nothing came: a person will ask again."""
    Upload.objects.bulk_create(list(uploads))


def _gone() -> Missing:
    return Missing(gettext("One of these uploads no longer exists; upload the file again."), code="upload-gone")


def _sweep_strays(before: float) -> None:
    """Remove what a process that died has left among the uploads: files and folders without a row."""
    folder = Path(settings.UPLOADS_DIR)
    names = {name for upload in Upload.objects.all() for name in (upload.file.name, upload.unpacked.name)}
    for path in folder.iterdir() if folder.is_dir() else ():
        if path.name in names or path.lstat().st_mtime > before:
            continue
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)
