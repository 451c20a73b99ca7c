"""Which fields are counted, and what is said of those that are not."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from hemaview.assays import assay
from hemaview.pipeline import Cancelled, PipelineError, fieldchoice
from hemaview.pipeline.cheaplook import Look
from hemaview.pipeline.fieldchoice import plan_run
from hemaview.pipeline.fieldpicture import picture_of
from hemaview.pipeline.fieldworth import NOTHING_SEEN, OVERLAP, THIN
from hemaview.pipeline.lowpower import at_low_power
from hemaview.pipeline.measures import measured_boxes
from hemaview.pipeline.plan import Plan, PlannedField, RunRequest
from hemaview.wsi.slide import open_slide
from hemaview.wsi.synthetic import MPP, draw_film
from tests.schemas import BLOOD_FILM

PHOTO = Path(__file__).parents[2] / "apps/desk/demo/chula-rbc12/105.webp"


@pytest.mark.parametrize("photo", [True, False])
def test_a_picture_that_is_all_out_of_focus_is_refused_and_a_soft_one_is_told_of(photo: bool, tmp_path: Path) -> None:
    of_sharp = planned(tmp_path, 0.0, photo).notes
    assert len(of_sharp) == photo and all(
        "scale bar" in note for note in of_sharp
    )  # the camera's, on the real photograph
    assert "slightly out of focus" in "".join(planned(tmp_path, 0.65, photo).notes)
    with pytest.raises(PipelineError, match="out of focus"):
        planned(tmp_path, 1.2, photo)


def test_the_thick_and_the_feathered_end_of_real_fields_rank_last_and_do_not_fail(tmp_path: Path) -> None:
    slide, one_layer = film_of_real_fields(tmp_path)
    plan = planned_scan(slide, tmp_path)
    used = [f for f in plan.fields if f.used]
    assert used and plan.poor_fields == "" and all(_within(f, one_layer) for f in used)
    reasons = {f.reason for f in plan.fields if not f.used and not _within(f, one_layer)}
    assert {OVERLAP, THIN} <= reasons
    order = [f.used for f in plan.fields]
    assert order == sorted(order, reverse=True)


def test_where_no_field_is_good_the_best_are_counted_and_the_plan_says_why(tmp_path: Path) -> None:
    thick = mosaic(tmp_path, [[deep(3), deep(3)], [deep(3), deep(3)]])
    plan = planned_scan(thick, tmp_path)
    assert (
        plan.counted_fields
        and plan.poor_fields == "the cells overlap"
        and all(f.monolayer for f in plan.counted_fields)
    )
    assert any("shapes are not graded and platelets not estimated" in note for note in plan.notes)


def test_fields_cover_a_slide_to_its_edges(tmp_path: Path) -> None:
    slide = mosaic(tmp_path, [[photo()] * 3] * 3)
    plan = planned_scan(slide, tmp_path)
    covered = np.zeros((3 * 480, 3 * 640), int)
    for f in plan.fields:
        covered[f.y : f.y + f.h, f.x : f.x + f.w] += 1
    assert (covered == 1).all()
    assert sum(f.area_mm2 for f in plan.fields) == pytest.approx(covered.size * (0.19 / 1000) ** 2, rel=1e-4)


def test_a_trail_of_marrow_may_be_crowded(tmp_path: Path) -> None:
    thick = mosaic(tmp_path, [[deep(3), deep(3)], [deep(3), deep(3)]])
    plan = planned_scan(thick, tmp_path, "marrow")
    assert plan.counted_fields and plan.poor_fields == "" and {f.reason for f in plan.fields} == {""}


def photo() -> NDArray[np.uint8]:
    return np.asarray(Image.open(PHOTO).convert("RGB"))


def deep(layers: int) -> NDArray[np.uint8]:
    """The photograph with others laid on it, as cells lie at the thick end: their densities add up."""
    light = photo().astype(np.float32)
    for layer in range(1, layers):
        light *= np.roll(photo()[:: (-1) ** layer, ::-1], 60 * layer, axis=1) / np.percentile(photo(), 90, axis=(0, 1))
    return np.clip(light, 0, 255).astype(np.uint8)


def thin() -> NDArray[np.uint8]:
    """A tenth of the photograph's cells on much ground."""
    ground = np.percentile(photo(), 85, axis=(0, 1)).astype(np.uint8)
    out = np.empty_like(photo())
    out[:] = ground
    out[160:300, 220:420] = photo()[160:300, 220:420]
    return out


def mosaic(folder: Path, rows: list[list[NDArray[np.uint8]]]) -> Path:
    path = folder / "mosaic.tif"
    tifffile.imwrite(path, np.vstack([np.hstack(row) for row in rows]), tile=(256, 256), photometric="rgb")
    return path


def film_of_real_fields(folder: Path) -> tuple[Path, tuple[int, int]]:
    """A film of three thick columns of fields, one layer, then a feathered end; and where the one layer lies, px."""
    side = round(256 / 0.19)
    parts = [np.tile(part, (3, 5, 1))[:side, : 2 * side] for part in (deep(3), photo(), thin())]
    return mosaic(folder, [[*parts], [*parts]]), (2 * side, 4 * side)


