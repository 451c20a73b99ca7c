"""Servers to measure: ours as it is run, plain Django under gunicorn, nginx on files. Each is ended when done."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from apps.accounts.errors import Refusal
from bench.slides import BenchSlide
from hemaview.tiles.token import Signer
from hemaview.wsi.tileindex import read_index, write_index

SECRET = "only-for-this-measurement-0123456789abcdef"
LASTS_S = 6 * 3600


@dataclass
class Server:
    """A running server; `paths` are the addresses of its tiles, in an order of their own."""

    case: str
    port: int
    pid: int
    paths: list[str]

    def tree(self) -> list[int]:
        """Its process and all that came of it."""
        children: dict[int, list[int]] = {}
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit():
                with contextlib.suppress(OSError, IndexError, ValueError):
                    parent = int((entry / "stat").read_text().rsplit(")", 1)[1].split()[1])
                    children.setdefault(parent, []).append(int(entry.name))
        pids, waiting = [], [self.pid]
        while waiting:
            pid = waiting.pop()
            pids.append(pid)
            waiting += children.get(pid, [])
        return pids

    def cpu_s(self) -> float:
        """User and system time of the tree so far."""
        ticks = 0
        for pid in self.tree():
            with contextlib.suppress(OSError):
                parts = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
                ticks += int(parts[11]) + int(parts[12])
        return ticks / os.sysconf("SC_CLK_TCK")

    def memory_mb(self) -> float:
        """Resident memory of the tree (shared pages counted once for each process that maps them)."""
        total = 0
        for pid in self.tree():
            with contextlib.suppress(OSError):
                for line in Path(f"/proc/{pid}/status").read_text().splitlines():
                    if line.startswith("VmRSS"):
                        total += int(line.split()[1])
        return total / 1024


class House:
    """A HemaView of its own in a temporary folder: database, slides, server. Decoded tiles are not kept: each is made."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.environment = {
            **os.environ,
            "HEMAVIEW_VAR": str(folder),
            "HEMAVIEW_SECRET_KEY": SECRET,
            "HEMAVIEW_TILE_CACHE_BYTES": "0",
            "DATABASE_URL": "",
            "REDIS_URL": "",
            "DJANGO_SETTINGS_MODULE": "hemaview.config.settings.demo",
            "PYTHONWARNINGS": "ignore",
        }
        self.signer = Signer(SECRET)
        self.manage("migrate", "-v", "0")

    def manage(self, *arguments: str) -> str:
        process = subprocess.run(
            [sys.executable, "manage.py", *arguments], env=self.environment, capture_output=True, text=True
        )
        if process.returncode:
            raise Refusal(f"`{arguments[0]}` failed: {(process.stderr or process.stdout).strip().splitlines()[-1:]}")
        return process.stdout

    def bring_in(self, path: Path, case: str) -> str:
        """Import a slide in place; its id as 32 digits."""
        answer = self.manage("import_slide", str(path), "--case", case, "--create", "--in-place", "--json")
        return str(json.loads(answer)["slides"][0]["id"]).replace("-", "")

    def index_path(self, slide: str) -> Path:
        return self.folder / "slides" / str(uuid.UUID(hex=slide)) / "tiles.hvt"

    def decode_everything(self, slide: str) -> None:
        """Write the slide's index anew with no level sent as stored: what the decoders can do on the same pixels."""
        path = self.index_path(slide)
        index = read_index(path)
        index.levels = [replace(level, stored=False, sparse_is_blank=False, prefix="", at=0) for level in index.levels]
        write_index(index, [None] * len(index.levels), [b""] * len(index.levels), path)

    def paths(self, slide: str, places: list[tuple[int, int]]) -> list[str]:
        stamp = read_index(self.index_path(slide)).stamp
        token = self.signer.issue(slide, "1", int(time.time()) + LASTS_S)
        return [f"/tiles/{slide}/{stamp}/0/{c}_{r}.jpg?t={token}" for c, r in places]

    @contextlib.contextmanager
    def serving(self) -> Iterator[tuple[int, int]]:
        """Our server as `demo` and the image start it; (port, pid)."""
        port = free_port()
        command = [
            sys.executable, "-m", "uvicorn", "hemaview.config.asgi:application", "--port", str(port), "--log-level",
            "warning", "--no-access-log", "--no-proxy-headers", "--no-server-header", "--http",
            "hemaview.tiles.protocol:TileProtocol",
        ]  # fmt: skip
        with _running(command, self.environment, port, "/health/") as pid:
            yield port, pid


