"""What comes in together: DICOM series whatever their files are called, pictures that are there already, notes."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.core.management import call_command
from numpy.typing import NDArray
from PIL import Image

from apps.accounts.errors import Refusal
from apps.slides.models import Slide
from apps.slides.services import begin_import_of_files, run_import
from tests import factories
from tests.apps.test_slides import upload
from tests.dicoms import write_dicom

pytestmark = pytest.mark.django_db
ONE, OTHER = "1.2.826.0.1.3680043.8.498.1", "1.2.826.0.1.3680043.8.498.2"


def film(seed: int, h: int = 512, w: int = 512) -> NDArray[np.uint8]:
    small = np.random.default_rng(seed).integers(120, 250, (h // 32, w // 32, 3), dtype=np.uint8)
    return np.kron(small, np.ones((32, 32, 1), np.uint8))


def bring(paths: list[Path], case: Any, **how: Any) -> Slide:
    return run_import(begin_import_of_files(case.created_by, case, paths, **how).pk)


def exported(folder: Path) -> Path:
    """A series of two levels as an archive exports it."""
    folder.mkdir(exist_ok=True)
    write_dicom(folder / "IM00002", film(1)[::2, ::2], ONE, 0.5, SeriesDescription="Film 7, oil")
    write_dicom(folder / "IM00001", film(1), ONE, SeriesDescription="Film 7, oil")
    return folder


@pytest.mark.parametrize("asked", ["", "IM00001", "IM00002"])
def test_dicom_files_without_a_suffix_are_one_slide_named_by_its_description(asked: str, tmp_path: Path) -> None:
    slide = bring([exported(tmp_path / "out") / asked], factories.case())
    assert (slide.status, slide.name, slide.width, slide.vendor) == ("ready", "Film 7, oil", 512, "dicom"), (
        slide.message
    )
    assert slide.mpp == pytest.approx(0.25)
    assert [level["width"] for level in slide.tile_levels][:2] == [512, 256]


def test_dicom_in_folders_below_a_dicomdir_is_brought_in(tmp_path: Path) -> None:
    (tmp_path / "out" / "SER0").mkdir(parents=True)
    exported(tmp_path / "out" / "SER0")
    assert bring([tmp_path / "out"], factories.case()).width == 512


def test_two_dicom_series_in_a_folder_are_named_and_each_comes_in_by_one_of_its_files(tmp_path: Path) -> None:
    folder = exported(tmp_path / "out")
    write_dicom(folder / "z.dcm", film(2, 256, 512), OTHER, SeriesDescription="Film 8")
    with pytest.raises(
        Refusal, match=r"2 DICOM series .*Film 7, oil in IM00001, 512 × 512 px; Film 8 in z.dcm"
    ) as refused:
        bring([folder], factories.case())
    assert refused.value.code == "several-series" and not Slide.objects.exists()
    slide = bring([folder / "z.dcm"], factories.case())
    assert (slide.name, slide.height, len(slide.tile_levels)) == ("Film 8", 256, 1)


def test_a_damaged_file_beside_a_series_is_no_reason_against_it_but_named_where_it_is_meant(tmp_path: Path) -> None:
    folder = exported(tmp_path / "out")
    (folder / "cut").write_bytes((folder / "IM00001").read_bytes()[:150])
    assert bring([folder / "IM00001"], factories.case()).status == "ready"
    with pytest.raises(Refusal, match="cut is damaged"):
        bring([folder], factories.case())


def test_dicom_of_several_focal_planes_is_refused_by_name(tmp_path: Path) -> None:
    path = write_dicom(tmp_path / "z.dcm", film(1), ONE, TotalPixelMatrixFocalPlanes=3)
    with pytest.raises(Refusal, match="3 focal planes"):
        bring([path], factories.case())


def test_an_upload_without_a_suffix_is_taken_where_it_is_dicom_and_refused_where_it_is_not(
    tmp_path: Path, api: Any
) -> None:
    tess = factories.person("technologist")
    case, folder = factories.case(tess), exported(tmp_path / "out")
    keys = [upload(api(tess), case.accession, folder / name) for name in ("IM00001", "IM00002")]
    answer = api(tess).post(f"/api/cases/{case.accession}/slides/", {"uploads": keys}, format="json")
    assert answer.status_code == 202, answer.content
    assert run_import(answer.json()["id"]).status == "ready"
    (tmp_path / "notes").write_bytes(b"no slide at all" * 20)
    key = upload(api(tess), case.accession, tmp_path / "notes")
    answer = api(tess).post(f"/api/cases/{case.accession}/slides/", {"uploads": [key]}, format="json")
    assert (answer.status_code, answer.json()["code"]) == (422, "unsupported-format")


def test_a_picture_that_is_in_the_case_already_is_left_out_and_told(tmp_path: Path) -> None:
    case = factories.case()
    for seed in (1, 2, 3):
        Image.fromarray(film(seed)).save(tmp_path / f"{seed}.png")
    first = bring([tmp_path / "1.png", tmp_path / "2.png"], case, name="first set")
    second = bring([tmp_path / "2.png", tmp_path / "3.png"], case)
    assert [f["name"] for f in first.photo_fields] == ["1", "2"] and first.notes == []
    assert ([f["name"] for f in second.photo_fields], second.name) == (["3"], "3")
    assert second.notes == ["2 is already in this case, in first set; it was left out, so that its cells count once."]
    Image.fromarray(film(1)).save(tmp_path / "again.bmp.jpg", quality=90)
    assert (again := bring([tmp_path / "again.bmp.jpg"], case)).status == "refused"
    assert again.message == "Each of these pictures is already in the case."


def test_notes_are_answered_by_the_command_and_the_interface(tmp_path: Path, api: Any) -> None:
    tess = factories.person("technologist")
    Image.fromarray(film(1)).save(tmp_path / "1.png", dpi=(101_600, 101_600))
    Image.fromarray(film(2)).save(tmp_path / "2.png", dpi=(50_800, 50_800))
    out = StringIO()
    paths = [str(tmp_path / f"{n}.png") for n in (1, 2)]
    call_command("import_slide", *paths, "--case=N-1", "--create", f"--user={tess.username}", "--json", stdout=out)
    (answer,) = json.loads(out.getvalue())["slides"]
    assert (answer["mpp"], answer["mpp_source"]) == (None, "unknown")
    assert answer["notes"][0].startswith("The pictures state different µm/px (0.25 to 0.5)")
    assert api(tess).get("/api/cases/N-1/slides/").json()[0]["notes"] == answer["notes"]


def test_a_scale_that_is_given_against_the_file_is_told(tmp_path: Path) -> None:
    Image.fromarray(film(1)).save(tmp_path / "1.png", dpi=(101_600, 101_600))
    slide = bring([tmp_path / "1.png"], factories.case(), mpp=0.5)
    assert (slide.mpp, slide.mpp_source) == (0.5, "user")
    assert slide.notes == ["The file states 0.25 µm/px; the 0.5 that were given are used."]
