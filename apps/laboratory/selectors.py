"""What heads reports and which phrases there are; everybody who signs in may read both."""

from __future__ import annotations

import base64
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.translation import gettext

from apps.accounts import stores
from apps.accounts.errors import Missing
from apps.laboratory.models import Laboratory, Phrase


def may_change_laboratory(user: Any) -> bool:
    return bool(user.is_superuser or user.has_perm("laboratory.change_laboratory"))


def laboratory() -> Laboratory:
    """The laboratory; without name or logo before an administrator entered them."""
    return Laboratory.objects.filter(pk=1).first() or Laboratory(pk=1)


def phrases(assay: str | None = None) -> QuerySet[Phrase]:
    """By code; `assay`: those for this examination and those for all."""
    rows = Phrase.objects.all()
    return rows if assay is None else rows.filter(Q(assay="") | Q(assay=assay))


def phrase_coded(code: str) -> Phrase:
    """The phrase; raises Missing."""
    row = None if "\0" in code else Phrase.objects.filter(code=code).first()
    if row is None:
        raise Missing(gettext("There is no phrase called {code}.").format(code=code), code="no-phrase")
    return row


def logo_bytes() -> bytes:
    """The logo as PNG; raises Missing where there is none."""
    name = laboratory().logo
    if not name:
        raise Missing(gettext("The laboratory has no logo."), code="no-logo")
    try:
        return stores.laboratory().read(name)
    except OSError as error:
        raise Missing(gettext("The file of the laboratory's logo is gone: add it again."), code="no-logo") from error


def logo_is_gone() -> bool:
    """Whether a logo was entered whose file is not there any more."""
    name = laboratory().logo
    return bool(name) and not stores.laboratory().exists(name)


def head() -> dict[str, str]:
    """What heads a report: name, address, phone, logo as a data URI; empty where it was not entered."""
    row = laboratory()
    try:
        logo = "data:image/png;base64," + base64.b64encode(logo_bytes()).decode()
    except Missing:
        logo = ""
    return {"name": row.name, "address": row.address, "phone": row.phone, "logo": logo}
