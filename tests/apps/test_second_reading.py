"""Two readers of one case: apart, blind or open, their agreement, decisions, and what a report and a signature make of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from apps.accounts.errors import Conflict, Forbidden, Refusal
from apps.analysis.models import Job
from apps.audit.models import Record
from apps.cases.models import Case
from apps.cases.selectors import cases_for, with_rights
from apps.cases.services import set_comment, set_conclusion, set_rights
from apps.desk.consumers import CaseConsumer
from apps.desk.nextsteps import offered, waiting_for
from apps.reports import document, render, services
from apps.reports.holds import holds_of
from apps.reports.manifest import verify
from apps.review.agreement import agreement_json
from apps.review.analyses import choose
from apps.review.annotations import annotate, annotations_for
from apps.review.countsjson import counts_json
from apps.review.hbf import mark_hbf
from apps.review.models import LabelEvent, Reading
from apps.review.secondreading import close_second_reading, decide, order_second_reading, withdraw_second_reading
from apps.review.selectors import cell_card, labels_json
from apps.review.services import add_cell, label_cells
from apps.review.state import labels_of, read_by
from tests import factories
from tests.factories import PASSWORD

SEG, LYMPH = range(40, 52), range(52, 58)
"""Rows of segmented neutrophils, of lymphocytes; 58 and 59 are nucleated red cells."""


@pytest.fixture
def tom(db: Any) -> Any:
    return factories.person("technologist", "tom")


def fresh(job: Job) -> Job:
    return Job.objects.select_related("slide__case", "protocol").get(pk=job.pk)


def codes(job: Job) -> list[str]:
    job = fresh(job)
    return [h.code for h in holds_of(job.slide.case, [job])]


@pytest.fixture
def twice(job: Any, tess: Any, tom: Any) -> Any:
    """Read by tess; then blind by tom, who calls two of tess's cells otherwise and adds one; not closed yet."""
    label_cells(tess, job, "confirm", [*SEG, *LYMPH], [], None, 0)
    label_cells(tess, job, "confirm", [58, 59], [], None, 0, shown_class="erythroblast")
    label_cells(tess, job, "reject", [50], [], None, 1)
    order_second_reading(tess, job.slide.case, tom, True)
    label_cells(tom, fresh(job), "confirm", [*SEG, *LYMPH], [], None, 0)
    label_cells(tom, fresh(job), "confirm", [58, 59], [], None, 0, shown_class="erythroblast")
    label_cells(tom, fresh(job), "relabel", [40], [], "band_neutrophil", 1)
    add_cell(tom, fresh(job), 500.5, 300.5, 30, 30, "lymphocyte")
    return fresh(job)


def test_two_readers_write_into_readings_of_their_own(twice: Any, tess: Any, tom: Any) -> None:
    assert set(labels_of(twice).rows) == set(range(40, 60)) and not labels_of(twice).added
    own = labels_of(read_by(tom, fresh(twice)))
    assert own.rows[40].key == "band_neutrophil" and len(own.added) == 1
    label_cells(tess, fresh(twice), "relabel", [41], [], "lymphocyte", 2)
    assert labels_of(read_by(tom, fresh(twice))).rows[41].key == ""
    assert counts_json(fresh(twice)) != counts_json(read_by(tom, fresh(twice)))


def test_a_blind_reader_sees_nothing_of_the_first_nor_anybody_of_theirs(
    job: Any, tess: Any, tom: Any, api: Any
) -> None:
    label_cells(tess, job, "relabel", [40], [], "lymphocyte", 0)
    order_second_reading(tess, job.slide.case, tom, True)
    case = f"/api/v1/cases/{job.slide.case.accession}"
    assert api(tom).get(f"/api/v1/jobs/{job.pk}/labels/").json()["rows"] == []
    card = api(tom).get(f"/api/v1/jobs/{job.pk}/cells/40/").json()
    assert (card["state"], card["history"], card["others"]) == ("", [], [])
    assert api(tom).get(f"/cases/{job.slide.case.accession}/report/").status_code == 409
    assert api(tom).get(f"/api/v1/jobs/{job.pk}/export/csv/").json()["code"] == "blind-reading"
    label_cells(tom, fresh(job), "reject", [40], [], None, 0)
    agreement = api(tess).get(f"{case}/agreement/").json()
    assert agreement["hidden"] and agreement["differences"] == [] and agreement["examinations"] == []


