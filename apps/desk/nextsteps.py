"""What a case waits for, and for whom: the worklist's words, and the list of what waits for one person."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Q, QuerySet

from apps.accounts.errors import Refusal
from apps.analysis.api.serializers import eta_s
from apps.analysis.models import Job
from apps.analysis.selectors import reported_jobs
from apps.cases.models import Case
from apps.cases.selectors import cases_for
from apps.review import mustsee
from apps.review.state import labels_of
from apps.slides.models import Slide

OPEN_STATES = (Case.State.RECEIVED, Case.State.IN_REVIEW, Case.State.AMENDED)


@dataclass(frozen=True)
class Step:
    """The next step of a case."""

    text: str
    right: str = ""
    """The right that taking it needs; "" where nobody has to do anything."""
    verb: str = ""
    """What the link to the reading room says."""


def next_step(case: Case, job: Job | None, slides: int) -> Step:
    """The next step of a case whose job `job` runs (None: none does) and of which `slides` slides can be shown."""
    if job is not None:
        left = eta_s(job)
        return Step(f"{job.percent:.0f} %" + (f", {duration(left)} left" if left else ""))
    if case.state == Case.State.SIGNED:
        return Step("")
    if not slides:
        importing = case.slides.filter(status=Slide.Status.IMPORTING).exists()
        return Step("Slide is being imported") if importing else Step("Add a slide", "annotate")
    if case.state == Case.State.RECEIVED:
        newest = Job.objects.filter(slide__case=case).order_by("-requested_at").first()
        failed = newest is not None and newest.state == Job.State.FAILED
        return Step("Analysis failed", "annotate", "open") if failed else Step("Order an analysis", "annotate", "open")
    try:
        still = sum(len(mustsee.open_rows(j, labels_of(j))) for j in reported_jobs(case))
    except Refusal:  # the cells are gone or altered: the case's page says which
        return Step("Cells cannot be read", "annotate", "open")
    if still:
        return Step(f"{still} {'cell' if still == 1 else 'cells'} to review", "review", "review")
    return Step("Ready to sign", "sign", "sign")


def waiting_for(user: Any, cases: QuerySet[Case]) -> QuerySet[Case]:
    """Of the cases, those whose next step this person may take.

    Work on a case waits for its reader, or for everybody where nobody reads it; a signature waits for all who may sign.
    """
    shown = dict(ready_slides(cases))
    may = {right: set(cases_for(user, right).values_list("pk", flat=True)) for right in ("annotate", "review", "sign")}
    waiting = []
    for case in cases.filter(state__in=OPEN_STATES):
        step = next_step(case, None, shown.get(case.pk, 0))
        theirs = step.right == "sign" or case.reader_id in (None, user.pk)
        if step.right and theirs and case.pk in may[step.right]:
            waiting.append(case.pk)
    return cases.filter(pk__in=waiting)


def ready_slides(cases: QuerySet[Case] | list[Case]) -> Any:
    """Pairs of a case's key and how many of its slides can be shown; cases without such a slide are left out."""
    ready = Q(status=Slide.Status.READY)
    return Slide.objects.filter(ready, case__in=cases).order_by().values_list("case").annotate(n=Count("pk"))


def duration(seconds: float) -> str:
    """45 s, 12 min, 1 h 19 min."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    hours, minutes = divmod(round(seconds / 60), 60)
    if not hours:
        return f"{minutes} min"
    return f"{hours} h {minutes} min" if minutes else f"{hours} h"
