"""What a case waits for, and for whom: the worklist's words, and the list of what waits for one person."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.db.models import Count, Exists, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils.translation import gettext, ngettext

from apps.analysis.api.serializers import eta_s
from apps.analysis.models import Job
from apps.analysis.selectors import reported_jobs_of
from apps.cases.models import Case
from apps.cases.selectors import rights_in, with_rights
from apps.review import mustsee
from apps.review.differences import first_readers, open_differences
from apps.review.models import CarriedLabel, Reading
from apps.review.nameless import too_nameless_of
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
    person: int | None = None
    """Key of the only person who can take it; None where it is the case's reader, or anybody where it has none."""
    between: bool = False
    """Whether it decides between two readers."""
    not_for: frozenset[int] = frozenset()
    """Keys of those who read first: they may take it only where they both sign and administer the case."""


def foreseen(cases: QuerySet[Case]) -> QuerySet[Case]:
    """The cases with what their next steps depend on: `ready_n`, `importing`, `newest_state` of their jobs."""
    slides = Slide.objects.filter(case=OuterRef("pk")).order_by()
    ready = slides.filter(status=Slide.Status.READY).values("case").annotate(n=Count("pk")).values("n")
    newest = Job.objects.filter(slide__case=OuterRef("pk")).order_by("-requested_at").values("state")[:1]
    return cases.annotate(
        ready_n=Coalesce(Subquery(ready), 0),
        importing=Exists(slides.filter(status=Slide.Status.IMPORTING)),
        newest_state=Subquery(newest),
    )


def next_steps(cases: Sequence[Case], running: Mapping[int, Job]) -> dict[int, Step]:
    """The next step of each case that `foreseen` gave, by its key; `running` holds the job that runs in a case.

    At most seven queries, however many cases there are, where their labels are not remembered.
    """
    open_cases = [c for c in cases if c.pk not in running and c.state in (Case.State.IN_REVIEW, Case.State.AMENDED)]
    reported = reported_jobs_of(open_cases) if open_cases else {}
    still = mustsee.open_counts(job for jobs in reported.values() for job in jobs)
    steps = {}
    for case in cases:
        jobs = reported.get(case.pk, [])
        step = _step(case, running.get(case.pk), [still[j.pk] for j in jobs])
        steps[case.pk] = _between_readers(jobs, step) if step.right in ("review", "sign") else step
    ready = {pk: reported[pk] for pk, step in steps.items() if step.right == "sign"}
    undecided = _undecided(ready)
    steps |= _decided_by_others(reported, steps)
    return steps | undecided | _nameless({pk: jobs for pk, jobs in ready.items() if pk not in undecided})


def _undecided(ready: Mapping[int, Sequence[Job]]) -> dict[int, Step]:
    """Of the cases that could be signed, those whose labels of an earlier analysis wait for a decision."""
    case_of = {job.pk: pk for pk, jobs in ready.items() for job in jobs}
    open_labels = CarriedLabel.objects.filter(reading__job__in=case_of, settled_at__isnull=True).values_list(
        "reading__job", flat=True
    )
    n = Counter(case_of[job] for job in open_labels) if case_of else Counter()
    return {
        pk: Step(
            ngettext("{n} carried label to decide", "{n} carried labels to decide", count).format(n=count),
            "review",
            gettext("open"),
        )
        for pk, count in n.items()
    }


def _nameless(ready: Mapping[int, Sequence[Job]]) -> dict[int, Step]:
    """Of the cases that could be signed, those with more unidentified cells than a signature allows."""
    n_of = {pk: sum(one.n for one in examinations) for pk, examinations in too_nameless_of(ready).items()}
    return {
        pk: Step(
            ngettext("{n} unidentified cell to name", "{n} unidentified cells to name", n).format(n=n),
            "review",
            gettext("open"),
        )
        for pk, n in n_of.items()
        if n
    }


