"""Parts of a house go away and come back: each answer is a sentence, and nothing is lost.

They take minutes: `make prove` runs them; `tests/config/test_outages.py` is the small case of `make test`.
"""

from __future__ import annotations

import contextlib
import json
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import needs
from tests.integration.journey import token
from tests.integration.stack import Stack, free_port, postgres, postgres_tools, redis, running, wait_until

pytestmark = pytest.mark.services


class Service:
    """PostgreSQL or Redis at one address, which can be stopped and started again."""

    def __init__(self, how: Any, folder: Path) -> None:
        self.how, self.folder, self.port = how, folder, free_port()
        self.keep = ExitStack()

    def start(self) -> str:
        return str(self.keep.enter_context(self.how(self.folder, self.port)))

    def stop(self) -> None:
        self.keep.close()


def ended(stack: Stack, key: str, job: str) -> Any:
    """The job once it has ended."""

    def look() -> Any:
        status, row = stack.get(f"/api/v1/jobs/{job}/", key)
        return row if status == 200 and row["state"] not in ("requested", "queued", "running") else None

    return wait_until(look, 240, "job")


def slide_of(stack: Stack, film: Path, accession: str) -> str:
    run = stack.manage("import_slide", str(film), "--case", accession, "--create", "--json")
    return str(json.loads(run.stdout)["slides"][0]["id"])


@pytest.mark.prove
def test_database_and_redis_go_away_and_come_back(tmp_path: Path, film: Path) -> None:
    needs(postgres_tools() is not None, "PostgreSQL is missing: apt-get install postgresql")
    needs(shutil.which("redis-server") is not None, "Redis is missing: apt-get install redis-server")
    database, cache = Service(postgres, tmp_path), Service(redis, tmp_path)
    try:
        urls = {"DATABASE_URL": database.start(), "REDIS_URL": cache.start()}
        with running(tmp_path, False, **urls) as stack:
            stack.web()
            stack.worker()
            key = token(stack)
            slide = slide_of(stack, film, "O-1")

            cache.stop()
            status, ready = stack.get("/ready/", None)
            assert status == 503 and ready["cache"].startswith("failed"), ready
            status, job = stack.ask("POST", f"/api/v1/slides/{slide}/jobs/", key, {"protocol": "blood-film"})
            assert status in (201, 503), job
            status, case = stack.get("/api/v1/cases/O-1/", key)
            assert status == 200 or case["code"] == "cache-down", case
            cache.start()
            if status == 201 or "id" not in job:
                status, job = stack.ask("POST", f"/api/v1/slides/{slide}/jobs/", key, {"protocol": "blood-film"})
                assert status in (201, 409), job
            job_id = stack.get(f"/api/v1/slides/{slide}/jobs/", key)[1][0]["id"]
            assert ended(stack, key, job_id)["state"] == "done", "what was ordered meanwhile is done once Redis is back"

            status, job = stack.ask("POST", f"/api/v1/slides/{slide}/jobs/", key, {"protocol": "blood-film"})
            assert status == 201, job
            database.stop()
            status, answer = stack.get("/api/v1/cases/O-1/", key)
            assert (status, answer["code"]) == (503, "database-down"), answer
            status, page = stack.get("/", None)
            assert status in (302, 503, 200) and b"Traceback" not in (page or b"")
            assert stack.get("/ready/", None)[0] == 503 and stack.get("/health/", None)[0] == 200
            database.start()
            wait_until(lambda: stack.get("/ready/", None)[0] == 200, 30, "ready again")
            wait_until(lambda: stack.get("/api/v1/cases/O-1/", key)[0] == 200, 30, "the case again")
            stack.worker()  # one that lost its database may have ended; a supervisor starts another
            assert ended(stack, key, job["id"])["state"] == "done"
            assert "intact" in stack.manage("verify_audit").stdout
    finally:
        cache.stop()
        database.stop()


@contextmanager
def small_disk(folder: Path, mib: int) -> Iterator[Path]:
    """A disk of its own of so many MiB; only root can make one."""
    place = folder / "small"
    place.mkdir()
    mount = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={mib}m", "tmpfs", str(place)], capture_output=True)
    if mount.returncode:
        pytest.skip("Only root makes a small disk.")
    try:
        yield place
    finally:
        subprocess.run(["umount", "-l", str(place)], check=False)


def fill(filler: Path) -> None:
    """Take all that is left on its disk."""
    with filler.open("wb", buffering=0) as stream, contextlib.suppress(OSError):
        while stream.write(bytes(1 << 16)):
            pass


@pytest.mark.prove
def test_a_full_disk_is_said_and_leaves_nothing_half_done(tmp_path: Path, film: Path) -> None:
    with (
        small_disk(tmp_path, 96) as disk,
        running(tmp_path, False, HEMAVIEW_VAR=str(disk / "var"), HEMAVIEW_DISK_RESERVE_BYTES="0") as stack,
    ):
        stack.web()
        key = token(stack)
        slide = slide_of(stack, film, "O-1")
        filler = disk / "filler"
        fill(filler)
        refused = stack.manage("import_slide", str(film), "--case", "O-2", "--create", check=False)
        assert refused.returncode == 1 and len(refused.stderr.strip().splitlines()) == 1, refused.stderr
        refused = stack.manage("analyse", slide, "--local", check=False)
        assert refused.returncode == 1 and "Traceback" not in refused.stderr, refused.stderr[-800:]
        refused = stack.manage("backup", str(disk / "b.tar.gz"), check=False)
        assert refused.returncode == 1 and "Traceback" not in refused.stderr and not (disk / "b.tar.gz").exists()
        assert len(list(disk.glob(".b.tar.gz*"))) == 0
        facts = "filename ZmlsbS50aWY=,case Ty0x"
        status, answer = stack.ask(
            "POST",
            "/api/v1/uploads/",
            key,
            b"",
            **{"Upload-Length": "1000000", "Upload-Metadata": facts, "Content-Type": "text/plain"},
        )
        assert status in (503, 507) and answer["code"] in ("disk-full", "database-down"), (status, answer)
        filler.unlink()
        run = stack.manage("analyse", slide, "--local", "--json", check=False)
        assert run.returncode == 0, run.stderr[-800:]
        assert "intact" in stack.manage("verify_audit").stdout


@pytest.mark.prove
def test_a_slide_that_is_gone_is_said_by_viewer_and_analysis(tmp_path: Path, film: Path) -> None:
    with running(tmp_path, False) as stack:
        stack.web()
        key, slide = token(stack), slide_of(stack, film, "O-1")
        tiles = stack.get(f"/api/v1/slides/{slide}/tiles/", key)[1]
        for path in Path(stack.environment["HEMAVIEW_VAR"]).glob(f"slides/{slide}/**/*.tif"):
            path.unlink()
        status, answer = stack.get(f"{tiles['base']}0/0_0.jpg?t={tiles['token']}", None)
        assert status == 404 and answer["code"] in ("unreadable", "not-found"), answer
        status, answer = stack.get(f"/slides/{slide}_files/10/0_0.jpg", key)
        assert status == 404 and answer["detail"].endswith("."), answer
        refused = stack.manage("analyse", slide, "--local", check=False)
        lines = [line for line in refused.stderr.strip().splitlines() if not line.startswith(("running", "failed"))]
        assert refused.returncode == 1 and len(lines) == 1 and lines[0].endswith("."), refused.stderr
