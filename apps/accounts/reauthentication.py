"""The one port through which a person proves, at the moment of signing, that it is they who sign.

`confirm` asks the function that the setting `REAUTHENTICATION` names: `by_password` as shipped. Where people sign in through
another house (OpenID Connect, SAML), passwords are not known here: name a function of your own, with the same two arguments,
whose `proof` is what that house answered to a fresh question (`prompt=login`, `max_age=0`), checked for the person, the
audience and its age. It returns nothing where the proof holds and raises a Refusal, in a sentence, where it does not.
"""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.utils.module_loading import import_string
from django.utils.translation import gettext

from apps.accounts import signin
from apps.accounts.errors import Forbidden
from apps.accounts.models import User


def confirm(user: User, proof: str) -> None:
    """Return where `proof` shows that the signed-in person is there; raises Refusal."""
    check: Callable[[User, str], None] = import_string(settings.REAUTHENTICATION)
    check(user, proof)


def by_password(user: User, proof: str) -> None:
    """The person's own password. Wrong ones wait as at the sign-in, counted apart: strangers cannot keep anyone from signing."""
    name = f"{user.username} again"
    signin.refuse_early(name)
    if not user.check_password(proof):
        signin.failed(name)
        raise Forbidden(gettext("The password is incorrect."), code="wrong-password")
    signin.succeeded(name)
