"""People. Their roles are Django's groups, named in `roles.py`."""

from __future__ import annotations

from django.contrib.auth.models import AbstractUser


class User(AbstractUser):
    """A person who works here."""

    class Meta(AbstractUser.Meta):
        permissions = [("see_identity", "May see label and macro pictures of slides")]

    @property
    def display_name(self) -> str:
        return self.get_full_name() or self.username

    def __str__(self) -> str:
        return self.display_name