def _between_readers(jobs: Sequence[Job], step: Step) -> Step:
    """The step of a case that two people read: the second one's, or that of who decides where they differ."""
    roles = [{r.role: r for r in job.readings.all()} for job in jobs]
    for by_role in roles:
        second = by_role.get(Reading.Role.SECOND)
        if second and second.state == Reading.State.OPEN:
            return Step(
                gettext("Second reading by {reader}").format(reader=second.reader),
                "review",
                gettext("review"),
                second.reader_id,
            )
    # Cells on which two readers differ are those that nobody has looked at in their consensus: they are decided on first.
    if n := sum(open_differences(job) for job, r in zip(jobs, roles, strict=True) if Reading.Role.CONSENSUS in r):
        text = ngettext("{n} difference to decide", "{n} differences to decide", n).format(n=n)
        return Step(text, "review", gettext("open"), between=True)
    if step.right != "sign":
        return step
    if any(
        job.frozen.get("second_reader") and Reading.Role.SECOND not in r for job, r in zip(jobs, roles, strict=True)
    ):
        return Step(gettext("Ask for a second reader"), "review", gettext("open"))
    return step


def _decided_by_others(reported: Mapping[int, Sequence[Job]], steps: Mapping[int, Step]) -> dict[int, Step]:
    """The steps that decide between two readers, each with who read first and so leaves it to others."""
    between = {pk: step for pk, step in steps.items() if step.between}
    first = first_readers(job for pk in between for job in reported[pk]) if between else {}
    return {
        pk: replace(step, not_for=frozenset().union(*(first[job.pk] for job in reported[pk] if open_differences(job))))
        for pk, step in between.items()
    }


def _step(case: Any, job: Job | None, still: Sequence[int | None]) -> Step:
    if job is not None:
        seconds = eta_s(job)
        if not seconds:
            return Step(f"{job.percent:.0f} %")
        return Step(gettext("{percent:.0f} %, {duration} left").format(percent=job.percent, duration=duration(seconds)))
    if case.state == Case.State.SIGNED:
        return Step("")
    if not case.ready_n:
        return Step(gettext("Slide is being imported")) if case.importing else Step(gettext("Add a slide"), "annotate")
    if case.state == Case.State.ANALYSING:
        return Step("")  # its job has just ended
    if case.state == Case.State.RECEIVED:
        failed = case.newest_state == Job.State.FAILED
        return (
            Step(gettext("Analysis failed"), "annotate", gettext("open"))
            if failed
            else Step(gettext("Order an analysis"), "annotate", gettext("open"))
        )
    if not still:  # nothing is reported: what there is covers a drawn region alone, or was put back into the queue
        return (
            Step(gettext("Analysis failed"), "annotate", gettext("open"))
            if case.newest_state == Job.State.FAILED
            else Step(gettext("Choose the analysis to report"), "review", gettext("open"))
        )
    if None in still:  # the cells are gone or altered: the case's page says which
        return Step(gettext("Cells cannot be read"), "annotate", gettext("open"))
    if n := sum(n or 0 for n in still):
        return Step(ngettext("{n} cell to review", "{n} cells to review", n).format(n=n), "review", gettext("open"))
    return Step(gettext("Ready to sign"), "sign", gettext("sign"))


def offered(step: Step, user: Any, case: Case) -> Step:
    """The step as it is offered to this person: without a verb where it is not theirs to take; `with_rights` gave the case."""
    if may_take(step, user, case) or not step.right:
        return step
    return Step(gettext("Waiting for signature") if step.right == "sign" else step.text)


def may_take(step: Step, user: Any, case: Case) -> bool:
    """Whether the person may take the step of a case that `with_rights` gave."""
    rights = rights_in(case)
    if user.pk in step.not_for and not {"sign", "administer"} <= rights:
        return False
    return step.right in rights and step.person in (None, user.pk)


def waiting_for(user: Any, cases: QuerySet[Case]) -> tuple[list[int], dict[int, Step]]:
    """Of the cases, the keys of those whose next step this person may take; and the next steps of all that are open.

    Work on a case waits for its reader, or for everybody where nobody reads it; a signature waits for all who may sign, and a
    decision between two readers for all who may decide where the case's reader may not.
    """
    open_cases = list(with_rights(user, foreseen(cases.filter(state__in=OPEN_STATES, archived_at__isnull=True))))
    steps = next_steps(open_cases, {})
    waiting = []
    for case in open_cases:
        step = steps[case.pk]
        to_all = step.right == "sign" or step.person is not None or case.reader_id in step.not_for
        theirs = to_all or case.reader_id in (None, user.pk)
        if theirs and may_take(step, user, case):
            waiting.append(case.pk)
    return waiting, steps


def duration(seconds: float) -> str:
    """45 s, 12 min, 1 h 19 min."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    hours, minutes = divmod(round(seconds / 60), 60)
    if not hours:
        return f"{minutes} min"
    return f"{hours} h {minutes} min" if minutes else f"{hours} h"
