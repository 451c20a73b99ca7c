"""Slides that a person may see, and readers kept open for their tiles."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext

from apps.accounts.errors import Forbidden, Missing
from apps.audit.services import record
from apps.cases.models import Case
from apps.cases.selectors import cases_for, require
from apps.slides.identity import words_of
from apps.slides.incoming import look_at
from apps.slides.models import Slide, Upload
from apps.slides.uploads import as_refusal, files_of
from hemaview.wsi.errors import SeveralSeries, SlideError
from hemaview.wsi.identity import Entry, may_name_patient
from hemaview.wsi.sources.choice import Choice


def slides_for(user: Any, right: str = "view") -> QuerySet[Slide]:
    return Slide.objects.filter(case__in=cases_for(user, right)).select_related("case")


def slide_for(user: Any, slide_id: uuid.UUID | str, right: str = "view") -> Slide:
    """The slide, if the person holds the right on its case; raises Missing or Forbidden."""
    slide = Slide.objects.select_related("case").filter(pk=slide_id).first()
    if slide is None:
        raise Missing(gettext("There is no such slide, or you may not see it."))
    try:
        require(user, slide.case, right)
    except Missing:
        raise Missing(gettext("There is no such slide, or you may not see it.")) from None
    return slide


def ready_slide_for(user: Any, slide_id: uuid.UUID | str, right: str = "view") -> Slide:
    slide = slide_for(user, slide_id, right)
    if slide.status != Slide.Status.READY:
        raise Missing(gettext("This slide is not ready yet."), code="not-ready")
    return slide


def may_see_identity(user: Any) -> bool:
    """Label and macro pictures can show a name: only people with that right see them."""
    return bool(user.is_superuser or user.has_perm("accounts.see_identity"))


def require_identity(user: Any) -> None:
    if not may_see_identity(user):
        raise Forbidden(gettext("Label and macro pictures can show who the patient is; your role may not see them."))


def identity_of_slide(user: Any, slide: Slide) -> list[Entry]:
    """What the slide's files say of people, places, times and devices; raises Forbidden, SlideError. That somebody looked stands
    in the record."""
    require_identity(user)
    _record_look(user, slide, "words of its files")
    return words_of(slide)


def require_associated(user: Any, slide: Slide, name: str) -> None:
    """Let a person look at a picture beside the slide, and record it; raises Forbidden, Missing."""
    require_identity(user)
    if name not in slide.associated:
        raise Missing(gettext("This slide has no picture called {name}.").format(name=name))
    _record_look(user, slide, f"{name} picture")


def _record_look(user: Any, slide: Slide, what: str) -> None:
    record(user, "slide.identity-seen", "slide", slide.pk, accession=slide.case.accession, what=what)


@dataclass(frozen=True, slots=True)
class Contents:
    """What complete uploads hold that a person may choose from; empty lists and 1 where there is no choice."""

    series: list[dict[str, Any]]
    """Number and name of each slide, picture or series."""
    together: bool
    """Whether all of `series` become fields of one slide where none is chosen; else one must be."""
    focal_planes: int
    """That may be chosen from."""


def contents_of(user: Any, case: Case, upload_ids: list[uuid.UUID], series: int | None = None) -> Contents:
    """Look at the person's complete uploads without taking them; of one series where one is chosen. Raises Refusal."""
    require(user, case, "annotate")
    uploads = {u.pk: u for u in Upload.objects.filter(pk__in=upload_ids, owner=user, case=case)}
    if not uploads or any(pk not in uploads or not uploads[pk].complete for pk in upload_ids):
        raise Missing(gettext("One of these uploads no longer exists; upload the file again."), code="upload-gone")
    try:
        incoming = look_at(files_of(uploads[pk] for pk in upload_ids), set(), Choice(series))
    except SeveralSeries as several:
        return Contents([{"number": n, "name": name} for n, name in several.listed.items()], False, 1)
    except SlideError as error:
        raise as_refusal(error) from error
    probe = incoming.probes[0]
    together = (
        [
            (n, f"picture {n}" if may_name_patient(_title_part(name), probe.identity) else name)
            for n, name in probe.together
        ]
        if len(incoming.probes) == 1
        else []
    )
    planes = max(probe.focal_planes for probe in incoming.probes)
    return Contents([{"number": n, "name": name} for n, name in together], bool(together), planes)


def _title_part(listed: str) -> str:
    """What a listed picture is called, without its size in px."""
    return listed.rpartition(", ")[0] or listed


def upload_for(user: Any, upload_id: uuid.UUID | str) -> Upload:
    """The person's own upload; raises Missing."""
    upload = Upload.objects.select_related("case").filter(pk=upload_id, owner=user).first()
    if upload is None:
        raise Missing(gettext("There is no such upload; it may have been cancelled. Start again."), code="upload-gone")
    return upload
