"""Who else has a case open: each socket of it tells the others of its person, by the groups of the channel layer.

One that comes asks, the others answer; each says again every few seconds that it is there, so that one whose process has died
lapses. Nothing is kept anywhere: what a socket has heard is all that its page shows.
"""

from __future__ import annotations

import contextlib
import time
from dataclasses import dataclass, field
from typing import Any

from channels.exceptions import ChannelFull

BEAT_S = 5.0
"""How often a socket says that it is there."""
LAPSE_S = 2.5 * BEAT_S
"""One that was not heard of for so long is gone."""


@dataclass
class Others:
    """The other sockets of a case, by the name of their channel."""

    me: int
    """Key of the person at this socket, whom it does not tell of themselves."""
    sockets: dict[str, tuple[int, str, float]] = field(default_factory=dict)
    """Of each the person's key and name, and when it was last heard of (monotonic seconds)."""

    def hear(self, channel: str, person: int, name: str) -> None:
        self.sockets[channel] = (person, name, time.monotonic())

    def forget(self, channel: str) -> None:
        self.sockets.pop(channel, None)

    def people(self) -> list[dict[str, Any]]:
        """Everybody else who is there, once each, by name."""
        since = time.monotonic() - LAPSE_S
        self.sockets = {channel: one for channel, one in self.sockets.items() if one[2] >= since}
        names = {person: name for person, name, _ in self.sockets.values() if person != self.me}
        return [{"id": p, "name": n} for p, n in sorted(names.items(), key=lambda one: (one[1].lower(), one[0]))]


class Presence:
    """What a socket's consumer does of it; `channel_layer`, `channel_name`, `user` and `send_json` are the consumer's."""

    channel_layer: Any
    channel_name: str
    user: Any
    send_json: Any
    _group = ""
    """Whose group the socket has joined; "" before it has, and after it has left."""
    _others: Others
    _people_on_page: list[dict[str, Any]]
    """What the page was told last."""
    _last_beat_s: float
    """When this socket said last that it is there (monotonic seconds)."""

    async def join(self, group: str) -> None:
        """Say that this person is here, and ask who else is."""
        self._group, self._others, self._people_on_page, self._last_beat_s = (
            group,
            Others(self.user.pk),
            [],
            time.monotonic(),
        )
        await self.channel_layer.group_add(group, self.channel_name)
        await self.channel_layer.group_send(group, self._here(asks=True))

    async def leave(self) -> None:
        group, self._group = self._group, ""
        if group:
            await self.channel_layer.group_discard(group, self.channel_name)
            await self.channel_layer.group_send(group, {"type": "presence.gone", "channel": self.channel_name})

    async def beat(self) -> None:
        """Every round: say now and then that this person is still here, and tell the page whose socket has lapsed."""
        if not self._group:
            return
        if time.monotonic() - self._last_beat_s >= BEAT_S:
            self._last_beat_s = time.monotonic()
            await self.channel_layer.group_add(self._group, self.channel_name)  # a layer forgets members after a day
            await self.channel_layer.group_send(self._group, self._here(asks=False))
        await self._tell_people()

    async def presence_here(self, event: dict[str, Any]) -> None:
        """Somebody is here."""
        if not self._group or event["channel"] == self.channel_name:
            return
        self._others.hear(event["channel"], event["person"], event["name"])
        if event["asks"]:
            with contextlib.suppress(ChannelFull):  # it hears of this one with the next beat
                await self.channel_layer.send(event["channel"], self._here(asks=False))
        await self._tell_people()

    async def presence_gone(self, event: dict[str, Any]) -> None:
        """Somebody has closed the page."""
        if self._group:
            self._others.forget(event["channel"])
            await self._tell_people()

    def _here(self, asks: bool) -> dict[str, Any]:
        who = {"person": self.user.pk, "name": self.user.display_name}
        return {"type": "presence.here", "channel": self.channel_name, "asks": asks, **who}

    async def _tell_people(self) -> None:
        people = self._others.people()
        if people != self._people_on_page:
            self._people_on_page = people
            await self.send_json({"type": "presence", "people": people})
