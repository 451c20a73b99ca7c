"""Who signs in, and how long a name waits after wrong passwords, from whatever address they come.

Beside this, django-axes locks a name at one address.
"""

from __future__ import annotations

import hashlib
import math
from datetime import timedelta
from typing import Any

from django.contrib.auth import authenticate
from django.contrib.auth.signals import user_login_failed
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext, gettext_lazy

from apps.accounts import secondfactor
from apps.accounts.errors import Refusal
from apps.accounts.models import Failures, User

FREE_TRIES = 5
WAIT_MAX_S = 900
_FORGOTTEN = timedelta(days=1)


class NotSignedIn(Refusal):
    """The name, the password or the code is wrong, or it is too early for the next try."""

    http_status = 400
    title_of_kind = gettext_lazy("You are not signed in")


def sign_in(request: Any, username: str, password: str, code: str = "") -> User:
    """The person whom name, password and, where they have one, second factor prove; raises NotSignedIn.

    Codes of the refusal: `locked` (429), `wrong-password`, `code-needed`, `wrong-code`.
    """
    refuse_early(username)
    user: Any = authenticate(request, username=username, password=password)
    if user is None:
        failed(username)
        raise NotSignedIn(gettext("The user name or the password is incorrect."), code="wrong-password")
    if secondfactor.is_on(user):
        if not code.strip():
            raise NotSignedIn(gettext("Enter the code that your second factor shows now."), code="code-needed")
        if not secondfactor.proves(user, code):
            user_login_failed.send(sender=__name__, credentials={"username": username}, request=request)
            failed(username)
            raise NotSignedIn(
                gettext("The code is incorrect or was used before; wait for the next one."), code="wrong-code"
            )
    succeeded(username)
    return user


def wait_s(count: int) -> int:
    """Seconds until the next try after so many wrong ones in a row: 1, 2, 4 … from the fifth on, 15 minutes at most."""
    return 0 if count < FREE_TRIES else int(min(2 ** min(count - FREE_TRIES, 20), WAIT_MAX_S))


def refuse_early(name: str) -> None:
    """Raise NotSignedIn (429) while the name must wait."""
    row = Failures.objects.filter(name_sha256=_hash(name)).first()
    wait_s = (row.until - timezone.now()).total_seconds() if row and row.until else 0
    wait_s = min(wait_s, WAIT_MAX_S)  # a clock that was set back makes nobody wait for longer
    if wait_s > 0:
        raise NotSignedIn(
            gettext("Too many wrong passwords for this name: wait {left} s, then try again.").format(
                left=math.ceil(wait_s)
            ),
            "locked",
            429,
        )


@transaction.atomic
def failed(name: str) -> None:
    """One more wrong password in a row; after a day without one the count begins anew."""
    row, _ = Failures.objects.select_for_update().get_or_create(name_sha256=_hash(name))
    now = timezone.now()
    row.count = 1 if row.until and now - row.until > _FORGOTTEN else row.count + 1
    row.until = now + timedelta(seconds=wait_s(row.count))
    row.save(update_fields=["count", "until"])


def succeeded(name: str) -> None:
    Failures.objects.filter(name_sha256=_hash(name)).delete()


def _hash(name: str) -> str:
    return hashlib.sha256(name.strip().casefold().encode("utf-8", "surrogatepass")).hexdigest()
