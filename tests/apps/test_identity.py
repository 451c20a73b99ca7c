"""Who the patient is stays in the files: it is listed for who may know it, and nothing that leaves the house holds it."""

from __future__ import annotations

import json
import logging
import re
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any

import numpy as np
import pypdfium2
import pytest
import tifffile
from django.core.management import CommandError, call_command
from django.test import Client
from PIL import Image, PngImagePlugin

from apps.accounts.errors import Forbidden, Refusal
from apps.accounts.models import User
from apps.accounts.services import set_sees_identity
from apps.audit.models import Record
from apps.audit.sentences import sentence
from apps.reports import services
from apps.reports.exports import exporter, exporters, source
from apps.reports.selectors import proved_bytes
from apps.slides.imports import begin_import_of_files, run_import
from apps.slides.models import Slide
from apps.slides.placing import ImportOptions
from apps.slides.tileservices import request_conversion, run_conversion
from hemaview.wsi.identity import Entry, may_name_patient, names_patient
from hemaview.wsi.matrixprofile import ADOBE_RGB, matrix_profile
from tests import factories
from tests.apps.test_imports import ONE, OTHER, film
from tests.apps.test_reports import see_all
from tests.apps.test_slides import upload
from tests.dicoms import write_dicom
from tests.factories import PASSWORD
from tests.tiffs import picture

pytestmark = pytest.mark.django_db
MARK = "Zwiebelmann"
XMP = f"<x><p:Patient>{MARK}</p:Patient></x>".encode()


def scan(folder: Path) -> Path:
    """A tiled TIFF with the mark in each text that it can hold, its name included."""
    path = folder / f"{MARK}_left.tif"
    texts = [(315, 2, 0, f"Dr. {MARK}", True), (316, 2, 0, f"host-{MARK}", True), (33432, 2, 0, MARK, True),
             (285, 2, 0, f"page of {MARK}", True), (269, 2, 0, f"document of {MARK}", True),
             (700, 1, len(XMP), XMP, True)]  # fmt: skip
    how: dict[str, Any] = {"tile": (256, 256), "photometric": "rgb", "compression": "deflate", "metadata": None}
    described = f"Scan|Patient = {MARK}|User = {MARK}|Date = 11/28/26|ScanScope ID = SN{MARK}"
    how["iccprofile"] = matrix_profile(ADOBE_RGB, 2.2, f"Screen of {MARK}")
    tifffile.imwrite(
        path, picture(600, 500), description=described, extratags=texts, datetime="2026:11:28 10:00:00", **how
    )
    return path


def ome(folder: Path) -> Path:
    path = folder / f"{MARK}.ome.tif"
    tifffile.imwrite(path, film(3), photometric="rgb", metadata={"axes": "YXS", "Description": f"Patient: {MARK}"})
    return path


def photograph(folder: Path) -> Path:
    path, exif = folder / f"{MARK} 1.jpg", Image.Exif()
    exif[0x013B], exif[0x010E], exif[0x9C9D] = MARK, f"patient: {MARK}", MARK.encode("utf-16-le")
    exif.get_ifd(0x8769).update({0xA430: MARK, 0xA431: f"SN{MARK}", 0x9286: b"ASCII\0\0\0" + MARK.encode()})
    exif.get_ifd(0x8825).update({1: "N", 2: (13.0, 44.0, 0.0), 29: "2026:11:28", 27: MARK.encode()})
    own = matrix_profile(ADOBE_RGB, 2.2, f"Camera of {MARK}")
    Image.fromarray(film(1)).save(path, exif=exif, quality=95, comment=f"Patient={MARK}", icc_profile=own)
    return path


def screenshot(folder: Path) -> Path:
    path, info = folder / f"{MARK}.png", PngImagePlugin.PngInfo()
    info.add_text("Author", MARK)
    info.add_itxt("Comment", f"Patient: {MARK}", zip=True)
    Image.fromarray(film(2)).save(path, pnginfo=info)
    return path


