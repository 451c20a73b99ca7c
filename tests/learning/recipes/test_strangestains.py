"""First layers alone learn; a model that is another but for a few tensors; white cells of other laboratories."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file

from hemaview.inference import WeightsChanged
from hemaview.inference.models import state_of
from hemaview.learning.engine.classify import Pool
from hemaview.learning.recipes import strangestains as stains
from hemaview.learning.recipes.film import NUCLEATED
from hemaview.learning.recipes.together import installed
from hemaview.learning.scoring.elsewhere import NEUTROPHIL_UM, mpp_of_neutrophils, white_cells_elsewhere
from hemaview.learning.sets import data
from hemaview.methods.card import cards


def test_only_first_layers_are_learned_and_only_they_are_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = np.random.default_rng(1)
    pool = Pool(
        rng.integers(0, 255, (96, 135, 135, 3), np.uint8), np.eye(len(NUCLEATED), dtype=bool)[np.arange(96) % 3]
    )
    monkeypatch.setattr(stains, "nucleated_pools", lambda *_: [pool])
    written = load_file(stains.train_stains(tmp_path, tmp_path, tmp_path, None, 1, lambda line: None))
    whole, before = load_file(tmp_path / "best.safetensors"), state_of(cards()["nucleated-cell-net"])
    changed = {k for k, v in whole.items() if not torch.equal(v, before[k])}
    assert changed and changed <= set(written)
    assert all(k.startswith(stains.FIRST) and "running" not in k for k in written)
    assert sum(v.numel() for v in written.values()) < 40_000


def test_a_model_on_a_base_is_the_base_but_for_its_own_tensors() -> None:
    card, base = cards()[stains.STAINS], state_of(cards()["nucleated-cell-net"])
    own, state = load_file(card.weights), state_of(card)
    assert set(state) == set(base) and 0 < len(own) < len(base) / 4
    for name, values in state.items():
        assert torch.equal(values, own[name].float() if name in own else base[name])
    with pytest.raises(WeightsChanged, match="other weights of nucleated-cell-net"):
        state_of(replace(card, raw={**card.raw, "base_sha256": "0" * 64}))


def test_what_learned_from_closed_data_makes_no_free_variant() -> None:
    assert installed("nucleated-cell-net").name == "nucleated-cell-net"
    with data.free_only(), pytest.raises(data.DataError, match="learned from jhu-aml, which has no free licence"):
        installed("nucleated-cell-net")
    with pytest.raises(data.DataError, match="must be trained and released first"):
        installed("elongation-net")


def test_white_cells_elsewhere_are_shown_at_the_scale_of_their_neutrophils(tmp_path: Path) -> None:
    disc = np.hypot(*np.mgrid[-40:40, -40:40]) <= 35
    small = np.hypot(*np.mgrid[-40:40, -40:40]) <= 20
    assert mpp_of_neutrophils([disc, small], ["neutrophil", "lymphocyte"]) == pytest.approx(
        NEUTROPHIL_UM / 70, rel=0.01
    )
    folder = tmp_path / "wbc-masks-1" / "test"
    for part in ("images", "masks"):
        (folder / part).mkdir(parents=True)
    rgb = np.full((80, 80, 3), (250, 240, 160), np.uint8)
    rgb[disc] = (190, 150, 180)
    rgb[small] = (90, 40, 120)
    Image.fromarray(rgb).save(folder / "images" / "a.png")
    Image.fromarray(disc.astype(np.uint8)).save(folder / "masks" / "a.png")
    (folder / "labels.csv").write_text("file,class\na.png,lymphocyte\n")
    with pytest.raises(data.DataError, match="no neutrophil"):
        white_cells_elsewhere("nucleated-cell-net", "wbc-masks-1", tmp_path, "test")
    (folder / "labels.csv").write_text("file,class\na.png,neutrophil\na.png,other\n")
    rows = {r.metric: r for r in white_cells_elsewhere("nucleated-cell-net", "wbc-masks-1", tmp_path, "test")}
    assert rows["accuracy"].n == 1 and rows["accuracy"].value in (0.0, 1.0)