def test_a_blind_reader_sees_no_label_of_any_analysis_of_the_case(
    job: Any, slide: Any, tess: Any, paul: Any, api: Any
) -> None:
    label_cells(tess, job, "relabel", [40], [], "lymphocyte", 0)
    add_cell(tess, fresh(job), 500.5, 300.5, 30, 30, "lymphocyte")
    second = factories.finished_job(slide)
    choose(tess, second)
    order_second_reading(tess, slide.case, paul, True)
    client, before = api(paul), f"/api/v1/jobs/{job.pk}"
    case = f"/api/v1/cases/{slide.case.accession}"
    labels = client.get(f"{before}/labels/").json()
    assert (labels["rows"], labels["added"], labels["revision"]) == ([], [], 0)
    assert {cell["state"] for cell in client.get(f"{before}/gallery/").json()["rows"]} == {""}
    assert client.get(f"{before}/cells/40/").json()["history"] == []
    assert client.get(f"{before}/counts/").json() == client.get(f"/api/v1/jobs/{second.pk}/counts/").json() | {
        key: value for key, value in client.get(f"{before}/counts/").json().items() if key in ("job", "jobs")
    }
    comparison = client.get(f"{before}/compare/{second.pk}/").json()
    assert (comparison["renamed"]["n"], comparison["added_a"]) == (0, 0)
    room = client.get(f"{case}/room/").json()
    assert {(j["labels"], j["labels_at_stake"]) for j in room["slides"][0]["jobs"]} == {(0, 0)}
    written = {"action": "confirm", "rows": [40], "base_revision": 0}
    for answer in (
        client.get(f"{before}/export/cells-csv/"),
        client.post(f"{before}/labels/", written, format="json"),
        client.post(f"{case}/sign/", {"password": PASSWORD, "meaning": "Reviewed"}, format="json"),
    ):
        assert (answer.status_code, answer.json()["code"]) == (409, "blind-reading")
        assert "holds" not in answer.json()
    assert api(tess).get(f"{before}/labels/").json()["rows"]


def test_an_open_reader_sees_what_the_first_said(job: Any, tess: Any, tom: Any) -> None:
    label_cells(tess, job, "relabel", [40], [], "lymphocyte", 0)
    order_second_reading(tess, job.slide.case, tom, False)
    (other,) = cell_card(read_by(tom, fresh(job)), 40)["others"]
    assert (other["role"], other["by"], other["state"]) == ("first", "tess", "relabelled")
    assert labels_json(read_by(tom, fresh(job)))["rows"] == []
    assert not agreement_json(tom, [fresh(job)])["hidden"]


def test_who_has_read_or_may_not_review_is_no_second_reader(job: Any, tess: Any, tom: Any) -> None:
    label_cells(tess, job, "confirm", [40], [], None, 0)
    case = job.slide.case
    for reader, code in ((tess, "first-reader"), (factories.person("administrator"), "not-a-reader")):
        with pytest.raises(Refusal) as refused:
            order_second_reading(tess, case, reader, True)
        assert refused.value.code == code
    order_second_reading(tess, case, tom, True)
    with pytest.raises(Conflict):
        order_second_reading(tess, case, tom, True)


