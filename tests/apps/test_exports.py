"""Exports of any analysis at any time: drafts until they are signed, every cell once, read by the programs they are for."""

from __future__ import annotations

import csv
import dataclasses
import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
import shapely
from django.core.management import call_command
from django.core.management.base import CommandError

from apps.accounts.errors import Forbidden
from apps.analysis import cellfiles
from apps.analysis.models import Job
from apps.audit.models import Record
from apps.cases.services import create_case
from apps.reports import services
from apps.reports.exports import exporter, exporters, source
from apps.reports.exports.csv import plain
from apps.reports.exports.rings import tidy
from apps.reports.models import Report
from apps.reports.selectors import proved_bytes
from apps.review.hbf import mark_hbf
from apps.review.services import label_cells
from apps.review.state import label_revision
from hemaview.assays import Assay, assays
from tests import factories
from tests.apps.test_reports import see_all
from tests.factories import PASSWORD
from tests.schemas import BLOOD_FILM


def content_of(of: source.Source, key: str) -> bytes:
    return b"".join(exporter(key).pieces(of))


def lines_of(raw: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(raw.decode("utf-8-sig"))))


@pytest.fixture
def signed(job: Any, paul: Any) -> Report:
    see_all(paul, job)
    return services.sign(paul, job.slide.case, PASSWORD, "Reviewed and approved", "Fine <b>film</b>")


@pytest.mark.parametrize("key", exporters())
def test_each_format_says_whether_it_is_signed_in_its_name_and_in_itself(key: str, job: Any, paul: Any) -> None:
    word = {"fhir": (b'"status":"preliminary"', b'"status":"final"')}.get(key, (b"draft", b"signed"))
    draft = source.of_job(job)
    assert exporter(key).file_name(draft).endswith(f"-draft{exporter(key).suffix}")
    assert word[0] in content_of(draft, key)
    see_all(paul, job)
    report = services.sign(paul, job.slide.case, PASSWORD, "Approved")
    job = Job.objects.get(pk=job.pk)
    for of in (source.of_job(job), source.of_case(report.case), source.of_report(report)):
        raw = content_of(of, key)
        assert word[1] in raw and word[0] not in raw
        assert "draft" not in exporter(key).file_name(of)


def test_labels_given_after_a_signature_are_a_draft_again(signed: Report, job: Any, paul: Any) -> None:
    case = services.amend(paul, signed.case, "Overlooked")
    label_cells(paul, job, "relabel", [40], [], BLOOD_FILM.index("lymphocyte"), label_revision(job))
    job.slide.case.refresh_from_db()
    assert not source.of_case(case).signed and not source.of_job(job).signed
    before, now = (lines_of(content_of(of, "cells-csv"))[40] for of in (source.of_report(signed), source.of_case(case)))
    assert (before["status"], before["final_class"]) == ("signed", "segmented_neutrophil")
    assert (now["status"], now["final_class"]) == ("draft", "lymphocyte")


def test_counts_as_csv_open_in_a_spreadsheet_with_percent_and_rates_in_columns_of_their_own(job: Any) -> None:
    raw = content_of(source.of_job(job), "csv")
    assert raw.startswith(b"\xef\xbb\xbf")
    lines = lines_of(raw)
    red = next(line for line in lines if line["class"] == "normal")
    assert red["reviewed_percent"] == "100.0" and red["reviewed_rate"] == ""
    assert float(red["reviewed_percent_low_95"]) < 100 <= float(red["reviewed_percent_high_95"])
    white = next(line for line in lines if line["class"] == "segmented_neutrophil")
    assert (white["below_floor"], white["reviewed_percent"], white["reviewed_count"]) == ("true", "", "12")
    rate = next(line for line in lines if line["class"] == "nrbc_per_100_wbc")
    assert rate["reviewed_percent"] == "" and rate["rate_unit"] == "/100 WBC"
    assert rate["reviewed_rate"] or rate["why"]


def test_cells_as_csv_hold_every_cell_once_with_units_in_the_names(signed: Report, job: Any) -> None:
    lines = lines_of(content_of(source.of_report(signed), "cells-csv"))
    assert len({line["cell"] for line in lines}) == job.cells == len(lines)
    assert {"x_px", "w_px", "area_um2"} <= set(lines[0])
    assert {line["state"] for line in lines if line["final_class"] == "erythroblast"} == {"confirmed"}


