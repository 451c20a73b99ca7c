"""A page belongs to the person it was made for: what it asks once somebody else has signed in in the same browser is refused.

Else what one person does on a page that was left open would be recorded as another's, and shown by another's rights.
"""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext

from apps.accounts.api.answers import refusal_response
from apps.accounts.errors import Conflict

HEADER = "X-HemaView-Person"
"""Key of the person the page was made for; scripts do not send it."""


class OtherPersonMiddleware:
    """For the pages' own requests of the API."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        person = request.headers.get(HEADER)
        if person and request.path.startswith("/api/"):
            user = request.user
            if user.is_authenticated and str(user.pk) != person:
                return refusal_response(
                    Conflict(
                        gettext(
                            "{name} has signed in in this browser since this page was opened. Nothing more is read or saved "
                            "here: load the page again."
                        ).format(name=user.display_name),
                        code="other-person",
                    )
                )
        return self.get_response(request)