def test_a_second_reading_is_taken_back_only_before_it_has_begun(job: Any, tess: Any, tom: Any) -> None:
    case = job.slide.case
    case.refresh_from_db()
    before = case.updated_at
    order_second_reading(tess, case, tom, True)
    case.refresh_from_db()
    assert case.updated_at > before, "so that open pages read it again"
    withdraw_second_reading(tess, case)
    assert not Reading.objects.filter(role="second").exists()
    order_second_reading(tess, case, tom, True)
    label_cells(tom, fresh(job), "confirm", [40], [], None, 0)
    with pytest.raises(Conflict, match="has begun"):
        withdraw_second_reading(tess, case)


def test_agreement_is_over_the_cells_that_both_named(twice: Any, tess: Any, tom: Any) -> None:
    with pytest.raises(Forbidden):
        close_second_reading(tess, twice.slide.case)
    assert close_second_reading(tom, twice.slide.case) == 3
    agreement = agreement_json(tess, [fresh(twice)])
    (table,) = agreement["examinations"]
    assert (table["n"], table["same"], agreement["n"], agreement["open"]) == (20, 18, 3, 3)
    by_key = {c["key"]: c for c in table["classes"]}
    seg = by_key["segmented_neutrophil"]
    assert (seg["both"], seg["only_first"], seg["only_second"], seg["mcnemar_p"]) == (10, 1, 1, 1.0)
    assert by_key["lymphocyte"]["kappa"] == {"value": 1.0, "low": 1.0, "high": 1.0}
    assert (table["why"], by_key["lymphocyte"]["why"]) == ("", "") and table["kappa"]["value"] > 0.8
    assert {(d["first"], d["second"]) for d in agreement["differences"]} == {
        ("segmented_neutrophil", "band_neutrophil"), ("rejected", "segmented_neutrophil"), ("", "lymphocyte"),
    }  # fmt: skip


def test_of_few_cells_no_kappa_is_given_and_it_is_said_why(job: Any, tess: Any, tom: Any, paul: Any, api: Any) -> None:
    label_cells(tess, job, "confirm", list(LYMPH), [], None, 0)
    order_second_reading(tess, job.slide.case, tom, True)
    label_cells(tom, fresh(job), "confirm", list(LYMPH), [], None, 0)
    close_second_reading(tom, job.slide.case)
    table = api(paul).get(f"/api/v1/cases/{job.slide.case.accession}/agreement/").json()["examinations"][0]
    why = f"Both readers named {table['n']} cells; kappa needs at least 20."
    assert 0 < table["n"] < 20 and table["same"] == table["n"]
    for answer in (table, *table["classes"]):
        assert (answer["kappa"], answer["why"]) == (None, why)


def test_what_both_say_stands_and_who_decided_on_the_rest_is_recorded(twice: Any, tom: Any, paul: Any) -> None:
    close_second_reading(tom, twice.slide.case)
    job = fresh(twice)
    assert labels_of(job).rows.keys() == set(range(40, 60)) - {40, 50} and codes(job) == ["differences-open"]
    added = next(d["added"] for d in agreement_json(paul, [job])["differences"] if d["added"])
    decide(paul, job, 40, "", "band_neutrophil")
    decide(paul, fresh(job), 50, "", "rejected")
    decide(paul, fresh(job), None, added, "lymphocyte")
    assert codes(job) == []
    agreement = agreement_json(paul, [fresh(job)])
    assert {(d["decided"], d["decided_by"]) for d in agreement["differences"]} == {
        ("band_neutrophil", "paul"), ("rejected", "paul"), ("lymphocyte", "paul"),
    }  # fmt: skip
    decide(paul, fresh(job), None, added, "rejected")
    section = counts_json(fresh(job))["sections"][0]
    assert {r["key"]: r["reviewed"]["count"] for r in section["rows"] if r["reviewed"]["count"]} == {
        "segmented_neutrophil": 10, "band_neutrophil": 1, "lymphocyte": 6,
    }  # fmt: skip
    lines = Record.objects.filter(action__startswith="label.", actor="paul").order_by("pk")
    assert [(r.action, r.detail["reading"]) for r in lines][:2] == [
        ("label.relabel", "consensus"),
        ("label.reject", "consensus"),
    ]


