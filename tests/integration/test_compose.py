"""The compose file as it stands: its shape, and each service's own command and health check, started by hand."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.conftest import needs
from tests.integration.stack import PASSED_ON, ROOT, free_port, postgres, postgres_tools, wait_until

COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker" / "compose.yaml").read_text())
SERVICES: dict[str, Any] = COMPOSE["services"]
KNOWN = {"image", "build", "env_file", "environment", "restart", "init", "security_opt", "cap_drop", "depends_on", "command",
         "volumes", "healthcheck", "ports", "profiles", "deploy", "mem_limit", "cpus"}  # fmt: skip
EXACT = r"\d+\.\d+(\.\d+)?(-[a-z]+)*@sha256:[0-9a-f]{64}"
CONDITIONS = {"service_healthy", "service_completed_successfully"}


@pytest.mark.parametrize("name", SERVICES)
def test_each_service_is_of_the_shape_that_compose_takes(name: str) -> None:
    service = SERVICES[name]
    assert set(service) <= KNOWN
    assert re.fullmatch(rf"[a-z]+:{EXACT}|hemaview:local(-gpu)?", service["image"]), "an exact version and its digest"
    assert re.fullmatch(r"\d+[mg]", service["mem_limit"]) and service["cpus"] > 0
    for other, how in service.get("depends_on", {}).items():
        assert other in SERVICES and how["condition"] in CONDITIONS
        assert how["condition"] != "service_healthy" or "healthcheck" in SERVICES[other]
    for volume in service.get("volumes", []):
        source = volume.split(":")[0]
        assert source in COMPOSE["volumes"] or (ROOT / "docker" / source).exists(), volume
    if name == "migrate":
        assert service["restart"] == "no"
    else:
        check = service["healthcheck"]
        assert check["test"][0] in ("CMD", "CMD-SHELL") and service["restart"] == "unless-stopped"
        assert all(re.fullmatch(r"\d+s", check[k]) for k in ("interval", "timeout", "start_period") if k in check)
    assert bool(service.get("ports")) == (name == "proxy"), "the proxy alone is published"


def test_every_queue_has_a_worker_and_the_clock_ticks_once() -> None:
    commands = {name: str(s.get("command", "")) for name, s in SERVICES.items()}
    heard = [q for c in commands.values() if "--queues" in c for q in c.split("--queues ")[1].split()[0].split(",")]
    assert sorted(heard) == ["bells", "cpu", "gpu", "imports"]
    assert sum(" -B " in c for c in commands.values()) == 1
    assert [name for name, c in commands.items() if "migrate" in c] == ["migrate"]


def test_base_images_are_not_past_their_end() -> None:
    text = (ROOT / "docker" / "Dockerfile").read_text()
    images = re.findall(r"^FROM (\S+)", text, re.M)
    assert all(re.fullmatch(rf"(node|python):{EXACT}", image) for image in images), "an exact version and its digest"
    assert [re.match(r"(node|python):(\d+\.\d+)", i).groups() for i in images] == [
        ("node", "24.11"),
        ("python", "3.11"),
    ]  # type: ignore[union-attr]


def test_secrets_are_made_once_and_for_their_owner_alone(tmp_path: Path) -> None:
    def prepare(*words: str) -> subprocess.CompletedProcess[str]:
        environment = {"PATH": os.environ["PATH"], "HEMAVIEW_ENV_FILE": str(tmp_path / ".env")}
        return subprocess.run(
            ["sh", "docker/prepare.sh", *words], cwd=ROOT, env=environment, capture_output=True, text=True
        )

    for bad in ((), ("a name; rm -rf /",)):
        assert prepare(*bad).returncode == 1 and not (tmp_path / ".env").exists()
    assert prepare("hemaview.example.org").returncode == 0
    first = (tmp_path / ".env").read_text()
    assert (tmp_path / ".env").stat().st_mode & 0o077 == 0
    assert prepare("hemaview.example.org").returncode == 1 and (tmp_path / ".env").read_text() == first


def test_caddy_takes_its_file(tmp_path: Path) -> None:
    needs(shutil.which("caddy") is not None, "Caddy is missing: apt-get install caddy")
    environment = {
        **os.environ,
        "HEMAVIEW_SITE": "hemaview.example.org",
        "HEMAVIEW_TLS": "internal",
        "HOME": str(tmp_path),
    }
    run = subprocess.run(
        ["caddy", "validate", "--adapter", "caddyfile", "--config", str(ROOT / "docker" / "Caddyfile")],
        env=environment, capture_output=True, text=True,
    )  # fmt: skip
    assert run.returncode == 0, run.stderr


class House:
    """Services of the file on this machine: its commands and checks word for word, but for hosts, ports and folders."""

    def __init__(self, folder: Path, keep: ExitStack) -> None:
        self.folder, self.keep = folder, keep
        for name in ("data", "static", "backups"):
            (folder / name).mkdir()
        subprocess.run(
            ["sh", "docker/prepare.sh", "hemaview.example.org"], cwd=ROOT, check=True, stdout=subprocess.DEVNULL,
            env={"PATH": os.environ["PATH"], "HEMAVIEW_ENV_FILE": str(folder / ".env")},
        )  # fmt: skip
        self.env_file = dict(line.split("=", 1) for line in (folder / ".env").read_text().splitlines())
        self.web_port, self.redis_port = free_port(), free_port()
        self.database_url = keep.enter_context(postgres(folder))
        self.here = {
            "/data": str(folder / "data"), "/static": str(folder / "static"), "/backups": str(folder / "backups"),
            "/tmp/beat": str(folder / "beat"),
        }  # fmt: skip

    def environment(self, name: str) -> dict[str, str]:
        inside = {**{k: v for k, v in os.environ.items() if k in PASSED_ON}, "PYTHONWARNINGS": "ignore"}
        inside["PATH"] = f"{Path(sys.executable).parent}:{postgres_tools()}:{inside['PATH']}"
        service = SERVICES[name]
        if service.get("env_file"):
            inside |= self.env_file | {
                "DJANGO_SETTINGS_MODULE": "hemaview.config.settings.production",
                "HEMAVIEW_VAR": self.here["/data"], "HEMAVIEW_STATIC_ROOT": self.here["/static"],
                "DATABASE_URL": self.database_url,
                "REDIS_URL": self.env_file["REDIS_URL"].replace("redis:6379", f"127.0.0.1:{self.redis_port}"),
            }  # fmt: skip
        for key, value in service.get("environment", {}).items():
            inside[key] = re.sub(r"\$\{(\w+)[^}]*\}", lambda match: self.env_file[match[1]], value)
        return inside

    def words(self, command: str) -> str:
        command = command.replace("$$", "$")
        for there, here in self.here.items():
            command = re.sub(rf"(?<![\w/]){there}(?=[/\s\"']|$)", here, command)
        command = command.replace("0.0.0.0", "127.0.0.1").replace("--port 8000", f"--port {self.web_port}")
        command = command.replace("127.0.0.1:8000", f"127.0.0.1:{self.web_port}")
        command = command.replace("redis-server ", f"redis-server --port {self.redis_port} --save '' ")
        command = command.replace("redis-cli ", f"redis-cli -p {self.redis_port} ")
        port = self.database_url.rsplit(":", 1)[1].split("/")[0]
        return command.replace("pg_isready ", f"pg_isready -p {port} ")

    def start(self, name: str) -> subprocess.Popen[bytes]:
        log = (self.folder / f"{name}.log").open("wb")
        process = subprocess.Popen(
            ["sh", "-c", self.words(SERVICES[name]["command"])], cwd=ROOT, env=self.environment(name), stdout=log, stderr=log,
            start_new_session=True,
        )  # fmt: skip
        self.keep.callback(self._end, process)
        return process

    @staticmethod
    def _end(process: subprocess.Popen[bytes]) -> None:
        if process.poll() is None:
            os.killpg(process.pid, 9)
            process.wait()

    def healthy(self, name: str) -> bool:
        kind, *test = SERVICES[name]["healthcheck"]["test"]
        command = ["sh", "-c", self.words(test[0])] if kind == "CMD-SHELL" else [self.words(word) for word in test]
        return subprocess.run(command, cwd=ROOT, env=self.environment(name), capture_output=True).returncode == 0

    def becomes_healthy(self, name: str) -> None:
        try:
            wait_until(lambda: self.healthy(name), 120, name, pause_s=1.0)
        except AssertionError as error:
            raise AssertionError(f"{error}; {self.log(name)}") from error

    def log(self, name: str) -> str:
        return (self.folder / f"{name}.log").read_text()[-3000:]


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    needs(postgres_tools() is not None, "PostgreSQL is missing: apt-get install postgresql")
    needs(shutil.which("redis-server") is not None, "Redis is missing: apt-get install redis-server")
    with ExitStack() as keep:
        yield House(tmp_path_factory.mktemp("compose"), keep)


@pytest.mark.services
def test_every_service_starts_by_its_own_command_and_becomes_healthy(house: House) -> None:
    assert house.healthy("database")
    assert not house.healthy("redis") and not house.healthy("web") and not house.healthy("backup")
    house.start("redis")
    wait_until(lambda: house.healthy("redis"), 15, "redis")
    migrate = house.start("migrate")
    assert migrate.wait(240) == 0, house.log("migrate")
    started = [name for name in ("web", "clock", "worker", "backup") if house.start(name)]
    with ThreadPoolExecutor(len(started)) as beside:  # Celery's checks wait for answers for seconds
        list(beside.map(house.becomes_healthy, started))

    # Static files of both halves carry hashes, and only those are kept for ever.
    def ask(path: str) -> Any:
        request = urllib.request.Request(
            f"http://127.0.0.1:{house.web_port}{path}",
            headers={"Host": "hemaview.example.org", "X-Forwarded-Proto": "https"},
        )
        return urllib.request.urlopen(request, timeout=20)

    page = ask("/accounts/login/").read().decode()
    statics = re.findall(r'(?:href|src)="(/static/[^"]+)"', page)
    assert any("/static/dist/assets/" in s for s in statics) and any(
        re.search(r"favicon\.[0-9a-f]{12}", s) for s in statics
    )
    for address in statics:
        assert "immutable" in ask(address).headers["Cache-Control"], address
    assert "immutable" not in ask("/static/favicon.svg").headers["Cache-Control"]
