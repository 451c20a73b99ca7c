"""Slides on their way in, and their tiles on the way out."""

from __future__ import annotations

import base64
import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from apps.audit.models import Record
from apps.slides.imports import run_import
from apps.slides.models import Slide, Upload
from tests import factories


def begin(client: Any, accession: str, name: str, length: int) -> Any:
    pairs = {"filename": name, "case": accession}
    metadata = ",".join(f"{k} {base64.b64encode(v.encode()).decode()}" for k, v in pairs.items())
    return client.post("/api/v1/uploads/", HTTP_UPLOAD_LENGTH=str(length), HTTP_UPLOAD_METADATA=metadata)


def send(client: Any, url: str, raw: bytes, offset: int = 0) -> Any:
    return client.generic(
        "PATCH", url, raw, content_type="application/offset+octet-stream", HTTP_UPLOAD_OFFSET=str(offset)
    )


def upload(client: Any, accession: str, path: Path, name: str = "") -> str:
    raw = path.read_bytes()
    answer = begin(client, accession, name or path.name, len(raw))
    assert answer.status_code == 201, answer.content
    url = answer["Location"].removeprefix("http://testserver")
    half = len(raw) // 2
    assert send(client, url, raw[:half]).status_code == 204
    assert client.head(url)["Upload-Offset"] == str(half)
    assert send(client, url, raw[half:], half)["Upload-Offset"] == str(len(raw))
    return url.rstrip("/").split("/")[-1]


def test_an_upload_in_chunks_becomes_a_slide_with_its_facts(
    tess: Any, film: Path, api: Any, tmp_path: Path, settings: Any
) -> None:
    settings.UPLOADS_DIR = tmp_path / "uploads"
    case = factories.case(tess)
    key = upload(api(tess), case.accession, film)
    answer = api(tess).post(f"/api/v1/cases/{case.accession}/slides/", {"uploads": [key]}, format="json")
    assert answer.status_code == 202, answer.content
    slide = run_import(answer.json()["id"])
    assert (slide.status, slide.width, slide.height) == (Slide.Status.READY, 1024, 768)
    assert slide.mpp == pytest.approx(0.25, rel=1e-3) and slide.mpp_source == "file"
    assert len(slide.sha256) == 64 and slide.thumbnail_file.stat().st_size > 500
    assert not Upload.objects.exists() and not any(settings.UPLOADS_DIR.rglob("*"))


def test_several_pictures_become_one_slide(tess: Any, tmp_path: Path, api: Any) -> None:
    case = factories.case(tess)
    keys = []
    for i in (1, 2, 10):
        path = tmp_path / f"field-{i}.png"
        Image.fromarray(np.full((60, 80, 3), 20 * i, np.uint8)).save(path)
        keys.append(upload(api(tess), case.accession, path))
    answer = api(tess).post(f"/api/v1/cases/{case.accession}/slides/", {"uploads": keys, "mpp": 0.19}, format="json")
    slide = run_import(answer.json()["id"])
    assert slide.status == Slide.Status.READY, slide.message
    assert [f["name"] for f in slide.photo_fields] == ["field-1", "field-2", "field-10"]
    assert (slide.mpp, slide.mpp_source) == (0.19, "user")


@pytest.mark.parametrize("name", ["../../etc/passwd.tif", "a\\b.tif", "", "nul\x00.tif", "x" * 300 + ".tif", ".tif"])
def test_hostile_names_are_refused(name: str, tess: Any, api: Any) -> None:
    answer = begin(api(tess), factories.case(tess).accession, name, 100)
    assert 400 <= answer.status_code < 500
    assert answer.json()["code"] and answer.json()["detail"]
    assert not Upload.objects.exists()


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b"this is no slide at all", "x.svs"),
        (b"PK\x03\x04" + b"\0" * 100, "x.tif"),
        (b"II*\0" + b"\xff" * 200, "x.tif"),
        (b"\xff\xd8\xff\xe0" + b"\0" * 50, "x.jpg"),
    ],
)
def test_what_is_no_slide_is_refused_with_a_sentence_and_leaves_nothing(
    content: bytes, name: str, tess: Any, tmp_path: Path, api: Any, settings: Any
) -> None:
    settings.UPLOADS_DIR = tmp_path / "uploads"  # its own: other tests run beside it
    case = factories.case(tess)
    path = tmp_path / name
    path.write_bytes(content)
    key = upload(api(tess), case.accession, path)
    answer = api(tess).post(f"/api/v1/cases/{case.accession}/slides/", {"uploads": [key]}, format="json")
    assert 400 <= answer.status_code < 500, answer.content
    assert answer.json()["detail"].endswith(".")
    assert not Slide.objects.exists() and not Upload.objects.exists()
    assert not any(settings.UPLOADS_DIR.rglob("*"))


