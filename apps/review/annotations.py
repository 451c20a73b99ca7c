"""Notes on places of a slide: written, changed, taken away and brought back, each with its line in the record."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import shapely
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext

from apps.accounts.errors import Forbidden, Missing, Refusal
from apps.audit.services import record
from apps.cases.locks import hold_open
from apps.cases.selectors import require, rights_of
from apps.review.models import Annotation
from apps.review.state import reads_blind
from apps.slides.models import Slide
from apps.slides.services import hold_slide
from hemaview.words import all_of

MOST_POINTS, MOST_ON_A_SLIDE = 2000, 2000
_POINTS = {"point": (1, 1), "line": (2, 2), "rectangle": (2, 2), "polygon": (3, MOST_POINTS)}
"""Least and most points of each kind."""


def annotations_of(slide: Slide, at: datetime | None = None) -> list[Annotation]:
    """The annotations of a slide that stand, or stood at a moment; oldest first."""
    rows = Annotation.objects.filter(slide=slide).select_related("by", "slide")
    if at is None:
        return list(rows.filter(removed_at__isnull=True))
    return [a for a in rows.filter(at__lte=at) if a.removed_at is None or a.removed_at > at]


def annotations_for(user: Any, slide: Slide) -> list[Annotation]:
    """The annotations that stand; who reads the case second, blind, sees their own alone until that is closed."""
    rows = annotations_of(slide)
    return [a for a in rows if a.by_id == user.pk] if reads_blind(user, slide.case_id) else rows


def annotate(user: Any, slide: Slide, kind: str, points: Sequence[Sequence[float]], text: str) -> Annotation:
    """Write an annotation; `points` in level-0 px. Raises Refusal where they do not make one of its kind on the slide."""
    require(user, slide.case, "annotate")
    if kind not in _POINTS:
        raise Refusal(
            gettext("There is no annotation called {kind}; there are: {points}.").format(
                kind=kind, points=all_of(_POINTS)
            ),
            code="invalid",
        )
    least, most = _POINTS[kind]
    if not least <= len(points) <= most:
        wanted = str(least) if least == most else f"{least} to {most:,}"
        raise Refusal(
            gettext("An annotation of the kind {kind} has {wanted} points.").format(kind=kind, wanted=wanted),
            code="invalid",
        )
    if not all(len(p) == 2 and 0 <= p[0] <= slide.width and 0 <= p[1] <= slide.height for p in points):
        raise Refusal(gettext("A point of the annotation lies outside the slide."), code="outside")
    if kind == "polygon" and not shapely.Polygon(points).is_valid:
        raise Refusal(gettext("The outline crosses itself, so it has no area; draw it again."), code="crossed")
    with transaction.atomic():
        slide = hold_slide(slide)
        case = slide.case
        if Annotation.objects.filter(slide=slide, removed_at__isnull=True).count() >= MOST_ON_A_SLIDE:
            raise Refusal(
                gettext("A slide holds at most {most_on_a_slide:,} annotations.").format(
                    most_on_a_slide=MOST_ON_A_SLIDE
                ),
                code="too-many",
            )
        annotation = Annotation.objects.create(
            slide=slide, kind=kind, points=[[round(float(v), 2) for v in p] for p in points], text=text.strip(), by=user,
            at=timezone.now(),
        )  # fmt: skip
        record(
            user, "annotation.added", "slide", slide.pk, accession=case.accession, annotation=str(annotation.pk), kind=kind,
            text=annotation.text,
        )  # fmt: skip
    return annotation


def rewrite(user: Any, annotation: Annotation, text: str) -> Annotation:
    """Change what an annotation says."""
    with transaction.atomic():
        row = _locked_row(user, annotation)
        before, row.text = row.text, text.strip()
        if row.text != before:
            row.save(update_fields=["text"])
            _record(user, row, "annotation.rewritten", before=before, after=row.text)
    return row


def remove(user: Any, annotation: Annotation) -> Annotation:
    """Take an annotation away; `restore` brings it back."""
    with transaction.atomic():
        row = _locked_row(user, annotation)
        if row.removed_at is None:
            row.removed_by, row.removed_at = user, timezone.now()
            row.save(update_fields=["removed_by", "removed_at"])
            _record(user, row, "annotation.removed", text=row.text)
    return row


def restore(user: Any, annotation: Annotation) -> Annotation:
    """Bring an annotation back that was taken away."""
    with transaction.atomic():
        row = _locked_row(user, annotation)
        if row.removed_at is not None:
            row.removed_by, row.removed_at = None, None
            row.save(update_fields=["removed_by", "removed_at"])
            _record(user, row, "annotation.restored", text=row.text)
    return row


def annotation_for(user: Any, annotation_id: Any) -> Annotation:
    """The annotation, if the person may view its case; raises Missing."""
    row = Annotation.objects.select_related("slide__case", "by").filter(pk=annotation_id).first()
    if row is None or "view" not in rights_of(user, row.slide.case):
        raise Missing(gettext("There is no such annotation, or you may not see it."))
    return row


def _locked_row(user: Any, annotation: Annotation) -> Annotation:
    """The row as it is now, its case locked; raises Forbidden where it is somebody else's and the person does not sign."""
    case = annotation.slide.case
    require(user, case, "annotate")
    hold_open(case)
    row = Annotation.objects.select_for_update().filter(pk=annotation.pk).first()
    if row is None:
        raise Missing(gettext("This note was removed with its slide."), code="note-gone")
    if row.by_id != user.pk and not rights_of(user, case) & {"sign", "administer"}:
        raise Forbidden(gettext("Only the person who wrote an annotation, or somebody who may sign, can change it."))
    return row


def _record(user: Any, row: Annotation, action: str, **detail: Any) -> None:
    accession = row.slide.case.accession
    record(user, action, "slide", row.slide_id, accession=accession, annotation=str(row.pk), kind=row.kind, **detail)
