"""The patient of a case: age, sex and analyser, the blood count against reference ranges, earlier cases, what was signed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from apps.accounts.errors import Conflict
from apps.analysis.models import Job
from apps.cases.models import Case
from apps.cases.services import update_case
from apps.desk.forms import CaseForm
from apps.desk.patient import blood_count_of, history_of
from apps.reports import services
from apps.reports.manifest import verify
from apps.review.checks import reference_ranges
from hemaview.assays import assay
from tests import factories
from tests.factories import PASSWORD

ADULT = 12_419
DIFFERENTIAL = {"segmented_neutrophil": 80, "lymphocyte": 20, "normal": 40}


def case_with(by: Any, film: Path, counts: dict[str, int], **facts: Any) -> Any:
    case = factories.case(by, pseudonym="P-9", sex="female", age_days=ADULT, **facts)
    factories.finished_job(factories.slide(case, film), factories.cells(counts))
    return case


def rows_of(case: Case) -> dict[str, Any]:
    return {row["key"]: row for row in blood_count_of(case.created_by, case)["rows"]}


def test_analyser_and_film_make_a_blood_count_with_flags(tess: Any, film: Path, api: Any) -> None:
    case = case_with(tess, film, DIFFERENTIAL)
    assert blood_count_of(case.created_by, case)["notes"] == ["Absolute counts need the analyser's white-cell count."]
    sent = {"analyser": {"wbc_10e9_per_l": 15.0, "hb_g_per_l": 98.0, "mcv_fl": 88.0}}
    assert api(tess).patch(f"/api/v1/cases/{case.accession}/", sent, format="json").status_code == 200
    case.refresh_from_db()
    rows = rows_of(case)
    assert (rows["hb"]["flag"], rows["hb"]["settled"], rows["mcv"]["flag"], rows["wbc"]["flag"]) == (
        "low",
        True,
        "",
        "high",
    )
    neutrophils = rows["neutrophils"]
    assert neutrophils["value"] == pytest.approx(12.0) and neutrophils["low"] == pytest.approx(10.62, abs=0.02)
    assert (neutrophils["flag"], neutrophils["settled"], neutrophils["text"]) == ("high", True, "12.00 (10.62–13.10)")
    answer = api(tess).get(f"/api/v1/cases/{case.accession}/blood-count/").json()
    assert [r["key"] for r in answer["rows"]][:4] == ["wbc", "hb", "mcv", "neutrophils"] and not answer["signed"]


def test_absolute_counts_are_of_white_cells_corrected_for_nrbc(tess: Any, film: Path) -> None:
    case = case_with(tess, film, {**DIFFERENTIAL, "erythroblast": 25}, analyser={"wbc_10e9_per_l": 15.0})
    neutrophils = rows_of(case)["neutrophils"]
    assert neutrophils["value"] == pytest.approx(15 / 1.25 * 0.8)
    assert neutrophils["low"] < 10.6 - 1.5 and any(
        "corrected for NRBC" in n for n in blood_count_of(case.created_by, case)["notes"]
    )


def test_without_an_age_nothing_is_flagged_and_it_is_said(tess: Any, film: Path) -> None:
    case = case_with(tess, film, DIFFERENTIAL, analyser={"hb_g_per_l": 40.0})
    update_case(tess, case, age_days=None)
    case.refresh_from_db()
    assert (
        rows_of(case)["hb"]["range"] is None
        and "age is not stated" in blood_count_of(case.created_by, case)["notes"][0]
    )


def test_too_few_white_cells_give_no_absolute_counts(tess: Any, film: Path) -> None:
    case = case_with(tess, film, {"segmented_neutrophil": 20, "normal": 40}, analyser={"wbc_10e9_per_l": 9.0})
    assert list(rows_of(case)) == ["wbc"]
    assert "Too few white cells were counted for absolute counts." in blood_count_of(case.created_by, case)["notes"]


def test_a_signed_case_keeps_its_blood_count_whatever_the_ranges_are_later(
    tess: Any, paul: Any, film: Path, tmp_path: Path, settings: Any
) -> None:
    case = case_with(tess, film, DIFFERENTIAL, analyser={"wbc_10e9_per_l": 15.0, "hb_g_per_l": 98.0})
    case.refresh_from_db()
    report = services.sign(paul, case, PASSWORD, "Reviewed")
    page = report.document["blood_count"]
    own = tmp_path / "own.toml"
    own.write_text(
        'name = "Ours"\nversion = "7"\n[sources]\nown = "us"\n'
        '[[ranges]]\nwhose = "all"\nfrom_days = 0\nsource = "own"\nhb = [1, 900]\n'
    )
    settings.REFERENCE_RANGES = str(own)
    case.refresh_from_db()
    assert blood_count_of(case.created_by, case) == {**page, "signed": True} and rows_of(case)["hb"]["flag"] == "low"
    with pytest.raises(Conflict):
        update_case(tess, case, analyser={"hb_g_per_l": 140.0})
    assert verify(report).ok
    Case.objects.filter(pk=case.pk).update(sex="male")
    report.refresh_from_db()
    assert verify(report).differs == ("The sex of the case is not what was signed.",)


def test_a_printed_report_shows_the_blood_count(tess: Any, film: Path) -> None:
    from apps.reports import document, render

    case = case_with(tess, film, DIFFERENTIAL, analyser={"wbc_10e9_per_l": 15.0, "hb_g_per_l": 98.0})
    page = render.html(document.build(case, pictures=False), None)
    for text in ("Blood count", "female, 34 years", "12.00 (10.62–13.10)", "115–155", ">low<", "Hoffbrand"):
        assert text in page, text


def test_earlier_cases_of_the_patient_show_as_series_with_intervals(tess: Any, film: Path, api: Any) -> None:
    old = case_with(tess, film, DIFFERENTIAL, analyser={"wbc_10e9_per_l": 15.0})
    new = case_with(tess, film, {"segmented_neutrophil": 30, "lymphocyte": 70}, analyser={"wbc_10e9_per_l": 6.0})
    hidden = case_with(tess, film, DIFFERENTIAL)
    update_case(factories.person("administrator"), hidden, restricted=True)
    history = api(tess).get(f"/api/v1/cases/{new.accession}/history/").json()
    assert [c["accession"] for c in history["cases"]] == [old.accession, new.accession]
    series = {s["key"]: s for s in history["series"]}
    assert [p["value"] for p in series["wbc"]["points"]] == [15.0, 6.0]
    neutrophils = series["neutrophils"]
    assert [p["value"] for p in neutrophils["points"]] == pytest.approx([12.0, 1.8])
    assert neutrophils["change"] == {"since": old.accession, "by": pytest.approx(-10.2), "intervals_disjoint": True}
    share = series["blood_film:differential:lymphocyte"]
    assert [p["value"] for p in share["points"]] == [20.0, 70.0] and share["points"][0]["high"] > 20
    assert "blood_film:differential:basophil" not in series, "what is 0 in every case is no figure"


def test_each_class_that_two_cases_hold_has_its_series_however_many_there_are(tess: Any, film: Path) -> None:
    counted = {c.key: 100 for c in assay("blood_film").schema.classes if c.counted and c.group in ("rbc", "wbc")}
    case_with(tess, film, counted)
    series = {s["key"] for s in history_of(tess, case_with(tess, film, counted))["series"]}
    shares = {key.rpartition(":")[2] for key in series if key.startswith("blood_film:")}
    assert set(counted) <= shares


def test_a_case_without_a_pseudonym_has_no_history(tess: Any) -> None:
    assert history_of(tess, factories.case(tess)) == {"cases": [], "series": [], "left_out": 0, "excluded": []}


def test_an_age_in_months_is_kept_in_days(db: None) -> None:
    form = CaseForm({"accession": "A-1", "specimen": "blood-film", "age": "5", "age_unit": "months", "sex": "male"})
    assert form.is_valid(), form.errors
    assert (form.facts()["age_days"], form.facts()["sex"]) == (153, "male") and "age" not in form.facts()


def test_ranges_of_ones_own_that_are_wrong_are_said_at_the_start(settings: Any, tmp_path: Path) -> None:
    settings.REFERENCE_RANGES = str(tmp_path / "none.toml")
    assert [e.id for e in reference_ranges(None)] == ["hemaview.E011"]
    (tmp_path / "none.toml").write_text("name = 'x'\n")
    assert "have no version" in reference_ranges(None)[0].msg


def test_what_is_no_value_of_an_analyser_is_refused_and_nothing_is_lost(tess: Any, api: Any) -> None:
    case = factories.case(tess, accession="AN-1")
    url = f"/api/v1/cases/{case.accession}/"
    assert api(tess).patch(url, {"analyser": {"hb_g_per_l": 120}}, format="json").status_code == 200
    for wrong in ({"WBC": 8}, {"mcv_fl": 0}, {"wbc_10e9_per_l": True}, {"hct_l_per_l": 0.001}):
        assert api(tess).patch(url, {"analyser": wrong}, format="json").status_code == 400, wrong
    assert api(tess).get(url).json()["analyser"] == {"hb_g_per_l": 120.0}


def test_a_case_is_opened_restricted_by_who_may_or_not_at_all(tess: Any, api: Any) -> None:
    ada, new = factories.person("administrator"), "/api/v1/cases/"
    body = {"accession": "SECRET-1", "specimen": "blood-film", "restricted": True}
    assert api(tess).post(new, body, format="json").status_code == 403
    assert not Case.objects.filter(accession="SECRET-1").exists()
    case = factories.case(tess, accession="SECRET-2")
    assert api(ada).patch(f"{new}SECRET-2/", {"restricted": True}, format="json").status_code == 200
    assert api(factories.person("pathologist")).get(f"{new}{case.accession}/").status_code == 404
    assert api(tess).post(new, {"accession": "New"}, format="json").status_code == 400


def test_cases_of_another_sex_or_age_or_of_inverted_colours_stand_in_no_trend_and_it_says_why(
    tess: Any, film: Path
) -> None:
    this = case_with(tess, film, DIFFERENTIAL)
    man, child, odd, same = (case_with(tess, film, DIFFERENTIAL) for _ in range(4))
    Case.objects.filter(pk=man.pk).update(sex="male")
    Case.objects.filter(pk=child.pk).update(age_days=1000)
    Case.objects.filter(pk=same.pk).update(sex="", age_days=ADULT + 365)
    Job.objects.filter(slide__case=odd).update(guards=[{"code": "inverted", "sentence": "Inverted."}])
    history = history_of(tess, this)
    assert len(history["cases"]) == 5, "they are listed"
    assert {e["accession"]: e["why"] for e in history["excluded"]} == {
        man.accession: "It is of a male patient, but this case is of a female one.",
        child.accession: "The stated ages do not match.",
        odd.accession: "Its picture's colours are not those of a stained film.",
    }
    assert {p["accession"] for s in history["series"] for p in s["points"]} == {this.accession, same.accession}
    Job.objects.filter(slide__case=this).update(guards=[{"code": "inverted", "sentence": "Inverted."}])
    assert history_of(tess, this)["series"] == history_of(tess, same)["series"][:0]


def test_analyser_values_that_contradict_each_other_are_held_until_a_reason_is_given(
    tess: Any, paul: Any, film: Path
) -> None:
    case = case_with(tess, film, DIFFERENTIAL, analyser={"hb_g_per_l": 98.0, "hct_l_per_l": 0.6})
    assert any("MCHC of 163 g/L" in note for note in blood_count_of(tess, case)["notes"]), "said where it is typed"
    with pytest.raises(Conflict, match="The analyser's values contradict each other") as refused:
        services.sign(paul, case, PASSWORD, "Reviewed")
    (hold,) = [h for h in refused.value.extra["holds"] if h["code"] == "analyser-contradiction"]
    assert hold["lifted_by"] == "reason"
    report = services.sign(paul, case, PASSWORD, "Reviewed", reason="Cold agglutinins")
    assert report.document["holds"]["lifted"][0]["code"] == "analyser-contradiction"
