"""Everything that cannot be made again, in one file, and back: rows, slides, results, reports.

Rows are one snapshot of the database, also while people work; the files are those that were there then, each with its hash in
the manifest. Nobody's token or session is in it, and only its owner may read it.
"""

from __future__ import annotations

import hashlib
import io
import json
import shutil
import tarfile
import time
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO

from django.apps import apps
from django.conf import settings
from django.core import serializers
from django.core.management import call_command
from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection, transaction
from django.utils.translation import gettext

from apps.accounts import stores
from apps.accounts.errors import Conflict, Refusal
from apps.analysis.ownblobs import faults_of_all
from apps.audit.accountlines import without_lines
from apps.audit.anchors import anchors_file
from apps.audit.models import Record
from apps.audit.services import verify
from apps.reports.manifest import verify as verify_report
from apps.reports.models import Report

FORMAT = "hemaview-backup/1"
FOLDERS = ("slides", "results", "reports", "adaptations", "models", "laboratory", "anchors")
_NOT_KEPT = {"sessions.session", "admin.logentry", "axes.accessattempt", "axes.accesslog", "axes.accessfailurelog",
             "analysis.workerbeat", "contenttypes.contenttype", "auth.permission", "accounts.apitoken", "accounts.signin",
             "accounts.invitation", "accounts.failures"}  # fmt: skip
_PUT_BACK = "upload the same two files again, or restore it from an earlier backup"
Say = Callable[[str], None]


class _Exact(DjangoJSONEncoder):
    """Times to the microsecond: the audit record is hashed over them, and Django's own encoder cuts them."""

    def default(self, o: Any) -> Any:
        return o.isoformat() if isinstance(o, datetime) else super().default(o)


def backup(out: Path, say: Say, after: Path | None = None) -> int:
    """Write a gzip tar to `out`, read it back and prove it (it appears whole or not at all); how many rows.

    After an earlier backup (`after`) only the files are packed that it does not hold, or that have another size or time of
    change than then; the earlier one is needed to restore.
    """
    if out.exists():
        raise Conflict(gettext("{out} already exists; choose another name.").format(out=out))
    if not out.parent.is_dir():
        raise Refusal(gettext("There is no folder {parent}.").format(parent=out.parent))
    before = _manifest(after) if after else {}
    packed = {**before.get("earlier", {}), **before.get("files", {})}
    part = out.with_name(f".{out.name}.part")
    try:
        part.unlink(missing_ok=True)  # of a backup that was killed: whoever could read that could read this one
        part.touch(mode=0o600)
        rows, raw, lines = _snapshot()
        with part.open("wb") as stream, tarfile.open(fileobj=stream, mode="w:gz", compresslevel=1) as tar:
            _add(tar, "rows.json", raw)
            hashes, earlier, stats = {}, {}, {}
            for folder in FOLDERS:
                say(f"packing {folder}")
                for name in stores.everything().names(f"{folder}/"):
                    if Path(settings.VAR_DIR) / name == anchors_file():
                        heads = _heads_until(lines)
                        _add(tar, name, heads)
                        hashes[name] = hashlib.sha256(heads).hexdigest()
                        continue
                    stat = _stat(name)
                    if name in packed and stat and stat == before.get("stats", {}).get(name):
                        earlier[name], stats[name] = packed[name], stat
                    elif sha256 := _pack(tar, name):
                        hashes[name], stats[name] = sha256, stat
            manifest = {
                "format": FORMAT, "version": settings.VERSION, "rows": rows, "files": hashes,
                "rows_sha256": hashlib.sha256(raw).hexdigest(), "stats": stats,
            }  # fmt: skip
            if after:
                manifest |= {"earlier": earlier, "after": {"name": after.name, "rows_sha256": before["rows_sha256"]}}
            _add(tar, "manifest.json", json.dumps(manifest).encode())
        say("reading it back")
        _prove(part)
        for fault in faults_of_all():
            say(f"{fault} The backup holds what is there; {_PUT_BACK}.")
        part.replace(out)
    finally:
        part.unlink(missing_ok=True)
    return rows


def _stat(name: str) -> list[int]:
    """Size in bytes and time of change in ns of a file, by which one that has not changed is known; [] where it is gone."""
    try:
        stat = (Path(settings.VAR_DIR) / name).stat()
    except FileNotFoundError:
        return []
    return [stat.st_size, stat.st_mtime_ns]


