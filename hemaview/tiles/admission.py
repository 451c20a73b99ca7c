"""Who may have tiles: tokens let in, remembered, and looked at again while they are in use."""

from __future__ import annotations

import asyncio
import logging
import re
import time
from collections.abc import Callable
from concurrent.futures import Executor

from hemaview.tiles.token import Grant, Signer, TokenRefused

Pair = tuple[str, str]
"""Slide (32 hexadecimal digits) and person."""

RECHECK_S = 5.0
MOST_TOKENS = 20_000
_COOKIE = re.compile(rb"(?:^|;\s*)hvt=([A-Za-z0-9._-]{1,120})")
_QUERY = re.compile(rb"(?:^|&)t=([A-Za-z0-9._-]{1,120})")

log = logging.getLogger(__name__)


class Refused(Exception):
    """A request that is answered with a status, a code and a sentence."""

    def __init__(self, status: int, code: str, message: str) -> None:
        self.status, self.code, self.message = status, code, message


class Admission:
    """Tokens that are good. still_allowed: which of some pairs may still see their slide, asked in `threads` every
    recheck_s seconds for the tokens in use."""

    def __init__(
        self, signer: Signer, still_allowed: Callable[[set[Pair]], set[Pair]], threads: Executor, recheck_s: float
    ) -> None:
        self.signer, self.still_allowed, self.recheck_s = signer, still_allowed, recheck_s
        self.good: dict[tuple[bytes, bytes], Grant] = {}
        self._withdrawn: dict[Pair, float] = {}
        self._threads = threads
        self._checker: asyncio.Task[None] | None = None

    def admit(self, slide_id: bytes, token: bytes, now_s: float) -> None:
        """Let a token in that is good, and remember it; raises Refused."""
        if not token:
            raise Refused(401, "token-missing", "Tiles need a token; the slide's page and the API give one.")
        admission = self.good.get((slide_id, token))
        if admission is not None and admission.expires_s > now_s:
            return
        self.good.pop((slide_id, token), None)
        try:
            grant = self.signer.check(slide_id.decode(), token.decode(), now_s)
        except TokenRefused as refused:
            raise Refused(403, refused.code, refused.message) from refused
        if (grant.slide, grant.person) in self._withdrawn:
            raise Refused(403, "token-withdrawn", "You may no longer see this slide.")
        if len(self.good) >= MOST_TOKENS:
            self._drop_old(now_s)
            if len(self.good) >= MOST_TOKENS:
                self.good.clear()
        self.good[(slide_id, token)] = grant
        if self._checker is None or self._checker.done():
            self._checker = asyncio.create_task(self._keep_checking())

    async def recheck(self) -> None:
        """Ask who of those whose tokens are in use may still see their slide, and withdraw the others' tokens."""
        now_s = time.time()
        self._drop_old(now_s)
        latest: dict[Pair, float] = {}
        for grant in self.good.values():
            pair = (grant.slide, grant.person)
            latest[pair] = max(latest.get(pair, 0), grant.expires_s)
        ids = set(latest) | set(self._withdrawn)
        if not ids:
            return
        allowed = await asyncio.get_running_loop().run_in_executor(self._threads, self.still_allowed, ids)
        for pair in set(latest) - allowed:
            self._withdrawn[pair] = latest[pair]
        self._withdrawn = {p: t for p, t in self._withdrawn.items() if t > now_s and p not in allowed}
        for key in [k for k, g in self.good.items() if (g.slide, g.person) in self._withdrawn]:
            del self.good[key]

    def close(self) -> None:
        """Look no more."""
        if self._checker is not None:
            self._checker.cancel()

    def _drop_old(self, now_s: float) -> None:
        for key in [k for k, g in self.good.items() if g.expires_s <= now_s]:
            del self.good[key]

    async def _keep_checking(self) -> None:
        while self.good or self._withdrawn:
            await asyncio.sleep(self.recheck_s)
            try:
                await self.recheck()
            except Exception:
                log.exception("The rights behind tile tokens could not be checked; will try again")


def token_in(query: bytes, cookie: bytes) -> bytes:
    """The token of a request: `t=` of its query, else the cookie `hvt`; empty where there is none."""
    if query:
        match = _QUERY.search(query)
        if match:
            return match[1]
    if cookie:
        match = _COOKIE.search(cookie)
        if match:
            return match[1]
    return b""