def dicom(folder: Path) -> Path:
    facts = {"PatientName": f"{MARK}^Ada", "PatientID": f"ID{MARK}", "PatientBirthDate": "19800101", "StudyDate": "20261128",
             "InstitutionName": f"House of {MARK}", "OperatorsName": MARK, "DeviceSerialNumber": f"SN{MARK}",
             "BarcodeValue": MARK, "AccessionNumber": f"A{MARK}", "SeriesDescription": f"Film of {MARK}"}  # fmt: skip
    return write_dicom(folder / f"{MARK}.dcm", film(1), ONE, **facts)


MADE = {"scan": scan, "ome": ome, "photograph": photograph, "screenshot": screenshot, "dicom": dicom}
SAID = {
    "scan": {"patient", "person", "date", "device"},
    "ome": {"patient"},
    "photograph": {"patient", "person", "place", "device"},
    "screenshot": {"patient", "person"},
    "dicom": {"patient", "person", "date", "device", "number", "place"},
}


def bring(path: Path, case: Any) -> Slide:
    slide = run_import(begin_import_of_files(case.created_by, case, [path]).pk)
    assert slide.status == "ready", slide.message
    return slide


def kept_by_us(slide: Slide) -> list[Path]:
    """Files that the house has made of a slide; the original alone may say who it is of."""
    assert not any(MARK in p.name for p in slide.folder.rglob("*"))
    return [p for p in slide.folder.rglob("*") if p.is_file() and "original" not in p.parts]


