"""What the desk shows: rows of the worklist, a case with all that hangs on it."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, Q, QuerySet

from apps.accounts.errors import Refusal
from apps.analysis.api.serializers import JobSerializer, eta_s, protocol_json
from apps.analysis.cellfiles import schema_json, schema_key, schema_of
from apps.analysis.models import Job
from apps.analysis.selectors import analyses_of, latest_job, protocols, reported_jobs
from apps.cases.api.serializers import CaseSerializer
from apps.cases.models import Case
from apps.cases.selectors import rights_of
from apps.reports.selectors import report_json, reports_of
from apps.review import mustsee
from apps.review.analyses import labels_at_stake
from apps.review.state import labels_of
from apps.slides.api.serializers import SlideSerializer
from apps.slides.models import Slide


def worklist_rows(cases: list[Case]) -> list[dict[str, Any]]:
    """A row for each case: slides, what is left to do, the job that runs."""
    counted = dict(
        Slide.objects.filter(case__in=cases, status=Slide.Status.READY).values_list("case").annotate(n=Count("pk"))
    )
    running: dict[int, Job] = {}
    for active in Job.objects.filter(slide__case__in=cases, state__in=Job.ACTIVE).select_related("slide"):
        running.setdefault(active.slide.case_id, active)
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
    except Refusal:  # the cells are gone or altered: the case's page says which
        return "cells cannot be read"
    if still:
        return "1 cell must be seen" if still == 1 else f"{still} cells must be seen"
    return "ready to sign"


def find(cases: QuerySet[Case], search: str) -> Case | None:
    """The one case that a quick search names exactly."""
    return cases.filter(Q(accession__iexact=search)).first()


def slides_json(case: Case) -> list[dict[str, Any]]:
    """Slides of a case, each with all its analyses, newest first, the reported ones marked, and the one it opens with."""
    slides = list(case.slides.select_related("case"))
    analyses = analyses_of(slides)
    reported = {job.pk for job in reported_jobs(case)}
    answers = []
    for slide in slides:
        jobs = [_analysis_json(job, job.pk in reported) for job in analyses[slide.pk]]
        opened = latest_job(slide)
        answers.append(
            {
                **SlideSerializer(slide).data,
                "job": next((j for j in jobs if opened and j["id"] == str(opened.pk)), None),
                "jobs": jobs,
            }
        )
    return answers


def _analysis_json(job: Job, reported: bool) -> dict[str, Any]:
    """A job as the case page lists it: with what people have done on it."""
    labels = labels_of(job) if job.reviewable else None
    return {
        **JobSerializer(job).data,
        "reported": reported,
        "labels": len(labels.rows) + len(labels.added) if labels else 0,
        "label_revision": labels.revision if labels else 0,
        "labels_at_stake": labels_at_stake(job) if job.reviewable and not reported else 0,
    }


def opens_with(slides: list[dict[str, Any]]) -> str | None:
    """Id of the slide that the reading room begins with: the first that can be read; None where none can.

    `slides` is what `slides_json` gives. A slide whose analysis failed can be looked at, but comes last.
    """
    ready = [slide for slide in slides if slide["status"] == Slide.Status.READY]
    readable = [slide for slide in ready if not slide["job"] or slide["job"]["state"] != Job.State.FAILED]
    return next((str(slide["id"]) for slide in [*readable, *ready]), None)


def room_json(user: Any, case: Case) -> dict[str, Any]:
    """Everything the reading room needs to begin."""
    specimens = {case.specimen, *(slide.specimen for slide in case.slides.select_related("case"))}
    known = [p for p in protocols() if p.specimen in specimens]
    slides = slides_json(case)
    return {
        "case": CaseSerializer(case, context={"user": user}).data,
        "slides": slides,
        "opens_with": opens_with(slides),
        "schemas": _schemas(case),
        "protocols": [protocol_json(p) for p in known],
        "reports": [report_json(r) for r in reports_of(case)],
        "me": {"id": user.pk, "name": user.display_name, "rights": sorted(rights_of(user, case))},
    }


def _schemas(case: Case) -> dict[str, Any]:
    """The classes of each of the case's jobs, by the name that the job gives them."""
    answers: dict[str, Any] = {}
    for job in Job.objects.filter(slide__case=case):
        key = schema_key(job)
        if key not in answers:
            answers[key] = schema_json(schema_of(job))
    return answers
