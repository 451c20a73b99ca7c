"""A picture that lies on two sides is found, also recompressed; different pictures are not taken for one."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from scipy import ndimage

from hemaview.learning.data import DataError
from hemaview.learning.duplicates import refuse_shared


def picture(seed: int) -> Image.Image:
    rng = np.random.default_rng(seed)
    soft = ndimage.gaussian_filter(rng.normal(0, 1, (96, 96, 3)), (6, 6, 0))
    return Image.fromarray(np.clip(150 + 400 * soft, 0, 255).astype(np.uint8))


def put(root: Path, side: str, names: dict[str, Image.Image], quality: int = 95) -> None:
    folder = root / "cells" / side / "images"
    folder.mkdir(parents=True)
    for name, shown in names.items():
        shown.save(folder / name, quality=quality)
    (root / "cells" / side / "labels.csv").write_text("file,class\n" + "".join(f"{n},a\n" for n in names))


def test_a_recompressed_twin_on_another_side_is_refused_by_name(tmp_path: Path) -> None:
    put(tmp_path, "train", {"a.jpg": picture(1), "b.jpg": picture(2)})
    put(tmp_path, "test", {"x.jpg": picture(3), "y.jpg": picture(2)}, quality=60)
    with pytest.raises(DataError, match=r"train/b\.jpg and test/y\.jpg"):
        refuse_shared(tmp_path, ("cells",), tmp_path / "cache")
    assert not list(tmp_path.glob("cache/*"))


def test_different_pictures_pass_and_are_looked_at_once(tmp_path: Path) -> None:
    put(tmp_path, "train", {f"{i}.jpg": picture(i) for i in range(20)})
    put(tmp_path, "val", {f"{i}.jpg": picture(i) for i in range(20, 40)})
    refuse_shared(tmp_path, ("cells", "not-there"), tmp_path / "cache")
    assert len(list(tmp_path.glob("cache/cells-sides-*.ok"))) == 1
    (tmp_path / "cells/val/images/20.jpg").unlink()
    refuse_shared(tmp_path, ("cells",), tmp_path / "cache")
