"""The desk: which slide a room opens with, what waits for whom, hand-over, slides that can be removed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from apps.accounts.errors import Forbidden, Refusal
from apps.accounts.models import User
from apps.analysis.models import Job
from apps.cases.models import Case
from apps.cases.selectors import cases_for, reviewers_of, with_rights
from apps.cases.services import set_reader, set_rights, update_case
from apps.desk.nextsteps import Step, duration, foreseen, waiting_for
from apps.desk.selectors import opens_with, room_json, worklist_rows
from apps.review.secondreading import order_second_reading
from apps.review.services import label_cells
from apps.review.state import label_revision
from apps.slides.models import Slide
from tests import factories
from tests.apps.test_reports import see_all

pytestmark = pytest.mark.django_db


def failed(slide: Slide) -> Job:
    job = factories.finished_job(slide)
    job.reported_as.all().delete()
    Job.objects.filter(pk=job.pk).update(state=Job.State.FAILED, cells_sha256="", reason="Out of memory.")
    return Job.objects.get(pk=job.pk)


def waiting(user: User) -> list[str]:
    return list(Case.objects.filter(pk__in=waiting_for(user, cases_for(user))[0]).values_list("accession", flat=True))


def test_a_room_opens_with_the_first_slide_that_can_be_read(slide: Any, tmp_path: Path, tess: User) -> None:
    failed(slide)
    refused = factories.slide(slide.case, factories.film_file(tmp_path / "b.tif", seed=2))
    Slide.objects.filter(pk=refused.pk).update(status=Slide.Status.REFUSED, message="The file is cut short.")
    good = factories.slide(slide.case, factories.film_file(tmp_path / "c.tif", seed=3))
    room = room_json(tess, slide.case)
    assert [s["status"] for s in room["slides"]] == ["ready", "refused", "ready"]
    assert room["opens_with"] == str(good.pk)


def test_a_room_opens_with_a_failed_slide_only_where_there_is_no_other(slide: Any, tess: User) -> None:
    assert opens_with([]) is None
    failed(slide)
    assert room_json(tess, slide.case)["opens_with"] == str(slide.pk)


def test_work_waits_for_its_reader_and_a_signature_for_who_may_sign(job: Any, tess: User, paul: User) -> None:
    case = job.slide.case
    Case.objects.filter(pk=case.pk).update(state=Case.State.IN_REVIEW, reader=tess)
    case.refresh_from_db()
    other = factories.person("technologist", "tom")
    step = step_of(tess)
    assert step.right == "review" and step.text.endswith("to review")
    assert waiting(tess) == [case.accession] and waiting(other) == [] and waiting(paul) == []
    see_all(tess, job)
    label_cells(tess, job, "confirm", list(range(job.cells)), [], None, label_revision(job))
    assert waiting(paul) == [case.accession] and waiting(tess) == []


def test_a_next_step_is_offered_only_to_who_may_take_it(job: Any, tess: User, paul: User, client: Any) -> None:
    case = job.slide.case
    see_all(tess, job)
    label_cells(tess, job, "confirm", list(range(job.cells)), [], None, label_revision(job))
    assert (step_of(paul).text, step_of(paul).verb) == ("Ready to sign", "sign")
    assert (step_of(tess).text, step_of(tess).verb) == ("Waiting for signature", ""), "no right to sign"
    client.force_login(tess)
    listed = client.get("/").content.decode()
    assert "Waiting for signature" in listed and ">sign</a>" not in listed and ">view</a>" in listed

    update_case(factories.person("administrator", "ada"), case, restricted=True)
    set_rights(User.objects.get(username="ada"), case, paul, {"view", "review"})
    assert (step_of(paul).text, step_of(paul).verb) == ("Waiting for signature", ""), "a restricted case"
    set_rights(User.objects.get(username="ada"), case, paul, {"view", "review", "sign"})
    assert step_of(paul).verb == "sign"

    Job.objects.filter(pk=job.pk).update(frozen={**job.frozen, "second_reader": True})
    assert (step_of(paul).text, step_of(paul).verb) == ("Ask for a second reader", "open")
    tom = factories.person("technologist", "tom")
    set_rights(User.objects.get(username="ada"), case, tom, {"view", "review"})
    order_second_reading(paul, case, tom, blind=False)
    assert (step_of(paul).text, step_of(paul).verb) == ("Second reading by tom", ""), "another person's reading"
    assert step_of(tom).verb == "review"


def step_of(user: User) -> Step:
    """The next step of the only case, as this person sees it."""
    (row,) = worklist_rows(user, with_rights(user, foreseen(Case.objects.all())))
    step: Step = row["step"]
    return step


def test_a_case_is_handed_over_with_a_word_that_its_new_reader_sees(slide: Any, tess: User, paul: User) -> None:
    case = slide.case
    other = factories.person("technologist", "tom")
    set_reader(tess, case, tess)
    with pytest.raises(Forbidden):
        set_reader(other, case, other)
    set_reader(tess, case, other, "Two blasts in the last field; please look.")
    room = room_json(other, Case.objects.get(pk=case.pk))
    assert room["case"]["reader"]["id"] == other.pk
    assert room["handover"]["word"] == "Two blasts in the last field; please look." and room["handover"]["by"] == "tess"
    set_reader(paul, case, paul)
    assert Case.objects.get(pk=case.pk).reader == paul
    assert room_json(paul, Case.objects.get(pk=case.pk))["handover"] is None


def test_only_who_may_review_a_case_can_become_its_reader(slide: Any, tess: User) -> None:
    case = slide.case
    looker = factories.person("researcher", "rosa")
    set_reader(tess, case, tess)
    with pytest.raises(Refusal, match="may not review"):
        set_reader(tess, case, looker)
    assert tess in reviewers_of(case) and looker not in reviewers_of(case)
    ada = factories.person("administrator", "ada")
    set_rights(ada, case, looker, {"view", "review"})
    assert {tess, looker} <= set(reviewers_of(case))
    update_case(ada, case, restricted=True)
    case.refresh_from_db()
    assert reviewers_of(case) == [looker]


def test_a_slide_without_results_is_removed_with_its_failed_analyses(slide: Any, api: Any, tess: User) -> None:
    job = failed(slide)
    Job.objects.filter(pk=job.pk).update(state=Job.State.RUNNING)
    assert api(tess).delete(f"/api/v1/slides/{slide.pk}/").status_code == 409
    Job.objects.filter(pk=job.pk).update(state=Job.State.FAILED)
    assert api(tess).delete(f"/api/v1/slides/{slide.pk}/").status_code == 204
    assert not Slide.objects.filter(pk=slide.pk).exists() and not Job.objects.filter(pk=job.pk).exists()


def test_a_slide_with_results_stays(job: Any, api: Any, tess: User) -> None:
    assert api(tess).delete(f"/api/v1/slides/{job.slide.pk}/").status_code == 409
    assert Slide.objects.filter(pk=job.slide.pk).exists()


def test_what_is_left_of_an_analysis_is_told_in_the_units_that_people_use() -> None:
    assert [duration(s) for s in (45, 720, 3600, 4768)] == ["45 s", "12 min", "1 h", "1 h 19 min"]


def test_an_accession_of_sixty_characters_and_every_page_of_a_case_are_shown(
    tess: User, client: Any, film: Path
) -> None:
    case = factories.case(tess, accession="A" * 60)
    factories.slide(case, film)
    client.force_login(tess)
    for path in ("/", f"/cases/{case.accession}/", f"/cases/{case.accession}/read/"):
        assert case.accession in client.get(path).content.decode()
