"""What the kind net is shown: each set's cells where its labels put them, at one scale, and ground that holds none."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from hemaview.learning.experiment import Experiment
from hemaview.learning.recipes import kinds
from hemaview.learning.recipes.kinds import CROP_PX, KIND_SETS, ground_and_red, in_stain, kind_pool, kind_pools
from hemaview.learning.sets import data
from hemaview.methods.cellkind import KINDS, MPP

GROUND, CELL = 230, 90


def write(root: Path, name: str, labels: str, cells: list[tuple[int, int, int]], masks: bool = False) -> None:
    """One field of dark discs (x, y, radius in px) with its labels."""
    folder = root / name / "val"
    (folder / "images").mkdir(parents=True)
    y, x = np.mgrid[:300, :400]
    inside = np.zeros((300, 400), bool)
    for cx, cy, radius in cells:
        inside |= (x - cx) ** 2 + (y - cy) ** 2 < radius**2
    rgb = np.where(inside[..., None], CELL, GROUND).astype(np.uint8).repeat(3, axis=2)
    Image.fromarray(rgb).save(folder / "images" / "a.png")
    (folder / "labels.csv").write_text(labels)
    if masks:
        (folder / "masks").mkdir()
        Image.fromarray(np.uint8(255) * inside).save(folder / "masks" / "a.png")


def of_kind(pool_images: np.ndarray, allowed: np.ndarray, kind: str) -> np.ndarray:
    return pool_images[allowed[:, KINDS.index(kind)]]


def test_parts_of_a_mask_are_red_cells_in_the_middle_at_the_nets_scale(tmp_path: Path) -> None:
    # Three cells of one size, one clump twice as large in area, one fragment: only the three are whole cells.
    cells = [(60, 60, 24), (160, 60, 24), (260, 60, 24), (100, 200, 40), (330, 60, 9)]
    write(tmp_path, "bbbc041seg", "file,x,y,w,h,class\na.png,36,36,48,48,cell\n", cells, masks=True)
    pool = kind_pool(Experiment(tmp_path), "bbbc041seg", "val")
    red = of_kind(pool.images, pool.allowed, "red_cell")
    assert len(red) == 3 and red.shape[1:] == (CROP_PX, CROP_PX, 3)
    middle = CROP_PX // 2
    for cut in red:
        dark = cut[middle, :, 0] < (GROUND + CELL) / 2
        run = np.flatnonzero(~dark[middle:])[0] + np.flatnonzero(~dark[:middle][::-1])[0]
        assert run * MPP == pytest.approx(7.2, abs=0.7), "a red cell is 7.2 µm wide"
    ground = of_kind(pool.images, pool.allowed, "nothing")
    assert len(ground) and (ground[:, middle, middle] > 220).all()
    near = ground[:, middle - 3 : middle + 4, middle - 3 : middle + 4]
    assert (near > 220).all(), "nothing within a µm of ground is a cell"


def test_boxes_give_their_own_kinds_and_cut_red_cells_are_left_out(tmp_path: Path) -> None:
    lines = "a.png,36,36,48,48,RBC\na.png,136,36,48,48,RBC\na.png,0,200,30,48,RBC\na.png,200,150,90,90,WBC\n"
    write(tmp_path, "txl-pbc", "file,x,y,w,h,class\n" + lines, [(60, 60, 24), (160, 60, 24), (245, 195, 45)])
    pool = kind_pool(Experiment(tmp_path), "txl-pbc", "val")
    counts = {kind: int(pool.allowed[:, i].sum()) for i, kind in enumerate(KINDS)}
    assert counts["red_cell"] == 2 and counts["nucleated"] == 1 and counts["platelet"] == 0 and counts["nothing"] > 0


def test_boxes_of_sickle_cells_are_red_cells_and_fields_without_any_give_none(tmp_path: Path) -> None:
    write(tmp_path, "sickle-uganda", "file,x,y,w,h,class\na.png,30,30,60,40,sickle\na.png,,,,,negative_field\n", [])
    pool = kind_pool(Experiment(tmp_path), "sickle-uganda", "val")
    assert pool.allowed.tolist() == [[kind == "red_cell" for kind in KINDS]]
    (tmp_path / "sickle-uganda" / "val" / "labels.csv").write_text("file,x,y,w,h,class\na.png,,,,,negative_field\n")
    with pytest.raises(data.DataError, match="sickle-uganda/val"):
        kind_pool(Experiment(tmp_path), "sickle-uganda", "val")


def test_a_picture_wears_the_stain_of_another_and_keeps_what_it_shows() -> None:
    y, x = np.mgrid[:200, :300]
    rgb = np.full((200, 300, 3), (245, 238, 230), np.uint8)
    for cx in (60, 150, 240):
        rgb[(x - cx) ** 2 + (y - 100) ** 2 < 900] = (205, 150, 150)
    rgb[(x - 150) ** 2 + (y - 100) ** 2 < 300] = (90, 60, 130)  # a nucleus
    own = ground_and_red(rgb)
    other = np.stack([-np.log((np.array(c) + 1) / 256) for c in ((160, 180, 170), (130, 110, 135))]).astype(np.float32)
    assert own is not None
    worn = in_stain(rgb, own, other)
    assert np.abs(worn[10, 10].astype(int) - (160, 180, 170)).max() <= 2
    assert np.abs(worn[100, 60].astype(int) - (130, 110, 135)).max() <= 2
    assert (worn[100, 150] < worn[100, 60]).any(), "the nucleus stays darker than the red cells"
    assert ground_and_red(np.full((60, 60, 3), 240, np.uint8)) is None


def test_there_is_a_pool_for_each_set_that_is_there_and_for_no_other(tmp_path: Path) -> None:
    assert kind_pools(Experiment(tmp_path), "val") == []
    write(tmp_path, "chula-rbc12", "file,x,y,class\na.png,60,60,0\n", [(60, 60, 24)])
    write(tmp_path, "bbbc041seg", "file,x,y,w,h,class\na.png,36,36,48,48,cell\n", [(60, 60, 24)], masks=True)
    assert len(kind_pools(Experiment(tmp_path), "val")) == 2 < len(KIND_SETS)
    assert len(kind_pools(Experiment(tmp_path, free_only=True), "val")) == 1


def test_cells_to_learn_from_wear_the_stains_of_fields_read_once(tmp_path: Path) -> None:
    write(tmp_path, "chula-rbc12", "file,x,y,class\na.png,60,60,0\n", [(60, 60, 24)])
    (tmp_path / "chula-rbc12" / "val").rename(tmp_path / "chula-rbc12" / "train")
    first = kind_pools(Experiment(tmp_path), "train")
    read = kinds._stain_of_field.cache_info().misses
    again = kind_pools(Experiment(tmp_path), "train")
    assert kinds._stain_of_field.cache_info().misses == read, "what an experiment found makes no other one of it"
    assert np.array_equal(first[0].images, again[0].images)
