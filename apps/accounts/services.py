"""Writes about people: roles and their permissions."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from django.utils.translation import gettext

from apps.accounts.errors import Forbidden, Missing, Refusal
from apps.accounts.models import User
from apps.accounts.roles import ADMINISTRATOR, RESEARCHER, ROLE_RIGHTS, SEES_IDENTITY
from apps.accounts.tokens import SIGN_IN_HOURS, make_token
from hemaview.words import all_of

_ADMIN_APPS = ("accounts", "audit", "laboratory", "cases", "slides", "analysis", "review", "reports")


@transaction.atomic
def ensure_roles() -> None:
    """Make the groups of the four roles and give them their permissions; safe to run again."""
    for role, rights in ROLE_RIGHTS.items():
        group, _ = Group.objects.get_or_create(name=role)
        wanted = Permission.objects.filter(
            content_type__app_label="cases", codename__in=[f"{right}_case" for right in rights]
        )
        permissions = list(wanted)
        if role == RESEARCHER:
            permissions += list(Permission.objects.filter(content_type__app_label="cases", codename="add_case"))
        if role == ADMINISTRATOR:
            kinds = ContentType.objects.filter(app_label__in=_ADMIN_APPS)
            permissions += list(
                Permission.objects.filter(content_type__in=kinds).exclude(
                    codename__in=["annotate_case", "review_case", "sign_case", SEES_IDENTITY]
                )
            )
            permissions += list(Permission.objects.filter(content_type__app_label="auth"))
        group.permissions.set(permissions)


@transaction.atomic
def ensure_person(username: str, password: str, role: str, first_name: str = "", last_name: str = "") -> User:
    """A person with a role; an existing one keeps their password."""
    user, is_new = User.objects.get_or_create(
        username=username,
        defaults={"first_name": first_name, "last_name": last_name, "is_staff": role == ADMINISTRATOR},
    )
    if is_new:
        user.set_password(password)
        user.save(update_fields=["password"])
    user.groups.add(Group.objects.get(name=role))
    return user


@transaction.atomic
def change_person(by: User, person: User, **facts: Any) -> User:
    """Write these facts of a person, and only these; raises Forbidden.

    Only a superuser gives or takes that rank, touches an account that has it, or renames one.
    """
    if not by.has_perm("accounts.change_user"):
        raise Forbidden(gettext("Only administrators can change accounts."))
    now = User.objects.select_for_update(no_key=True).get(pk=person.pk)
    changed = {name: value for name, value in facts.items() if getattr(now, name) != value}
    if not by.is_superuser and (now.is_superuser or {"is_superuser", "username"} & set(changed)):
        raise Forbidden(gettext("Only a superuser can change or create a superuser's account, or rename an account."))
    if not by.is_superuser and by == now and {"is_staff", "is_active"} & set(changed):
        raise Forbidden(gettext("You cannot change the rank of your own account; ask another administrator."))
    for name, value in changed.items():
        setattr(now, name, value)
    if changed:
        now.save(update_fields=list(changed))
    return now


@transaction.atomic
def set_roles(by: User, person: User, roles: set[str]) -> User:
    """Give a person exactly these of the four roles; an administrator may open the administration. Raises Forbidden, Refusal.

    Roles that a superuser made beside the four stay as they are. Nobody changes their own.
    """
    if not by.has_perm("accounts.change_user"):
        raise Forbidden(gettext("Only administrators can change roles."))
    if unknown := roles - set(ROLE_RIGHTS):
        raise Refusal(
            gettext("There is no role called {unknown}; there are: {role_rights}.").format(
                unknown=sorted(unknown)[0], role_rights=all_of(ROLE_RIGHTS)
            ),
            code="unknown-role",
        )
    now = User.objects.select_for_update(no_key=True).get(pk=person.pk)
    if now.is_superuser and not by.is_superuser:
        raise Forbidden(gettext("Only a superuser can change a superuser's account."))
    if by == now and not by.is_superuser:
        raise Forbidden(gettext("You cannot change your own roles; ask another administrator."))
    before = set(now.groups.filter(name__in=ROLE_RIGHTS).values_list("name", flat=True))
    if gone := before - roles:
        now.groups.remove(*Group.objects.filter(name__in=gone))
    if new := roles - before:
        now.groups.add(*Group.objects.filter(name__in=new))
    staff = ADMINISTRATOR in roles or now.is_superuser
    if now.is_staff != staff:
        now.is_staff = staff
        now.save(update_fields=["is_staff"])
    return now


@transaction.atomic
def set_sees_identity(by: User, person: User, sees: bool) -> User:
    """Let a person see who patients are, or not any more; raises Forbidden. Nobody gives it to themselves.

    What a role gives (a superuser may have changed it) stays.
    """
    if not by.has_perm("accounts.change_user"):
        raise Forbidden(gettext("Only administrators can decide who may see who the patient is."))
    now = User.objects.select_for_update(no_key=True).get(pk=person.pk)
    if now.is_superuser and not by.is_superuser:
        raise Forbidden(gettext("Only a superuser can change a superuser's account."))
    if by == now and not by.is_superuser:
        raise Forbidden(gettext("You cannot give yourself this right; ask another administrator."))
    right = Permission.objects.get(content_type__app_label="accounts", codename=SEES_IDENTITY)
    if sees != now.user_permissions.filter(pk=right.pk).exists():
        now.user_permissions.add(right) if sees else now.user_permissions.remove(right)
    return now


def token_of(user: User) -> str:
    """A new token of the person that may write, for as long as one who signs in by name and password gets."""
    return make_token(user, "made by a command", "write", timedelta(hours=SIGN_IN_HOURS))


def acting_user(username: str = "") -> User:
    """Who a command acts as: the named person; or the first superuser; or `console`, made at its first use.

    Whoever may run `manage.py` may do anything already; `console` has no password, so nobody logs in as it, and the audit
    record tells its acts from those of people. Raises Missing.
    """
    if username:
        user = User.objects.filter(username=username, is_active=True).first()
        if user is None:
            raise Missing(gettext("There is no active user {username}.").format(username=username))
        return user
    user = User.objects.filter(is_superuser=True, is_active=True).order_by("pk").first()
    if user is None:
        user = User(username="console", first_name="Command", last_name="line", is_superuser=True)
        user.set_unusable_password()
        user.save()
    return user
