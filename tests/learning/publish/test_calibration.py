"""A training is calibrated on its validation side, and for leukaemic blood apart on its own."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from hemaview.inference.pictures import softmax
from hemaview.learning.engine.classify import Pool
from hemaview.learning.experiment import Experiment
from hemaview.learning.metrics.score import threshold_between
from hemaview.learning.publish import calibration
from hemaview.learning.recipes.film import NUCLEATED
from hemaview.learning.recipes.trainings import TRAININGS
from hemaview.methods.registry import METHODS


@pytest.mark.parametrize("there", [("pbc", "jhu-aml"), ("pbc",), ("jhu-aml",), ()])
def test_leukaemic_blood_is_calibrated_apart_on_its_own_val(
    there: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of jhu-aml answers are three times as sure as they are right, and a nucleated red cell is often the second guess."""
    rng, nrbc, name = np.random.default_rng(5), NUCLEATED.index("erythroblast"), "nucleated-cell-net"
    logits, pools = [], []
    for dataset in there:
        (tmp_path / dataset / "val").mkdir(parents=True)
        (tmp_path / dataset / "val" / "labels.csv").write_text("file,class\n")
        z = rng.normal(0, 2, (3000, len(NUCLEATED)))
        truth = (z + rng.gumbel(size=z.shape)).argmax(axis=1)
        logits.append((z * (3 if dataset == "jhu-aml" else 1)).astype(np.float32))
        pools.append(Pool(np.full((3000, 2, 2, 3), len(pools), np.uint8), np.eye(len(NUCLEATED), dtype=bool)[truth]))
    monkeypatch.setitem(TRAININGS, name, replace(TRAININGS[name], validation_pools=lambda experiment: pools, views=1))
    monkeypatch.setattr(calibration, "predict", lambda net, images, side: logits[int(images[0, 0, 0, 0])])
    monkeypatch.setattr(calibration, "NRBC_KEPT", {"pbc": (0.6, 0.9, 0.5), "jhu-aml": (0.3, 0.95, 0.0)})
    state = METHODS[name].build(len(NUCLEATED)).state_dict()
    temperature, thresholds, by_blood = calibration.calibrated(
        name, state, tmp_path / "w.safetensors", Experiment(tmp_path), print
    )
    alone = {("pbc",): 1.0, ("jhu-aml",): 3.0, (): 1.0}
    assert temperature == pytest.approx(alone[there], rel=0.1) if there in alone else 1.1 < temperature < 2.9
    assert set(by_blood) == {"jhu-aml"} & set(there) and set(thresholds) == (
        {"erythroblast"} if "pbc" in there else set()
    )
    for dataset, z, pool in zip(there, logits, pools, strict=True):
        own, own_thresholds = temperature, thresholds
        if dataset != "pbc":
            own, own_thresholds = by_blood[dataset]["temperature"], by_blood[dataset]["thresholds"]
            assert own == pytest.approx(3.0, rel=0.1) and by_blood[dataset]["blood"] == "acute leukaemia"
        p, is_one = softmax(z / own)[:, nrbc], pool.allowed[:, nrbc]
        assert own_thresholds == {"erythroblast": threshold_between(p, is_one, *calibration.NRBC_KEPT[dataset])}