def test_an_analysis_whose_readers_differ_stays_reported_until_somebody_has_decided(
    twice: Any, tess: Any, tom: Any, paul: Any, api: Any
) -> None:
    other = factories.finished_job(twice.slide)
    close_second_reading(tom, twice.slide.case)
    refused = api(tess).post(f"/api/v1/jobs/{other.pk}/choose/")
    assert (refused.status_code, refused.json()["code"]) == (409, "differences-open")
    assert codes(twice) == ["differences-open"]
    for d in agreement_json(paul, [fresh(twice)])["differences"]:
        decide(paul, fresh(twice), d["row"], d["added"] or "", "lymphocyte")
    assert choose(tess, other).carried == 21, "what both said and what was decided"


def test_who_read_an_earlier_analysis_does_not_decide_on_their_labels(
    job: Any, slide: Any, tess: Any, tom: Any, paul: Any
) -> None:
    pia = factories.person("technologist", "pia")
    label_cells(tess, job, "confirm", [*SEG], [], None, 0)
    added = add_cell(pia, fresh(job), 500.5, 300.5, 30, 30, "lymphocyte").added
    label_cells(tess, fresh(job), "relabel", [], added, "monocyte", 2)  # the cell is still pia's
    second = factories.finished_job(slide)
    choose(paul, second)
    order_second_reading(paul, slide.case, tom, True)
    label_cells(tom, fresh(second), "relabel", [40], [], "band_neutrophil", 0)
    close_second_reading(tom, slide.case)
    for reader in (tess, pia):
        assert agreement_json(reader, [fresh(second)])["why_not_you"]
        with pytest.raises(Forbidden) as refused:
            decide(reader, fresh(second), 40, "", "band_neutrophil")
        assert refused.value.code == "own-reading"
    decide(paul, fresh(second), 40, "", "band_neutrophil")


def test_differences_wait_for_somebody_who_may_decide(twice: Any, tess: Any, tom: Any, paul: Any) -> None:
    case = twice.slide.case
    label_cells(
        tom, fresh(twice), "relabel", [58], [], "lymphocyte", 4
    )  # must be seen, and has no label in the consensus
    Case.objects.filter(pk=case.pk).update(reader=tess)
    close_second_reading(tom, case)
    waiting, steps = waiting_for(tess, cases_for(tess))
    assert (steps[case.pk].text, waiting) == ("4 differences to decide", [])
    row = Case.objects.filter(pk=case.pk)
    assert not offered(steps[case.pk], tess, with_rights(tess, row)[0]).verb
    assert offered(steps[case.pk], paul, with_rights(paul, row)[0]).verb
    assert waiting_for(paul, cases_for(paul))[0] == [case.pk]
    for d in agreement_json(paul, [fresh(twice)])["differences"]:
        decide(paul, fresh(twice), d["row"], d["added"] or "", "erythroblast")
    assert waiting_for(paul, cases_for(paul))[1][case.pk].text == "Ready to sign"


def test_nothing_is_decided_before_the_second_reading_is_closed(twice: Any, paul: Any) -> None:
    with pytest.raises(Conflict, match="nothing to decide yet"):
        decide(paul, twice, 40, "", "band_neutrophil")


def test_a_protocol_that_asks_for_two_readers_holds_the_signature(job: Any, tess: Any, tom: Any, paul: Any) -> None:
    Job.objects.filter(pk=job.pk).update(frozen={**job.frozen, "second_reader": True})
    job = fresh(job)
    case = job.slide.case
    label_cells(tess, job, "confirm", [58, 59], [], None, 0, shown_class="erythroblast")
    with pytest.raises(Conflict, match="asks for a second reader"):
        services.sign(paul, case, PASSWORD, "Reviewed", reason="we are in a hurry")
    step = waiting_for(tess, cases_for(tess))[1][case.pk]
    assert (step.text, step.right) == ("Ask for a second reader", "review")
    order_second_reading(tess, case, tom, True)
    assert codes(job) == ["second-reading-open"]
    step = waiting_for(tom, cases_for(tom))[1][case.pk]
    assert step.text == "Second reading by tom"
    assert waiting_for(tom, cases_for(tom))[0] == [case.pk] and waiting_for(tess, cases_for(tess))[0] == []
    label_cells(tom, fresh(job), "confirm", [58, 59], [], None, 0, shown_class="erythroblast")
    close_second_reading(tom, case)
    report = services.sign(paul, case, PASSWORD, "Reviewed")
    assert verify(report).ok and len(report.document["evidence"][0]["readings"]) == 3


