"""Where a person is signed in, and how that ends: by themselves, or with any change of their password or account."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import Group
from django.contrib.auth.signals import user_logged_in, user_logged_out
from django.contrib.sessions.models import Session
from django.db.models import QuerySet
from django.db.models.signals import m2m_changed, post_save, pre_save
from django.dispatch import Signal
from django.utils import timezone
from django.utils.translation import gettext

from apps.accounts.errors import Missing
from apps.accounts.models import ApiToken, Invitation, SignIn, User

session_ended = Signal()
"""A person ended one of their own; `row` is what it was."""

WATCHED = ("username", "email", "is_active", "is_staff", "is_superuser")


def sessions_of(user: Any) -> QuerySet[SignIn]:
    """Live sessions of a person, newest first."""
    live = Session.objects.filter(expire_date__gt=timezone.now()).values("session_key")
    return SignIn.objects.filter(user=user, session_key__in=live)


def end_session(user: User, pk: int) -> None:
    """End one of the person's own sessions; raises Missing."""
    row = sessions_of(user).filter(pk=pk).first()
    if row is None:
        raise Missing(gettext("There is no such session of yours."))
    Session.objects.filter(session_key=row.session_key).delete()
    row.delete()
    session_ended.send(sender=SignIn, row=row)


def session_lives(session_key: str | None) -> bool:
    """Whether what was signed in under this key still is."""
    return Session.objects.filter(session_key=session_key or "", expire_date__gt=timezone.now()).exists()


def end_everything(user: User) -> None:
    """End each session, token and open invitation of the person."""
    rows = SignIn.objects.filter(user=user)
    Session.objects.filter(session_key__in=list(rows.values_list("session_key", flat=True))).delete()
    rows.delete()
    ApiToken.objects.filter(user=user).delete()
    Invitation.objects.filter(user=user, used_at=None).delete()


def connect() -> None:
    """Listen from now on, so that it holds whoever changes an account and where: page, administration, command, shell."""
    user_logged_in.connect(_signed_in, dispatch_uid="sessions")
    user_logged_out.connect(_signed_out, dispatch_uid="sessions")
    pre_save.connect(_before, sender=User, dispatch_uid="sessions")
    post_save.connect(_saved, sender=User, dispatch_uid="sessions")
    for through in (User.groups.through, User.user_permissions.through):
        m2m_changed.connect(_allowed, sender=through, dispatch_uid="sessions")


def _signed_in(request: Any, user: User, **_: Any) -> None:
    if not hasattr(request, "session"):
        return
    if not request.session.session_key:
        request.session.save()
    SignIn.objects.update_or_create(
        session_key=request.session.session_key,
        defaults={
            "user": user,
            "address": str(request.META.get("REMOTE_ADDR", ""))[:64],
            "browser": str(request.META.get("HTTP_USER_AGENT", ""))[:200],
        },
    )


def _signed_out(request: Any, user: User | None, **_: Any) -> None:
    if user is not None and hasattr(request, "session"):
        SignIn.objects.filter(session_key=request.session.session_key or "").delete()


def _before(instance: User, raw: bool = False, **_: Any) -> None:
    instance._before_save = None if raw or not instance.pk else User.objects.filter(pk=instance.pk).first()  # type: ignore[attr-defined]


def _saved(instance: User, raw: bool = False, update_fields: Any = None, **_: Any) -> None:
    was = getattr(instance, "_before_save", None)
    if raw or was is None:
        return
    written = [n for n in (*WATCHED, "password") if update_fields is None or n in update_fields]
    changed = {name for name in written if getattr(was, name) != getattr(instance, name)}
    # A password that is only hashed anew at a sign-in is the same password.
    if (
        "password" in changed
        and getattr(instance, "_password", None) is None
        and set(update_fields or ()) == {"password"}
    ):
        changed.discard("password")
    if changed:
        end_everything(instance)


def _allowed(instance: User | Group, action: str, pk_set: set[int] | None, **_: Any) -> None:
    """Roles or permissions of a person were added or taken, from either side."""
    if isinstance(instance, User):
        if action == "pre_clear" or (action in ("post_add", "post_remove") and pk_set):
            end_everything(instance)
    elif isinstance(instance, Group):
        touched = (
            User.objects.filter(groups=instance) if action == "pre_clear" else User.objects.filter(pk__in=pk_set or ())
        )
        if action in ("pre_clear", "post_add", "post_remove"):
            for user in touched:
                end_everything(user)
