"""A small HTTP/1.1 client for machines without wrk: so many connections, one request at a time on each.

`python -m bench.client PORT LISTING SECONDS BEGIN CONNECTIONS` prints requests, requests/s, p50 and p99 (ms).
"""

from __future__ import annotations

import asyncio
import sys
import time
from itertools import count
from pathlib import Path


async def _connection(port: int, paths: list[bytes], numbers: count[int], until: float, times: list[float]) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    while time.perf_counter() < until:
        path = paths[next(numbers) % len(paths)]
        began = time.perf_counter()
        writer.write(b"GET " + path + b" HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        head = await reader.readuntil(b"\r\n\r\n")
        if b" 200 " not in head[:15]:
            raise SystemExit(f"refused: {head[:60]!r}")
        length = next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length"))
        await reader.readexactly(int(length.split(b":")[1]))
        times.append(time.perf_counter() - began)
    writer.close()


async def _main(port: int, listing: Path, seconds: float, begin: int, connections: int) -> None:
    paths = listing.read_bytes().split()
    times: list[float] = []
    numbers, began = count(begin), time.perf_counter()
    await asyncio.gather(*(_connection(port, paths, numbers, began + seconds, times) for _ in range(connections)))
    elapsed = time.perf_counter() - began
    times.sort()
    p50, p99 = (1000 * times[min(len(times) - 1, int(q * len(times)))] for q in (0.5, 0.99))
    sys.stdout.write(f"{len(times)} {len(times) / elapsed:.1f} {p50:.4f} {p99:.4f}\n")


if __name__ == "__main__":
    port, listing, seconds, begin, connections = sys.argv[1:]
    asyncio.run(_main(int(port), Path(listing), float(seconds), int(begin), int(connections)))