def test_a_report_says_who_read_and_how_they_agree(twice: Any, tom: Any, paul: Any) -> None:
    close_second_reading(tom, twice.slide.case)
    decide(paul, fresh(twice), 40, "", "band_neutrophil")
    page = render.html(document.build(fresh(twice).slide.case, pictures=False), None)
    assert "Two readers: tess first, tom second, blind." in page
    assert "of the 20 cells that both named, by kappa" in page
    assert "3 differences, decided by paul." in page
    assert "Read twice: tess first, tom second, blind; differences decided by paul." in page


def test_a_report_of_one_reader_says_so(job: Any, tess: Any) -> None:
    label_cells(tess, job, "confirm", [40], [], None, 0)
    page = render.html(document.build(job.slide.case, pictures=False), None)
    assert "Read by one person: tess." in page


def test_a_changed_first_reading_is_found_after_signing(twice: Any, tom: Any, paul: Any) -> None:
    close_second_reading(tom, twice.slide.case)
    for d in agreement_json(paul, [fresh(twice)])["differences"]:
        decide(paul, fresh(twice), d["row"], d["added"] or "", "lymphocyte")
    report = services.sign(paul, fresh(twice).slide.case, PASSWORD, "Reviewed")
    LabelEvent.objects.filter(reading__role="first", action="reject").update(label_key="blast")
    assert any("labels of the first reading" in line for line in verify(report).differs)


def test_over_http_a_second_reading_is_ordered_closed_and_decided(job: Any, tess: Any, tom: Any, api: Any) -> None:
    case = f"/api/v1/cases/{job.slide.case.accession}"
    response = api(tess).post(f"{case}/second-reading/", {"username": "tom", "blind": False}, format="json")
    assert response.status_code == 201 and [r["role"] for r in response.json()["readings"]] == ["first", "second"]
    body = {"action": "relabel", "rows": [40], "label": "lymphocyte", "base_revision": 0}
    answer = api(tom).post(f"/api/v1/jobs/{job.pk}/labels/", body, format="json").json()
    assert answer["revision"] == 1 and answer["changed"][0]["by"] == "tom"
    closed = api(tom).post(f"{case}/second-reading/close/").json()
    (difference,) = closed["differences"]
    assert closed["decidable"] and (difference["first"], difference["second"]) == ("segmented_neutrophil", "lymphocyte")
    decided = api(tess).post(f"/api/v1/jobs/{job.pk}/decide/", {"row": 40, "label": "lymphocyte"}, format="json")
    assert decided.status_code == 200 and api(tess).get(f"{case}/agreement/").json()["open"] == 0
    wrong = api(tess).post(f"/api/v1/jobs/{job.pk}/decide/", {"row": 41, "label": "lymphocyte"}, format="json")
    assert wrong.status_code == 404


def test_a_second_slide_is_read_with_the_first(job: Any, tess: Any, tom: Any, tmp_path: Path) -> None:
    other = factories.slide(job.slide.case, factories.film_file(tmp_path / "b.tif", seed=2))
    factories.finished_job(other)
    order_second_reading(tess, job.slide.case, tom, True)
    assert Reading.objects.filter(role="second", reader=tom).count() == 2
    label_cells(tom, fresh(job), "confirm", [40], [], None, 0)
    assert close_second_reading(tom, job.slide.case) == 0
    assert Reading.objects.filter(role="consensus").count() == 2


