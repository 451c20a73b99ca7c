from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from hemaview.cells.store import sha256_of
from hemaview.inference import Classifier, Taught, WeightsChanged, WeightsUnfit, load_as, packed, read_taught

NAME = "nucleated-cell-strangers"


def taught(model: Classifier) -> Taught:
    bias = torch.zeros(len(model.info.classes))
    bias[model.info.classes.index("monocyte")] = 60.0
    return Taught(NAME, model.info.sha256, {"_fc.bias": bias}, 0.7, {"monocyte": 0.5, "blast": 0.01})


def test_a_taught_net_comes_back_from_its_file_and_answers_by_what_it_learned(tmp_path: Path) -> None:
    model = load_as(Classifier, NAME)
    path = tmp_path / "taught.safetensors"
    path.write_bytes(packed(taught(model)))
    own = read_taught(path, sha256_of(path)).by(model, {})
    crops = np.random.default_rng(1).integers(90, 255, (4, 112, 112, 3), np.uint8)
    assert set(own.classify_crops(crops).argmax(axis=1)) == {model.info.classes.index("monocyte")}
    assert own.temperature == 0.7 and own.least["strange"] == own.least["known"] == {"monocyte": 0.5, "blast": 0.01}
    assert model.classify_crops(crops).argmax(axis=1).tolist() != [model.info.classes.index("monocyte")] * 4


def test_other_weights_and_altered_or_foreign_files_are_refused(tmp_path: Path) -> None:
    model = load_as(Classifier, NAME)
    with pytest.raises(WeightsChanged, match="teach the site again"):
        replace(taught(model), base_sha256="0" * 64).by(model, {})
    path = tmp_path / "taught.safetensors"
    path.write_bytes(packed(taught(model)))
    with pytest.raises(WeightsChanged, match="damaged"):
        read_taught(path, "0" * 64)
    with pytest.raises(WeightsChanged, match="missing"):
        read_taught(tmp_path / "nothing", "0" * 64)
    path.write_bytes(b"no tensors")
    with pytest.raises(WeightsUnfit):
        read_taught(path, sha256_of(path))
