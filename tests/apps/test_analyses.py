"""Several analyses of a slide: which is reported, what becomes of labels, and how two differ."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from apps.accounts.errors import Conflict
from apps.analysis import runservices
from apps.analysis import services as analysis
from apps.analysis.models import Job, ReportedAnalysis
from apps.analysis.selectors import reported_jobs
from apps.audit.models import Record
from apps.desk.consumers import CaseConsumer
from apps.reports.drafts import draft_html
from apps.review.analyses import choose, labels_at_stake, settle, waiting_labels
from apps.review.compare import compare
from apps.review.countsjson import counts_json
from apps.review.secondreading import order_second_reading
from apps.review.services import add_cell, label_cells
from apps.review.state import label_revision, labels_of
from hemaview.cells.table import CellTable
from tests import factories
from tests.schemas import BLOOD_FILM

FOUND = {"normal": 40, "segmented_neutrophil": 12, "lymphocyte": 6, "erythroblast": 2}


def moved(
    table: CellTable, px: float = 3.0, without: tuple[int, ...] = (), renamed: dict[int, str] | None = None
) -> CellTable:
    """The same cells a little aside, some of them missing, some with another class."""
    cls = table.cls.copy()
    for row, key in (renamed or {}).items():
        cls[row] = BLOOD_FILM.index(key)
    rows = np.array([i for i in range(len(table)) if i not in without])
    return replace(table, x=table.x + np.float32(px), cls=cls).take(rows)


@pytest.fixture
def labelled(job: Any, tess: Any, paul: Any) -> Any:
    """A job with labels of every kind: row 5 named, 10 confirmed, 15 rejected, 20 named by somebody else, two cells added."""
    label_cells(tess, job, "relabel", [5], [], "target", 0)
    label_cells(tess, job, "confirm", [10], [], None, 1)
    label_cells(tess, job, "reject", [15], [], None, 2)
    label_cells(paul, job, "relabel", [20], [], "blast", 3)
    add_cell(tess, job, 500.0, 20.0, 30.0, 30.0, "lymphocyte")
    return job


def test_the_first_analysis_is_reported_and_a_later_one_is_only_proposed(slide: Any, job: Any) -> None:
    second = factories.finished_job(slide)
    assert reported_jobs(slide.case) == [job]
    assert labels_at_stake(second) == 0


def test_choosing_another_analysis_carries_labels_over_by_place_and_names_their_authors(
    labelled: Any, slide: Any, tess: Any
) -> None:
    second = factories.finished_job(slide, moved(factories.cells(FOUND)))
    assert labels_at_stake(second) == 5
    carried = choose(tess, second)
    assert (carried.labels, carried.carried, carried.to_look_at) == (5, 5, 0)
    labels = labels_of(second)
    assert {row: (label.key, label.state, label.by) for row, label in labels.rows.items()} == {
        5: ("target", "relabelled", "tess"),
        10: ("", "confirmed", "tess"),
        15: ("", "rejected", "tess"),
        20: ("blast", "relabelled", "paul"),
    }
    assert [label.key for label in labels.added.values()] == ["lymphocyte"]
    assert all(label.carried for label in labels.rows.values())
    assert reported_jobs(slide.case) == [second]
    assert labels_of(labelled).rows.keys() == {5, 10, 15, 20}  # the one before keeps its own
    line = Record.objects.get(action="job.chosen")
    assert (line.detail["before"], line.detail["labels"]) == (str(labelled.pk), 5)


def test_what_finds_no_partner_or_another_machine_class_is_listed_and_a_person_decides(
    labelled: Any, slide: Any, tess: Any, paul: Any
) -> None:
    table = moved(factories.cells(FOUND), without=(20,), renamed={10: "target"})
    second = factories.finished_job(slide, table)
    carried = choose(tess, second)
    assert (carried.labels, carried.carried, carried.to_look_at) == (5, 3, 2)
    by_why = {w.why: w for w in waiting_labels(second)}
    lost, renamed = by_why["no-partner"], by_why["renamed"]
    assert (lost.label_key, lost.machine_before, lost.row) == ("blast", "normal", None)
    assert (renamed.row, renamed.machine_before, renamed.machine_now) == (10, "normal", "target")
    settle(paul, second, lost.pk, keep=True)
    settle(paul, second, renamed.pk, keep=False)
    assert waiting_labels(second) == []
    counts = {r["key"]: r["reviewed"]["count"] for s in counts_json(second)["sections"] for r in s["rows"]}
    assert counts["blast"] == 1  # the blast that somebody saw is still there
    with pytest.raises(Conflict, match="already decided on this label"):
        settle(paul, second, lost.pk, keep=False)


def test_a_label_is_not_kept_over_what_somebody_has_said_of_its_cell_meanwhile(
    labelled: Any, slide: Any, tess: Any, paul: Any
) -> None:
    table = moved(factories.cells(FOUND), without=(20,), renamed={5: "macrocyte", 10: "target", 15: "macrocyte"})
    second = factories.finished_job(slide, table)
    choose(tess, second)
    waiting = {w.row: w for w in waiting_labels(second)}
    lost = waiting[None]
    label_cells(paul, second, "relabel", [10], [], "blast", label_revision(second))
    label_cells(paul, second, "reject", [5], [], None, label_revision(second))
    label_cells(paul, second, "reject", [15], [], None, label_revision(second))
    add_cell(paul, second, lost.x + 1, lost.y, lost.w, lost.h, "segmented_neutrophil")
    with pytest.raises(Conflict, match="paul has called this cell blast in this analysis meanwhile"):
        settle(tess, second, waiting[10].pk, keep=True)
    with pytest.raises(Conflict, match="paul has rejected this cell"):
        settle(tess, second, waiting[5].pk, keep=True)
    with pytest.raises(Conflict, match="paul has added a cell here as segmented neutrophil"):
        settle(tess, second, lost.pk, keep=True)
    before = label_revision(Job.objects.get(pk=second.pk))
    settle(tess, second, waiting[15].pk, keep=True)  # which says the same
    labels = labels_of(Job.objects.get(pk=second.pk))
    assert (labels.revision, labels.rows[10].key, labels.rows[5].state) == (before, "blast", "rejected")
    settle(tess, second, waiting[10].pk, keep=False)
    assert {w.pk for w in waiting_labels(second)} == {lost.pk, waiting[5].pk}


def test_a_label_without_a_cell_adds_none_where_one_of_its_class_was_added_meanwhile(
    labelled: Any, slide: Any, tess: Any, paul: Any
) -> None:
    second = factories.finished_job(slide, moved(factories.cells(FOUND), without=(20,)))
    choose(tess, second)
    (lost,) = waiting_labels(second)
    add_cell(paul, second, lost.x + 1, lost.y, lost.w, lost.h, "blast")
    settle(tess, second, lost.pk, keep=True)
    added = labels_of(Job.objects.get(pk=second.pk)).added.values()
    assert sorted(label.key for label in added) == ["blast", "lymphocyte"] and waiting_labels(second) == []


def test_labels_are_carried_to_an_analysis_that_has_some_and_never_over_somebodys_work(
    labelled: Any, slide: Any, tess: Any
) -> None:
    second = factories.finished_job(slide, moved(factories.cells(FOUND)))
    label_cells(tess, second, "relabel", [1], [], "macrocyte", 0)
    label_cells(tess, second, "relabel", [20], [], "target", 1)
    carried = choose(tess, second)
    assert (carried.labels, carried.carried, carried.to_look_at) == (5, 4, 0), "the fifth is labelled there already"
    labels = labels_of(second)
    assert {row: label.key for row, label in labels.rows.items()} == {
        1: "macrocyte", 5: "target", 10: "", 15: "", 20: "target",
    }  # fmt: skip
    assert [label.key for label in labels.added.values()] == ["lymphocyte"]
    line = Record.objects.filter(action="job.chosen").latest("pk")
    assert (line.detail["carried"], line.detail["labelled_already"]) == (4, 1)


def test_going_back_and_forth_between_analyses_loses_no_label_and_asks_once(
    labelled: Any, slide: Any, tess: Any
) -> None:
    second = factories.finished_job(slide, moved(factories.cells(FOUND), without=(20,)))
    choose(tess, second)
    label_cells(tess, second, "relabel", [1], [], "macrocyte", label_revision(second))
    choose(tess, Job.objects.get(pk=labelled.pk))
    assert labels_of(Job.objects.get(pk=labelled.pk)).rows[1].key == "macrocyte"
    label_cells(tess, Job.objects.get(pk=labelled.pk), "relabel", [5], [], "blast", label_revision(labelled))
    carried = choose(tess, Job.objects.get(pk=second.pk))
    assert (carried.labels, carried.carried, carried.to_look_at) == (6, 4, 0)
    labels = labels_of(Job.objects.get(pk=second.pk))
    assert labels.rows[5].key == "blast" and len(labels.added) == 1 and len(waiting_labels(second)) == 1


def test_a_cell_that_a_person_had_added_and_the_machine_finds_now_is_one_cell(job: Any, slide: Any, tess: Any) -> None:
    table = factories.cells(FOUND)
    for row in (53, 30):  # a lymphocyte, and a red cell by the machine
        add_cell(tess, job, float(table.x[row]), float(table.y[row]), 30.0, 30.0, "lymphocyte")
    second = factories.finished_job(slide, table)
    choose(tess, second)
    labels = labels_of(second)
    assert not labels.added and labels.rows[53].key == "lymphocyte" and 30 not in labels.rows
    (waiting,) = waiting_labels(second)
    assert (waiting.row, waiting.label_key, waiting.machine_now) == (30, "lymphocyte", "normal"), (
        "what the machine calls otherwise a person decides on"
    )


def test_a_report_says_whose_names_of_an_earlier_analysis_stand(job: Any, slide: Any, tess: Any) -> None:
    label_cells(tess, job, "confirm", [53], [], None, label_revision(job))
    second = factories.finished_job(slide, factories.cells(FOUND))
    choose(tess, second)
    page = draft_html(slide.case)
    assert (
        "Labels by tess were carried over from an earlier analysis; nobody has confirmed or corrected a cell of" in page
    )


def test_two_examinations_of_a_slide_are_both_reported(slide: Any, job: Any) -> None:
    sickle = factories.finished_job(slide, factories.cells({"circular": 20, "elongated": 1}, key="sickle"), "sickle")
    assert {j.pk for j in reported_jobs(slide.case)} == {job.pk, sickle.pk}


def test_a_finished_first_analysis_becomes_the_reported_one(slide: Any, tess: Any) -> None:
    job = analysis.request_job(tess, slide, factories.protocol())
    claimed = runservices.claim(job.pk, "w")
    assert claimed is not None
    runservices.finish(claimed, partial=False, cells=1, cells_sha256="a" * 64)
    assert ReportedAnalysis.objects.get().job_id == job.pk
    again = analysis.request_job(tess, slide, factories.protocol())
    claimed = runservices.claim(again.pk, "w")
    assert claimed is not None
    runservices.finish(claimed, partial=False, cells=1, cells_sha256="b" * 64)
    assert ReportedAnalysis.objects.get().job_id == job.pk


def test_an_order_of_another_examination_may_run_beside_the_first(slide: Any, tess: Any) -> None:
    analysis.request_job(tess, slide, factories.protocol())
    analysis.request_job(tess, slide, factories.protocol("sickle"))
    with pytest.raises(Conflict, match="already being analysed with Blood film;"):
        analysis.request_job(tess, slide, factories.protocol())
    assert Job.objects.count() == 2


def test_two_analyses_are_compared_by_place_with_the_difference_of_each_count(job: Any, slide: Any) -> None:
    second = factories.finished_job(slide, moved(factories.cells(FOUND), without=(0, 1), renamed={45: "blast"}))
    comparison = compare(job, second)
    assert (comparison["same"], comparison["lost"]["n"], comparison["gained"]["n"], comparison["renamed"]["n"]) == (
        57,
        2,
        0,
        1,
    )
    assert comparison["renamed"]["shown"][0]["key_b"] == "blast"
    differential = next(s for s in comparison["sections"] if s["key"] == "differential")
    row = next(r for r in differential["rows"] if r["key"] == "blast")
    assert (row["a"], row["b"]) == (0, 1) and row["low"] < row["difference_percent"] < row["high"]
    sickle = factories.finished_job(slide, factories.cells({"circular": 3}, key="sickle"), "sickle")
    with pytest.raises(Conflict, match="one slide by one examination"):
        compare(job, sickle)


def test_a_comparison_says_what_the_machine_called_a_cell_and_who_named_it(
    job: Any, slide: Any, tess: Any, client: Any
) -> None:
    second = factories.finished_job(
        slide, moved(factories.cells(FOUND), without=(0,), renamed={45: "blast", 46: "blast"})
    )
    label_cells(tess, job, "relabel", [46], [], "blast", 0)  # the second analysis calls it so itself
    label_cells(tess, job, "relabel", [41], [], "monocyte", 1)
    add_cell(tess, job, 100.0, 100.0, 30.0, 30.0, "blast")
    comparison = compare(Job.objects.get(pk=job.pk), second)
    assert (comparison["renamed"]["n"], comparison["renamed"]["by_machine"], comparison["same_by_people"]) == (2, 1, 1)
    by_row = {c["row_a"]: c for c in comparison["renamed"]["shown"]}
    assert [by_row[41][k] for k in ("key_a", "machine_a", "by_a", "machine_b", "by_b")] == [
        "monocyte", "segmented_neutrophil", "tess", "segmented_neutrophil", "",
    ]  # fmt: skip
    assert (by_row[45]["by_a"], by_row[45]["key_b"]) == ("", "blast") and (
        comparison["added_a"],
        comparison["added_b"],
    ) == (1, 0)
    blast = next(r for s in comparison["sections"] for r in s["rows"] if r["key"] == "blast")
    assert (blast["a"], blast["machine_a"], blast["b"], blast["machine_b"]) == (2, 0, 2, 2)

    client.force_login(tess)
    page = client.get(f"/cases/{slide.case.accession}/compare/{job.pk}/{second.pk}/").content.decode()
    assert "Monocyte (tess; machine: Segmented neutrophil) → Segmented neutrophil (machine)" in page
    assert "By the machine: 1; by people only: 1." in page and "only because a person named it" in page
    assert re.search(r"\(−\d+\.\d to \d+\.\d\)", page) and not re.search(r"[(>]-\d", page), "a true minus sign"


def test_a_comparison_names_both_analyses_by_protocol_moment_and_which_is_reported(
    job: Any, slide: Any, tess: Any, client: Any
) -> None:
    second = factories.finished_job(slide, moved(factories.cells(FOUND), without=(0,), renamed={45: "blast"}))
    choose(tess, second)
    client.force_login(tess)

    def page_of(a: Job, b: Job) -> str:
        return client.get(f"/cases/{slide.case.accession}/compare/{a.pk}/{b.pk}/").content.decode()

    page = page_of(job, second)
    before, now = re.findall(r"<dt>(.*?)</dt>", page)[:2]
    assert before.startswith(f"{job.protocol}, <time ") and before.endswith("</time>")
    assert now.startswith(f"{second.protocol}, <time ") and now.endswith("</time> (reported)")
    assert f"Detected only by {before}: 1" in page and f"Detected only by {now}: 0" in page
    assert f"{now}: n = " in page and "First" not in page and "Second" not in page
    other = factories.finished_job(slide, moved(factories.cells(FOUND)))
    Job.objects.filter(pk=other.pk).update(requested_at=job.requested_at)
    names = re.findall(r"<dt>(.*?)</dt>", page_of(job, Job.objects.get(pk=other.pk)))[:2]
    assert [f"[{one.pk.hex[:8]}]" in name for one, name in zip((job, other), names, strict=True)] == [True, True]


def test_rows_of_no_class_are_named_in_words(tess: Any, tmp_path: Path, client: Any) -> None:
    block = factories.slide(factories.case(tess, specimen="cell-block"), factories.film_file(tmp_path / "block.tif"))
    first, second = (
        factories.finished_job(block, factories.cells({"erythroblast": n}, key="fetal_nrbc"), "fetal_nrbc")
        for n in (3, 4)
    )
    label_cells(tess, first, "confirm", [1], [], None, 0)
    client.force_login(tess)
    page = client.get(f"/cases/{block.case.accession}/compare/{first.pk}/{second.pk}/").content.decode()
    assert "<td>Looked at</td>" in page and "looked_at" not in page


def test_the_api_chooses_lists_settles_and_compares(labelled: Any, slide: Any, api: Any, tess: Any) -> None:
    second = factories.finished_job(slide, moved(factories.cells(FOUND), without=(20,)))
    client = api(tess)
    answer = client.post(f"/api/v1/jobs/{second.pk}/choose/")
    assert answer.json() == {"labels": 5, "carried": 4, "to_look_at": 1}
    (waiting,) = client.get(f"/api/v1/jobs/{second.pk}/carried/").json()
    picture = f"/api/v1/jobs/{second.pk}/carried/{waiting['id']}/crop.jpg"
    assert waiting["row"] is None and client.get(picture)["Content-Type"] == "image/jpeg", "the place has a picture"
    body = {"id": waiting["id"], "keep": True}
    assert client.post(f"/api/v1/jobs/{second.pk}/carried/", body, format="json").json() == []
    assert client.get(picture).status_code == 404, "nothing waits there any more"
    assert client.get(f"/api/v1/jobs/{labelled.pk}/compare/{second.pk}/").json()["lost"]["n"] == 1
    result = client.get(f"/api/v1/jobs/{second.pk}/results/").json()
    assert result["assay"] == "blood_film" and result["sections"][0]["key"] == "differential"


def test_every_number_explains_itself(job: Any, tess: Any) -> None:
    label_cells(tess, job, "reject", [40], [], None, 0)
    label_cells(tess, job, "relabel", [41], [], "lymphocyte", 1)
    add_cell(tess, job, 100.0, 100.0, 30.0, 30.0, "segmented_neutrophil")
    account = counts_json(job)["accounts"]["segmented_neutrophil"]
    assert {k: account[k] for k in ("machine", "rejected", "renamed_away", "renamed_here", "added", "counted")} == {
        "machine": 12, "rejected": 1, "renamed_away": 1, "renamed_here": 0, "added": 1, "counted": 11
    }  # fmt: skip


def test_the_news_of_another_reported_analysis_say_who_chose_it_and_when(job: Any, slide: Any, tess: Any) -> None:
    consumer = CaseConsumer()
    consumer.user, consumer.case_id, consumer.marks = tess, slide.case_id, {}
    second = factories.finished_job(slide, moved(factories.cells(FOUND)))
    consumer.news()
    choose(tess, second)
    (news,) = (message for message in consumer.news() if message["type"] == "reported")
    (chosen,) = news["chosen"]
    assert (chosen["job"], chosen["by"], chosen["at"]) == (
        second.pk, tess.display_name, ReportedAnalysis.objects.get(slide=slide).chosen_at,
    )  # fmt: skip


@pytest.mark.parametrize("blind", [True, False])
def test_labels_of_an_earlier_analysis_are_not_the_second_readers_to_decide_on(
    blind: bool, labelled: Any, slide: Any, tess: Any, api: Any
) -> None:
    tom = factories.person("technologist", "tom")
    second = factories.finished_job(slide, moved(factories.cells(FOUND), without=(20,)))
    choose(tess, second)
    order_second_reading(tess, slide.case, tom, blind)
    address = f"/api/v1/jobs/{second.pk}/carried/"
    (waiting,) = api(tess).get(address).json()
    assert api(tom).get(address).json() == ([] if blind else [waiting]), "who reads blind learns of no label"
    refused = api(tom).post(address, {"id": waiting["id"], "keep": True}, format="json")
    assert (refused.status_code, refused.json()["code"]) == (409, "second-reading")
    assert api(tess).post(address, {"id": waiting["id"], "keep": True}, format="json").json() == []
    assert "blast" in {label.key for label in labels_of(Job.objects.get(pk=second.pk)).added.values()}