def test_news_are_of_the_reading_on_which_a_person_works(twice: Any, tess: Any, tom: Any) -> None:
    def news_of(user: Any) -> list[tuple[str, int]]:
        consumer = CaseConsumer()
        consumer.user, consumer.case_id, consumer.marks = user, twice.slide.case_id, {}
        return [(m["role"], m["revision"]) for m in consumer.news() if m["type"] == "labels"]

    assert news_of(tess) == [("first", 3)] and news_of(tom) == [("second", 4)]
    close_second_reading(tom, twice.slide.case)
    assert [role for role, _ in news_of(tom)] == ["consensus"] == [role for role, _ in news_of(tess)]
    assert labels_json(fresh(twice))["reading"] == str(Reading.objects.get(role="consensus").pk)


def test_an_empty_second_reading_is_not_closed_and_an_open_one_holds_the_reported_analysis(
    job: Any, tess: Any, tom: Any
) -> None:
    label_cells(tess, job, "confirm", [40], [], None, 0)
    order_second_reading(tess, job.slide.case, tom, True)
    with pytest.raises(Conflict, match="has not read a cell yet"):
        close_second_reading(tom, fresh(job).slide.case)
    again = factories.finished_job(fresh(job).slide)
    with pytest.raises(Conflict, match="close or withdraw it"):
        choose(tess, again)
    assert labels_of(read_by(tom, fresh(job))).rows == {} and Reading.objects.filter(job=job, role="second").exists()


def test_a_blind_reader_sees_notes_of_their_own_alone(job: Any, tess: Any, tom: Any) -> None:
    annotate(tess, job.slide, "point", [[10, 10]], "a blast, says tess")
    order_second_reading(tess, job.slide.case, tom, True)
    annotate(tom, fresh(job).slide, "point", [[20, 20]], "mine")
    assert [a.text for a in annotations_for(tom, job.slide)] == ["mine"]
    assert len(annotations_for(tess, job.slide)) == 2


def test_candidates_and_hbf_are_of_the_reading_on_which_a_person_works_and_go_into_the_consensus(
    job: Any, tess: Any, tom: Any, api: Any
) -> None:
    label_cells(tess, job, "confirm", [58, 59], [], None, 0, shown_class="erythroblast")
    mark_hbf(tess, fresh(job), "positive", 58)
    mark_hbf(tess, fresh(job), "positive", 59)
    order_second_reading(tess, job.slide.case, tom, True)
    url = f"/api/v1/jobs/{job.pk}/candidates/"
    assert {c["state"] for c in api(tom).get(url).json()["candidates"]} == {"pending"}
    assert api(tom).post(url, {"row": 58, "state": "negative"}, format="json").json()["code"] == "not-confirmed"
    label_cells(tom, fresh(job), "confirm", [58, 59], [], None, 0, shown_class="erythroblast")
    mark_hbf(tom, fresh(job), "negative", 59)
    close_second_reading(tom, fresh(job).slide.case)
    listed = {c["row"]: c["hbf"] for c in api(tess).get(url).json()["candidates"]}
    assert listed == {58: "positive", 59: ""}, "where they differ it is open again"


def test_comment_and_conclusion_of_the_first_reader_are_hidden_until_a_blind_reading_is_closed(
    twice: Any, tess: Any, tom: Any, paul: Any, api: Any
) -> None:
    case = fresh(twice).slide.case
    set_comment(paul, case, "Blasts everywhere")
    set_conclusion(paul, case, "Acute leukaemia")
    at = f"/api/v1/cases/{case.accession}/"
    for url in (at, f"{at}room/", "/api/v1/cases/"):
        text = api(tom).get(url).content.decode()
        assert "Blasts everywhere" not in text and "Acute leukaemia" not in text, url
        assert "Blasts everywhere" in api(tess).get(url).content.decode(), url
    assert "Blasts" not in api(tom).get(f"/cases/{case.accession}/").content.decode()
    for name in ("comment", "conclusion"):
        answer = api(tom).post(f"{at}{name}/", {name: "mine"}, format="json")
        assert (answer.status_code, answer.json()["code"]) == (409, "blind-reading")
    close_second_reading(tom, case)
    assert "Acute leukaemia" in api(tom).get(at).content.decode()