def _within(place: PlannedField, columns: tuple[int, int]) -> bool:
    return columns[0] <= place.x and place.x + place.w <= columns[1]


def planned_scan(path: Path, folder: Path, examination: str = "blood_film") -> Plan:
    request = RunRequest(
        slide=path, folder=folder, protocol="p", assay=assay(examination), schema=assay(examination).schema, finder="film",
        settings={}, models={}, thresholds={}, mpp=0.19, photo_fields=[],
    )  # fmt: skip
    with open_slide(path) as slide:
        return plan_run(slide, request, lambda _text, _share: None)


def planned(folder: Path, blur_um: float, photo: bool) -> Plan:
    """The plan of a blurred picture: a real photograph as a camera's field, or a drawn film as a scan smaller than one."""
    rgb, mpp = (Image.open(PHOTO).convert("RGB"), 0.19) if photo else (Image.fromarray(film_part()), MPP)
    rgb = rgb.filter(ImageFilter.GaussianBlur(blur_um / mpp))
    path = folder / f"{blur_um}-{photo}.tif"
    tifffile.imwrite(path, np.asarray(rgb), tile=(256, 256), photometric="rgb")
    fields: list[dict[str, Any]] = [{"x": 0, "y": 0, "w": rgb.width, "h": rgb.height, "name": "105"}] if photo else []
    request = RunRequest(
        slide=path, folder=folder, protocol="blood-film", settings={}, models={}, thresholds={}, mpp=mpp,
        photo_fields=fields, assay=assay("blood_film"), schema=BLOOD_FILM, finder="film",
    )  # fmt: skip
    with open_slide(path) as slide:
        return plan_run(slide, request, lambda _text, _share: None)


def film_part() -> NDArray[np.uint8]:
    """A part of a drawn film where cells lie side by side, narrower than a field is."""
    return draw_film(6144, 1024, seed=3).rgb[:500, 1500:2400]


def test_of_a_drawn_region_every_field_is_counted_and_nothing_else(tmp_path: Path) -> None:
    slide = mosaic(tmp_path, [[photo()] * 3] * 3)
    request = RunRequest(
        slide=slide, folder=tmp_path, protocol="p", assay=assay("blood_film"), schema=BLOOD_FILM, finder="film",
        settings={"max_fields": 1}, models={}, thresholds={}, mpp=0.19, photo_fields=[], region=(100, 50, 1500, 900),
    )  # fmt: skip
    with open_slide(slide) as opened:
        plan = plan_run(opened, request, lambda _text, _share: None)
    covered = np.zeros((3 * 480, 3 * 640), int)
    for f in plan.fields:
        covered[f.y : f.y + f.h, f.x : f.x + f.w] += 1
    assert all(f.used for f in plan.fields) and plan.search == plan.edges == []
    assert (covered[50:950, 100:1600] == 1).all() and covered.sum() == 1500 * 900
    assert "Only a region" in "".join(plan.notes)


def region_of_photographs(folder: Path, region: tuple[int, int, int, int], inked: bool = False, **changes: Any) -> Plan:
    """The plan of a region of a sheet of two photographs beside each other, 32 px of white between them."""
    sheet = np.full((480, 2 * 640 + 32, 3), 255, np.uint8)
    sheet[:, :640] = sheet[:, 672:] = photo()
    if inked:
        sheet[100:340, 150:450] = (20, 20, 200)
    path = folder / "sheet.tif"
    tifffile.imwrite(path, sheet, tile=(256, 256), photometric="rgb")
    fields: list[dict[str, Any]] = [{"x": x, "y": 0, "w": 640, "h": 480, "name": str(x)} for x in (0, 672)]
    request = RunRequest(
        slide=path, folder=folder, protocol="p", assay=assay("blood_film"), schema=BLOOD_FILM, finder="film",
        settings={}, models={}, thresholds={}, mpp=0.19, photo_fields=fields, region=region,
    )  # fmt: skip
    with open_slide(path) as slide:
        return plan_run(slide, replace(request, **changes), lambda _text, _share: None)


def test_a_part_of_a_photograph_sees_nothing_beyond_it_and_an_edge_of_the_photograph_cuts_cells(tmp_path: Path) -> None:
    plan = region_of_photographs(tmp_path, (500, 0, 400, 400))
    assert [f.within for f in plan.fields] == [[0, 0, 640, 480], [672, 0, 1312, 480]]
    with open_slide(tmp_path / "sheet.tif") as slide:
        for place in plan.fields:
            picture = picture_of(slide, place, plan.mpp)
            low = at_low_power(slide, place, plan.mpp)
            assert (picture.rgb.min(axis=2) < 255).mean() > 0.999, "the white between them is not shown"
            assert low.corner[0] >= place.within[0]
            assert low.corner[0] + low.rgb.shape[1] * low.scale[0] <= place.within[2] + 1
            left, right = ((x - picture.left) / picture.scale[0] for x in (place.within[0], place.within[2]))
            y = (100 - picture.top) / picture.scale[1]
            boxes = np.array(
                [[left, y, left + 30, y + 30], [right - 30, y, right, y + 30], [left + 9, y, right - 9, y + 30]]
            )
            assert picture.cut(measured_boxes(boxes.astype(np.float32))).tolist() == [True, True, False]