def _manifest(source: Path) -> dict[str, Any]:
    """What a backup says of itself; raises Refusal where it is none."""
    if not source.is_file():
        raise Refusal(gettext("There is no file {source}.").format(source=source))
    try:
        with tarfile.open(source, "r:gz") as tar:
            manifest: dict[str, Any] = json.loads(_read(tar, "manifest.json"))
    except (tarfile.TarError, KeyError, OSError, EOFError, ValueError) as error:
        raise Refusal(
            gettext("{name} is damaged or is not a backup of HemaView ({error}).").format(name=source.name, error=error)
        ) from error
    if manifest.get("format") != FORMAT:
        raise Refusal(gettext("{name} is not a backup of HemaView.").format(name=source.name))
    return manifest


def _snapshot() -> tuple[int, bytes, int]:
    """How many rows, all of them as JSON, and how long the audit record was, at one moment, whoever writes meanwhile."""
    with transaction.atomic():
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        ordered = serializers.sort_dependencies([(config, None) for config in apps.get_app_configs()])
        models = [m for m in ordered if m._meta.label_lower not in _NOT_KEPT and m._meta.managed and not m._meta.proxy]
        rows = [row for model in models for row in model._default_manager.order_by("pk")]
        raw = serializers.serialize("json", rows, use_natural_foreign_keys=True, cls=_Exact).encode()
        return len(rows), raw, Record.objects.count()


def _heads_until(lines: int) -> bytes:
    """The anchored heads of the audit record as it stood in the snapshot."""
    heads = anchors_file().read_text().splitlines(keepends=True)
    return "".join(h for h in heads if (n := h.partition(" ")[0]).isdigit() and int(n) <= lines).encode()


def _pack(tar: tarfile.TarFile, name: str) -> str:
    """Pack one file and give its sha256; "" for one that went meanwhile, as parts of a job do that is run again."""
    try:
        stream = stores.everything().open(name)
    except FileNotFoundError:
        return ""
    with stream:
        member = tar.gettarinfo(arcname=name, fileobj=stream)
        member.uid = member.gid = 0
        member.uname = member.gname = ""
        reader = _Hashing(stream)
        tar.addfile(member, reader)  # type: ignore[arg-type]
    return reader.sha256.hexdigest()


class _Hashing:
    """A stream whose bytes are hashed as they are read."""

    def __init__(self, stream: BinaryIO) -> None:
        self.stream, self.sha256 = stream, hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        raw = self.stream.read(size)
        self.sha256.update(raw)
        return raw


def _prove(path: Path) -> None:
    """Read a backup to its end and hold it against its manifest; raises Refusal."""
    sha256_by_name: dict[str, str] = {}
    with tarfile.open(path, "r:gz") as tar:
        for member in tar:
            stream = tar.extractfile(member)
            if stream is not None and member.name != "manifest.json":
                sha256_by_name[member.name] = hashlib.file_digest(stream, "sha256").hexdigest()  # type: ignore[arg-type]
            elif stream is not None:
                manifest = json.loads(stream.read())
    if sha256_by_name != {**manifest["files"], "rows.json": manifest["rows_sha256"]}:
        raise Refusal(gettext("The backup could not be read back as it was written; look at the disk, then try again."))


def restore(source: Path, say: Say) -> int:
    """Fill an empty database and empty folders from a backup; how many rows. Raises Conflict where something is there.

    Where it fails, both are empty again, so that another try begins as this one did.
    """
    from apps.accounts.models import User
    from apps.cases.models import Case

    if not source.is_file():
        raise Refusal(gettext("There is no file {source}.").format(source=source))
    if User.objects.exists() or Case.objects.exists():
        raise Conflict(gettext("This database is not empty; restore into a new one."))
    for folder in FOLDERS:
        place = Path(settings.VAR_DIR) / folder
        if place.is_dir() and any(place.iterdir()):
            raise Conflict(
                gettext("{place} is not empty; restore beside it, with another HEMAVIEW_VAR.").format(place=place)
            )
    manifest = _manifest(source)
    chain = _chain(source, manifest)
    try:
        _unpack(source, manifest, chain, say)
    except BaseException:
        for folder in FOLDERS:
            _empty(Path(settings.VAR_DIR) / folder)
        raise
    for fault in faults_of_all():
        say(f"{fault} So it was packed; {_PUT_BACK}.")
    return int(manifest["rows"])


