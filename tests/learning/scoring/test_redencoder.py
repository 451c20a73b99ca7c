"""An encoder of red cells beside ImageNet's weights, on a set of a few drawn cells."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from hemaview.learning.experiment import Experiment
from hemaview.learning.recipes.encoder import red_sources
from hemaview.learning.scoring import redencoder
from hemaview.learning.scoring.redencoder import FROM_ENCODER, FROM_IMAGENET, red_encoder


@pytest.fixture
def root(tmp_path: Path) -> Path:
    rng = np.random.default_rng(7)
    for side in ("train", "val"):
        folder = tmp_path / "chula-rbc12" / side / "images"
        folder.mkdir(parents=True)
        Image.fromarray(rng.integers(0, 256, (120, 160, 3), np.uint8)).save(folder / "1.png")
        shapes = ("normal", "target", "burr", "normal")
        lines = [f"1.png,{20 + 30 * i},60,{shape}" for i, shape in enumerate(shapes)]
        (folder.parent / "labels.csv").write_text("file,x,y,class\n" + "\n".join(lines) + "\n")
    return tmp_path


def test_every_labelled_red_cell_is_taught(root: Path) -> None:
    (cells,) = red_sources(Experiment(root), None)
    assert cells.shape == (4, 72, 72, 3)


def test_both_starts_are_scored_on_val(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(redencoder, "ENCODER_EPOCHS", 1)
    rows = red_encoder(Experiment(root), tmp_path / "out", 1, lambda text: None)
    assert [row["variant"] for row in rows] == [FROM_IMAGENET, FROM_ENCODER]
    assert all(row["cells"] == 4 and 0 <= row["accuracy"] <= 1 for row in rows)
    assert (tmp_path / "out" / "encoder" / "taught" / "encoder.safetensors").is_file()
