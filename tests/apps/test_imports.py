"""What comes in together: DICOM series whatever their files are called, pictures that are there already, notes."""

from __future__ import annotations

import json
import tarfile
from importlib.util import find_spec
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
import tifffile
from django.conf import settings
from django.core.management import CommandError, call_command
from numpy.typing import NDArray
from PIL import Image

from apps.accounts.errors import Refusal
from apps.cases.models import Case
from apps.slides.imports import ELSEWHERE, begin_import_of_files, run_import
from apps.slides.models import Slide
from apps.slides.placing import ImportOptions
from hemaview.wsi.slide import open_slide
from hemaview.wsi.sources.choice import Choice
from tests import factories
from tests.apps.test_slides import upload
from tests.dicoms import write_dicom
from tests.wsi.matrix.cases import Case as MadeCase
from tests.wsi.matrix.scans import write_zarr

pytestmark = pytest.mark.django_db
ONE, OTHER = "1.2.826.0.1.3680043.8.498.1", "1.2.826.0.1.3680043.8.498.2"


def film(seed: int, h: int = 512, w: int = 512) -> NDArray[np.uint8]:
    small = np.random.default_rng(seed).integers(120, 250, (h // 32, w // 32, 3), dtype=np.uint8)
    return np.kron(small, np.ones((32, 32, 1), np.uint8))


def bring(paths: list[Path], case: Any, **how: Any) -> Slide:
    return run_import(begin_import_of_files(case.created_by, case, paths, ImportOptions(**how)).pk)


def exported(folder: Path) -> Path:
    """A series of two levels as an archive exports it."""
    folder.mkdir(exist_ok=True)
    write_dicom(folder / "IM00002", film(1)[::2, ::2], ONE, 0.5, SeriesDescription="Film 7, oil")
    write_dicom(folder / "IM00001", film(1), ONE, SeriesDescription="Film 7, oil")
    return folder


@pytest.mark.parametrize("path", ["", "IM00001", "IM00002"])
def test_dicom_files_without_a_suffix_are_one_slide_named_by_its_description(path: str, tmp_path: Path) -> None:
    slide = bring([exported(tmp_path / "out") / path], factories.case())
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
        Refusal, match=r"2 DICOM series \(1: Film 7, oil in IM00001, 512 × 512 px; 2: Film 8 in z.dcm"
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


def test_one_of_several_series_comes_in_by_its_number_and_all_of_them_as_slides_of_their_own(tmp_path: Path) -> None:
    folder = exported(tmp_path / "out")
    write_dicom(folder / "z.dcm", film(2, 256, 512), OTHER, SeriesDescription="Film 8")
    slide = bring([folder], factories.case(), choice=Choice(series=2))
    assert (slide.status, slide.name, slide.height) == ("ready", "Film 8", 256)
    out, tess = StringIO(), factories.person("technologist")
    how = ["--create", f"--user={tess.username}"]
    call_command("import_slide", str(folder), "--case=S-1", "--all-series", "--json", *how, stdout=out)
    assert [s["name"] for s in json.loads(out.getvalue())["slides"]] == ["Film 7, oil", "Film 8"]
    with pytest.raises(CommandError, match=r"--series N, or take them all with --all-series\.$"):
        call_command("import_slide", str(folder), "--case=S-2", *how)
    assert not Case.objects.filter(accession="S-2").exists()


def test_a_case_that_nobody_may_bring_a_slide_into_is_not_left_behind(tmp_path: Path) -> None:
    Image.fromarray(film(1)).save(tmp_path / "1.png")
    ada = factories.person("administrator")
    with pytest.raises(CommandError, match="but not add slides, order analyses, add missed cells or write"):
        call_command("import_slide", str(tmp_path / "1.png"), "--case=A-9", "--create", f"--user={ada.username}")
    assert not Case.objects.filter(accession="A-9").exists()


def test_an_import_that_is_stopped_leaves_neither_slide_nor_case(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Image.fromarray(film(1)).save(tmp_path / "1.png")
    tess = factories.person("technologist")

    def stopped(_pk: object) -> Slide:
        raise KeyboardInterrupt

    monkeypatch.setattr("apps.slides.imports.run_import", stopped)
    with pytest.raises(KeyboardInterrupt):
        call_command("import_slide", str(tmp_path / "1.png"), "--case=A-8", "--create", f"--user={tess.username}")
    assert not Case.objects.filter(accession="A-8").exists() and not Slide.objects.exists()


@pytest.mark.parametrize("option", ["--plane=abc", "--plane=0", "--plane=-1", "--series=0", "--series=two"])
def test_a_number_that_is_none_is_refused_with_what_may_be_given(option: str, tmp_path: Path) -> None:
    Image.fromarray(film(1)).save(tmp_path / "1.png")
    with pytest.raises(CommandError, match=r"is no number of a (focal plane|series): give 1, 2, 3 and so on"):
        call_command("import_slide", str(tmp_path / "1.png"), "--case=A-7", "--create", option)


def planes() -> NDArray[np.uint8]:
    import scipy.ndimage

    soft = [scipy.ndimage.gaussian_filter(film(1), (s, s, 0)) for s in (6, 3)]
    return np.stack([soft[0], film(1), soft[1]])


@pytest.mark.parametrize(("plane", "words", "sharp"), [(None, "the sharpest", True), (3, "chosen", False)])
def test_of_several_focal_planes_one_is_converted_and_that_is_told(
    plane: int | None, words: str, sharp: bool, tmp_path: Path
) -> None:
    path = write_dicom(tmp_path / "z.dcm", planes(), ONE, SeriesDescription="Stack")
    slide = bring([path], factories.case(), choice=Choice(plane=plane))
    assert (slide.status, slide.vendor, slide.width) == ("ready", "dicom", 512), slide.message
    assert slide.mpp == pytest.approx(0.25) and slide.mpp_source == "file"
    number = 2 if sharp else 3
    assert f"Focal plane {number} of 3, {words}, was taken." in slide.notes
    assert any("converted" in note for note in slide.notes)
    with open_slide(slide.file) as opened:
        pixels = opened.read(0, 0, 0, 512, 512).astype(int)
    assert abs(pixels - planes()[number - 1]).mean() < 6
    with pytest.raises(Refusal, match="3 focal planes; there is no number 9"):
        bring([path], factories.case(), choice=Choice(plane=9))


@pytest.mark.parametrize("where", ["PixelSpacing", "ImagedVolume", "ImagerPixelSpacing"])
def test_dicom_states_its_scale_in_other_places_too(where: str, tmp_path: Path) -> None:
    path = write_dicom(tmp_path / "s.dcm", planes(), ONE)
    data = pydicom.dcmread(path)
    del data.SharedFunctionalGroupsSequence[0].PixelMeasuresSequence
    if where != "ImagedVolume":
        del data.ImagedVolumeWidth, data.ImagedVolumeHeight
        setattr(data, where, [0.0004, 0.0004])
    data.save_as(path)
    slide = bring([path], factories.case())
    assert slide.mpp == pytest.approx(0.25 if where == "ImagedVolume" else 0.4), slide.notes


def test_series_of_an_upload_are_offered_and_the_uploads_wait_for_the_choice(tmp_path: Path, api: Any) -> None:
    tess = factories.person("technologist")
    case, path = factories.case(tess), tmp_path / "two.ome.tif"
    with tifffile.TiffWriter(path) as out:
        for seed, h in ((1, 512), (2, 480)):
            out.write(film(seed, h), photometric="rgb", metadata={"axes": "YXS", "Name": f"spot {seed}"})
    body = {"uploads": [upload(api(tess), case.accession, path)]}
    url = f"/api/v1/cases/{case.accession}/slides/"
    offered = api(tess).post(url, body, format="json")
    assert (offered.status_code, offered.json()["code"]) == (409, "several-series")
    assert [row["number"] for row in offered.json()["series"]] == [1, 2]
    assert offered.json()["series"][1]["name"] == "spot 2, 512 × 480 px"
    answer = api(tess).post(url, {**body, "series": 2}, format="json")
    assert answer.status_code == 202, answer.content
    slide = run_import(answer.json()["id"])
    assert (slide.status, slide.height, slide.name) == ("ready", 480 + 2 * 32, "two.ome, series 2"), slide.message
    assert api(tess).post(url, body, format="json").json()["code"] == "upload-gone"


def test_where_a_slide_lies_on_the_stage_is_stored_with_it(tmp_path: Path) -> None:
    origin = pydicom.Dataset()
    origin.XOffsetInSlideCoordinateSystem, origin.YOffsetInSlideCoordinateSystem = 12.5, 30.0
    facts = {"TotalPixelMatrixOriginSequence": [origin], "ImageOrientationSlide": [1, 0, 0, 0, 1, 0]}
    for name, pixels in (("flat", film(1)), ("stack", planes())):
        slide = bring([write_dicom(tmp_path / f"{name}.dcm", pixels, ONE, **facts)], factories.case())
        assert [(s["photograph"], s["um"]) for s in slide.stage] == [("", [12_500.0, 30_000.0])], slide.message
        for path in tmp_path.iterdir():
            path.unlink()
    assert bring([write_dicom(tmp_path / "none.dcm", film(2), OTHER)], factories.case()).stage == []


def two_series(path: Path, heights: tuple[int, int]) -> Path:
    with tifffile.TiffWriter(path) as out:
        for seed, h in zip((1, 2), heights, strict=True):
            out.write(film(seed, h), photometric="rgb", metadata={"axes": "YXS", "Name": f"spot {seed}"})
    return path


@pytest.mark.parametrize(("heights", "together"), [((512, 480), False), ((512, 512), True)])
def test_uploads_say_what_there_is_to_choose_and_wait(
    heights: tuple[int, int], together: bool, tmp_path: Path, api: Any
) -> None:
    tess = factories.person("technologist")
    case = factories.case(tess)
    body = {"uploads": [upload(api(tess), case.accession, two_series(tmp_path / "two.ome.tif", heights))]}
    url = f"/api/v1/cases/{case.accession}/slides/"
    contents = api(tess).post(f"{url}contents/", body, format="json").json()
    assert [row["name"] for row in contents["series"]] == [f"spot {i}, 512 × {h} px" for i, h in enumerate(heights, 1)]
    assert (contents["together"], contents["focal_planes"]) == (together, 1)
    one = api(tess).post(f"{url}contents/", {**body, "series": 2}, format="json").json()
    assert one == {"series": [], "together": False, "focal_planes": 1}
    stranger = api(factories.person("technologist", "tim")).post(f"{url}contents/", body, format="json")
    assert (stranger.status_code, stranger.json()["code"]) == (404, "upload-gone"), "uploads are a person's own"
    slide = run_import(api(tess).post(url, {**body, "series": 1}, format="json").json()["id"])
    assert (slide.status, len(slide.photo_fields)) == ("ready", 1), slide.message


def test_focal_planes_of_an_upload_are_told_and_the_chosen_one_is_taken(tmp_path: Path, api: Any) -> None:
    tess = factories.person("technologist")
    case = factories.case(tess)
    path = write_dicom(tmp_path / "z.dcm", planes(), ONE, SeriesDescription="Stack")
    body = {"uploads": [upload(api(tess), case.accession, path)]}
    url = f"/api/v1/cases/{case.accession}/slides/"
    assert api(tess).post(f"{url}contents/", body, format="json").json()["focal_planes"] == 3
    slide = run_import(api(tess).post(url, {**body, "plane": 3}, format="json").json()["id"])
    assert "Focal plane 3 of 3, chosen, was taken." in slide.notes, slide.message


def test_each_series_of_an_upload_becomes_a_slide_or_none_does(tmp_path: Path, api: Any) -> None:
    tess = factories.person("technologist")
    case = factories.case(tess)
    path = two_series(tmp_path / "two.ome.tif", (512, 480))
    body = {"uploads": [upload(api(tess), case.accession, path)]}
    url = f"/api/v1/cases/{case.accession}/slides/"
    answer = api(tess).post(f"{url}each-series/", {**body, "name": "film"}, format="json")
    assert answer.status_code == 202, answer.content
    slides = [run_import(row["id"]) for row in answer.json()]
    assert [(s.status, s.name) for s in slides] == [("ready", "film, series 1"), ("ready", "film, series 2")]
    assert [s.photo_fields[0]["h"] for s in slides] == [512, 480]
    folders = set(slides[0].folder.parent.iterdir())
    body = {"uploads": [upload(api(tess), case.accession, path)]}
    again = api(tess).post(f"{url}each-series/", body, format="json")
    assert (again.status_code, again.json()["code"]) == (409, "slide-exists")
    # Tests beside this one put slides of their own there.
    ours = {folder for folder in slides[0].folder.parent.iterdir() if (folder / "original" / path.name).exists()}
    assert case.slides.count() == 2 and ours <= folders, "nothing half-done"
    assert api(tess).post(f"{url}contents/", body, format="json").status_code == 200, "the upload waits"


@pytest.mark.skipif(find_spec("zarr") is None, reason="zarr is not installed")
@pytest.mark.parametrize("pages", ["one", "two images"])
def test_an_ome_zarr_that_the_page_sent_as_one_file_is_a_slide(pages: str, tmp_path: Path, api: Any) -> None:
    folder, _ = write_zarr(
        MadeCase("zarr 2", "channels first", tiling="tiles 64", scale="ome µm", pages=pages), tmp_path
    )
    packed = tmp_path / "film.zarr.tar"
    with tarfile.open(packed, "w", format=tarfile.USTAR_FORMAT) as out:
        for path in sorted(p for p in folder.rglob("*") if p.is_file()):
            out.add(path, str(path.relative_to(folder)))
    tess = factories.person("technologist")
    case = factories.case(tess)
    body: dict[str, Any] = {"uploads": [upload(api(tess), case.accession, packed)]}
    url = f"/api/v1/cases/{case.accession}/slides/"
    contents = api(tess).post(f"{url}contents/", body, format="json").json()
    assert len(contents["series"]) == (2 if pages == "two images" else 0), contents
    body |= {"series": 2} if contents["series"] else {}
    slide = run_import(api(tess).post(url, body, format="json").json()["id"])
    assert (slide.status, slide.vendor, slide.width, slide.mpp) == ("ready", "OME-Zarr", 160, 0.25), slide.message
    assert slide.name == ("film, series 2" if contents["series"] else "film.zarr")
    assert not list(Path(settings.UPLOADS_DIR).glob(f"{body['uploads'][0]}*")), "nothing stays of the upload"


def test_an_upload_without_a_suffix_is_taken_where_it_is_dicom_and_refused_where_it_is_not(
    tmp_path: Path, api: Any
) -> None:
    tess = factories.person("technologist")
    case, folder = factories.case(tess), exported(tmp_path / "out")
    keys = [upload(api(tess), case.accession, folder / name) for name in ("IM00001", "IM00002")]
    answer = api(tess).post(f"/api/v1/cases/{case.accession}/slides/", {"uploads": keys}, format="json")
    assert answer.status_code == 202, answer.content
    assert run_import(answer.json()["id"]).status == "ready"
    (tmp_path / "notes").write_bytes(b"no slide at all" * 20)
    key = upload(api(tess), case.accession, tmp_path / "notes")
    answer = api(tess).post(f"/api/v1/cases/{case.accession}/slides/", {"uploads": [key]}, format="json")
    assert (answer.status_code, answer.json()["code"]) == (422, "unsupported-format")


def test_a_picture_that_is_in_the_case_already_is_left_out_and_told(tmp_path: Path) -> None:
    case = factories.case()
    for seed in (1, 2, 3):
        Image.fromarray(film(seed)).save(tmp_path / f"{seed}.png")
    first = bring([tmp_path / "1.png", tmp_path / "2.png"], case, name="first set")
    second = bring([tmp_path / "2.png", tmp_path / "3.png"], case)
    assert [f["name"] for f in first.photo_fields] == ["1", "2"] and first.notes == []
    assert ([f["name"] for f in second.photo_fields], second.name) == (["3"], "3")
    assert second.notes == [
        "2 is already in this case, in first set; it was left out, so that its cells are counted once."
    ]
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
    assert api(tess).get("/api/v1/cases/N-1/slides/").json()[0]["notes"] == answer["notes"]


def test_a_scale_that_is_given_against_the_file_is_told(tmp_path: Path) -> None:
    Image.fromarray(film(1)).save(tmp_path / "1.png", dpi=(101_600, 101_600))
    slide = bring([tmp_path / "1.png"], factories.case(), mpp=0.5)
    assert (slide.mpp, slide.mpp_source) == (0.5, "user")
    assert slide.notes == ["The file states 0.25 µm/px; the 0.5 that were given are used."]


def test_overlapping_photographs_are_told_and_what_both_show_counts_once(tmp_path: Path) -> None:
    whole = film(5, 512, 1024)
    for number, x in ((1, 0), (2, 384), (10, 512)):  # 1 and 2 share 128 px, 2 and 10 share 384, 1 and 10 touch
        Image.fromarray(whole[:, x : x + 512]).save(tmp_path / f"field-{number}.png")
    slide = bring([tmp_path], factories.case())
    places = [
        (f["name"], f["w"], f["h"], f["film"]["patch"], f["film"]["x"], f["film"]["y"]) for f in slide.photo_fields
    ]
    assert places == [
        ("field-1", 512, 512, 0, 0, 0), ("field-2", 512, 512, 0, 384, 0), ("field-10", 512, 512, 0, 512, 0)
    ]  # fmt: skip
    once = "also shows: cells there are counted once, each in the picture that shows more around it."
    assert slide.notes == [
        f"field-2 shows a part that field-1 {once}", f"field-10 shows a part that field-2 {once}"
    ]  # fmt: skip


def test_a_photograph_that_overlaps_two_others_names_both(tmp_path: Path) -> None:
    whole = film(5, 512, 1024)
    for number, x in ((1, 0), (2, 128), (3, 256)):
        Image.fromarray(whole[:, x : x + 512]).save(tmp_path / f"field-{number}.png")
    notes = bring([tmp_path], factories.case()).notes
    assert any(note.startswith("field-3 shows a part that field-1 and field-2 also show: ") for note in notes)


def test_photographs_stand_in_the_order_in_which_they_were_taken(tmp_path: Path) -> None:
    for seed, (name, at) in enumerate((("b", "10:00:02"), ("a", "10:00:03"), ("c", "10:00:01"))):
        exif = Image.Exif()
        exif.get_ifd(0x8769)[0x9003] = f"2026:11:28 {at}"
        Image.fromarray(film(seed)).save(tmp_path / f"{name}.jpg", exif=exif, quality=95)
    assert [f["name"] for f in bring([tmp_path], factories.case()).photo_fields] == ["c", "b", "a"]
    Image.fromarray(film(9)).save(tmp_path / "aa.png")  # one that does not say when
    assert [f["name"] for f in bring([tmp_path], factories.case()).photo_fields] == ["a", "aa", "b", "c"]


def test_a_series_in_several_folders_whose_files_have_the_same_names_is_one_slide(tmp_path: Path) -> None:
    for study, level, mpp in (("A", film(1), 0.25), ("B", film(1)[::2, ::2], 0.5)):
        (tmp_path / "out" / study).mkdir(parents=True)
        write_dicom(tmp_path / "out" / study / "I0001", level, ONE, mpp, SeriesDescription="Film 7")
    (tmp_path / "out" / "C").mkdir()
    write_dicom(tmp_path / "out" / "C" / "I0001", film(3), OTHER)
    slide = bring([tmp_path / "out"], factories.case(), choice=Choice(series=1))
    assert [level["width"] for level in slide.tile_levels][:2] == [512, 256] and slide.name == "Film 7"
    assert "Series 1 of 2 was taken." in slide.notes
    assert bring([tmp_path / "out"], factories.case(), choice=Choice(series=2)).name == "DICOM series 2, I0001"


def test_a_slide_whose_folder_is_missing_or_incomplete_says_what_is_missing(tmp_path: Path) -> None:
    (tmp_path / "film.mrxs").write_bytes(b"\xff\xd8\xff\xe0" + bytes(200))
    with pytest.raises(Refusal, match=r"folder film beside it, which lacks Slidedat.ini"):
        bring([tmp_path / "film.mrxs"], factories.case())
    folder = tmp_path / "film"
    folder.mkdir()
    listed = "[DATAFILE]\nFILE_COUNT = 2\nFILE_0 = Data0000.dat\nFILE_1 = Data0001.dat\n[HIERARCHICAL]\nINDEXFILE = Index.dat\n"
    (folder / "Slidedat.ini").write_bytes(b"\xef\xbb\xbf" + listed.encode())
    (folder / "Data0000.dat").write_bytes(b"x")
    with pytest.raises(Refusal, match=r"which lacks Index.dat, Data0001.dat"):
        bring([tmp_path / "film.mrxs"], factories.case())


def test_vsi_is_refused_by_name_and_not_taken_for_its_overview(tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "film.vsi", film(1), photometric="rgb", tile=(256, 256))
    (tmp_path / "_film_").mkdir()
    (tmp_path / "_film_" / "frame_t.ets").write_bytes(b"SIS\0" + bytes(100))
    with pytest.raises(
        Refusal, match=r"film.vsi keeps its pixels in the folder beside it, which HemaView does not read"
    ):
        bring([tmp_path / "film.vsi"], factories.case())


@pytest.mark.skipif(not find_spec("zarr"), reason="reads OME-Zarr by an optional package")
@pytest.mark.parametrize("version", [2, 3])
def test_an_ome_zarr_folder_comes_in_by_its_sharpest_plane(version: int, tmp_path: Path) -> None:
    import zarr

    path = tmp_path / "film.ome.zarr"
    group = zarr.open_group(str(path), mode="w", zarr_format=version)
    stack = np.moveaxis(planes(), 3, 0)
    for number, level in enumerate((stack, stack[..., ::2, ::2])):
        array = group.create_array(str(number), shape=level.shape, chunks=(1, 1, 128, 128), dtype="u1")
        array[:] = level
    axes = [{"name": a, **({"unit": "micrometer"} if a in "yx" else {})} for a in "czyx"]
    datasets = [
        {"path": str(n), "coordinateTransformations": [{"type": "scale", "scale": [1, 1, 0.25 * f, 0.25 * f]}]}
        for n, f in ((0, 1), (1, 2))
    ]
    attributes = {
        "multiscales": [{"axes": axes, "datasets": datasets}],
        "omero": {"channels": [{"label": c} for c in "RGB"]},
    }
    group.attrs.update({"ome": attributes} if version == 3 else attributes)
    slide = bring([path], factories.case())
    assert (slide.status, slide.width, slide.height, slide.mpp) == ("ready", 512, 512, pytest.approx(0.25)), (
        slide.message
    )
    assert "Focal plane 2 of 3, the sharpest, was taken." in slide.notes
    with open_slide(slide.file) as opened:
        assert abs(opened.read(0, 0, 0, 512, 512).astype(int) - planes()[1]).mean() < 6
    for chunk in (path / "0").rglob("*"):
        if chunk.is_file() and chunk.suffix != ".json" and not chunk.name.startswith("."):
            chunk.write_bytes(chunk.read_bytes()[:5])
    with pytest.raises(Refusal, match=r"film.ome.zarr is damaged|picture data of this slide are damaged"):
        bring([path], factories.case())
    attributes["omero"] = {"channels": [{"label": c} for c in ("DAPI", "FITC", "Cy3")]}
    group.attrs.update({"ome": attributes} if version == 3 else attributes)
    with pytest.raises(Refusal, match=r"fluorescence \(DAPI, FITC, Cy3\)"):
        bring([path], factories.case())


def test_a_file_that_stands_in_another_patients_case_is_told(tmp_path: Path) -> None:
    path = tmp_path / "film.png"
    Image.fromarray(film(3)).save(path)
    first = bring([path], factories.case(pseudonym="P-1"))
    assert ELSEWHERE not in first.notes
    second = bring([path], factories.case(pseudonym="P-2"))
    assert ELSEWHERE in second.notes
    Slide.objects.filter(pk=second.pk).delete()
    assert ELSEWHERE not in bring([path], factories.case(pseudonym="P-1")).notes, "another case of the same patient"