def test_arrow_names_classes_by_dictionaries(job: Any, tess: Any) -> None:
    label_cells(tess, job, "reject", [0], [], None, 0)
    job.refresh_from_db()
    table = pa.ipc.open_file(pa.py_buffer(content_of(source.of_job(job), "arrow"))).read_all()
    column = table.column("final_class").combine_chunks()
    assert pa.types.is_dictionary(column.type) and column.to_pylist()[0] == "rejected"
    assert {c.key for c in BLOOD_FILM.classes} <= set(column.dictionary.to_pylist())
    assert table.num_rows == job.cells and table.schema.field("x_px").type == pa.float32()
    about = json.loads(table.schema.metadata[b"hemaview"])
    assert (about["status"], about["classes"]["normal"]) == ("draft", "Normal red cell")


def test_geojson_holds_every_cell_as_a_detection_with_a_valid_closed_ring(job: Any) -> None:
    geo = json.loads(content_of(source.of_job(job), "geojson"))
    assert geo["type"] == "FeatureCollection" and len(geo["features"]) == job.cells
    for feature in geo["features"]:
        assert feature["properties"]["objectType"] == "detection"
        shape = shapely.geometry.shape(feature["geometry"])
        assert shape.is_valid and shape.area > 0
    first = geo["features"][0]
    ring = first["geometry"]["coordinates"][0]
    assert ring[0] == ring[-1] and len(ring) == 5 and first["properties"]["classification"]["name"]


def test_outlines_that_cross_themselves_become_valid_and_lose_no_area_to_speak_of() -> None:
    circle = [[20 + 10 * np.cos(a), 20 + 10 * np.sin(a)] for a in np.linspace(0, 2 * np.pi, 200)[:-1]]
    outlines = [
        shapely.Polygon([[0, 0], [10, 10], [10, 0], [0, 10]]),  # a bow tie
        shapely.Polygon([[0, 0], [10, 0], [10, 10], [5, 10], [5, 14], [5, 10], [0, 10]]),  # a spike
        shapely.Polygon(circle),
        shapely.Polygon([[0, 0], [0.5, 0], [0.5, 0.5], [0, 0.5]]),  # smaller than the tolerance
    ]
    tidied = tidy(np.array(outlines, object))
    assert all(shape.is_valid and not shape.is_empty for shape in tidied)
    assert [round(shape.area) for shape in tidied[:2]] == [50, 100]
    assert abs(tidied[2].area / outlines[2].area - 1) < 0.03
    assert len(tidied[2].exterior.coords) < len(circle) / 4
    assert tidied[3].area == 0.25