def _empty(folder: Path) -> None:
    """Remove what is in a folder, not the folder, which may be a place where a disk is mounted."""
    for path in folder.iterdir() if folder.is_dir() else ():
        shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()


def _unpack(source: Path, manifest: dict[str, Any], chain: Sequence[tuple[Path, dict[str, Any]]], say: Say) -> None:
    """Write files and rows, and prove them; raises Refusal."""
    hashes = {**manifest.get("earlier", {}), **manifest.get("files", {})}
    try:
        with tarfile.open(source, "r:gz") as tar:
            raw = _read(tar, "rows.json")
        wanted = set(hashes)
        for path, says in chain:
            say(f"unpacking files of {path.name}")
            own = wanted & set(says.get("files", {}))
            with tarfile.open(path, "r:gz") as tar:
                members = [m for m in tar.getmembers() if m.name in own and PurePosixPath(m.name).parts[0] in FOLDERS]
                tar.extractall(Path(settings.VAR_DIR), members=members, filter="data")
            wanted -= own
        hashes["rows.json"] = manifest["rows_sha256"]
        for name, sha256 in hashes.items():
            now = hashlib.sha256(raw).hexdigest() if name == "rows.json" else _sha256(name)
            if now != sha256:
                raise Refusal(gettext("{name} in {name2} is not what was packed.").format(name=name, name2=source.name))
    except (tarfile.TarError, KeyError, OSError, EOFError, ValueError) as error:
        raise Refusal(
            gettext("{name} is damaged or is not a backup of HemaView ({error}).").format(name=source.name, error=error)
        ) from error
    say("writing rows")
    rows = Path(settings.VAR_DIR) / ".restore-rows.json"
    try:
        rows.unlink(missing_ok=True)
        rows.touch(mode=0o600)  # it holds hashes of passwords
        rows.write_bytes(raw)
        with transaction.atomic():
            for model in ("auth.Group",):
                apps.get_model(model).objects.all().delete()
            with without_lines():
                call_command("loaddata", str(rows), verbosity=0)
            verdict = verify()
            if not verdict.ok:
                raise Refusal(
                    gettext("The audit record of this backup does not hold: {message}").format(message=verdict.message)
                )
            # A model's file that was lost before the backup must not keep everything else from coming back: it is said below.
            signed = Report.objects.select_related("case", "signed_by")
            differ = [v for v in (verify_report(r, model_files=False) for r in signed) if not v.ok]
            if differ:
                raise Refusal(
                    gettext("A report of this backup does not hold: {report}: {differs}").format(
                        report=differ[0].report, differs=differ[0].differs[0]
                    )
                )
    finally:
        rows.unlink(missing_ok=True)


def _chain(source: Path, manifest: dict[str, Any]) -> list[tuple[Path, dict[str, Any]]]:
    """The backup and those before it that it needs, the newest first; they must lie in one folder. Raises Refusal."""
    chain = [(source, manifest)]
    while after := chain[-1][1].get("after"):
        path = source.parent / Path(after["name"]).name
        if not path.is_file():
            raise Refusal(
                gettext("{name} was made after {name2}; put that beside it.").format(
                    name=chain[-1][0].name, name2=path.name
                )
            )
        says = _manifest(path)
        if says["rows_sha256"] != after["rows_sha256"]:
            raise Refusal(
                gettext("{name} is not the backup that {name2} was made after.").format(
                    name=path.name, name2=chain[-1][0].name
                )
            )
        chain.append((path, says))
    return chain


def _sha256(name: str) -> str:
    with stores.everything().open(name) as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _add(tar: tarfile.TarFile, name: str, raw: bytes) -> None:
    member = tarfile.TarInfo(name)
    member.size, member.mtime = len(raw), int(time.time())
    tar.addfile(member, io.BytesIO(raw))


def _read(tar: tarfile.TarFile, name: str) -> bytes:
    stream = tar.extractfile(name)
    if stream is None:
        raise KeyError(name)
    return stream.read()
