"""`sickle-fields`, `healthy` and `cells-of-field` on tiny made sets: what is measured, and that it fails where it should."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from PIL import Image

from hemaview.assays import assay
from hemaview.cells.table import CUT
from hemaview.learning.experiment import Experiment
from hemaview.learning.scoring import healthytasks, sickletasks
from hemaview.learning.sets.data import DataError
from tests import factories

SICKLE, FILM = assay("sickle").schema, assay("blood_film").schema


def field_of(path: Path, dark: int) -> None:
    """A round field of 400 px on black, with a few dark discs."""
    rgb = np.zeros((400, 400, 3), np.uint8)
    cv2.circle(rgb, (200, 200), 190, (dark + 60, dark + 60, dark + 60), cv2.FILLED)
    for x, y in ((120, 120), (200, 250), (280, 160), (180, 180)):
        cv2.circle(rgb, (x, y), 18, (dark, dark - 30, dark - 20), cv2.FILLED)
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(rgb).save(path, quality=95)


@pytest.fixture
def phone(tmp_path: Path) -> Path:
    """Two fields with a box, which are brighter, and two without any."""
    side = tmp_path / "sickle-uganda" / "test"
    lines = ["file,x,y,w,h,class"]
    for i in range(2):
        field_of(side / "images" / f"pos_{i}.jpg", 170)
        field_of(side / "images" / f"neg_{i}.jpg", 110)
        lines += [f"pos_{i}.jpg,90,90,60,60,sickle", f"neg_{i}.jpg,,,,,negative_field"]
    (side / "labels.csv").write_text("\n".join(lines))
    return tmp_path


def cells_at(elongated: int, circular: int, at: tuple[float, float] = (120, 120)) -> Any:
    table = factories.cells({"elongated": elongated, "circular": circular}, key="sickle")
    x, y = table.x.copy(), table.y.copy()
    x[:elongated], y[:elongated] = at
    p = np.zeros_like(table.p)
    p[np.arange(len(p)), table.cls] = 0.9
    return type(table)(**{**vars(table), "x": x, "y": y, "p": p})


def scores(root: Path, monkeypatch: pytest.MonkeyPatch, per_field: dict[str, Any]) -> dict[str, float]:
    monkeypatch.setattr(sickletasks, "sickle_finder", lambda **_: None)
    monkeypatch.setattr(
        sickletasks,
        "cells_of",
        lambda how, rgb, file: per_field["neg" if file.startswith("neg") else "pos"] if file else None,
    )
    return {row.metric: row.value for row in sickletasks.sickle_fields("m", "sickle-uganda", Experiment(root), "test")}


def test_boxes_count_where_a_cell_in_them_is_called_sickle(phone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    good = scores(phone, monkeypatch, {"pos": cells_at(1, 50), "neg": cells_at(0, 100)})
    assert (good["box_recall"], good["sickle_calls_per_100_red_cells"], good["auc"]) == (1, 0, 1)
    beside = scores(phone, monkeypatch, {"pos": cells_at(1, 50, (300, 300)), "neg": cells_at(2, 98)})
    assert (beside["box_recall"], beside["sickle_calls_per_100_red_cells"]) == (0, 2)


def test_a_field_that_is_refused_finds_no_box(phone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    refused = scores(phone, monkeypatch, {"pos": None, "neg": cells_at(0, 100)})
    assert (refused["box_recall"], refused["fields_refused"], refused["auc"]) == (0, 0.5, 0.5)


def test_brightness_alone_tells_the_fields_until_they_are_made_equal(
    phone: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = scores(phone, monkeypatch, {"pos": cells_at(1, 50), "neg": cells_at(0, 100)})
    assert row["auc_brightness"] == 1
    fields = sickletasks.labelled_fields(Experiment(phone), "sickle-uganda", "test")
    light = [sickletasks.brightness(f.rgb) for f in fields]
    equal = [sickletasks.brightness(sickletasks.equalised(f.rgb)) for f in fields]
    assert np.ptp(equal) < 0.1 * np.ptp(light)


def test_fields_of_one_kind_alone_are_refused(phone: Path) -> None:
    labels = phone / "sickle-uganda" / "test" / "labels.csv"
    labels.write_text("file,x,y,w,h,class\npos_0.jpg,90,90,60,60,sickle\n")
    with pytest.raises(DataError, match="negative ones"):
        sickletasks.labelled_fields(Experiment(phone), "sickle-uganda", "test")


@pytest.fixture
def crops(tmp_path: Path) -> Path:
    side = tmp_path / "pbc" / "test"
    (side / "images").mkdir(parents=True)
    for i in range(2):
        Image.new("RGB", (40, 40), (200, 180, 190)).save(side / "images" / f"{i}.jpg")
    (side / "labels.csv").write_text(
        "file,class,fine_class\n0.jpg,lymphocyte,lymphocyte\n1.jpg,lymphocyte,lymphocyte\n"
    )
    return tmp_path


def test_of_healthy_red_cells_those_that_an_edge_cuts_are_left_out(
    crops: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Nine normal cells and a schistocyte that are whole, another schistocyte that is cut.
    table = factories.cells({"normal": 9, "lymphocyte": 2, "schistocyte": 2}, cut=1)
    monkeypatch.setattr(healthytasks, "film_finder", lambda **_: None)
    monkeypatch.setattr(healthytasks, "cells_of", lambda how, rgb, mpp: table)
    rows = {r.metric: r for r in healthytasks.healthy_red_cells("m", "pbc", Experiment(crops), "test")}
    assert rows["schistocyte_share"].value == pytest.approx(0.1)
    assert rows["schistocyte_share"].n == 20
    assert rows["spherocyte_share"].value == 0


def test_an_overlapped_thing_counts_as_many_red_cells_as_its_area_holds() -> None:
    table = factories.cells({"normal": 4, "overlapped": 2, "lymphocyte": 1, "artefact": 3})
    area = table.area_um2.copy()
    area[:4], area[4], area[5] = 40, 125, 50
    assert healthytasks.red_cells_in(type(table)(**{**vars(table), "area_um2": area})) == 4 + 3 + 2
    alone = factories.cells({"normal": 5}, cut=5)
    assert (alone.flags & CUT).all()
    assert healthytasks.red_cells_in(alone) == 5


def test_count_errors_of_all_fields_may_cancel_those_of_each_do_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    side = tmp_path / "txl-pbc" / "test"
    (side / "images").mkdir(parents=True)
    lines = ["file,x,y,w,h,class"]
    for i in range(2):
        Image.new("RGB", (60, 60)).save(side / "images" / f"{i}.jpg")
        lines += [f"{i}.jpg,{5 * k},5,40,40,RBC" for k in range(4)] + [f"{i}.jpg,5,5,40,40,WBC"]
    (side / "labels.csv").write_text("\n".join(lines))
    tables = iter([factories.cells({"normal": 3, "lymphocyte": 1}), factories.cells({"normal": 5, "lymphocyte": 2})])
    monkeypatch.setattr(healthytasks, "film_finder", lambda **_: None)
    monkeypatch.setattr(healthytasks, "cells_of", lambda how, rgb, mpp: next(tables))
    rows = {r.metric: r.value for r in healthytasks.counted_cells("m", "txl-pbc", Experiment(tmp_path), "test")}
    assert rows["rbc_count_error"] == 0
    assert rows["rbc_count_error_a_field"] == 0.25
    assert rows["wbc_count_error"] == pytest.approx(0.5)
