"""A whole HemaView for a test: web server, workers, and either the embedded defaults or real PostgreSQL and Redis."""

from __future__ import annotations

import json
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from tests.integration.oncemade import ONCE_MADE

ROOT = Path(__file__).parents[2]
PASSED_ON = ("PATH", "HOME", "LANG", "TMPDIR", "HEMAVIEW_THREADS", "OMP_NUM_THREADS")
"""Environment that the processes of a test share with it; the Makefile says how many threads each may take."""

_FURNISH = """
from django.core.management import call_command
call_command("migrate", verbosity=0)
call_command("setup")
from apps.analysis.models import Protocol
film = Protocol.objects.get(name="blood-film")
film.settings = {**film.settings, "max_fields": 3}
film.save()
call_command("createsuperuser", interactive=False, username="root", email="root@example.org")
"""

_ONE_BY_ONE = """
import contextlib, io, json, sys
from django.core.management import execute_from_command_line
answers = []
for arguments in json.loads(sys.argv[1]):
    out, error, status = io.StringIO(), io.StringIO(), 0
    with contextlib.redirect_stderr(error), contextlib.redirect_stdout(out):
        try:
            execute_from_command_line(["manage.py", *arguments])
        except SystemExit as end:
            status = end.code or 0
    answers.append((status, out.getvalue(), error.getvalue()))
print(json.dumps(answers))
"""


def free_port() -> int:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return int(s.getsockname()[1])


def postgres_tools() -> Path | None:
    """The folder of initdb and postgres, wherever Debian put them."""
    for folder in sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True):
        if (folder / "initdb").exists():
            return folder
    initdb = shutil.which("initdb")
    return Path(initdb).resolve().parent if initdb else None


def wait_until(what: Any, seconds: float, why: str, pause_s: float = 0.2) -> Any:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        answer = what()
        if answer:
            return answer
        time.sleep(pause_s)
    raise AssertionError(f"{why}: not within {seconds} s")


def _initialise(tools: Path, data: Path, secret: Path, as_user: dict[str, Any]) -> None:
    subprocess.run(
        [tools / "initdb", "-D", data, "-U", "hemaview_test", "-A", "scram-sha-256", f"--pwfile={secret}", "-E", "UTF8"],
        check=True, stdout=subprocess.DEVNULL, cwd="/tmp", **as_user,
    )  # fmt: skip


@contextmanager
def postgres(folder: Path, port: int = 0) -> Iterator[str]:
    """A PostgreSQL of its own; the DATABASE_URL. As root it runs as an unprivileged user, since it refuses root. One that ran in
    the folder before comes back with its rows."""
    tools = postgres_tools()
    assert tools is not None
    port, data = port or free_port(), folder / "pg"
    new = not data.exists()
    as_user: dict[str, Any] = {}
    if os.geteuid() == 0:
        name = "postgres" if any(p.pw_name == "postgres" for p in pwd.getpwall()) else "nobody"
        entry = pwd.getpwnam(name)
        data.mkdir(exist_ok=True)
        os.chown(data, entry.pw_uid, entry.pw_gid)
        for parent in [folder, *folder.parents]:
            if parent.stat().st_uid == 0 and str(parent).startswith("/tmp/"):
                parent.chmod(parent.stat().st_mode | 0o011)
        as_user = {"user": name, "group": entry.pw_gid, "extra_groups": []}
    secret = folder / "pg-password"
    secret.write_text("a-password-of-the-test")
    secret.chmod(0o644)
    if new:
        _initialise(tools, data, secret, as_user)
    server = subprocess.Popen(
        [tools / "postgres", "-D", data, "-p", str(port), "-c", "listen_addresses=127.0.0.1", "-k", "/tmp", "-c", "fsync=off"],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd="/tmp", **as_user,
    )  # fmt: skip
    try:
        import psycopg

        url = f"postgres://hemaview_test:a-password-of-the-test@127.0.0.1:{port}/postgres"

        def up() -> bool:
            try:
                psycopg.connect(url.replace("postgres://", "postgresql://"), connect_timeout=2).close()
            except psycopg.OperationalError:
                return False
            return True

        wait_until(up, 30, "PostgreSQL")
        yield url
    finally:
        server.send_signal(signal.SIGINT)
        server.wait(20)


@contextmanager
def redis(folder: Path, port: int = 0) -> Iterator[str]:
    port = port or free_port()
    server = subprocess.Popen(
        ["redis-server", "--port", str(port), "--save", "", "--dir", str(folder)], stdout=subprocess.DEVNULL
    )
    try:
        wait_until(lambda: socket.socket().connect_ex(("127.0.0.1", port)) == 0, 10, "Redis")
        yield f"redis://127.0.0.1:{port}/0"
    finally:
        server.terminate()
        server.wait(10)


