"""What the desk shows: rows of the worklist, a case with all that hangs on it."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, Q, QuerySet

from apps.accounts.errors import Refusal
from apps.analysis.api.serializers import JobSerializer, eta_s, protocol_json
from apps.analysis.cellfiles import schema_json
from apps.analysis.models import Job
from apps.analysis.selectors import latest_job, protocols, reported_jobs
from apps.cases.api.serializers import CaseSerializer
from apps.cases.models import Case
from apps.cases.selectors import rights_of
from apps.reports.selectors import report_json, reports_of
from apps.review import mustsee
from apps.review.state import labels_of
from apps.slides.api.serializers import SlideSerializer
from apps.slides.models import Slide


def worklist_rows(cases: list[Case]) -> list[dict[str, Any]]:
    """A row for each case: slides, what is left to do, the job that runs."""
    counted = dict(
        Slide.objects.filter(case__in=cases, status=Slide.Status.READY).values_list("case").annotate(n=Count("pk"))
    )
    running: dict[int, Job] = {}
    for job in Job.objects.filter(slide__case__in=cases, state__in=Job.ACTIVE).select_related("slide"):
        running.setdefault(job.slide.case_id, job)
    rows = []
    for case in cases:
        job = running.get(case.pk)
        rows.append(
            {
                "case": case,
                "slides_n": counted.get(case.pk, 0),
                "left": what_is_left(case, job, counted.get(case.pk, 0)),
                "job": {"id": job.pk, "percent": job.percent, "eta_s": eta_s(job), "state": job.state} if job else None,
                "since": case.state_since,
            }
        )
    return rows


def what_is_left(case: Case, job: Job | None, slides: int) -> str:
    """In words: what the case waits for."""
    if job is not None:
        left = eta_s(job)
        return f"{job.percent:.0f} %" + (f", {left:.0f} s left" if left else "")
    if case.state == Case.State.SIGNED:
        return ""
    if not slides:
        return "no slide yet"
    if case.state == Case.State.RECEIVED:
        failed = Job.objects.filter(slide__case=case).order_by("-requested_at").first()
        return "analysis failed" if failed and failed.state == Job.State.FAILED else "not analysed yet"
    try:
        still = sum(len(mustsee.open_rows(j, labels_of(j))) for j in reported_jobs(case))
    except Refusal as refusal:
        return refusal.message
    if still:
        return "1 cell must be seen" if still == 1 else f"{still} cells must be seen"
    return "ready to sign"


def find(cases: QuerySet[Case], search: str) -> Case | None:
    """The one case that a quick search names exactly."""
    return cases.filter(Q(accession__iexact=search)).first()


def slides_json(case: Case) -> list[dict[str, Any]]:
    """Slides of a case, each with the job that speaks for it."""
    found = []
    for slide in case.slides.all():
        job = latest_job(slide)
        found.append({**SlideSerializer(slide).data, "job": JobSerializer(job).data if job else None})
    return found


DEFAULT_SCHEMA = "blood-film"


def room_json(user: Any, case: Case) -> dict[str, Any]:
    """Everything the reading room needs to begin."""
    known = protocols(case.specimen)
    slides = slides_json(case)
    schemas = {p.schema for p in known} | {s["job"]["schema"] for s in slides if s["job"]}
    return {
        "case": CaseSerializer(case, context={"user": user}).data,
        "slides": slides,
        "schemas": {name: schema_json(name) for name in sorted(schemas | {DEFAULT_SCHEMA})},
        "protocols": [protocol_json(p) for p in known],
        "reports": [report_json(r) for r in reports_of(case)],
        "me": {"id": user.pk, "name": user.display_name, "rights": sorted(rights_of(user, case))},
    }
