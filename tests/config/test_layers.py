"""A socket to which nothing is said stays open, and hears what is said after that."""

from __future__ import annotations

import asyncio
import shutil
import time
from pathlib import Path

import pytest
from channels_redis.core import RedisChannelLayer

from hemaview.config.layers import redis_layers
from tests.conftest import needs
from tests.integration.stack import redis

pytestmark = pytest.mark.services


async def silent(url: str, seconds: float) -> dict[str, object]:
    """What a channel receives that nothing is sent to for so long."""
    layer = RedisChannelLayer(**redis_layers(url)["default"]["CONFIG"])
    channel = await layer.new_channel()

    async def later() -> None:
        await asyncio.sleep(seconds)
        await layer.send(channel, {"type": "news", "n": 1})

    sending = asyncio.create_task(later())
    received = await asyncio.wait_for(layer.receive(channel), seconds + 10)
    await sending
    await layer.close_pools()
    return dict(received)


def held_open(tmp_path: Path, seconds: float) -> None:
    needs(shutil.which("redis-server") is not None, "Redis is missing: apt-get install redis-server")
    with redis(tmp_path) as url:
        began = time.monotonic()
        assert asyncio.run(silent(url, seconds))["n"] == 1
        assert time.monotonic() - began >= seconds


def test_silence_longer_than_the_clients_own_time_out_ends_no_socket(tmp_path: Path) -> None:
    held_open(tmp_path, 7)


@pytest.mark.prove
def test_a_minute_of_silence_ends_no_socket(tmp_path: Path) -> None:
    held_open(tmp_path, 61)