def test_the_same_slide_twice_in_a_case_is_refused(tess: Any, film: Path, api: Any) -> None:
    case = factories.case(tess)
    first = upload(api(tess), case.accession, film)
    run_import(
        api(tess).post(f"/api/v1/cases/{case.accession}/slides/", {"uploads": [first]}, format="json").json()["id"]
    )
    again = upload(api(tess), case.accession, film, "renamed.tif")
    answer = api(tess).post(f"/api/v1/cases/{case.accession}/slides/", {"uploads": [again]}, format="json")
    assert (answer.status_code, answer.json()["code"]) == (409, "slide-exists")


def test_a_nearly_full_disk_is_said_before_a_byte_is_sent(tess: Any, api: Any, settings: Any) -> None:
    settings.DISK_RESERVE_BYTES = 2**60
    answer = begin(api(tess), factories.case(tess).accession, "a.tif", 100)
    assert (answer.status_code, answer.json()["code"]) == (507, "disk-full")


def test_a_chunk_at_the_wrong_place_is_refused(tess: Any, api: Any) -> None:
    answer = begin(api(tess), factories.case(tess).accession, "a.tif", 100)
    url = answer["Location"].removeprefix("http://testserver")
    assert send(api(tess), url, b"x" * 10, 5).status_code == 409
    assert send(api(tess), url, b"x" * 200, 0).status_code == 413


def test_a_tile_is_a_jpeg_with_a_strong_etag_answered_before_reading(slide: Any, tess: Any, api: Any) -> None:
    client = api(tess)
    url = f"/slides/{slide.pk}_files/10/1_0.jpg"
    answer = client.get(url)
    assert answer.status_code == 200 and answer["Content-Type"] == "image/jpeg"
    assert Image.open(io.BytesIO(answer.content)).size == (512, 512)
    assert "immutable" in answer["Cache-Control"]
    slide.file.unlink()
    assert client.get(url, HTTP_IF_NONE_MATCH=answer["ETag"]).status_code == 304


@pytest.mark.parametrize("place", ["99/0_0", "10/7_0", "10/0_9", "0/1_1", "10/0_0000009"])
def test_tiles_out_of_range_do_not_exist(place: str, slide: Any, tess: Any, api: Any) -> None:
    answer = api(tess).get(f"/slides/{slide.pk}_files/{place}.jpg")
    assert (answer.status_code, answer.json()["code"]) == (404, "out-of-bounds")


def test_a_slide_whose_file_is_gone_is_no_server_error(slide: Any, tess: Any, api: Any) -> None:
    slide.file.unlink()
    answer = api(tess).get(f"/slides/{slide.pk}_files/10/0_0.jpg")
    assert 400 <= answer.status_code < 500
    assert answer.json()["detail"]


def test_a_slide_is_renamed_with_a_line_of_the_record(slide: Any, tess: Any, api: Any) -> None:
    at, before = f"/api/v1/slides/{slide.pk}/", slide.name
    answer = api(tess).patch(at, {"name": "  Second film,  feather end "}, format="json")
    assert (answer.status_code, answer.json()["name"]) == (200, "Second film, feather end")
    assert Record.objects.get(action="slide.renamed").detail["before"] == before
    assert api(tess).patch(at, {"name": " "}, format="json").status_code == 400
    assert api(tess).get(at).json()["name"] == "Second film, feather end"


def test_the_record_does_not_repeat_a_name_that_a_renaming_takes_away(slide: Any, tess: Any, api: Any) -> None:
    slide.name = "Smith, John born 12.03.1956"
    slide.save(update_fields=["name"])
    api(tess).patch(f"/api/v1/slides/{slide.pk}/", {"name": "Film 1"}, format="json")
    assert Record.objects.get(action="slide.renamed").detail == {"before": "", "after": "Film 1"}


def test_the_record_holds_no_name_either_that_a_renaming_gives(slide: Any, tess: Any, api: Any) -> None:
    answer = api(tess).patch(f"/api/v1/slides/{slide.pk}/", {"name": "Smith, John born 12.03.1956"}, format="json")
    assert answer.json()["name"] == "Smith, John born 12.03.1956", "it is used as it is given"
    assert Record.objects.get(action="slide.renamed").detail == {"before": "film", "after": ""}
    assert "Smith" not in str(list(Record.objects.values_list("detail", flat=True)))
