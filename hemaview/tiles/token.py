"""Short-lived tokens for tiles: HMAC-SHA-256 over slide, person and expiry (RFC 2104)."""

from __future__ import annotations

import base64
import hashlib
import hmac
from dataclasses import dataclass

LIFETIME_S = 600
MAX_LENGTH = 120


class TokenRefused(Exception):
    """A token that does not open this slide; `code` says why."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code, self.message = code, message


@dataclass(frozen=True, slots=True)
class Grant:
    """Who may see which slide's tiles until when (Unix time, s)."""

    slide: str
    person: str
    expires_s: int


class Signer:
    """Gives tokens out and checks them. The key is derived from the secret, so that no other use of it fits."""

    def __init__(self, secret: str) -> None:
        self._key = hmac.digest(secret.encode(), b"hemaview tile token 1", hashlib.sha256)

    def issue(self, slide: str, person: str, expires_s: int) -> str:
        """`person.expiry.signature`, safe in an address; slide is 32 hexadecimal digits, person a number."""
        return f"{person}.{expires_s:x}.{self._sign(slide, person, f'{expires_s:x}')}"

    def check(self, slide: str, token: str, now_s: float) -> Grant:
        """What the token grants on the slide; raises TokenRefused."""
        person, _, rest = token.partition(".")
        expiry, _, signature = rest.partition(".")
        good = token.isascii() and len(token) <= MAX_LENGTH and len(expiry) <= 12
        if not good or not hmac.compare_digest(signature, self._sign(slide, person, expiry)):
            raise TokenRefused("token-refused", "This token does not open this slide.")
        grant = Grant(slide, person, int(expiry, 16))
        if grant.expires_s <= now_s:
            raise TokenRefused("token-expired", "This token has expired; ask for a new one.")
        return grant

    def _sign(self, slide: str, person: str, expiry: str) -> str:
        digest = hmac.digest(self._key, f"{slide}|{person}|{expiry}".encode(), hashlib.sha256)
        return base64.urlsafe_b64encode(digest).decode().rstrip("=")
