"""People, what they are signed in with, and how they are invited. Their roles are Django's groups, named in `roles.py`.

Keys (of tokens and invitations) are kept as hashes, and secrets of second factors are sealed: who reads the database cannot use
them.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets

from django.conf import settings
from django.contrib.auth.models import AbstractUser
from django.db import models
from django.utils.translation import gettext_lazy
from django_otp.plugins.otp_totp.models import TOTPDevice


class User(AbstractUser):
    """A person who works here."""

    class Meta(AbstractUser.Meta):
        permissions = [("see_identity", "May see label and macro pictures of slides")]

    @property
    def display_name(self) -> str:
        return self.get_full_name() or self.username

    def __str__(self) -> str:
        return self.display_name


def key_hash(key: str) -> str:
    """sha256 of a random key of 256 bits, which nobody finds by trying."""
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()


class ApiToken(models.Model):
    """What a program signs in with, for one person, until it ends."""

    class Scope(models.TextChoices):
        READ = "read", gettext_lazy("read")
        WRITE = "write", gettext_lazy("read and write")

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="api_tokens")
    name = models.CharField(max_length=80)
    scope = models.CharField(max_length=8, choices=Scope.choices)
    key_sha256 = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return f"{self.name} of {self.user}"


BROWSERS = (("Edg/", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"), ("Safari/", "Safari"))
"""What stands in a browser's description of itself, the particular before what others say too."""
SYSTEMS = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS", "macOS"),
    ("Linux", "Linux"),
)


class SignIn(models.Model):
    """One session of one person: where it began. It is over where Django keeps no session under its key any more."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="sign_ins")
    session_key = models.CharField(max_length=40, unique=True)
    address = models.CharField(max_length=64, blank=True)
    browser = models.CharField(max_length=200, blank=True)
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-at"]

    def __str__(self) -> str:
        return f"{self.user} from {self.address}"

    @property
    def browser_name(self) -> str:
        """Browser and system as people call them; what the browser says of itself where neither is known."""
        browser = next((name for mark, name in BROWSERS if mark in self.browser), "")
        system = next((name for mark, name in SYSTEMS if mark in self.browser), "")
        return " on ".join(filter(None, [browser, system])) or self.browser


class Invitation(models.Model):
    """A link that lets one person set a password, once."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="invitations")
    key_sha256 = models.CharField(max_length=64, unique=True)
    made_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    made_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"invitation of {self.user}"


class Failures(models.Model):
    """Wrong passwords in a row for one name, from any address. A name may be a mistyped password, so its hash is kept."""

    name_sha256 = models.CharField(max_length=64, unique=True)
    count = models.PositiveIntegerField(default=0)
    until = models.DateTimeField(null=True)

    class Meta:
        verbose_name_plural = "failures"

    def __str__(self) -> str:
        return f"{self.count} failures"


SEAL_DIGITS = 8
"""So many hexadecimal digits before a sealed key say which of the house's secret keys it was sealed with."""
RANDOM_DIGITS = 40


def sealed_key() -> str:
    """What is kept of a new second factor: random digits, of which only this house's secret key makes the secret."""
    return _seal(settings.SECRET_KEY) + secrets.token_hex(RANDOM_DIGITS // 2)


def _seal(secret_key: str) -> str:
    return hashlib.sha256(b"second factor:" + secret_key.encode()).hexdigest()[:SEAL_DIGITS]


class SecondFactor(TOTPDevice):  # type: ignore[misc]
    """A person's authenticator app. Its secret stands nowhere: it is made of the row's key and the house's secret key, so that a
    copy of the database alone gives no codes."""

    class Meta:
        proxy = True

    @property
    def bin_key(self) -> bytes:
        """The secret, 20 bytes; those of before secrets were sealed stand in the row."""
        raw: bytes = bytes.fromhex(self.key)
        if len(self.key) != SEAL_DIGITS + RANDOM_DIGITS:
            return raw
        seal = self.key[:SEAL_DIGITS]
        for key in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS):
            if _seal(key) == seal:
                return hmac.digest(key.encode(), raw[SEAL_DIGITS // 2 :], "sha1")
        return secrets.token_bytes(RANDOM_DIGITS // 2)  # the secret key is gone: no code is right
