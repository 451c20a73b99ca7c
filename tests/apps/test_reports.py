"""Signing, locking, amending; frozen reports and their exports."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pypdfium2
import pytest

from apps.accounts import stores
from apps.accounts.errors import Conflict, Forbidden
from apps.analysis.models import Job
from apps.analysis.selectors import reported_jobs
from apps.audit.models import Record
from apps.audit.services import verify
from apps.cases.models import Case
from apps.cases.services import set_conclusion
from apps.reports import document, render, services
from apps.reports.drafts import draft_html
from apps.reports.exports import exporter, source
from apps.reports.holds import holds_of
from apps.reports.manifest import verify as verify_report
from apps.reports.models import Report
from apps.reports.selectors import proved_bytes
from apps.review.analyses import choose
from apps.review.selectors import gallery
from apps.review.services import label_cells
from apps.review.state import label_revision
from apps.slides.models import Slide
from hemaview.cells.table import OUTSIDE
from tests import factories
from tests.factories import PASSWORD, film_file, finished_job
from tests.schemas import BLOOD_FILM

NRBC = BLOOD_FILM.index("erythroblast")


def see_all(user: Any, job: Any) -> None:
    """Confirm the cells that must be seen, class by class, as the page does."""
    by_class: dict[int, list[int]] = {}
    for r in gallery(job, None, "must-see", 0, 500)["rows"]:
        by_class.setdefault(r["class"], []).append(r["row"])
    for cls, rows in by_class.items():
        label_cells(user, job, "confirm", rows, [], None, label_revision(job), shown_class=cls)
    job.refresh_from_db()


@pytest.fixture
def signed(job: Any, paul: Any) -> Report:
    see_all(paul, job)
    return services.sign(paul, job.slide.case, PASSWORD, "Reviewed and approved", "Fine <b>film</b>")


def test_signing_is_refused_by_name_while_cells_must_be_seen(job: Any, paul: Any) -> None:
    with pytest.raises(Conflict, match="2 cells must be seen before signing: 2 × nucleated red cell") as refused:
        services.sign(paul, job.slide.case, PASSWORD, "Reviewed")
    assert [c["row"] for c in refused.value.extra["open"]] == [58, 59]
    assert not Report.objects.exists()


def test_signing_needs_the_password_again_and_notes_the_attempt(job: Any, paul: Any) -> None:
    see_all(paul, job)
    with pytest.raises(Forbidden, match="password is incorrect"):
        services.sign(paul, job.slide.case, "something else", "Reviewed")
    assert not Report.objects.exists()


def test_a_signed_case_is_locked(signed: Report, job: Any, tess: Any, api: Any) -> None:
    case = job.slide.case
    case.refresh_from_db()
    assert case.locked
    body = {"action": "confirm", "rows": [0], "base_revision": label_revision(job)}
    for url, data in (
        (f"/api/v1/jobs/{job.pk}/labels/", body),
        (f"/api/v1/cases/{case.accession}/comment/", {"comment": "late"}),
        (f"/api/v1/slides/{job.slide_id}/jobs/", {"protocol": "blood-film"}),
    ):
        answer = api(tess).post(url, data, format="json")
        assert (answer.status_code, answer.json()["code"]) == (409, "case-locked"), url


def test_a_report_is_frozen_hashed_and_a_changed_file_is_not_served(signed: Report, paul: Any, api: Any) -> None:
    page = proved_bytes(signed.html_name, signed.html_sha256).decode()
    assert "Fine &lt;b&gt;film&lt;/b&gt;" in page
    assert signed.sha256 in page and "AI-assisted; research use" in page
    line = Record.objects.order_by("pk")[signed.document["signature"]["record"]["lines"] - 1]
    assert line.sha256 in page, "a printed report holds a head of the audit record"
    assert api(paul).get(f"/reports/{signed.pk}/").status_code == 200
    stores.reports().local_path(signed.html_name).write_text(page.replace("Segmented", "Banded"))
    answer = api(paul).get(f"/reports/{signed.pk}/")
    assert (answer.status_code, answer.json()["code"]) == (409, "report-changed")
    with pytest.raises(TypeError, match="never changed"):
        signed.save()
    assert verify().ok


def test_an_amendment_makes_a_new_version_with_its_reason_and_keeps_the_old_one(
    signed: Report, job: Any, paul: Any
) -> None:
    case = services.amend(paul, signed.case, "A lymphocyte was overlooked")
    label_cells(paul, job, "relabel", [40], [], BLOOD_FILM.index("lymphocyte"), label_revision(job))
    second = services.sign(paul, case, PASSWORD, "Reviewed and approved")
    signed.refresh_from_db()
    assert (signed.version, signed.state, second.version, second.state) == (1, "superseded", 2, "signed")
    assert "A lymphocyte was overlooked" in proved_bytes(second.html_name, second.html_sha256).decode()
    assert "overlooked" not in proved_bytes(signed.html_name, signed.html_sha256).decode()
    after = {
        r["key"]: r["reviewed"]["count"] for r in second.document["examinations"][0]["counts"]["sections"][0]["rows"]
    }
    before = {
        r["key"]: r["reviewed"]["count"] for r in signed.document["examinations"][0]["counts"]["sections"][0]["rows"]
    }
    assert (before["lymphocyte"], after["lymphocyte"]) == (6, 7)


def test_an_amendment_needs_a_reason_and_a_signed_case(job: Any, paul: Any, api: Any) -> None:
    url = f"/api/v1/cases/{job.slide.case.accession}/amend/"
    assert api(paul).post(url, {"reason": "because"}, format="json").json()["code"] == "not-signed"
    assert api(paul).post(url, {"reason": ""}, format="json").status_code == 400


def test_the_pdf_carries_accession_and_page_numbers(signed: Report) -> None:
    raw = proved_bytes(signed.pdf_name, signed.pdf_sha256)
    assert raw.startswith(b"%PDF")
    assert len(raw) > 5000


def test_a_model_of_many_sets_is_told_in_a_line_and_a_protocols_threshold_with_it(job: Any) -> None:
    row = {"task": "kind", "metric": "accuracy", "low": 0.9, "high": 1.0}
    sets = [{**row, "dataset": name, "value": value} for name, value in (("a", 0.99), ("b", 0.93), ("c", 1.0))]
    assert document._measured([*sets, {**row, "dataset": "a", "metric": "ece", "value": 0.01}]) == [
        "3 sets, kind of cell: accuracy 0.930 to 1.000"
    ]
    assert document._measured(sets[:1]) == ["a, kind of cell: accuracy 0.990 (0.900–1.000)"]
    used = {"role": "nucleated-cell", "name": "nucleated-cell-net", "version": "2", "sha256": "a" * 64}
    job.frozen = {**job.frozen, "models": [used], "thresholds": {"nucleated-cell": 0.02}}
    job.save()
    assert "threshold 0.02" in render.html(document.build(job.slide.case), None)


def test_limits_of_models_are_read_without_the_marks_of_their_cards(job: Any) -> None:
    used = {"role": "kind", "name": "cell-kind-net", "version": "2", "sha256": "a" * 64}
    job.frozen = {**job.frozen, "models": [used]}
    job.save()
    content = document.build(job.slide.case)
    content["models"][0]["limits"] = ["Ten pictures are copies (`study set-copies`)."]
    assert "Ten pictures are copies (study set-copies)." in render.html(content, None)


def test_what_is_said_below_a_table_is_not_said_again_below_all(slide: Any) -> None:
    table = factories.cells({"normal": 40, "segmented_neutrophil": 12, "unidentified": 3})
    content = document.build(finished_job(slide, table).slide.case)
    notes = content["examinations"][0]["counts"]["notes"]
    assert any("3 nucleated cells are unidentified" in note for note in notes), "scripts find it among the notes"
    assert render.html(content, None).count("3 nucleated cells are unidentified and lie") == 1


def test_a_report_says_that_no_white_cell_has_a_name_where_all_are_unidentified(slide: Any) -> None:
    content = document.build(finished_job(slide, factories.cells({"normal": 40, "unidentified": 8})).slide.case)
    html = render.html(content, None)
    assert "White-cell differential" in html
    assert html.count("8 nucleated cells are unidentified and lie outside the 0 white cells") == 1


def test_one_white_cell_is_no_white_cells(slide: Any) -> None:
    cells = {"normal": 40, "lymphocyte": 1, "unidentified": 8}
    content = document.build(finished_job(slide, factories.cells(cells)).slide.case)
    assert "and lie outside the 1 white cell (" in render.html(content, None)


def test_a_cell_that_a_person_named_has_its_picture_though_an_edge_cuts_it_and_what_must_be_seen_comes_first(
    slide: Any, tess: Any
) -> None:
    table = factories.cells({"target": 6, "normal": 40, "segmented_neutrophil": 5}, cut=1)
    job = finished_job(slide, table)
    label_cells(tess, job, "relabel", [50], [], "blast", 0)
    first = document.build(slide.case)["examinations"][0]["pictures"][0]
    assert (first["key"], first["n"], len(first["crops"])) == ("blast", 1, 1)


def test_a_report_says_which_site_taught_a_model(job: Any) -> None:
    taught = {"site": "Ward 3", "number": 2, "id": "x", "sha256": "ab" * 32}
    used = {
        "role": "nucleated-cell",
        "name": "nucleated-cell-strangers",
        "version": "1",
        "sha256": "a" * 64,
        "taught": taught,
    }
    job.frozen = {**job.frozen, "models": [used]}
    job.save()
    assert "as taught by Ward 3, teaching 2 <code>abababababababab</code>" in render.html(
        document.build(job.slide.case), None
    )


def test_a_report_without_any_ratio_has_no_empty_table_of_them(job: Any) -> None:
    content = document.build(job.slide.case)
    (part,) = content["examinations"]
    part["counts"]["ratios"] = [{**r, "reviewed": None, "machine": None} for r in part["counts"]["ratios"]]
    assert "<h3>Ratios and densities</h3>" not in render.html(content, None)
    part["counts"]["ratios"][0]["reviewed"] = {"text": "0.12 (0.06–0.20)"}
    assert "<h3>Ratios and densities</h3>" in render.html(content, None)


def test_blood_and_marrow_of_one_case_stand_side_by_side_each_by_its_own_rules(
    job: Any, paul: Any, tmp_path: Path
) -> None:
    smear = factories.slide(job.slide.case, film_file(tmp_path / "b.tif"), own_specimen="marrow-aspirate")
    cells = {"blast": 9, "segmented_neutrophil": 10, "lymphocyte": 6, "erythroblast": 25}
    finished_job(smear, factories.cells(cells, key="marrow"), "marrow")
    blood, marrow = document.build(job.slide.case)["examinations"]
    assert (blood["specimen"], marrow["specimen"]) == ("Blood film", "Marrow aspirate")
    (section,) = marrow["counts"]["sections"]
    assert section["n"]["reviewed"] == 50
    assert {r["key"]: r["reviewed"]["value"] for r in section["rows"]}["blast"] == 18.0
    assert marrow["counts"]["ratios"][0]["key"] == "me_ratio"
    assert "nrbc_per_100_wbc" in {r["key"] for r in blood["counts"]["ratios"]}
    assert not {"nrbc_per_100_wbc", "corrected_wbc"} & {r["key"] for r in marrow["counts"]["ratios"]}
    page = render.html(document.build(job.slide.case), None)
    assert "Blood film, Marrow differential · report" in page, "by the names that case page and room have"
    assert page.count("<li>Blast") == 1, "what a finding says is not said twice"


def test_two_slides_of_one_specimen_are_pooled_and_shown_apart_where_they_differ(
    job: Any, tess: Any, tmp_path: Path
) -> None:
    other = factories.slide(job.slide.case, film_file(tmp_path / "b.tif"))
    finished_job(other, factories.cells({"segmented_neutrophil": 2, "lymphocyte": 40, "normal": 40}))
    (part,) = document.build(job.slide.case)["examinations"]
    assert [s["slide"] for s in part["counts"]["slides"]] == ["film", "b"]
    assert {d["key"] for d in part["counts"]["differences"]} == {"segmented_neutrophil", "lymphocyte"}
    page = render.html(document.build(job.slide.case), None)
    assert "Slide by slide" in page and "differ by more than chance" in page
    assert "segmented neutrophil 2" in page and "segmented_neutrophil" not in page, "people read names, not keys"


def test_a_report_names_the_slides_it_leaves_out_and_signing_needs_a_reason_for_it(
    job: Any, paul: Any, tmp_path: Path, api: Any
) -> None:
    see_all(paul, job)
    factories.slide(job.slide.case, film_file(tmp_path / "second film.tif"))
    url = f"/api/v1/cases/{job.slide.case.accession}"
    (hold,) = api(paul).get(f"{url}/holds/").json()
    assert (hold["code"], hold["lifted_by"]) == ("slide-not-reported", "reason") and "second film" in hold["sentence"]
    body = {"password": PASSWORD, "meaning": "Reviewed"}
    refused = api(paul).post(f"{url}/sign/", body, format="json")
    assert (refused.status_code, refused.json()["code"]) == (409, "held")
    assert [h["code"] for h in refused.json()["holds"]] == ["slide-not-reported"]
    signed = api(paul).post(f"{url}/sign/", {**body, "reason": "The second film is a spare."}, format="json")
    assert signed.status_code == 201
    page = stores.reports().local_path(Report.objects.get().html_name).read_text()
    assert "second film was not analysed" in page and "The second film is a spare." in page


def test_what_speaks_against_a_slide_holds_the_signature_until_somebody_says_why(job: Any, paul: Any) -> None:
    see_all(paul, job)
    Job.objects.filter(pk=job.pk).update(
        guards=[{"code": "no-stained-film", "sentence": "This looks like a screenshot."}]
    )
    with pytest.raises(Conflict, match="looks like a screenshot") as refused:
        services.sign(paul, job.slide.case, PASSWORD, "Reviewed")
    assert refused.value.code == "held"
    report = services.sign(paul, job.slide.case, PASSWORD, "Reviewed", reason="It is a teaching picture.")
    assert report.document["holds"]["reason"] == "It is a teaching picture."


def test_a_draft_says_on_page_one_what_stands_before_its_signature(job: Any) -> None:
    page = draft_html(job.slide.case)
    assert (
        page.index("Before this can be signed") < page.index("must be seen before signing") < page.index("examination")
    )


def test_an_analysis_of_a_region_is_reported_only_with_a_reason(job: Any, paul: Any) -> None:
    see_all(paul, job)
    Job.objects.filter(pk=job.pk).update(frozen={**job.frozen, "region": [0, 0, 500, 500]})
    with pytest.raises(Conflict, match="only from a region that a person drew"):
        services.sign(paul, job.slide.case, PASSWORD, "Reviewed")
    report = services.sign(paul, job.slide.case, PASSWORD, "Reviewed", reason="It is the only part that is spread.")
    assert [h["code"] for h in report.document["holds"]["lifted"]] == ["region-alone"]


def test_a_scale_that_was_changed_after_the_analysis_holds_the_signature_until_somebody_says_why(
    job: Any, slide: Any, paul: Any
) -> None:
    see_all(paul, job)
    for mpp, codes in ((0.252, []), (0.26, ["scale-changed"]), (None, [])):
        Slide.objects.filter(pk=slide.pk).update(mpp=mpp)
        assert [hold.code for hold in holds_of(slide.case, reported_jobs(slide.case))] == codes
    Slide.objects.filter(pk=slide.pk).update(mpp=0.5)
    with pytest.raises(Conflict, match=r"measured its cells with 0.25 µm/px, but the slide now has 0.5;"):
        services.sign(paul, slide.case, PASSWORD, "Reviewed")
    again = finished_job(slide)
    Job.objects.filter(pk=again.pk).update(mpp=0.5)
    choose(paul, again)
    assert holds_of(slide.case, reported_jobs(slide.case)) == []


def test_the_draft_of_a_signed_case_leads_to_what_was_signed(job: Any, paul: Any, client: Any) -> None:
    see_all(paul, job)
    case = job.slide.case
    client.force_login(paul)
    page, pdf = (f"/cases/{case.accession}/{name}" for name in ("report/", "report.pdf"))
    assert "DRAFT" in client.get(page).content.decode()
    report = services.sign(paul, case, PASSWORD, "Reviewed")
    assert client.get(page).headers["Location"] == f"/reports/{report.pk}/"
    assert client.get(pdf).headers["Location"] == f"/reports/{report.pk}.pdf"
    services.amend(paul, report.case, "A cell was missed")
    assert "DRAFT" in client.get(page).content.decode(), "of the version that comes next"


def text_of(page: Any) -> str:
    return str(page.get_textpage().get_text_bounded())


def test_page_one_is_the_answer_and_pictures_and_method_follow(slide: Any, paul: Any) -> None:
    table = factories.cells({"normal": 1100, "segmented_neutrophil": 60, "lymphocyte": 40, "schistocyte": 22})
    job = finished_job(slide, table)
    see_all(paul, job)
    set_conclusion(paul, slide.case, "Schistocytes are present. Exclude TMA.")
    report = services.sign(paul, slide.case, PASSWORD, "Reviewed and approved")
    pdf = pypdfium2.PdfDocument(proved_bytes(report.pdf_name, report.pdf_sha256))
    first = text_of(pdf[0])
    for words in (
        "Conclusion", "Exclude TMA", "paul (paul), pathologist", "Reviewed and approved", "Read by one person: paul",
        "White-cell differential", "60.0", "Red-cell morphology", "Schistocyte", "2+",
    ):  # fmt: skip
        assert words in first, words
    assert first.index("Exclude TMA") < first.index("paul (paul)") < first.index("White-cell differential")
    page = proved_bytes(report.html_name, report.html_sha256).decode()
    places = [
        page.index(words) for words in ('class="examination"', 'class="cells', ">Method<", "Machine alone", "sha256 of")
    ]
    assert places == sorted(places)
    assert "12 of 22 shown" in page


def test_cells_that_must_not_be_overlooked_head_the_findings_with_their_share(slide: Any) -> None:
    table = factories.cells(
        {"segmented_neutrophil": 190, "blast": 10, "erythroblast": 3, "normal": 500, "schistocyte": 2}
    )
    page = render.html(document.build(finished_job(slide, table).slide.case, pictures=False), None)
    section = re.search(r'<section class="findings">.*?</section>', page, re.DOTALL)
    assert section
    lines = re.findall("<li>(.*?)</li>", section[0])
    assert lines[:3] == [
        "Blast: 10 among 200 white cells (5.0 %, 2.4–9.0).",
        "Schistocyte: 2 among 502 red cells.",
        "Nucleated red cell: 3.",
    ]


def test_a_conclusion_is_frozen_and_a_missing_one_is_said_but_does_not_hold_the_signature(job: Any, paul: Any) -> None:
    see_all(paul, job)
    case = job.slide.case
    report = services.sign(paul, case, PASSWORD, "Reviewed", conclusion="  Normal film.\r\nNo further steps. ")
    assert report.document["case"]["conclusion"] == "Normal film.\nNo further steps."
    assert verify_report(report).ok
    with pytest.raises(Conflict, match="signed"):
        set_conclusion(paul, case, "Another")
    Case.objects.filter(pk=case.pk).update(conclusion="Another")
    report.refresh_from_db()
    assert "The conclusion of the case is not what was signed." in verify_report(report).differs
    case = services.amend(paul, Report.objects.get().case, "No conclusion wanted")
    again = services.sign(paul, case, PASSWORD, "Reviewed", conclusion="")
    assert "No conclusion was written." in proved_bytes(again.html_name, again.html_sha256).decode()


def test_intervals_on_a_report_have_one_kind_of_dash(job: Any) -> None:
    page = render.text_of(render.html(document.build(job.slide.case), None))
    assert re.findall(r"\d-\d+\.\d", re.sub(r"<code>.*?</code>|<style>.*?</style>", "", page, flags=re.S)) == []
    assert re.search(r"\d\.\d–\d+\.\d", page)


def test_who_signs_sees_counts_warnings_and_slides_left_out_first(job: Any, paul: Any, api: Any, film: Path) -> None:
    shutil.copy(film, film.with_name("second.tif"))
    factories.slide(job.slide.case, film.with_name("second.tif"))
    summary = api(paul).get(f"/api/v1/cases/{job.slide.case.accession}/signing/").json()
    assert [m["slide"] + " " + m["why"] for m in summary["missing"]] == ["second was not analysed"]
    (part,) = summary["examinations"]
    counts = {c["title"]: (c["n"], c["target"]) for c in part["counted"]}
    assert counts["White-cell differential"] == (18, 200)
    assert any("Only 18 white cells were counted" in text for text in part["warnings"])
    assert part["readers"] == "Nobody confirmed or corrected a cell: all names are the machine’s."
    assert {h["code"] for h in summary["holds"]} >= {"must-see-open", "slide-not-reported"}


def test_counted_cells_and_those_seen_but_not_counted_make_all_cells_and_exports_say_the_same(
    slide: Any, tess: Any
) -> None:
    table = factories.cells({"normal": 20, "overlapped": 7, "artefact": 2, "segmented_neutrophil": 5}, cut=3)
    table.flags[0] = OUTSIDE
    job = finished_job(slide, table)
    label_cells(tess, job, "reject", [1], [], None, 0)
    label_cells(tess, job, "relabel", [33], [], "lymphocyte", 1)
    content = document.build(slide.case, pictures=False)
    counts = content["examinations"][0]["counts"]
    others = {row["key"]: row["count"] for row in counts["outside"]}
    assert others == {"overlapped": 7, "artefact": 2}
    html = render.html(content, None)
    assert (
        "Seen but not counted: overlapped red cells 7, artefact 2, cut by an edge or touched by a scale bar 2, "
        "outside the counted fields 1, rejected by a person 1." in html
    )
    n = sum(s["n"]["reviewed"] for s in counts["sections"])
    assert n + 7 + 2 + 2 + 1 + 1 == len(table)
    columns = source.of_job(job).parts[0].columns
    assert sum(columns["counted"]) == n
    features = json.loads(b"".join(exporter("geojson").pieces(source.of_job(job))))["features"]
    assert sum(f["properties"]["metadata"]["counted"] == "yes" for f in features) == n
    assert not {columns["final_class"][row] for row in range(len(table)) if columns["counted"][row]} & set(others)


def test_a_heading_says_once_what_examination_and_specimen_are_both_called(job: Any) -> None:
    html = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", render.html(document.build(job.slide.case), None)))
    assert "Blood film 1 slide" in html and "Cells Blood film " in html
    assert "blood film, 1 slide" not in html.lower() and "blood film, blood film" not in html.lower()


def test_a_line_of_classes_says_the_number_alone_where_the_title_names_the_only_class_with_cells() -> None:
    def row(name: str, n: int) -> dict[str, Any]:
        return {"name": name, "reviewed": {"count": n}, "machine": {"count": n}}

    platelets = [row("Platelet", 4), row("Giant platelet", 0), row("Platelet clump", 0)]
    assert render.listed("Platelets", platelets) == "4"
    assert render.listed("Platelets", [row("Platelet", 0), row("Giant platelet", 1200)]) == "giant platelet 1,200"
    assert render.listed("Platelets", [row("Platelet", 4), row("Giant platelet", 1)]) == "platelet 4, giant platelet 1"