def test_outlines_are_read_once_however_many_cells_there_are(job: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    reads = []
    monkeypatch.setattr(
        cellfiles, "read_contours", lambda path, real=cellfiles.read_contours: reads.append(1) or real(path)
    )
    monkeypatch.setattr(cellfiles, "read_contour", lambda *_: pytest.fail("read cell by cell"))
    content_of(source.of_job(job), "geojson")
    assert len(reads) == 1


def test_coco_holds_boxes_outlines_and_categories_and_says_how_many_were_rejected(job: Any, tess: Any) -> None:
    label_cells(tess, job, "reject", [0], [], None, 0)
    job.refresh_from_db()
    data = json.loads(content_of(source.of_job(job), "coco"))
    (image,) = data["images"]
    assert (image["width"], image["height"]) == (job.slide.width, job.slide.height)
    assert len(data["annotations"]) == job.cells - 1 and data["info"]["rejected_cells_left_out"] == 1
    assert data["info"]["status"] == "draft"
    names = {c["id"]: c["name"] for c in data["categories"]}
    first = data["annotations"][0]
    assert names[first["category_id"]] == "normal" and first["bbox"][2:] == [20, 20] and first["area"] == 400
    assert len(first["segmentation"][0]) == 8 and len({a["id"] for a in data["annotations"]}) == job.cells - 1


def test_pycocotools_reads_the_coco_file(job: Any, tmp_path: Path) -> None:
    from pycocotools.coco import COCO

    path = tmp_path / "coco.json"
    path.write_bytes(content_of(source.of_job(job), "coco"))
    data = COCO(str(path))
    assert data.annToMask(data.loadAnns(1)[0]).sum() == pytest.approx(400, abs=80)


def test_text_of_people_cannot_become_a_formula() -> None:
    assert [plain(v) for v in ("=HYPERLINK()", "-1.5", "@x", "plain")] == ["'=HYPERLINK()", "-1.5", "'@x", "plain"]


def test_a_case_an_analysis_and_a_report_are_exported_over_http_and_each_leaves_a_line(
    signed: Report, job: Any, paul: Any, api: Any
) -> None:
    client = api(paul)
    for of in (f"jobs/{job.pk}", f"cases/{signed.case.accession}", f"reports/{signed.pk}"):
        answer = client.get(f"/api/v1/{of}/export/csv/")
        assert answer.status_code == 200 and "attachment" in answer["Content-Disposition"], of
        assert b"".join(answer.streaming_content).startswith(b"\xef\xbb\xbf")
    lines = Record.objects.filter(action="export.made")
    assert lines.count() == 3 and {line.detail["status"] for line in lines} == {"signed"}
    refused = client.get(f"/api/v1/jobs/{job.pk}/export/docx/")
    assert refused.status_code == 404 and "cells-csv" in refused.json()["detail"]
    assert {f["key"] for f in client.get("/api/v1/exports/").json()} == set(exporters())


@pytest.mark.parametrize("key", exporters())
def test_an_export_of_cells_that_were_altered_is_refused_and_leaves_no_line(
    key: str, job: Any, tess: Any, api: Any
) -> None:
    job.cells_file.write_bytes(b"something else")
    answer = api(tess).get(f"/api/v1/jobs/{job.pk}/export/{key}/")
    assert (answer.status_code, answer.json()["code"]) == (409, "evidence-altered")
    assert not Record.objects.filter(action="export.made").exists()


def test_the_export_command_writes_a_file_or_says_why_not(job: Any, tmp_path: Path, capsys: Any) -> None:
    out = tmp_path / "cells.geojson"
    call_command("export", str(job.pk), "--format", "geojson", "--out", str(out))
    assert len(json.loads(out.read_text())["features"]) == job.cells
    assert "(draft)" in capsys.readouterr().out
    call_command("export", job.slide.case.accession, "--format", "csv", "--out", str(tmp_path / "counts.csv"))
    with pytest.raises(CommandError, match="There is no format docx; there are: csv, cells-csv"):
        call_command("export", str(job.pk), "--format", "docx", "--out", str(out))
    with pytest.raises(CommandError, match="There is no case T-99"):
        call_command("export", "T-99", "--format", "csv", "--out", str(out))
    assert not list(tmp_path.glob(".*.part"))


def test_a_researcher_opens_a_case_brings_in_a_slide_analyses_and_exports_but_never_signs(
    db: Any, api: Any, film: Path
) -> None:
    rosa = factories.person("researcher", "rosa")
    case = create_case(rosa, "R-1")
    client = api(rosa)
    assert set(client.get("/api/v1/cases/R-1/").json()["rights"]) == {"view", "annotate", "review"}
    job = factories.finished_job(factories.slide(case, film))
    assert (
        client.post(f"/api/v1/slides/{job.slide_id}/jobs/", {"protocol": "blood-film"}, format="json").status_code
        == 201
    )
    assert client.get(f"/api/v1/jobs/{job.pk}/export/arrow/").status_code == 200
    answer = client.post("/api/v1/cases/R-1/sign/", {"password": PASSWORD, "meaning": "Reviewed"}, format="json")
    assert (answer.status_code, answer.json()["code"]) == (403, "no-right")
    other = factories.case(factories.person("technologist"))
    assert client.post(f"/api/v1/cases/{other.accession}/comment/", {"comment": "x"}, format="json").status_code == 403
    nobody = factories.person("researcher", "nobody")
    nobody.groups.clear()
    with pytest.raises(Forbidden):
        create_case(nobody, "R-2")


# --- FHIR -----------------------------------------------------------------------------------------------------------


def bundle_of(of: source.Source) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    from fhir.resources.R4B.bundle import Bundle

    raw = json.loads(content_of(of, "fhir"))
    Bundle.model_validate(raw)
    urls = [e["fullUrl"] for e in raw["entry"]]
    assert len(set(urls)) == len(urls)
    assert {r["reference"] for r in raw["entry"][0]["resource"].get("result", [])} <= set(urls)
    return raw["entry"][0]["resource"], [
        e["resource"] for e in raw["entry"] if e["resource"]["resourceType"] == "Observation"
    ]


def codes_of(resource: dict[str, Any]) -> dict[str, str]:
    return {c["system"]: c["code"] for c in resource["code"].get("coding", [])}


def test_the_fhir_bundle_is_valid_and_carries_the_signed_pdf(signed: Report) -> None:
    import base64

    diagnostic, observations = bundle_of(source.of_report(signed))
    assert (diagnostic["resourceType"], diagnostic["status"]) == ("DiagnosticReport", "final")
    assert codes_of(diagnostic) == {"http://loinc.org": "58408-6"}
    (form,) = diagnostic["presentedForm"]
    assert form["contentType"] == "application/pdf"
    assert base64.b64decode(form["data"]) == proved_bytes(signed.pdf_name, signed.pdf_sha256)
    assert observations and all(codes_of(o) for o in observations)


def test_a_draft_is_preliminary_and_signed_by_nobody(job: Any) -> None:
    diagnostic, observations = bundle_of(source.of_case(job.slide.case))
    assert diagnostic["status"] == "preliminary" and "performer" not in diagnostic
    assert {o["status"] for o in observations} == {"preliminary"}


def test_what_falls_below_its_floor_is_sent_with_the_reason_and_without_a_value(job: Any) -> None:
    _, observations = bundle_of(source.of_case(job.slide.case))
    white = next(o for o in observations if codes_of(o).get("http://loinc.org") == "26505-8")
    assert "valueQuantity" not in white and "interpretation" not in white
    assert white["dataAbsentReason"]["text"] == "Fewer than 50 white cells were counted."
    assert [c["code"]["text"] for c in white["component"]] == ["cells counted"]


def test_units_are_ucum_and_each_figure_has_its_own(tmp_path: Path, tess: Any) -> None:
    case = factories.case(tess, analyser={"wbc_10e9_per_l": 12.0})
    table = factories.cells(
        {"normal": 900, "segmented_neutrophil": 120, "lymphocyte": 40, "erythroblast": 24, "platelet": 90}
    )
    factories.finished_job(factories.slide(case, factories.film_file(tmp_path / "a.tif")), table)
    _, observations = bundle_of(source.of_case(case))
    unit = {codes_of(o)["urn:hemaview:blood_film"]: o.get("valueQuantity", {}).get("code") for o in observations}
    assert unit["segmented_neutrophil"] == "%"
    assert unit["nrbc_per_100_wbc"] == "/100{WBCs}" and unit["corrected_wbc"] == "10*9/L"
    assert {u for u in unit.values() if u} <= {"%", "1", "/100{WBCs}", "10*9/L", "/mm2", "/{field}"}


def test_the_code_of_a_blood_film_never_stands_for_marrow(job: Any, tmp_path: Path) -> None:
    smear = factories.slide(job.slide.case, factories.film_file(tmp_path / "b.tif"), own_specimen="marrow-aspirate")
    marrow = factories.finished_job(
        smear, factories.cells({"blast": 90, "lymphocyte": 60, "erythroblast": 250}, key="marrow"), "marrow"
    )
    alone, _ = bundle_of(source.of_job(marrow))
    assert codes_of(alone) == {"http://loinc.org": "48807-2"}
    both, observations = bundle_of(source.of_case(job.slide.case))
    assert codes_of(both) == {"http://loinc.org": "11502-2"}
    assert not [o for o in observations if "http://loinc.org" in codes_of(o) and "urn:hemaview:marrow" in codes_of(o)]
    raw = json.loads(content_of(source.of_case(job.slide.case), "fhir"))
    kinds = {
        e["resource"]["type"]["coding"][0]["code"] for e in raw["entry"] if e["resource"]["resourceType"] == "Specimen"
    }
    assert kinds == {"119297000", "119359002"}


def test_a_report_of_the_first_format_is_still_exported(signed: Report) -> None:
    frozen = json.loads(json.dumps(signed.document))
    (part,) = frozen.pop("examinations")
    frozen["case"]["specimen"] = part["specimen"]
    frozen["counts"] = part["counts"]
    old = dataclasses.replace(source.of_report(signed))
    old.__dict__["document"] = frozen
    diagnostic, observations = bundle_of(old)
    assert codes_of(diagnostic) == {"http://loinc.org": "11502-2"} and observations
    assert lines_of(content_of(old, "csv"))


@pytest.mark.parametrize("one", assays().values(), ids=lambda a: a.key)
def test_every_class_and_ratio_has_a_sure_code_or_is_listed_as_left_out(one: Assay) -> None:
    coded, ratios, left_out = one.codes.get("classes", {}), one.codes.get("ratios", {}), one.codes["left_out"]
    assert {*coded, *left_out["classes"]} == {c.key for c in one.schema.classes}
    assert not set(coded) & set(left_out["classes"])
    assert {k for k, code in ratios.items() if "loinc" not in code} == set(left_out["ratios"])
    assert all(code.get("ucum") for code in ratios.values())


def test_absolute_counts_are_sent_in_10_9_per_litre_with_interval_and_reference_range(
    tmp_path: Path, tess: Any
) -> None:
    case = factories.case(tess, sex="female", age_days=12_419, analyser={"wbc_10e9_per_l": 15.0})
    table = factories.cells({"normal": 40, "segmented_neutrophil": 80, "lymphocyte": 20})
    factories.finished_job(factories.slide(case, factories.film_file(tmp_path / "a.tif")), table)
    _, observations = bundle_of(source.of_case(case))
    by_key = {codes_of(o)["urn:hemaview:blood_film"]: o for o in observations}
    neutrophils = by_key["absolute_neutrophils"]
    assert neutrophils["valueQuantity"] == {
        "value": 12.0,
        "unit": "10⁹/L",
        "system": "http://unitsofmeasure.org",
        "code": "10*9/L",
    }
    ends = {c["code"]["text"]: round(c["valueQuantity"]["value"], 2) for c in neutrophils["component"]}
    assert ends == {"95 % interval, lower limit": 10.62, "95 % interval, upper limit": 13.1}
    assert neutrophils["referenceRange"][0]["low"]["code"] == "10*9/L"
    parts = [c["code"]["text"] for c in by_key["segmented_neutrophil"]["component"]]
    assert "absolute count, 95 % interval, lower limit" in parts


def test_hbf_of_confirmed_cells_stands_in_report_csv_and_fhir_and_is_frozen(
    tess: Any, paul: Any, tmp_path: Path, settings: Any
) -> None:
    case = factories.case(tess, specimen="cell-block")
    block = factories.slide(case, factories.film_file(tmp_path / "block.tif"))
    job = factories.finished_job(block, factories.cells({"erythroblast": 5}, key="fetal_nrbc"), "fetal_nrbc")
    label_cells(tess, job, "confirm", [0, 1, 2, 3], [], None, 0, shown_class="erythroblast")
    label_cells(tess, job, "reject", [4], [], None, 1)
    for row, state in ((0, "positive"), (1, "positive"), (2, "negative"), (3, "not_done")):
        mark_hbf(tess, job, state, row)
    report = services.sign(paul, case, PASSWORD, "Reviewed", reason="drawn")
    counts = {"confirmed": 4, "positive": 2, "negative": 1, "not_done": 1, "open": 0}
    assert report.document["examinations"][0]["hbf"] == counts
    page = proved_bytes(report.html_name, report.html_sha256).decode()
    assert '<td>Positive</td><td class="num strong">2</td>' in page and "<td>Not done</td>" in page
    of = source.of_report(report)
    rows = {
        r["class"]: r["reviewed_count"]
        for r in csv.DictReader(io.StringIO(content_of(of, "csv").decode("utf-8-sig")))
        if r["section"] == "hbf"
    }
    assert rows == {"positive": "2", "negative": "1", "not_done": "1", "open": "0"}
    _, observations = bundle_of(of)
    sent = {codes_of(o)["urn:hemaview:fetal_nrbc"]: o.get("valueQuantity", {}).get("value") for o in observations}
    assert {k: v for k, v in sent.items() if k.startswith("hbf_")} == {f"hbf_{k}": v for k, v in counts.items()}


def test_patients_without_a_pseudonym_share_no_identifier(job: Any) -> None:
    """Whoever receives them by a common one takes them for one patient."""

    def patient() -> dict[str, Any]:
        bundle = json.loads(content_of(source.of_case(job.slide.case), "fhir"))
        found = [e["resource"] for e in bundle["entry"] if e["resource"]["resourceType"] == "Patient"]
        assert len(found) == 1
        return dict(found[0])

    assert patient()["identifier"] == [{"system": "urn:hemaview:pseudonym", "value": "P-1"}]
    job.slide.case.pseudonym = ""
    job.slide.case.save(update_fields=["pseudonym"])
    assert "identifier" not in patient()


def test_notes_of_a_slide_are_exported_with_as_many_queries_as_one(
    job: Any, tess: Any, django_assert_num_queries: Any
) -> None:
    from apps.review.annotations import annotate

    for place in range(8):
        annotate(tess, job.slide, "point", [[10 + place, 10]], f"note {place}")
    of = source.of_case(job.slide.case)
    with django_assert_num_queries(1):
        assert [a.slide.name for a in of.annotations()] == ["film"] * 8
