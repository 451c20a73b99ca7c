"""The channel layer over Redis."""

from __future__ import annotations

from typing import Any


def redis_layers(url: str) -> dict[str, Any]:
    """`CHANNEL_LAYERS` over Redis at `url`.

    A websocket waits for news with a blocking pop that has no end, so its connection must have no read time-out: redis-py's
    own one of a few seconds would end every socket that nothing is said to.
    """
    host = {"address": url, "socket_timeout": None}
    return {"default": {"BACKEND": "channels_redis.core.RedisChannelLayer", "CONFIG": {"hosts": [host]}}}
