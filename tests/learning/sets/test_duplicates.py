"""A picture that lies on two sides is found, however it was altered; different pictures are not taken for one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

from hemaview.learning.experiment import Experiment
from hemaview.learning.sets import duplicates
from hemaview.learning.sets.data import DataError
from hemaview.learning.sets.duplicates import look, refuse_shared, shared


def picture(seed: int) -> Image.Image:
    rng = np.random.default_rng(seed)
    soft = ndimage.gaussian_filter(rng.normal(0, 1, (135, 135, 3)), (6, 6, 0))
    return Image.fromarray(np.clip(150 + 400 * soft, 0, 255).astype(np.uint8))


def put(root: Path, side: str, names: dict[str, Image.Image], quality: int = 95) -> None:
    folder = root / "cells" / side / "images"
    folder.mkdir(parents=True)
    for name, image in names.items():
        image.save(folder / name, quality=quality)
    (root / "cells" / side / "labels.csv").write_text("file,class\n" + "".join(f"{n},a\n" for n in names))


def test_a_recompressed_twin_on_another_side_is_refused_by_name(tmp_path: Path) -> None:
    put(tmp_path, "train", {"a.jpg": picture(1), "b.jpg": picture(2)})
    put(tmp_path, "test", {"x.jpg": picture(3), "y.jpg": picture(2)}, quality=60)
    with pytest.raises(DataError, match=r"train/b\.jpg and test/y\.jpg"):
        refuse_shared(Experiment(tmp_path), ("cells",), tmp_path / "cache")
    assert not list(tmp_path.glob("cache/*"))


def shifted(rgb: NDArray[np.uint8], right: int, down: int) -> NDArray[np.uint8]:
    """What the camera shows where the slide has moved a little; the edge is repeated."""
    h, w = rgb.shape[:2]
    rows, columns = np.clip(np.arange(h) - down, 0, h - 1), np.clip(np.arange(w) - right, 0, w - 1)
    return np.asarray(rgb[np.ix_(rows, columns)])


COPIES: dict[str, Callable[[NDArray[np.uint8]], NDArray[np.uint8]]] = {
    "mirrored": lambda rgb: rgb[:, ::-1],
    "upside down": lambda rgb: rgb[::-1],
    "turned once": lambda rgb: np.rot90(rgb),
    "turned and mirrored": lambda rgb: np.rot90(rgb, 3)[:, ::-1],
    "brighter": lambda rgb: np.clip(rgb.astype(int) + 8, 0, 255).astype(np.uint8),
    "flatter": lambda rgb: (40 + 0.8 * rgb).astype(np.uint8),
    "cut": lambda rgb: rgb[4:-4, 4:-4],
    "cut at a corner": lambda rgb: rgb[4:, 4:],
    "shifted": lambda rgb: shifted(rgb, 3, 0),
    "shifted both ways": lambda rgb: shifted(rgb, -3, 3),
    "all of it": lambda rgb: np.clip(np.rot90(rgb)[3:, :-3, :][:, ::-1].astype(int) - 9, 0, 255).astype(np.uint8),
}


@pytest.mark.parametrize("how", COPIES)
def test_a_copy_is_found_however_it_was_altered(how: str) -> None:
    pictures = [np.asarray(picture(seed)) for seed in range(8)]
    others = [np.asarray(picture(seed)) for seed in range(20, 30)]
    others[4] = np.ascontiguousarray(COPIES[how](pictures[5]))
    looks, other_looks = (np.stack([look(rgb) for rgb in each]) for each in (pictures, others))
    assert [(p.own, p.other, p.unchanged) for p in shared(looks, other_looks)] == [
        (5, 4, how in ("brighter", "flatter"))
    ]


def test_blank_pictures_are_not_taken_for_one_another() -> None:
    blank = np.stack([look(np.full((50, 60, 3), 200, np.uint8))] * 2)
    assert not list(shared(blank, blank))


def test_altered_copies_that_a_set_came_with_are_told_and_its_unaltered_ones_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(duplicates, "ALTERED", ("cells",))
    put(tmp_path, "train", {"a.jpg": picture(1), "b.jpg": picture(2)})
    put(tmp_path, "test", {"x.jpg": picture(3), "y.jpg": Image.fromarray(np.asarray(picture(2))[:, ::-1])})
    lines: list[str] = []
    for _ in range(2):  # the second time it is remembered
        refuse_shared(Experiment(tmp_path), ("cells",), tmp_path / "cache", lines.append)
    assert len(lines) == 2 and lines[0] == lines[1]
    assert "altered copies on two sides (1 pairs, first train/b.jpg and test/y.jpg)" in lines[0]
    picture(1).save(tmp_path / "cells/test/images/x.jpg")
    with pytest.raises(DataError, match=r"train/a\.jpg and test/x\.jpg"):
        refuse_shared(Experiment(tmp_path), ("cells",), tmp_path / "cache", lines.append)


def test_different_pictures_pass_and_are_looked_at_again_only_once_one_has_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(tmp_path, "train", {f"{i}.jpg": picture(i) for i in range(20)})
    put(tmp_path, "val", {f"{i}.jpg": picture(i) for i in range(20, 40)})
    refuse_shared(Experiment(tmp_path), ("cells", "not-there"), tmp_path / "cache")
    assert len(list(tmp_path.glob("cache/cells-sides-*.ok"))) == 1
    with monkeypatch.context() as blind:
        blind.setattr(duplicates, "shared", lambda *_: pytest.fail("looked at again"))
        refuse_shared(Experiment(tmp_path), ("cells",), tmp_path / "cache")
    picture(3).save(tmp_path / "cells/val/images/20.jpg", quality=95)
    with pytest.raises(DataError, match=r"train/3\.jpg and val/20\.jpg"):
        refuse_shared(Experiment(tmp_path), ("cells",), tmp_path / "cache")