def test_who_read_first_does_not_decide_between_the_two_readings_by_any_way(
    twice: Any, tess: Any, tom: Any, paul: Any, api: Any
) -> None:
    job, case = twice, twice.slide.case
    close_second_reading(tom, case)
    assert agreement_json(tess, [fresh(job)])["why_not_you"].startswith("You read these cells first")
    answer = api(tess).post(f"/api/v1/jobs/{job.pk}/decide/", {"row": 40, "label": "lymphocyte"}, format="json")
    assert (answer.status_code, answer.json()["code"]) == (403, "own-reading")
    body = {"action": "relabel", "rows": [41, 40], "label": "lymphocyte", "base_revision": 0, "force": True}
    answer = api(tess).post(f"/api/v1/jobs/{job.pk}/labels/", body, format="json")
    assert (answer.status_code, answer.json()["code"]) == (403, "own-reading"), (
        "a label of the consensus is a decision, too"
    )
    assert not LabelEvent.objects.filter(reading__role="consensus", by=tess, carried=False).exists()
    label_cells(tess, fresh(job), "relabel", [41], [], "lymphocyte", 0, force=True)
    assert agreement_json(paul, [fresh(job)])["why_not_you"] == ""
    decide(paul, fresh(job), 40, "", "lymphocyte")


def test_who_signs_and_administers_may_decide_on_their_own_reading_and_the_report_says_so(
    job: Any, tom: Any, paul: Any
) -> None:
    label_cells(paul, job, "confirm", [40], [], None, 0)
    order_second_reading(paul, job.slide.case, tom, True)
    label_cells(tom, fresh(job), "relabel", [40], [], "band_neutrophil", 0)
    close_second_reading(tom, job.slide.case)
    with pytest.raises(Forbidden):
        decide(paul, fresh(job), 40, "", "band_neutrophil")
    set_rights(factories.person("administrator"), job.slide.case, paul, {"administer"})
    decide(paul, fresh(job), 40, "", "band_neutrophil")
    page = render.html(document.build(fresh(job).slide.case, pictures=False), None)
    assert (
        "differences decided by paul (paul also read first)." in page
        and "decided by paul (paul also read first)." in page
    )


def test_a_blind_reader_of_an_amended_case_does_not_see_the_version_before(
    job: Any, tess: Any, tom: Any, paul: Any, api: Any
) -> None:
    label_cells(tess, job, "confirm", [58, 59], [], None, 0, shown_class="erythroblast")
    report = services.sign(paul, job.slide.case, PASSWORD, "Reviewed", conclusion="Acute leukaemia")
    services.amend(paul, report.case, "A second reader is wanted")
    order_second_reading(paul, fresh(job).slide.case, tom, True)
    for url in (f"/reports/{report.pk}/", f"/reports/{report.pk}.pdf", f"/api/v1/reports/{report.pk}/"):
        answer = api(tom).get(url)
        assert (answer.status_code, answer.json()["code"]) == (409, "blind-reading"), url
        assert api(tess).get(url).status_code == 200, url


def test_who_reads_blind_is_told_so_on_a_page_in_place_of_the_draft(job: Any, tess: Any, paul: Any) -> None:
    order_second_reading(tess, job.slide.case, paul, True)
    client = Client()
    client.force_login(paul)
    address = f"/cases/{job.slide.case.accession}/report/"
    page = client.get(address, headers={"accept": "text/html"})
    assert page.status_code == 409 and "You are reading this case blind" in page.content.decode()
    assert page["Content-Type"].startswith("text/html") and "Back to the worklist" in page.content.decode()
    assert client.get(address).json()["code"] == "blind-reading"
