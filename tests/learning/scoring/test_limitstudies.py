"""What our own limits part is measured on whole patients, blurred fields and altered copies; nothing is trained."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from hemaview.inference.pictures import turned
from hemaview.learning.experiment import Experiment
from hemaview.learning.scoring import limitstudies as limits
from hemaview.learning.scoring.limitstudies import (
    ALTERATIONS,
    LOT,
    NO_NUCLEUS,
    copies_in_sets,
    copy_limits,
    focus_limits,
    inverted_limits,
    stain_limits,
)
from hemaview.learning.sets.data import DataError
from hemaview.pipeline.fieldworth import NO_FOCUS, SOFT_FOCUS

Picture = NDArray[np.uint8]
LEARNED = ((0.25, 0.50, 0.13), (0.36, 0.575, 0.175))
USUAL, BLUE = (1.0, 1.6, 0.4), (1.0, 1.4, 0.75)
"""Optical densities of a nucleus within LEARNED, and of one beyond."""


DEMO = Path(__file__).parents[3] / "apps/desk/demo/chula-rbc12"


def quiet(_: str) -> None:
    pass


def write(root: Path, name: str, side: str, columns: str, lines: Sequence[str], **pictures: Picture) -> None:
    """A side of a set: its labels, and pictures of the names that the labels give (without .png)."""
    folder = root / name / side / "images"
    folder.mkdir(parents=True)
    for stem, picture in pictures.items():
        Image.fromarray(picture).save(folder / f"{stem}.png")
    (folder.parent / "labels.csv").write_text("\n".join([columns, *lines]) + "\n")


def white_cell(dye: tuple[float, float, float]) -> Picture:
    """A nucleus of that optical density in pale cytoplasm on bare ground."""
    y, x = np.mgrid[:80, :80]
    density = np.zeros((80, 80, 3))
    density[np.hypot(x - 40, y - 40) < 24] = (0.15, 0.2, 0.1)
    density[np.hypot(x - 40, y - 40) < 14] = dye
    noise = np.random.default_rng(1).normal(0, 1.5, density.shape)
    return np.clip(np.array((240, 235, 225)) * np.exp(-density) + noise, 0, 255).astype(np.uint8)


@pytest.fixture
def learned(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "cards", lambda: {"nucleated-cell-net": SimpleNamespace(stains=LEARNED)})


def test_stains_are_told_by_patient_and_by_lots_where_none_is_known(learned: None, tmp_path: Path) -> None:
    cells = {"usual": white_cell(USUAL), "blue": white_cell(BLUE)}
    cells["ground"] = np.full((80, 80, 3), 240, np.uint8)

    def of(patient: str, **counts: int) -> list[str]:
        return [f"{stem}.png,lymphocyte,{patient}" for stem, n in counts.items() for _ in range(n)]

    patients = [*of("p1", usual=20), *of("p2", usual=12, blue=8), *of("p3", blue=20), *of("p4", blue=14)]
    nothing = [f"blue.png,{name},p1" for name in NO_NUCLEUS for _ in range(20)]
    write(tmp_path, "jhu-aml", "train", "file,class,patient", patients + nothing, **cells)
    lots = ["usual.png,monocyte,monocyte"] * (LOT + 14) + ["blue.png,platelet,"] * 9 + ["blue.png,cell,smudge"] * 9
    write(tmp_path, "pbc", "val", "file,class,fine_class", lots, **cells)
    pbc, jhu = stain_limits(Experiment(tmp_path), tmp_path, 0, quiet)
    assert (pbc["variant"], pbc["patients_or_lots"], pbc["called_strange"], pbc["highest"]) == ("pbc, val", 1, 0, 0.0)
    assert jhu["variant"] == "jhu-aml, train"
    assert jhu["patients_or_lots"] == 3, "of the fourth there are too few cells to tell"
    assert (jhu["lowest"], jhu["median_share_beyond"], jhu["highest"]) == pytest.approx((0.0, 0.4, 1.0))
    assert jhu["called_strange"] == 1
    assert (pbc["fives_called_strange"], jhu["fives"]) == (0, 4 + 4 + 4 + 2)
    assert jhu["fives_called_strange"] > 0.4, "a fourth patient's cells and a third's, by fives"


def test_stains_of_nothing_are_refused_with_a_sentence(
    learned: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(DataError, match=r"^None of pbc, jhu-aml, .* has a patient or a lot"):
        stain_limits(Experiment(tmp_path), tmp_path, 0, quiet)
    monkeypatch.setattr(limits, "cards", dict[str, Any])
    with pytest.raises(DataError, match="must be released first"):
        stain_limits(Experiment(tmp_path), tmp_path, 0, quiet)


def red_cells(mpp: float) -> Picture:
    """A field of sharp red cells, 7.2 µm wide, with pale centres, at that scale."""
    side = round(60 / mpp)
    picture = np.full((side, side, 3), (240, 235, 230), np.uint8)
    for row in range(5):
        for column in range(5):
            at = (round((6 + 12 * column) / mpp), round((6 + 12 * row) / mpp))
            cv2.circle(picture, at, round(3.6 / mpp), (200, 140, 140), -1)
            cv2.circle(picture, at, round(1.2 / mpp), (225, 190, 190), -1)
    return picture


def test_focus_falls_with_the_blur_in_um_and_the_shares_are_those_below_the_limits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, "chula-rbc12", "val", "file,x,y,class", ["a.png,5,5,normal"], a=red_cells(limits.CHULA_MPP))
    boxes = ["a.png,0,0,40,63,RBC", "a.png,0,0,300,300,WBC", "a.png,0,0,300,300,WBC"]
    write(tmp_path, "txl-pbc", "val", "file,x,y,w,h,class", boxes, a=red_cells(0.12))
    rows = focus_limits(Experiment(tmp_path), tmp_path, 0, quiet)
    by_set = {name: [r for r in rows if r["variant"].startswith(name)] for name in ("chula-rbc12", "txl-pbc")}
    assert [r["variant"] for r in by_set["txl-pbc"]] == [
        "txl-pbc", "txl-pbc, blurred by 0.5 µm", "txl-pbc, blurred by 1 µm", "txl-pbc, blurred by 2 µm",
    ]  # fmt: skip
    for rows_of_set in by_set.values():
        focus = [r["median_focus"] for r in rows_of_set]
        assert focus == sorted(focus, reverse=True) and focus[0] > SOFT_FOCUS and focus[-1] < NO_FOCUS
        assert [r["share_refused"] for r in rows_of_set] == [float(f < NO_FOCUS) for f in focus]
    blurred = [rows_of_set[1]["median_focus"] for rows_of_set in by_set.values()]
    assert blurred[0] == pytest.approx(blurred[1], rel=0.25), "a blur of as many µm is as much at every scale"
    as_they_are, softer, *_ = by_set["chula-rbc12"]
    monkeypatch.setattr(limits, "SOFT_FOCUS", as_they_are["median_focus"] - 1e-6)
    monkeypatch.setattr(limits, "NO_FOCUS", softer["median_focus"] - 1e-6)
    rows_of_set = focus_limits(Experiment(tmp_path), tmp_path, 0, quiet)[:4]
    assert [(r["share_told_of"], r["share_refused"]) for r in rows_of_set] == [(0, 0), (1, 0), (1, 1), (1, 1)]


def test_inverted_fields_and_no_others_are_taken_for_inverted_whatever_scale_is_stated(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"^None of chula-rbc12, .* has a val side"):
        inverted_limits(Experiment(tmp_path), tmp_path, 0, quiet)
    field = np.asarray(Image.open(sorted(DEMO.glob("*.webp"))[0]).convert("RGB"))
    write(tmp_path, "chula-rbc12", "val", "file,x,y,class", ["a.png,5,5,normal"], a=field)
    rows = inverted_limits(Experiment(tmp_path), tmp_path, 0, quiet)
    assert [(r["of_inverted"], r["of_others"], r["fields"]) for r in rows] == [(1.0, 0.0, 1)] * len(limits.STATED)


@pytest.mark.parametrize("lines", [["a.png,,,,,"], []])
def test_fields_whose_scale_nobody_can_tell_are_refused_with_a_sentence(lines: list[str], tmp_path: Path) -> None:
    if lines:
        write(tmp_path, "draaslan-blood", "val", "file,x,y,w,h,class", lines, a=red_cells(0.2))
    message = (
        "No cell of draaslan-blood/val/images/a.png is boxed" if lines else "^None of chula-rbc12, .* has a val side"
    )
    with pytest.raises(DataError, match=message):
        focus_limits(Experiment(tmp_path), tmp_path, 0, quiet)


def soft(seed: int) -> Picture:
    noise = np.random.default_rng(seed).normal(0, 1, (135, 135, 3)).astype(np.float32)
    return np.clip(150 + 400 * cv2.GaussianBlur(noise, (0, 0), 6), 0, 255).astype(np.uint8)


def test_copies_are_found_by_what_was_altered_and_other_pictures_are_none(tmp_path: Path) -> None:
    own, others = ({f"n{seed}": soft(seed) for seed in seeds} for seeds in (range(4), range(10, 16)))
    own["n4"] = ALTERATIONS["shifted by 10 %"](own["n3"])  # found as itself, not as a copy of n3
    for side, pictures in (("val", own), ("train", others)):
        write(tmp_path, "pbc", side, "file,class", [f"{stem}.png,basophil" for stem in pictures], **pictures)
    rows = copy_limits(Experiment(tmp_path), tmp_path, 0, quiet)
    *shares, past, other = [row["share_found"] for row in rows]
    assert [row["variant"] for row in rows] == [f"pbc, {what}" for what in (*ALTERATIONS, "another picture")]
    assert shares == [1.0] * (len(ALTERATIONS) - 1) and past == other == 0, (
        "the last alteration is past what is looked for"
    )
    assert {row["pictures"] for row in rows} == {5}


def test_a_picture_of_train_that_lies_in_val_too_is_counted_among_the_pairs(tmp_path: Path) -> None:
    pictures = {f"n{seed}": soft(seed) for seed in range(4)}
    for side in ("val", "train"):
        write(tmp_path, "pbc", side, "file,class", [f"{stem}.png,basophil" for stem in pictures], **pictures)
        pictures = {**{f"n{seed}": soft(seed) for seed in range(20, 23)}, "n3": pictures["n3"]}
    assert copy_limits(Experiment(tmp_path), tmp_path, 0, quiet)[-1]["share_found"] == pytest.approx(1 / 16)
    with pytest.raises(DataError, match="None of the sets whose pictures are copied"):
        copy_limits(Experiment(tmp_path / "nowhere"), tmp_path, 0, quiet)


@pytest.mark.parametrize("what", ALTERATIONS)
def test_an_alteration_changes_the_picture_as_its_name_says(what: str) -> None:
    rgb = soft(3)
    altered = ALTERATIONS[what](rgb)
    assert altered.dtype == np.uint8 and altered.shape[2] == 3
    sides = {"half as large": (68, 68, 3), "cut by 3 % at each edge": (127, 127, 3)}
    assert altered.shape == sides.get(what, rgb.shape)
    assert altered.shape != rgb.shape or not np.array_equal(altered, rgb)
    if what.startswith("shifted"):
        by = {"shifted by 2 %": 3, "shifted by 10 %": 14}[what]
        assert np.array_equal(altered[by:, by:], rgb[:-by, :-by])
    if what == "JPEG of quality 60":
        Image.fromarray(rgb).save(jpeg := BytesIO(), "JPEG", quality=60)
        assert np.array_equal(altered, np.asarray(Image.open(jpeg)))
    if what == "brighter by 25":
        assert np.array_equal(altered, np.minimum(rgb.astype(int) + 25, 255))
    if what == "mirrored and turned":
        assert any(np.array_equal(altered, np.rot90(rgb[:, ::-1], turns)) for turns in (1, 2, 3))


def test_pictures_that_two_sides_of_a_set_show_are_counted_whatever_their_labels(tmp_path: Path) -> None:
    sides = {
        "train": {"a": soft(1), "b": soft(2)},
        "val": {"c": soft(3)},
        "test": {"d": turned(soft(1)[None], 5)[0], "e": soft(4)},
    }
    for side, pictures in sides.items():
        write(tmp_path, "pbc", side, "file,class", [f"{stem}.png,basophil" for stem in pictures], **pictures)
    rows = copies_in_sets(Experiment(tmp_path), tmp_path, 0, quiet)
    assert [(row["variant"], row["seen_again"], row["pictures_of_the_second"]) for row in rows] == [
        ("pbc, train and val", 0, 1),
        ("pbc, train and test", 1, 2),
        ("pbc, val and test", 0, 2),
    ]
    with pytest.raises(DataError, match="has two sides"):
        copies_in_sets(Experiment(tmp_path / "nowhere"), tmp_path, 0, quiet)