@contextlib.contextmanager
def plain(case: str, slide: BenchSlide, places: list[tuple[int, int]]) -> Iterator[Server]:
    """Django under gunicorn, one process of four threads; `case` is naive, large_image or large_image_icc."""
    port = free_port()
    environment = {
        **os.environ, "BENCH_SLIDE": str(slide.path), "BENCH_TILE_PX": str(slide.tile_px), "BENCH_WAY": case,
        "BENCH_SECRET": SECRET, "DJANGO_SETTINGS_MODULE": "",
    }  # fmt: skip
    command = [
        sys.executable, "-m", "gunicorn", "-k", "gthread", "--threads", "4", "-w", "1", "-b", f"127.0.0.1:{port}",
        "--log-level", "error", "bench.plainserver:application",
    ]  # fmt: skip
    token = Signer(SECRET).issue("bench", "1", int(time.time()) + LASTS_S)
    with _running(command, environment, port, f"/tile/0_0.jpg?t={token}") as pid:
        yield Server(f"{case}_http", port, pid, [f"/tile/{c}_{r}.jpg?t={token}" for c, r in places])


@contextlib.contextmanager
def nginx(slide: BenchSlide, index_path: Path, places: list[tuple[int, int]], folder: Path) -> Iterator[Server]:
    """nginx with one worker on tiles that were written to files before: the ceiling."""
    from bench.ways import native

    files = folder / f"tiles-{slide.tile_px}"
    files.mkdir(parents=True, exist_ok=True)
    make = native(slide, index_path)
    for column, row in places:
        (files / f"{column}_{row}.jpg").write_bytes(make(column, row))
    port = free_port()
    configuration = folder / f"nginx-{slide.tile_px}.conf"
    configuration.write_text(
        f"daemon off; worker_processes 1; pid {folder}/nginx.pid; error_log /dev/null;\n"
        + ("user root;\n" if os.geteuid() == 0 else "")
        + "events { worker_connections 512; }\n"
        f"http {{ access_log off; sendfile on; keepalive_requests 1000000; types {{ image/jpeg jpg; }}\n"
        f"  client_body_temp_path {folder}/b; proxy_temp_path {folder}/p; fastcgi_temp_path {folder}/f;\n"
        f"  uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;\n"
        f"  server {{ listen 127.0.0.1:{port}; root {files}; }} }}\n"
    )
    command = [str(shutil.which("nginx") or "/usr/sbin/nginx"), "-c", str(configuration), "-p", str(folder)]
    column, row = places[0]
    with _running(command, dict(os.environ), port, f"/{column}_{row}.jpg") as pid:
        yield Server("nginx_http", port, pid, [f"/{c}_{r}.jpg" for c, r in places])


def has_nginx() -> bool:
    return bool(shutil.which("nginx") or Path("/usr/sbin/nginx").exists())


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def _running(command: list[str], environment: dict[str, Any], port: int, look_at: str) -> Iterator[int]:
    process = subprocess.Popen(
        command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, start_new_session=True
    )
    try:
        until = time.monotonic() + 60
        while True:
            if process.poll() is not None or time.monotonic() > until:
                errors = process.stderr.read().decode(errors="replace").strip() if process.poll() is not None else ""  # type: ignore[union-attr]
                raise Refusal(
                    f"{Path(command[2] if len(command) > 2 else command[0]).name} did not start: {errors[-300:]}"
                )
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}{look_at}", timeout=10):
                    break
            except urllib.error.HTTPError as error:
                raise Refusal(f"A server answers {error.code} to {look_at.split('?')[0]}.") from error
            except (urllib.error.URLError, OSError):
                time.sleep(0.1)
        yield process.pid
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(8)
        except subprocess.TimeoutExpired:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        if process.stderr:
            process.stderr.close()