def test_what_ink_covers_of_a_region_is_in_no_area_and_the_note_says_that_its_cells_are_shown(tmp_path: Path) -> None:
    plan = region_of_photographs(tmp_path, (0, 0, 640, 480), inked=True)
    (place,) = plan.fields
    assert place.used and place.foreign > 0.1
    assert place.counted_share <= 1 - place.foreign + 1e-3
    assert place.area_mm2 == pytest.approx(640 * 480 * 0.19**2 / 1e6 * place.counted_share, abs=2e-6)
    assert any("of the region: cells there are shown and not counted" in note for note in plan.notes)


def test_a_region_between_photographs_and_one_too_large_by_an_estimated_scale_are_refused_in_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(PipelineError, match="lies between the photographs"):
        region_of_photographs(tmp_path, (642, 0, 28, 200))
    slide = mosaic(tmp_path, [[photo()] * 3] * 3)
    request = RunRequest(
        slide=slide, folder=tmp_path, protocol="p", assay=assay("blood_film"), schema=BLOOD_FILM, finder="film",
        settings={}, models={}, thresholds={}, mpp=None, photo_fields=[], region=(0, 0, 1920, 1440),
    )  # fmt: skip
    monkeypatch.setattr(fieldchoice, "MOST_REGION_MM2", 0.05)
    with open_slide(slide) as opened, pytest.raises(PipelineError, match=r"the region is .* mm² large; at most"):
        plan_run(opened, request, lambda _text, _share: None)


def test_who_cancels_while_fields_are_looked_for_does_not_wait_for_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    slide = mosaic(tmp_path, [[np.asarray(Image.fromarray(photo()).resize((160, 120)))]])
    looked_at: list[int] = []

    def look_slowly(*_: Any) -> Look:
        looked_at.append(1)
        time.sleep(0.02)
        return NOTHING_SEEN

    def cancel(text: str, share: float) -> None:
        if text == "looking for fields":
            raise Cancelled

    request = RunRequest(
        slide=slide, folder=tmp_path, protocol="p", assay=assay("blood_film"), schema=BLOOD_FILM, finder="film",
        settings={}, models={}, thresholds={}, mpp=0.19, photo_fields=[],
    )  # fmt: skip
    monkeypatch.setattr(fieldchoice, "look_at", look_slowly)
    monkeypatch.setattr(fieldchoice, "field_boxes", lambda *_: [(0, 0, 64, 64)] * 300)
    monkeypatch.setattr(fieldchoice, "_share", lambda *_: 1.0)
    with open_slide(slide) as opened, pytest.raises(Cancelled):
        plan_run(opened, request, cancel)
    assert len(looked_at) < 30


def test_overlapping_photographs_share_out_their_film_and_a_blurred_one_takes_nothing(tmp_path: Path) -> None:
    clear = photo()[:400]  # without the camera's scale bar
    film = np.hstack([clear, clear[::-1]])
    corners = [0, 200, 400]
    pictures = [film[:, x : x + 640] for x in corners]
    for blurred, shares in ((None, [420 / 640, 200 / 640, 420 / 640]), (1, [520 / 640, 0, 520 / 640])):
        sheet = np.full((400, 3 * 700, 3), 255, np.uint8)
        fields = []
        for i, picture in enumerate(pictures):
            image = Image.fromarray(picture)
            soft = image.filter(ImageFilter.GaussianBlur(8)) if i == blurred else image
            sheet[:, i * 700 : i * 700 + 640] = np.asarray(soft)
            on = {"patch": 0, "x": corners[i], "y": 0}
            fields.append({"x": i * 700, "y": 0, "w": 640, "h": 400, "name": str(i), "film": on})
        path = tmp_path / f"{blurred}.tif"
        tifffile.imwrite(path, sheet, tile=(256, 256), photometric="rgb")
        request = RunRequest(
            slide=path, folder=tmp_path, protocol="p", assay=assay("blood_film"), schema=BLOOD_FILM, finder="film",
            settings={}, models={}, thresholds={}, mpp=0.19, photo_fields=fields,
        )  # fmt: skip
        with open_slide(path) as slide:
            plan = plan_run(slide, request, lambda _text, _share: None)
            region = plan_run(slide, replace(request, region=(0, 100, 2100, 200)), lambda _text, _share: None)
        used = [f for f in plan.fields if f.used]
        assert [f.index for f in used] == [i for i, share in enumerate(shares) if share]
        for f in used:
            assert f.counted_share == pytest.approx(shares[f.index], rel=2e-3)
            assert f.area_mm2 == pytest.approx(640 * 400 * 0.19**2 / 1e6 * shares[f.index], rel=2e-3)
        assert sum(f.area_mm2 for f in region.fields) == pytest.approx(1040 * 200 * 0.19**2 / 1e6, rel=2e-3)
