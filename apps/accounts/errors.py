"""What a service answers when it will not do what was asked."""

from __future__ import annotations

from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from apps.accounts.titles import TITLES


class Refusal(Exception):
    """One sentence that a person can act on, with a code for the API.

    Raised by services; the API turns it into problem details, commands into one line on stderr and exit status 1.
    """

    http_status = 400
    title_of_kind: str | Promise = gettext_lazy("This cannot be done")

    def __init__(self, message: str, code: str = "refused", http_status: int | None = None, **extra: Any) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.extra = extra
        if http_status is not None:
            self.http_status = http_status

    @property
    def title(self) -> str:
        """What is the matter, in a few words."""
        return str(TITLES.get(self.code, self.title_of_kind))


class Forbidden(Refusal):
    """The person lacks the right."""

    http_status = 403
    title_of_kind = gettext_lazy("You are not permitted to do this")

    def __init__(self, message: str, code: str = "no-right", **extra: Any) -> None:
        super().__init__(message, code, **extra)


class Missing(Refusal):
    """There is no such thing, or the person may not know of it."""

    http_status = 404
    title_of_kind = gettext_lazy("Not found")

    def __init__(self, message: str, code: str = "not-found", **extra: Any) -> None:
        super().__init__(message, code, **extra)


class Conflict(Refusal):
    """It does not go with how things stand: something is at work, taken, locked, or was changed by somebody else."""

    http_status = 409
    title_of_kind = gettext_lazy("Not possible at present")

    def __init__(self, message: str, code: str = "conflict", **extra: Any) -> None:
        super().__init__(message, code, **extra)
