"""What the desk shows: rows of the worklist, a case with all that hangs on it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from apps.analysis.api.serializers import JobSerializer, ProtocolSerializer
from apps.analysis.cellfiles import schema_json, schema_key, schema_of
from apps.analysis.models import Job
from apps.analysis.selectors import analyses_of, latest_job, protocols, reported_jobs
from apps.audit.models import Record
from apps.cases.api.serializers import CaseSerializer
from apps.cases.models import Case
from apps.cases.selectors import reviewers_of, rights_of, words_hidden_from
from apps.desk.nextsteps import Step, next_steps, offered
from apps.reports.selectors import report_json, reports_of
from apps.review.analyses import labels_at_stake
from apps.review.models import Reading
from apps.review.state import is_second_of, labels_of, read_by
from apps.slides.api.serializers import SlideSerializer
from apps.slides.models import Slide
from apps.slides.selectors import may_see_identity


def worklist_rows(
    user: Any, cases: Sequence[Case], foreseen_steps: Mapping[int, Step] | None = None
) -> list[dict[str, Any]]:
    """A row for each case that `foreseen` and `with_rights` gave: slides, its next step as this person may take it, the job that
    runs.

    `foreseen_steps`: next steps that are known for cases of which no job runs.
    """
    running: dict[int, Job] = {}
    for active in Job.objects.filter(slide__case__in=cases, state__in=Job.ACTIVE).select_related("slide"):
        running.setdefault(active.slide.case_id, active)
    steps = {pk: step for pk, step in (foreseen_steps or {}).items() if pk not in running}
    steps |= next_steps([c for c in cases if c.pk not in steps], running)
    return [
        {"case": c, "slides_n": c.ready_n, "step": offered(steps[c.pk], user, c), "job": running.get(c.pk)}  # type: ignore[attr-defined]
        for c in cases
    ]


def slides_json(user: Any, case: Case) -> list[dict[str, Any]]:
    """Slides of a case, each with all its analyses, newest first, the reported ones marked, and the one it opens with."""
    slides = list(case.slides.select_related("case", "site"))
    analyses = analyses_of(slides)
    reported = {job.pk for job in reported_jobs(case)}
    answers = []
    for slide in slides:
        jobs = [_analysis_json(user, read_by(user, job), job.pk in reported) for job in analyses[slide.pk]]
        opened = latest_job(slide)
        answers.append(
            {
                **SlideSerializer(slide).data,
                "job": next((j for j in jobs if opened and j["id"] == str(opened.pk)), None),
                "jobs": jobs,
            }
        )
    return answers


def _analysis_json(user: Any, job: Job, reported: bool) -> dict[str, Any]:
    """A job as the case page lists it: with what people have done on it."""
    labels = labels_of(job) if job.reviewable else None
    return {
        **JobSerializer(job).data,
        "reported": reported,
        "labels": len(labels.rows) + len(labels.added) if labels else 0,
        "label_revision": labels.revision if labels else 0,
        "labels_at_stake": labels_at_stake(job, user) if job.reviewable and not reported else 0,
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
    on_offer = [p for p in protocols() if p.specimen in specimens]
    slides = slides_json(user, case)
    return {
        "case": CaseSerializer(case, context={"user": user}).data,
        "slides": slides,
        "opens_with": opens_with(slides),
        "schemas": _schemas(case),
        "protocols": ProtocolSerializer(on_offer, many=True).data,
        "reports": [report_json(r) for r in reports_of(case)],
        "readers": [{"id": p.pk, "username": p.username, "name": p.display_name} for p in reviewers_of(case)],
        "handover": None if case.pk in words_hidden_from(user) else _handover(case),
        "me": {
            "id": user.pk,
            "name": user.display_name,
            "username": user.username,
            "rights": sorted(rights_of(user, case)),
            "sees_identity": may_see_identity(user),
            "reading": _reading_of(user, case),
        },
    }


def _reading_of(user: Any, case: Case) -> str:
    """On which reading of the case's reported analyses this person works."""
    readings = [r for job in reported_jobs(case) for r in job.readings.all()]
    if own := next((r for r in readings if is_second_of(user, r)), None):
        return "second-blind" if own.blind else "second"
    return "consensus" if any(r.role == Reading.Role.CONSENSUS for r in readings) else ""


def _handover(case: Case) -> dict[str, Any] | None:
    """What was said when the case came to its reader; None where nothing was."""
    line = Record.objects.filter(action="case.reader", object_type="case", object_id=str(case.pk)).first()
    if line is None or not line.detail.get("word"):
        return None
    return {"by": line.actor, "at": line.at.isoformat(), "word": line.detail["word"]}


def _schemas(case: Case) -> dict[str, Any]:
    """The classes of each of the case's jobs, by the name that the job gives them."""
    answers: dict[str, Any] = {}
    for job in Job.objects.filter(slide__case=case):
        key = schema_key(job)
        if key not in answers:
            answers[key] = schema_json(schema_of(job))
    return answers
