"""Tokens of programs: each with an end and a scope, shown once, kept as a hash."""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext

from apps.accounts.errors import Missing, Refusal
from apps.accounts.models import ApiToken, User, key_hash

DAYS_MAX = 366
SIGN_IN_HOURS = 12
_SEEN_EVERY = timedelta(minutes=1)


def make_token(user: User, name: str, scope: str, lasts: timedelta) -> str:
    """The key of a new token, which nobody can read again; raises Refusal."""
    if not name.strip() or len(name) > 80:
        raise Refusal(
            gettext("Name the token in 1 to 80 characters, for example after the program that uses it."), code="name"
        )
    if scope not in ApiToken.Scope.values:
        raise Refusal(gettext("Choose what the token may do: read, or read and write."), code="scope")
    if not timedelta() < lasts <= timedelta(days=DAYS_MAX):
        raise Refusal(gettext("Choose an expiry within {days_max} days.").format(days_max=DAYS_MAX), code="lifetime")
    key = secrets.token_urlsafe(32)
    ApiToken.objects.create(
        user=user, name=name.strip(), scope=scope, key_sha256=key_hash(key), expires_at=timezone.now() + lasts
    )
    return key


def tokens_of(user: Any) -> QuerySet[ApiToken]:
    """Live tokens of a person, newest first."""
    return ApiToken.objects.filter(user=user, expires_at__gt=timezone.now())


def revoke_token(user: User, pk: int) -> None:
    """End one of the person's own tokens; raises Missing."""
    token = tokens_of(user).filter(pk=pk).first()
    if token is None:
        raise Missing(gettext("There is no such token of yours."))
    token.delete()


def live_token(key: str) -> ApiToken | None:
    """The token with this key, if it has not ended and its person works here; remembers that it was used."""
    now = timezone.now()
    token = ApiToken.objects.select_related("user").filter(key_sha256=key_hash(key), expires_at__gt=now).first()
    if token is None or not token.user.is_active:
        return None
    if token.last_used_at is None or now - token.last_used_at > _SEEN_EVERY:
        ApiToken.objects.filter(pk=token.pk).update(last_used_at=now)
    return token
