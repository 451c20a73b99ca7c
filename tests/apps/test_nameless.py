"""A case with too many unidentified cells is not ready to be signed, and the worklist says so before anybody tries."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.analysis.models import Job
from apps.cases.models import Case
from apps.cases.selectors import cases_for, with_rights
from apps.desk.nextsteps import Step, foreseen, waiting_for
from apps.desk.selectors import worklist_rows
from apps.reports.holds import holds_of
from apps.review import mustsee, nameless, state
from apps.review.counts import pool
from apps.review.nameless import too_nameless
from apps.review.remembered import Remembered
from apps.review.services import label_cells
from apps.review.state import label_revision
from hemaview.pipeline.folder import RunFolder
from tests import factories
from tests.apps.test_reports import see_all

pytestmark = pytest.mark.django_db
CELLS = {"normal": 40, "segmented_neutrophil": 18, "unidentified": 2}


def step_of(user: Any) -> Step:
    (row,) = worklist_rows(user, with_rights(user, foreseen(Case.objects.all())))
    step: Step = row["step"]
    return step


def test_a_case_is_not_ready_to_sign_while_too_many_of_its_cells_are_unidentified(
    slide: Any, tess: Any, paul: Any
) -> None:
    job = factories.finished_job(slide, factories.cells(CELLS))
    see_all(tess, job)  # looked at, and still without a name
    assert [h.code for h in holds_of(slide.case, [Job.objects.get(pk=job.pk)])] == ["unidentified-cells"]
    assert (step_of(paul).text, step_of(paul).right) == ("2 unidentified cells to name", "review")
    assert waiting_for(tess, cases_for(tess))[0] == [slide.case.pk], "it waits for who may name them"
    label_cells(tess, job, "relabel", [58], [], "lymphocyte", label_revision(Job.objects.get(pk=job.pk)))
    assert (step_of(paul).text, step_of(paul).verb) == ("Ready to sign", "sign"), "1 of 20 is 5 %, no more"
    named = [Job.objects.get(pk=job.pk)]
    assert too_nameless(named) == [], "there are no nucleated red cells, of which it would be all"
    assert holds_of(slide.case, named) == []


def test_the_worklist_asks_as_often_for_twenty_cases_without_names_as_for_two(
    tess: Any, tmp_path: Path, api: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    film = factories.film_file(tmp_path / "a.tif")
    client = api(tess)
    asked = []
    for numbers in (range(2), range(2, 20)):
        for number in numbers:
            job = factories.finished_job(
                factories.slide(factories.case(tess, accession=f"N-{number:02d}"), film), factories.cells(CELLS)
            )
            see_all(tess, job)
        for room, name in ((state, "_folded"), (mustsee, "_open"), (mustsee, "_reasons"), (nameless, "_found")):
            monkeypatch.setattr(room, name, Remembered(256))
        cache.clear()
        with CaptureQueriesContext(connection) as queries:
            page = client.get("/").content.decode()
        assert page.count("2 unidentified cells to name") == numbers.stop
        asked.append(len(queries))
    assert asked[0] == asked[1]


def test_a_case_of_which_only_a_drawn_region_was_analysed_is_not_ready_to_sign(job: Any, paul: Any) -> None:
    see_all(paul, job)
    assert step_of(paul).text == "Ready to sign"
    job.reported_as.all().delete()
    assert (step_of(paul).text, step_of(paul).right) == ("Choose the analysis to report", "review")
    Job.objects.filter(pk=job.pk).update(state=Job.State.FAILED, cells_sha256="")
    assert (step_of(paul).text, step_of(paul).right) == ("Analysis failed", "annotate")


def test_densities_of_several_slides_need_the_area_of_each(
    job: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The cells of a slide of unknown area would else lie on the area of the others."""
    other = factories.finished_job(factories.slide(job.slide.case, factories.film_file(tmp_path / "b.tif")))
    fields = [{"used": True, "index": 0, "w": 1000, "h": 1000}]
    plans = {job.folder: {"fields": fields}, other.folder: {"fields": fields}}
    monkeypatch.setattr(RunFolder, "plan_json", lambda self: plans.get(self.path))
    monkeypatch.setattr(RunFolder, "has_field", lambda self, index: True)
    assert pool([job, other]).reviewed.counted_mm2 == pytest.approx(2 * 0.0625)
    other.mpp = None
    assert pool([job, other]).reviewed.counted_mm2 is None and pool([job, other]).reviewed.searched_mm2 is None
    assert pool([job]).reviewed.counted_mm2 == pytest.approx(0.0625)
    other.mpp = 0.25
    del plans[other.folder]
    assert pool([job, other]).reviewed.counted_mm2 is None, "it kept no plan"