@dataclass
class Stack:
    """What a test talks to."""

    folder: Path
    environment: dict[str, str]
    port: int = field(default_factory=free_port)
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def manage(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        run = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT,
            env=self.environment,
            text=True,
            capture_output=True,
        )
        assert run.returncode == 0 or not check, (arguments[0], run.stdout[-500:], run.stderr[-1500:])
        return run

    def one_by_one(self, *commands: tuple[str, ...]) -> list[tuple[int, str, str]]:
        """Exit status, output and error output of each command of manage.py, all in one process: it starts once."""
        run = subprocess.run(
            [sys.executable, "-c", _ONE_BY_ONE, json.dumps(commands)],
            cwd=ROOT,
            env=self.environment,
            text=True,
            capture_output=True,
        )
        assert run.returncode == 0, run.stderr[-1500:]
        return [(status, out, error) for status, out, error in json.loads(run.stdout.splitlines()[-1])]

    def start(self, *command: str) -> subprocess.Popen[bytes]:
        log = (self.folder / f"{command[0]}-{len(self.processes)}.log").open("wb")
        process = subprocess.Popen(
            [sys.executable, "-m", *command],
            cwd=ROOT,
            env=self.environment,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        self.processes.append(process)
        return process

    def web(self) -> None:
        protocol = ("--http", "hemaview.tiles.protocol:TileProtocol")
        command = ("uvicorn", "hemaview.config.asgi:application", "--port", str(self.port), "--log-level", "warning")
        self.start(*command, *protocol)
        wait_until(lambda: self.get("/health/", None)[0] == 200, 40, "web server")

    def worker(self) -> subprocess.Popen[bytes]:
        name = f"w{len(self.processes)}@test"
        schedule = str(self.folder / f"beat-{len(self.processes)}")
        return self.start(
            "celery", "-A", "hemaview.config", "worker", "-B", "-s", schedule, "--concurrency", "1", "-n", name,
            "--loglevel", "warning", "--queues", "bells,imports,cpu",
        )  # fmt: skip

    def kill(self, process: subprocess.Popen[bytes]) -> None:
        """`kill -9` of the process and all its children."""
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def get(self, path: str, token: str | None) -> tuple[int, Any]:
        return self.ask("GET", path, token)

    def ask(self, method: str, path: str, token: str | None, body: Any = None, **headers: str) -> tuple[int, Any]:
        raw = body if isinstance(body, bytes) else json.dumps(body).encode() if body is not None else None
        all_headers = {"Content-Type": "application/json", **headers}
        if token:
            all_headers["Authorization"] = f"Token {token}"
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}{path}", data=raw, headers=all_headers, method=method
        )
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                text = answer.read()
                status = answer.status
                self.last_headers = {k.lower(): v for k, v in answer.headers.items()}
        except urllib.error.HTTPError as error:
            text, status = error.read(), error.code
        except OSError:
            return 0, None
        try:
            return status, json.loads(text)
        except ValueError:
            return status, text

    def close(self) -> None:
        for process in self.processes:
            if process.poll() is None:
                self.kill(process)


@contextmanager
def running(folder: Path, services: bool, **environment_too: str) -> Iterator[Stack]:
    """A house with its own folder: on the embedded defaults, or on `services` that it starts itself."""
    with ExitStack() as keep:
        environment = {
            **{k: v for k, v in os.environ.items() if k in PASSED_ON},
            "DJANGO_SETTINGS_MODULE": "hemaview.config.settings.demo",
            "HEMAVIEW_VAR": str(folder / "var"),
            "HEMAVIEW_JOB_LEASE_S": "4",
            "DJANGO_SUPERUSER_PASSWORD": "a-superuser-password-1",
            "PYTHONWARNINGS": "ignore",
        }
        if services:
            environment["DATABASE_URL"] = keep.enter_context(postgres(folder))
            environment["REDIS_URL"] = keep.enter_context(redis(folder))
        environment |= environment_too
        stack = Stack(folder, environment)
        keep.callback(stack.close)
        if "DATABASE_URL" in environment:
            stack.manage("shell", "-v", "0", "-c", _FURNISH)
        else:
            ONCE_MADE.copy("embedded-house", partial(_furnish, stack), Path(environment["HEMAVIEW_VAR"]))
        yield stack


def _furnish(like: Stack, var: Path) -> None:
    Stack(like.folder, {**like.environment, "HEMAVIEW_VAR": str(var)}).manage("shell", "-v", "0", "-c", _FURNISH)
