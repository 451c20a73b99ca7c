"""Everything that cannot be made again, in one file, and back: rows, slides, results, reports."""

from __future__ import annotations

import io
import json
import tarfile
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core import serializers
from django.core.management import call_command
from django.core.serializers.json import DjangoJSONEncoder
from django.db import transaction

from apps.accounts.errors import Conflict, Refusal
from apps.audit.accountlines import without_lines
from apps.audit.services import verify

FORMAT = "hemaview-backup/1"
FOLDERS = ("slides", "results", "reports", "anchors")
_NOT_KEPT = {"sessions.session", "admin.logentry", "axes.accessattempt", "axes.accesslog", "axes.accessfailurelog",
             "analysis.workerbeat", "contenttypes.contenttype", "auth.permission"}  # fmt: skip
Say = Callable[[str], None]


class _Exact(DjangoJSONEncoder):
    """Times to the microsecond: the audit record is hashed over them, and Django's own encoder cuts them."""

    def default(self, o: Any) -> Any:
        return o.isoformat() if isinstance(o, datetime) else super().default(o)


def backup(out: Path, say: Say) -> int:
    """Write a gzip tar to `out` (it appears whole or not at all); how many rows. Rows are read in one transaction."""
    if out.exists():
        raise Conflict(f"{out} is there already; choose another name.")
    if not out.parent.is_dir():
        raise Refusal(f"There is no folder {out.parent}.")
    part = out.with_name(f".{out.name}.part")
    try:
        with tarfile.open(part, "w:gz", compresslevel=1) as tar:
            with transaction.atomic():
                ordered = serializers.sort_dependencies([(config, None) for config in apps.get_app_configs()])
                models = [m for m in ordered if m._meta.label_lower not in _NOT_KEPT and m._meta.managed]
                rows = [row for model in models for row in model._default_manager.order_by("pk")]
                raw = serializers.serialize("json", rows, use_natural_foreign_keys=True, cls=_Exact).encode()
            _add(
                tar,
                "manifest.json",
                json.dumps({"format": FORMAT, "version": settings.VERSION, "rows": len(rows)}).encode(),
            )
            _add(tar, "rows.json", raw)
            for folder in FOLDERS:
                source = Path(settings.VAR_DIR) / folder
                if source.is_dir():
                    say(f"packing {folder}")
                    tar.add(source, arcname=folder)
        part.replace(out)
    finally:
        part.unlink(missing_ok=True)
    return len(rows)


def restore(source: Path, say: Say) -> int:
    """Fill an empty database and empty folders from a backup; how many rows. Raises Conflict where something is there."""
    from apps.accounts.models import User
    from apps.cases.models import Case

    if not source.is_file():
        raise Refusal(f"There is no file {source}.")
    if User.objects.exists() or Case.objects.exists():
        raise Conflict("This database is not empty; restore into a new one.")
    for folder in FOLDERS:
        place = Path(settings.VAR_DIR) / folder
        if place.is_dir() and any(place.iterdir()):
            raise Conflict(f"{place} is not empty; restore beside it, with another HEMAVIEW_VAR.")
    try:
        with tarfile.open(source, "r:gz") as tar:
            manifest = json.loads(_read(tar, "manifest.json"))
            if manifest.get("format") != FORMAT:
                raise Refusal(f"{source.name} is not a backup of HemaView.")
            raw = _read(tar, "rows.json").decode()
            say("unpacking files")
            members = [m for m in tar.getmembers() if PurePosixPath(m.name).parts[0] in FOLDERS]
            tar.extractall(Path(settings.VAR_DIR), members=members, filter="data")
    except (tarfile.TarError, KeyError, OSError, ValueError) as error:
        raise Refusal(f"{source.name} is damaged or no backup of HemaView ({error}).") from error
    say("writing rows")
    rows = Path(settings.VAR_DIR) / ".restore-rows.json"
    try:
        rows.write_text(raw)
        with transaction.atomic():
            for model in ("auth.Group",):
                apps.get_model(model).objects.all().delete()
            with without_lines():
                call_command("loaddata", str(rows), verbosity=0)
            verdict = verify()
            if not verdict.ok:
                raise Refusal(f"The audit record of this backup does not hold: {verdict.message}")
    finally:
        rows.unlink(missing_ok=True)
    return int(manifest["rows"])


def _add(tar: tarfile.TarFile, name: str, raw: bytes) -> None:
    member = tarfile.TarInfo(name)
    member.size, member.mtime = len(raw), int(time.time())
    tar.addfile(member, io.BytesIO(raw))


def _read(tar: tarfile.TarFile, name: str) -> bytes:
    stream = tar.extractfile(name)
    if stream is None:
        raise KeyError(name)
    return stream.read()
