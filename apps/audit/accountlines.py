"""Lines about accounts: sign-ins, passwords, roles, tokens and what people are allowed, whoever changes them and where."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from django.contrib.auth.models import Group
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.db.models.signals import m2m_changed, post_delete, post_save, pre_delete, pre_save
from django_otp.plugins.otp_totp.models import TOTPDevice

from apps.accounts.models import ApiToken, Invitation, SecondFactor, SignIn, User
from apps.accounts.sessions import session_ended
from apps.audit.actor import actor, address
from apps.audit.services import record

FACTS = ("username", "first_name", "last_name", "email", "is_active", "is_staff", "is_superuser")
_SILENT: ContextVar[bool] = ContextVar("silent", default=False)


@contextmanager
def without_lines() -> Iterator[None]:
    """Within the block accounts are written without a line: a backup that comes back brings its own."""
    token = _SILENT.set(True)
    try:
        yield
    finally:
        _SILENT.reset(token)


def connect() -> None:
    """Listen from now on; safe to call again."""
    user_logged_in.connect(_signed_in, dispatch_uid="audit")
    user_logged_out.connect(_signed_out, dispatch_uid="audit")
    user_login_failed.connect(_refused, dispatch_uid="audit")
    pre_save.connect(_before, sender=User, dispatch_uid="audit")
    post_save.connect(_saved, sender=User, dispatch_uid="audit")
    post_delete.connect(_deleted, sender=User, dispatch_uid="audit")
    post_save.connect(_token_made, sender=ApiToken, dispatch_uid="audit")
    post_delete.connect(_token_removed, sender=ApiToken, dispatch_uid="audit")
    session_ended.connect(_session_ended, dispatch_uid="audit")
    post_save.connect(_invited, sender=Invitation, dispatch_uid="audit")
    for factor in (TOTPDevice, SecondFactor):
        post_save.connect(_second_factor, sender=factor, dispatch_uid=f"audit {factor.__name__}")
        post_delete.connect(_second_factor_off, sender=factor, dispatch_uid=f"audit {factor.__name__}")
    for through in (User.groups.through, User.user_permissions.through, Group.permissions.through):
        m2m_changed.connect(_allowed, sender=through, dispatch_uid="audit")
    pre_delete.connect(_role_deleted, sender=Group, dispatch_uid="audit")


def _write(by: Any, action: str, about: Any, **detail: Any) -> None:
    if not _SILENT.get():
        kind = "role" if isinstance(about, Group) else "person"
        record(by, action, kind, about.pk if about is not None else "", **detail)


def _signed_in(user: User, **_: Any) -> None:
    _write(user, "account.signed-in", user, address=address())


def _signed_out(user: User | None, **_: Any) -> None:
    if user is not None:
        _write(user, "account.signed-out", user)


def _refused(credentials: dict[str, Any], **_: Any) -> None:
    # A name that is nobody's may be a password that was typed into the wrong field: it is not written down.
    user = User.objects.filter(username=credentials.get("username") or "").first()
    name = user.username if user else "nobody"
    _write(name, "account.sign-in-refused", user, address=address())


def _before(instance: User, raw: bool = False, **_: Any) -> None:
    instance._as_it_was = None if raw or not instance.pk else User.objects.filter(pk=instance.pk).first()  # type: ignore[attr-defined]


def _saved(instance: User, created: bool, raw: bool = False, update_fields: Any = None, **_: Any) -> None:
    if raw:
        return
    if created:
        _write(actor(), "account.created", instance, username=instance.username, is_superuser=instance.is_superuser)
        return
    was = getattr(instance, "_as_it_was", None)
    if was is None:
        return
    there = [name for name in FACTS if update_fields is None or name in update_fields]
    changed = [name for name in there if getattr(was, name) != getattr(instance, name)]
    if changed:
        before, after = ({name: getattr(row, name) for name in changed} for row in (was, instance))
        _write(actor(), "account.changed", instance, before=before, after=after)
    # A password that is only hashed anew at a sign-in is the same password.
    hashed_anew = getattr(instance, "_password", None) is None and set(update_fields or ()) == {"password"}
    if was.password != instance.password and not hashed_anew and (update_fields is None or "password" in update_fields):
        _write(actor(), "account.password", instance, username=instance.username)


def _deleted(instance: User, **_: Any) -> None:
    _write(actor(), "account.deleted", instance, username=instance.username)


def _token_made(instance: ApiToken, created: bool, raw: bool = False, **_: Any) -> None:
    if created and not raw:
        facts = {"name": instance.name, "scope": instance.scope, "ends": instance.expires_at.isoformat()}
        by = actor()
        _write(instance.user if by == "system" else by, "account.token-made", instance.user, **facts,
               username=instance.user.username)  # fmt: skip


def _token_removed(instance: ApiToken, **_: Any) -> None:
    _write(actor(), "account.token-removed", instance.user, username=instance.user.username, name=instance.name)


def _session_ended(row: SignIn, **_: Any) -> None:
    _write(actor(), "account.session-ended", row.user, username=row.user.username, address=row.address)


def _invited(instance: Invitation, created: bool, raw: bool = False, **_: Any) -> None:
    if created and not raw:
        _write(actor(), "account.invited", instance.user, username=instance.user.username)


def _second_factor(instance: TOTPDevice, raw: bool = False, update_fields: Any = None, **_: Any) -> None:
    if not raw and instance.confirmed and "confirmed" in (update_fields or ()):
        _write(actor(), "account.second-factor-on", instance.user, username=instance.user.username)


def _second_factor_off(instance: TOTPDevice, **_: Any) -> None:
    if instance.confirmed:
        _write(actor(), "account.second-factor-off", instance.user, username=instance.user.username)


def _role_deleted(instance: Group, **_: Any) -> None:
    _write(actor(), "account.role-deleted", instance, name=instance.name)


def _allowed(instance: User | Group, action: str, model: Any, pk_set: set[int] | None, **_: Any) -> None:
    """Roles of a person, people of a role, or permissions of either were added or taken."""
    if action == "pre_clear":
        field: Any = next(f for f in instance._meta.get_fields() if f.many_to_many and f.related_model is model)
        manager = getattr(instance, field.get_accessor_name() if field.auto_created else field.name)
        pk_set = set(manager.values_list("pk", flat=True))
    if action not in ("post_add", "post_remove", "pre_clear") or not pk_set:
        return
    names = sorted(str(getattr(row, "codename", None) or getattr(row, "username", None) or row) for row in
                   model.objects.filter(pk__in=pk_set))  # fmt: skip
    what = {User: "people", Group: "roles"}.get(model, "permissions")
    whose = {"name": instance.name} if isinstance(instance, Group) else {"username": instance.username}
    change = "added" if action == "post_add" else "taken"
    _write(actor(), f"account.{what}", instance, **whose, **{change: names})
