"""A package that brought an examination is taken away: its cases stay open, and what cannot be counted is said in a sentence."""

from __future__ import annotations

from typing import Any

import pytest

from apps.analysis import services, worker
from apps.analysis.models import Job
from apps.reports.drafts import draft_html
from tests import factories
from tests.apps.test_reports import see_all

pytestmark = pytest.mark.django_db


def taken_away(job: Job) -> Job:
    Job.objects.filter(pk=job.pk).update(assay="of_a_package")
    return Job.objects.select_related("slide__case", "protocol").get(pk=job.pk)


def test_holds_and_draft_and_comparison_of_a_case_are_there_and_its_results_are_refused(
    job: Any, paul: Any, api: Any
) -> None:
    see_all(paul, job)
    other = taken_away(factories.finished_job(job.slide))
    gone, client = taken_away(job), api(paul)
    case = f"/api/v1/cases/{gone.slide.case.accession}"
    assert client.get(f"{case}/holds/").json() == []
    assert client.get(f"{case}/signing/").status_code == 200
    assert "There is no examination called of_a_package" in draft_html(gone.slide.case)
    refused = client.get(f"/api/v1/jobs/{gone.pk}/results/")
    assert (refused.status_code, refused.json()["code"]) == (409, "examination-gone")
    compared = client.get(f"/api/v1/jobs/{gone.pk}/compare/{other.pk}/").json()
    assert (compared["sections"], compared["lost"]["n"], compared["same"]) == ([], 0, gone.cells)


def test_an_ordered_analysis_ends_with_a_sentence_rather_than_at_each_worker_in_turn(slide: Any, tess: Any) -> None:
    ordered = taken_away(services.request_job(tess, slide, factories.protocol()))
    ended = worker.work(str(ordered.pk))
    assert ended is not None and ended.state == Job.State.FAILED and ended.attempt == 1
    assert (
        ended.reason.startswith("There is no examination called of_a_package") and "Install the package" in ended.advice
    )