@pytest.mark.parametrize("kind", sorted(MADE))
def test_nothing_that_leaves_holds_who_the_patient_is(
    kind: str, tmp_path: Path, api: Any, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    tess, paul = factories.person("technologist"), factories.person("pathologist")
    case = factories.case(tess)
    path = MADE[kind](tmp_path)
    caplog.clear()
    slide = bring(path, case)
    assert SAID[kind] <= set(slide.identifying)
    assert any("left out: it would say who" in note for note in slide.notes) == (kind in ("scan", "photograph"))
    leaves: dict[str, bytes] = {}
    url = f"/api/v1/slides/{slide.pk}/"
    for name in (url, f"/api/v1/cases/{case.accession}/slides/", f"{url}tiles/", f"/api/v1/cases/{case.accession}/"):
        leaves[name] = api(tess).get(name).content
    for name in (f"/slides/{slide.pk}.dzi", f"/slides/{slide.pk}_files/9/0_0.jpg", f"/slides/{slide.pk}/thumbnail.jpg"):
        leaves[name] = b"".join(api(tess).get(name))
    leaves["case page"] = api(tess).get(f"/cases/{case.accession}/").content
    if not all(level["stored"] for level in slide.tile_levels):
        request_conversion(tess, slide)
        run_conversion(slide.pk)
    for path in kept_by_us(slide):
        leaves[path.name] = path.read_bytes()
    leaves["record"] = json.dumps(list(Record.objects.values_list("detail", flat=True))).encode()
    job = factories.finished_job(slide)
    call_command("report", case.accession, "--draft", f"--out={tmp_path / 'report.html'}", stdout=StringIO())
    leaves["draft"] = (tmp_path / "report.html").read_bytes()
    for name in (f"/api/v1/jobs/{job.pk}/", f"/api/v1/jobs/{job.pk}/results/", f"/api/v1/jobs/{job.pk}/counts/"):
        leaves[name] = api(tess).get(name).content
    see_all(paul, job)
    holds = [h["code"] for h in api(paul).get(f"/api/v1/cases/{case.accession}/holds/").json()]
    reason = "tried" if holds else ""
    report = services.sign(paul, case, PASSWORD, "Reviewed", reason=reason)
    leaves["signed page"] = proved_bytes(report.html_name, report.html_sha256)
    leaves["signed words"] = "".join(
        page.get_textpage().get_text_bounded()
        for page in pypdfium2.PdfDocument(proved_bytes(report.pdf_name, report.pdf_sha256))
    ).encode()
    leaves["signed document"] = json.dumps(report.document).encode()
    for key in exporters():
        try:
            leaves[f"signed {key}"] = b"".join(exporter(key).pieces(source.of_report(report)))
        except Refusal:
            assert key in ("picking-csv", "picking-map"), f"{key} gives nothing of a film"
    leaves["record after signing"] = json.dumps(list(Record.objects.values_list("detail", flat=True))).encode()
    leaves["log"] = (caplog.text + "".join(capfd.readouterr())).encode()
    for name, raw in leaves.items():
        for mark in (MARK.encode(), MARK.encode("utf-16-le"), MARK.lower().encode()):
            assert mark not in raw, f"{name} says who the patient is"
    assert not any(MARK in name for name in leaves)


@pytest.mark.parametrize("kind", ["scan", "dicom", "photograph"])
def test_it_is_listed_for_who_may_know_it_and_that_is_recorded(kind: str, tmp_path: Path, api: Any) -> None:
    tess, root = factories.person("technologist"), User.objects.create_superuser("root")
    slide = bring(MADE[kind](tmp_path), factories.case(tess))
    url = f"/api/v1/slides/{slide.pk}/identity/"
    refused = api(tess).get(url)
    assert refused.status_code == 403 and MARK not in refused.content.decode()
    answer = api(root).get(url)
    values = {row["where"]: row["value"] for row in answer.json()}
    assert answer["Cache-Control"] == "private, no-store" and MARK in values["file name"]
    assert sum(MARK in value for value in values.values()) > 4
    assert Record.objects.filter(action="slide.identity-seen").count() == 1


def test_the_command_lists_it_for_who_may_know_it_alone(tmp_path: Path) -> None:
    tess, path = factories.person("technologist"), scan(tmp_path)
    User.objects.create_superuser("root")
    with pytest.raises(CommandError, match="your role may not see"):
        call_command("import_slide", str(path), "--case=I-1", "--create", "--identity", f"--user={tess.username}")
    assert not Slide.objects.exists()
    out = StringIO()
    call_command("import_slide", str(path), "--case=I-1", "--create", "--identity", "--json", "--user=root", stdout=out)
    (slide,) = json.loads(out.getvalue())["slides"]
    assert {"kind": "file name", "where": "file name", "value": path.name} in slide["identity"]
    assert sum(MARK in row["value"] for row in slide["identity"]) > 4


def test_a_slide_named_after_its_patient_is_called_neutrally_unless_a_person_names_it(tmp_path: Path) -> None:
    case = factories.case()
    slide = bring(scan(tmp_path), case)
    assert slide.name == "Slide 1" and any("The names of its files say who" in note for note in slide.notes)
    with_name = run_import(
        begin_import_of_files(case.created_by, case, [photograph(tmp_path)], ImportOptions("left film")).pk
    )
    assert (with_name.name, with_name.photo_fields[0]["name"]) == ("left film", "Photograph 1")


BORN = "Müller, Hans 1956-03-12"


@pytest.mark.parametrize("suffix", [".jpg", ".tif"])
def test_a_patient_named_by_the_file_name_alone_stays_in_the_house(suffix: str, tmp_path: Path, api: Any) -> None:
    path = tmp_path / f"{BORN}{suffix}"
    if suffix == ".jpg":
        Image.fromarray(film(1)).save(path)
    else:
        tifffile.imwrite(path, film(1), tile=(256, 256), photometric="rgb", metadata=None)
    case, root = factories.case(), User.objects.create_superuser("root")
    slide = bring(path, case)
    assert slide.name == "Slide 1" and "file name" in slide.identifying
    assert [note for note in slide.notes if "look as if they say who the patient is" in note] != []
    assert [f["name"] for f in slide.photo_fields] == (["Photograph 1"] if suffix == ".jpg" else [])
    job, tess = factories.finished_job(slide), case.created_by
    leaves = {url: api(tess).get(url).content.decode() for url in (
        f"/api/v1/slides/{slide.pk}/", f"/api/v1/cases/{case.accession}/slides/", f"/cases/{case.accession}/",
        f"/api/v1/cases/{case.accession}/room/", f"/api/v1/jobs/{job.pk}/", f"/api/v1/jobs/{job.pk}/results/")}  # fmt: skip
    leaves |= {"record": json.dumps(list(Record.objects.values_list("detail", flat=True)))}
    for key in exporters():
        try:
            leaves[key] = b"".join(exporter(key).pieces(source.of_job(job))).decode(errors="replace")
        except Refusal:
            assert key in ("picking-csv", "picking-map"), f"{key} gives nothing of a film"
    for name, text in leaves.items():
        # Identifiers, hashes and fractions of a second hold any four digits now and then.
        words = re.sub(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{32,}|\.\d{4,}", "", text)
        assert not any(word in words for word in ("Müller", "M\\u00fcller", "Hans", "1956")), name
    assert not any("Hans" in p.name for p in slide.folder.rglob("*"))
    listed = api(root).get(f"/api/v1/slides/{slide.pk}/identity/").json()
    assert {"kind": "file name", "where": "file name", "value": path.name} in listed


def test_of_several_photographs_those_named_after_the_patient_alone_lose_their_names(tmp_path: Path) -> None:
    for seed, name in enumerate(("IMG_2541", "IMG_2542", f"{BORN} b", "Photograph 3"), 1):
        Image.fromarray(film(seed)).save(tmp_path / f"{name}.jpg")
    slide = bring(tmp_path, factories.case())
    assert [f["name"] for f in slide.photo_fields] == ["IMG_2541", "IMG_2542", "Photograph 3-2", "Photograph 3"]
    assert slide.name == "4 fields, IMG_2541 to Photograph 3"


def test_a_file_named_after_the_patient_that_stays_in_place_is_called_neutrally(tmp_path: Path) -> None:
    path = tmp_path / f"{BORN}.tif"
    tifffile.imwrite(path, film(1), tile=(256, 256), photometric="rgb", metadata=None)
    case = factories.case()
    slide = run_import(begin_import_of_files(case.created_by, case, [path], ImportOptions(in_place=True)).pk)
    assert (slide.status, slide.name, slide.identifying) == ("ready", "Slide 1", ["file name"]), slide.message
    assert any("look as if they say" in note for note in slide.notes) and path.exists()
    keeper = Client()
    keeper.force_login(User.objects.create_superuser("root"))
    page = keeper.get(f"/admin/slides/slide/{slide.pk}/change/")
    assert page.status_code == 200 and "Hans" not in page.content.decode()


def test_only_what_names_the_patient_counts() -> None:
    entries = [
        Entry("patient", "PatientName", "Doe^Jonathan"),
        Entry("device", "serial", "12345"),
        Entry("date", "d", "2026"),
    ]
    assert names_patient("26 JONATHAN left.svs", entries)
    assert not names_patient("Doe.svs", entries)  # too short to be told from a word
    assert not names_patient("12345-2026.svs", entries)
    assert not names_patient("jonathan.svs", entries, allowed="Jonathan-1")


def test_a_stored_tile_with_a_comment_is_decoded(tmp_path: Path) -> None:
    from hemaview.wsi.jpegstream import speaks

    plain, spoken = BytesIO(), BytesIO()
    Image.fromarray(np.full((64, 64, 3), 200, np.uint8)).save(plain, "JPEG")
    Image.fromarray(np.full((64, 64, 3), 200, np.uint8)).save(spoken, "JPEG", comment=MARK)
    assert speaks(spoken.getvalue()) and not speaks(plain.getvalue())


def scan_with_label(folder: Path) -> Path:
    path = folder / "labelled.svs"
    how: dict[str, Any] = {"photometric": "rgb", "metadata": None}
    with tifffile.TiffWriter(path) as out:
        description = f"Aperio Image Library v11.2.1 \r\n600x500|AppMag = 40|MPP = 0.25|User = {MARK}"
        out.write(picture(600, 500), description=description, tile=(256, 256), compression="jpeg", **how)
        out.write(picture(300, 250), description="Aperio Image Library v11.2.1 \r\n300x250", compression="jpeg", **how)
        label = "Aperio Image Library v11.2.1\r\nlabel 120x80"
        out.write(picture(120, 80), description=label, subfiletype=1, compression="lzw", **how)
    return path


def test_a_label_picture_is_for_who_may_see_it_and_each_look_is_recorded(tmp_path: Path, api: Any) -> None:
    tess, root = factories.person("technologist"), User.objects.create_superuser("root")
    slide = bring(scan_with_label(tmp_path), factories.case(tess))
    assert slide.associated == ["label", "thumbnail"] and "picture" in slide.identifying
    url = f"/slides/{slide.pk}/associated/label.jpg"
    assert api(tess).get(url).status_code == 403
    assert not Record.objects.filter(action="slide.identity-seen").exists()
    answer = api(root).get(url)
    assert (answer.status_code, answer["Cache-Control"]) == (200, "private, no-store")
    line = Record.objects.get(action="slide.identity-seen")
    assert (line.actor, line.detail["what"]) == ("root", "label picture")
    assert sentence(line) == "root viewed the patient's identity on a slide: “label picture”."


def test_an_administrator_lets_a_person_see_who_patients_are_and_nobody_themselves(tmp_path: Path, api: Any) -> None:
    ada, tess = factories.person("administrator", "ada"), factories.person("technologist")
    slide = bring(scan(tmp_path), factories.case(tess))
    url, room = f"/api/v1/slides/{slide.pk}/identity/", f"/api/v1/cases/{slide.case.accession}/room/"
    assert api(tess).get(url).status_code == 403 and not api(tess).get(room).json()["me"]["sees_identity"]
    keeper = Client()
    keeper.force_login(ada)
    page = keeper.get(f"/people/{tess.pk}/").content.decode()
    assert "May see who the patient is: label and macro pictures" in page
    keeper.post(f"/people/{tess.pk}/", {"act": "identity", "sees": "yes"})
    tess = User.objects.get(pk=tess.pk)
    assert MARK in api(tess).get(url).content.decode() and api(tess).get(room).json()["me"]["sees_identity"]
    assert Record.objects.filter(action="account.permissions", object_type="person").count() == 1
    keeper.post(f"/people/{tess.pk}/", {"act": "identity"})
    assert api(User.objects.get(pk=tess.pk)).get(url).status_code == 403
    for by, person in ((ada, ada), (tess, ada), (ada, User.objects.create_superuser("root"))):
        with pytest.raises(Forbidden):
            set_sees_identity(User.objects.get(pk=by.pk), person, True)


def test_series_that_are_named_after_the_patient_are_offered_by_number(tmp_path: Path, api: Any) -> None:
    tess = factories.person("technologist")
    case = factories.case(tess)
    facts = {"PatientName": f"{MARK}^Ada"}
    write_dicom(tmp_path / "a.dcm", film(1), ONE, SeriesDescription=f"Film of {MARK}", **facts)
    write_dicom(tmp_path / "b.dcm", film(2), OTHER, SeriesDescription="Film 8", **facts)
    body = {"uploads": [upload(api(tess), case.accession, tmp_path / name) for name in ("a.dcm", "b.dcm")]}
    for name in ("contents/", ""):
        answer = api(tess).post(f"/api/v1/cases/{case.accession}/slides/{name}", body, format="json")
        assert MARK not in answer.content.decode()
        assert [row["name"] for row in answer.json()["series"]] == [
            "slide 1, 512 × 512 px",
            "Film 8 in b.dcm, 512 × 512 px",
        ]


def test_a_series_named_as_people_are_is_offered_by_number_though_nothing_else_names_them() -> None:
    for name in ("Smith^John 1961", "Smith, John", "born 3.4.61", "Case 20261129"):
        assert may_name_patient(name, []), name
    for name in ("Film 8", "40x oil, left half", "Scene 2, 0.25 um", "left"):
        assert not may_name_patient(name, []), name
