"""People come in by a link that works once: whoever invites never knows a password."""

from __future__ import annotations

import secrets
from datetime import timedelta

from django.contrib.auth.models import Group
from django.contrib.auth.password_validation import validate_password
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext

from apps.accounts.errors import Forbidden, Missing
from apps.accounts.models import Invitation, User, key_hash

LASTS = timedelta(days=3)


@transaction.atomic
def invite(by: User, person: User) -> str:
    """The key of a link by which the person sets a password; links made before end.

    Raises Forbidden: who has a password already is invited again by a superuser alone, or whoever invites could take
    their place.
    """
    if not by.has_perm("accounts.change_user"):
        raise Forbidden(gettext("Only administrators can invite people."))
    if not by.is_superuser and (person.is_superuser or person.has_usable_password()):
        raise Forbidden(gettext("This person already has a password; only a superuser can make a link to set another."))
    if not person.is_active:
        raise Forbidden(gettext("This account is closed; open it before you invite the person."))
    Invitation.objects.filter(user=person, used_at=None).delete()
    key = secrets.token_urlsafe(32)
    Invitation.objects.create(user=person, key_sha256=key_hash(key), made_by=by, expires_at=timezone.now() + LASTS)
    return key


def invited(key: str) -> User:
    """Whom a link invites; raises Missing where it has been used, has ended or never was."""
    return _open(key).user


@transaction.atomic
def accept(key: str, password: str) -> User:
    """Set the invited person's password and end the link; raises Missing, or Django's ValidationError."""
    row = _open(key, lock=True)
    validate_password(password, row.user)
    if not Invitation.objects.filter(pk=row.pk, used_at=None).update(used_at=timezone.now()):
        raise _gone()
    row.user.set_password(password)
    row.user.save(update_fields=["password"])
    return row.user


@transaction.atomic
def new_person(by: User, username: str, roles: list[Group], **names: str) -> User:
    """An account without a password; raises Forbidden."""
    if not by.has_perm("accounts.add_user"):
        raise Forbidden(gettext("Only administrators can add people."))
    user = User(username=username, **names)
    user.set_unusable_password()
    user.save()
    user.groups.set(roles)
    return user


def _open(key: str, lock: bool = False) -> Invitation:
    rows = Invitation.objects.select_for_update(of=("self",)) if lock else Invitation.objects.all()
    row = (
        rows.select_related("user")
        .filter(key_sha256=key_hash(key), used_at=None, expires_at__gt=timezone.now(), user__is_active=True)
        .first()
    )
    if row is None:
        raise _gone()
    return row


def _gone() -> Missing:
    return Missing(
        gettext("This link has been used or has expired; ask an administrator for another one."), code="link-ended"
    )
