"""Reads about people."""

from __future__ import annotations

from apps.accounts.errors import Missing
from apps.accounts.models import User


def acting_user(username: str = "") -> User:
    """Who a command acts as: the named person, or the first superuser; raises Missing."""
    if username:
        user = User.objects.filter(username=username, is_active=True).first()
        if user is None:
            raise Missing(f"There is no active user {username}.")
        return user
    user = User.objects.filter(is_superuser=True, is_active=True).order_by("pk").first()
    if user is None:
        raise Missing("There is no superuser yet: run `python manage.py createsuperuser`, or name one with --user.")
    return user
