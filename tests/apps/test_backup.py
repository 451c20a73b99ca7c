"""A backup is its owner's alone, and a restore that fails leaves nothing that stands in the way of the next one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.contrib.contenttypes.models import ContentType
from django.core.management import call_command

from apps.accounts.errors import Refusal
from apps.accounts.models import User
from apps.audit.services import Verdict
from apps.desk import backup as module
from apps.desk.backup import FOLDERS, backup, restore
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def no_remembered_keys() -> Iterator[None]:
    """A flush gives content types new keys; the test's end gives them their old ones back, and nobody may remember the new."""
    yield
    ContentType.objects.clear_cache()


def put_into(settings: Any, var: Path) -> None:
    var.mkdir()
    settings.VAR_DIR, settings.ANCHORS_DIR = var, var / "anchors"


def test_a_restore_that_fails_leaves_everything_empty_and_can_be_tried_again(
    settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_into(settings, tmp_path / "var")
    factories.person("technologist", "tess")
    kept = settings.VAR_DIR / "reports" / "one" / "report.html"
    kept.parent.mkdir(parents=True)
    kept.write_text("signed")
    packed = tmp_path / "all.tar.gz"
    backup(packed, lambda _: None)
    call_command("flush", interactive=False, verbosity=0)
    put_into(settings, tmp_path / "new")
    (settings.VAR_DIR / "reports").mkdir()  # as where a disk is mounted
    with monkeypatch.context() as broken:
        broken.setattr(module, "verify", lambda: Verdict(False, 0, "an entry is missing"))
        with pytest.raises(Refusal, match="an entry is missing"):
            restore(packed, lambda _: None)
    assert not User.objects.exists() and (settings.VAR_DIR / "reports").is_dir()
    assert not [path for folder in FOLDERS for path in (settings.VAR_DIR / folder).rglob("*")]
    assert not (settings.VAR_DIR / ".restore-rows.json").exists()
    restore(packed, lambda _: None)
    assert (settings.VAR_DIR / "reports" / "one" / "report.html").read_text() == "signed"
    assert User.objects.filter(username="tess").exists()


def test_a_backup_is_its_owners_alone_also_where_one_was_killed_before(settings: Any, tmp_path: Path) -> None:
    put_into(settings, tmp_path / "var")
    (tmp_path / ".all.tar.gz.part").write_bytes(b"begun")
    (tmp_path / ".all.tar.gz.part").chmod(0o644)
    backup(tmp_path / "all.tar.gz", lambda _: None)
    assert (tmp_path / "all.tar.gz").stat().st_mode & 0o077 == 0
