"""Load on a server: wrk where it is installed, a bounded client of our own otherwise."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from apps.accounts.errors import Refusal
from bench.servers import Server

CONNECTIONS = 16
_LUA = """
local paths = {}
for line in io.lines("%s") do paths[#paths + 1] = line end
local at = %d
request = function()
  at = at %% #paths + 1
  return wrk.format("GET", paths[at])
end
"""
_UNITS = {"us": 0.001, "ms": 1.0, "s": 1000.0}


@dataclass(frozen=True)
class Load:
    """What a run of some seconds showed; cpu_us is the server's own per request, all its processes."""

    tiles_per_s: float
    p50_ms: float
    p99_ms: float
    cpu_us: float
    memory_mb: float
    requests: int


def client() -> str:
    """The name of the client that is used here."""
    return "wrk" if shutil.which("wrk") else "own client"


def run(server: Server, seconds: float, folder: Path, begin: int = 0, connections: int = CONNECTIONS) -> Load:
    """Ask for the server's tiles one after another from path number `begin` on; raises Refusal where any is refused."""
    listing = folder / f"paths-{server.case}.txt"
    if not listing.exists():
        listing.write_text("\n".join(server.paths) + "\n")
    before = server.cpu_s()
    if shutil.which("wrk"):
        requests, rate, p50, p99 = _wrk(server, seconds, folder, listing, begin, connections)
    else:
        requests, rate, p50, p99 = _own(server, seconds, listing, begin, connections)
    cpu = (server.cpu_s() - before) / max(1, requests) * 1e6
    return Load(rate, p50, p99, cpu, server.memory_mb(), requests)


def _wrk(
    server: Server, seconds: float, folder: Path, listing: Path, begin: int, connections: int
) -> tuple[int, float, float, float]:
    script = folder / f"wrk-{server.case}-{begin}.lua"
    script.write_text(_LUA % (listing, begin))
    command = ["wrk", "-t1", f"-c{connections}", f"-d{max(1, round(seconds))}s", "--latency", "-s", str(script)]
    output = subprocess.run([*command, f"http://127.0.0.1:{server.port}/"], capture_output=True, text=True).stdout
    script.unlink()
    if bad := re.search(r"Non-2xx or 3xx responses: (\d+)", output):
        raise Refusal(f"{server.case} refused {bad[1]} requests.")
    if bad := re.search(r"Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)", output):
        raise Refusal(f"{server.case} broke connections: {bad[0]}.")
    requests, rate = re.search(r"(\d+) requests in", output), re.search(r"Requests/sec:\s+([\d.]+)", output)
    quantiles = {q: _ms(v, u) for q, v, u in re.findall(r"(50|99)%\s+([\d.]+)(us|ms|s)\b", output)}
    if not requests or not rate or len(quantiles) < 2:
        raise Refusal(f"wrk gave no figures for {server.case}: {output[-200:]}")
    return int(requests[1]), float(rate[1]), quantiles["50"], quantiles["99"]


def _ms(value: str, unit: str) -> float:
    return float(value) * _UNITS[unit]


def _own(
    server: Server, seconds: float, listing: Path, begin: int, connections: int
) -> tuple[int, float, float, float]:
    command = [
        sys.executable, "-m", "bench.client", str(server.port), str(listing), str(seconds), str(begin),
        str(connections),
    ]  # fmt: skip
    process = subprocess.run(command, capture_output=True, text=True)
    if process.returncode:
        raise Refusal(f"{server.case}: {process.stderr.strip()[-200:]}")
    requests, rate, p50, p99 = process.stdout.split()
    return int(requests), float(rate), float(p50), float(p99)
