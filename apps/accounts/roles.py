"""The roles of a laboratory and what each may do by default; a case can grant more or be kept to named people."""

from __future__ import annotations

from django.utils.translation import gettext_noop

RIGHTS: tuple[str, ...] = ("view", "annotate", "review", "sign", "administer")

TECHNOLOGIST, PATHOLOGIST, ADMINISTRATOR, RESEARCHER = "technologist", "pathologist", "administrator", "researcher"

ROLE_RIGHTS: dict[str, tuple[str, ...]] = {
    TECHNOLOGIST: ("view", "annotate", "review"),
    PATHOLOGIST: ("view", "annotate", "review", "sign"),
    ADMINISTRATOR: ("view", "administer"),
    RESEARCHER: ("view",),  # and cases of their own
}

OWN_CASE_RIGHTS: tuple[str, ...] = ("view", "annotate", "review")
"""What a person whose role lets them open cases of their own, and nothing else, may do on those."""

ROLE_MEANING: dict[str, str] = {
    TECHNOLOGIST: gettext_noop("Imports slides and reviews cells."),
    PATHOLOGIST: gettext_noop("Decides, signs and amends reports."),
    ADMINISTRATOR: gettext_noop("Manages people, protocols, cases and the laboratory's settings."),
    RESEARCHER: gettext_noop("Looks at cases, and opens cases of their own."),
}

RIGHT_MEANING: dict[str, str] = {
    "view": gettext_noop("view the case, its slides, cells and reports"),
    "annotate": gettext_noop("add slides, order analyses, add missed cells and write the comment"),
    "review": gettext_noop("confirm, relabel and reject cells, and write the conclusion"),
    "sign": gettext_noop("sign and amend the report"),
    "administer": gettext_noop("manage the case, its people and its reader"),
}
RIGHT_DENIED: dict[str, str] = {
    "view": gettext_noop("view the case, its slides, cells or reports"),
    "annotate": gettext_noop("add slides, order analyses, add missed cells or write the comment"),
    "review": gettext_noop("confirm, relabel or reject cells, or write the conclusion"),
    "sign": gettext_noop("sign or amend the report"),
    "administer": gettext_noop("manage the case, its people or its reader"),
}
"""What somebody without the right may not do, after *but not*."""

SEES_IDENTITY = "see_identity"
"""Codename of the right that no role has by default; it is given to a person."""
IDENTITY_MEANING = gettext_noop(
    "see who the patient is: label and macro pictures, and what files say of people, places, times and devices"
)
