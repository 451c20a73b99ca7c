"""What a release writes: the variant on free data into the shipped card, its weights nowhere; and what the card says of it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from django.core.management import CommandError, call_command
from safetensors.torch import save_file

from hemaview.cells.store import sha256_of
from hemaview.inference.pictures import softmax
from hemaview.learning.engine.classify import Pool
from hemaview.learning.experiment import Experiment
from hemaview.learning.metrics.score import Score, threshold_between
from hemaview.learning.publish import release
from hemaview.learning.recipes.film import NUCLEATED
from hemaview.learning.recipes.trainings import TRAININGS
from hemaview.learning.sets import data
from hemaview.methods import card as modelcard
from hemaview.methods.card import Card, cards
from hemaview.methods.cardtext import free_lines, input_text, precision_lines
from hemaview.methods.registry import METHODS


@pytest.fixture
def shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A copy of the cards alone, to be written to; weights are still the package's."""
    real = modelcard.folder
    for path in real("cards").glob("cell-kind-net.*"):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    monkeypatch.setattr(modelcard, "folder", lambda kind: tmp_path if kind == "cards" else real(kind))
    cards.cache_clear()
    yield tmp_path
    monkeypatch.undo()
    cards.cache_clear()


def release_model(folder: Path, name: str, free: bool = False, epochs: int | None = None) -> release.TrainedModel:
    """A training that ended at once: weights, and a set of which no picture is looked at."""
    folder.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(1)
    save_file(METHODS[name].build(len(TRAININGS[name].classes)).state_dict(), folder / "best.safetensors")
    return release.TrainedModel(name, folder / "best.safetensors", folder, epochs, free)


def test_a_variant_on_free_data_is_scored_with_its_own_weights_and_only_its_scores_are_kept(
    shelf: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = json.loads((shelf / "cell-kind-net.json").read_text())
    weights_before = sorted(modelcard.folder("weights").iterdir())
    evaluations: list[tuple[str, bool, str]] = []

    def scored(experiment: Experiment, split: str, names: list[str], log: object) -> list[Score]:
        card = cards()["cell-kind-net"]
        evaluations.append((split, data.has(experiment, "jhu-aml", "train"), card.sha256))
        assert card.weights == tmp_path / "out" / "cell-kind-net.safetensors"
        return [Score("cell-kind-net", "kind", "txl-pbc", split, 9, "accuracy", 0.5, 0.4, 0.6)]

    variant_of = release_model(tmp_path / "out", "cell-kind-net", free=True, epochs=2)
    for name in ("jhu-aml", "pbc"):
        (variant_of.root / name / "train").mkdir(parents=True)
        (variant_of.root / name / "train" / "labels.csv").write_text("file,class\n")
    monkeypatch.setattr(release, "evaluate", scored)
    monkeypatch.setattr(
        release, "calibrated", lambda name, state, weights, *_: (save_file(state, weights), (2.0, {}, {}))[1]
    )
    card = release.tried(variant_of, print)
    release.write_free_variant(variant_of, "1", card, print)
    after = json.loads((shelf / "cell-kind-net.json").read_text())
    # Scored on all sets, the closed ones too: what is not free is not learned from, but may be counted on.
    assert [(split, closed) for split, closed, _ in evaluations] == [("test", True), ("val", True)]
    assert all(sha != before["sha256"] for _, _, sha in evaluations)
    variant = after.pop("free_variant")
    assert {k: v for k, v in after.items() if k != "data"} == {
        k: v for k, v in before.items() if k not in ("data", "free_variant")
    }
    assert variant["sets"] == ["pbc"]
    assert variant["command"].endswith("--epochs 2 --licences free --release 1")
    assert [m["split"] for m in variant["metrics"]] == ["val", "test"]
    assert "Trained on free data alone (pbc)" in (shelf / "cell-kind-net.md").read_text()
    assert sorted(modelcard.folder("weights").iterdir()) == weights_before
    assert cards()["cell-kind-net"].sha256 == before["sha256"]


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A package of two models, the name of one of which the other's begins with."""
    folder = tmp_path / "package"
    real = cards()["zhang-dunet"].raw
    for kind in ("cards", "weights"):
        (folder / kind).mkdir(parents=True)
    for name, version in (("zhang-dunet", "1"), ("zhang-dunet-classes", "2")):
        (folder / "weights" / f"{name}-{version}.safetensors").write_bytes(b"old")
        (folder / "cards" / f"{name}.json").write_text(json.dumps({**real, "name": name, "version": version}))
    monkeypatch.setattr(modelcard, "folder", lambda kind: folder / kind)
    cards.cache_clear()
    yield folder
    monkeypatch.undo()
    cards.cache_clear()


def everything(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def test_a_release_takes_the_place_of_its_own_name_alone(
    package: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(release, "evaluate", lambda *_: [])
    new = release_model(tmp_path / "out", "zhang-dunet")
    release.release(new, "3", release.tried(new, print))
    after = everything(package)
    assert sorted(n for n in after if n.startswith("weights/")) == [
        "weights/zhang-dunet-3.safetensors",
        "weights/zhang-dunet-classes-2.safetensors",
    ]
    assert after["weights/zhang-dunet-3.safetensors"] != b"old"
    card = json.loads(after["cards/zhang-dunet.json"])
    assert card["version"] == "3" and card["command"].endswith("--release 3") and "weights" not in card
    assert cards()["zhang-dunet"].sha256 == card["sha256"] == sha256_of(cards()["zhang-dunet"].weights)
    assert sorted(n for n in after if n.startswith("cards/")) == [
        "cards/zhang-dunet-classes.json", "cards/zhang-dunet.json", "cards/zhang-dunet.md",
    ]  # fmt: skip


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
    monkeypatch.setattr(release, "predict", lambda net, images, side: logits[int(images[0, 0, 0, 0])])
    monkeypatch.setattr(release, "NRBC_KEPT", {"pbc": (0.6, 0.9, 0.5), "jhu-aml": (0.3, 0.95, 0.0)})
    state = METHODS[name].build(len(NUCLEATED)).state_dict()
    temperature, thresholds, by_blood = release.calibrated(
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
        assert own_thresholds == {"erythroblast": threshold_between(p, is_one, *release.NRBC_KEPT[dataset])}


@pytest.mark.parametrize("step", ["calibrated", "evaluate"])
def test_a_release_that_fails_on_its_way_leaves_the_old_model(
    step: str, package: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise data.DataError("There is no such set.")

    before = everything(package)
    monkeypatch.setattr(release, "evaluate", lambda *_: [])
    monkeypatch.setattr(release, step, broken)
    new = release_model(tmp_path / "out", "zhang-dunet")
    with pytest.raises(data.DataError):
        release.release(new, "1", release.tried(new, print))
    assert everything(package) == before


def test_weights_that_are_tried_lie_where_their_card_says_and_only_within_the_block(tmp_path: Path) -> None:
    real = cards()["cell-kind-net"]
    with release.in_place_of(Card({**real.raw, "weights": str(tmp_path / "other"), "sha256": "0"})):
        assert cards()["cell-kind-net"].weights == tmp_path / "other"
    assert cards()["cell-kind-net"].sha256 == real.sha256


def test_scores_of_one_task_leave_those_of_others_in_the_card(shelf: Path) -> None:
    before = cards()["cell-kind-net"].raw["metrics"]
    tasks = list(dict.fromkeys(row["task"] for row in before))
    new = Score("cell-kind-net", tasks[0], "a-set", "test", 9, "accuracy", 0.5, 0.4, 0.6)
    release.write_scores([new], tasks[0])
    after = json.loads((shelf / "cell-kind-net.json").read_text())["metrics"]
    assert after == [new.as_json(), *(row for row in before if row["task"] != tasks[0])]
    release.write_scores([replace(new, task="another")], "another")
    assert [row["task"] for row in cards()["cell-kind-net"].raw["metrics"]][-1] == "another"
    release.write_scores([new])
    assert cards()["cell-kind-net"].raw["metrics"] == [new.as_json()], "without a task all of them are new"


def test_a_card_tells_of_free_data_only_where_its_data_differ() -> None:
    free, closed = {"name": "pbc", "free": True}, {"name": "jhu-aml", "free": False}
    assert free_lines({"data": [free]}) == []
    assert free_lines({"data": [free, closed]}) == ["A variant trained on free data alone (pbc) was not measured."]
    assert "None of its data has a free licence" in free_lines({"data": [closed]})[0]


def test_a_card_says_first_what_stands_for_the_papers_data() -> None:
    raw = {
        **cards()["cell-kind-net"].raw,
        "limits": ["One.", "Stand-in data: films in place of blocks. No cell is fetal."],
    }
    line = "Research use only. Stand-in: films in place of blocks. No cell is fetal. Tells red cells"
    assert line in release.markdown(raw)
    assert "Stand-in" not in release.markdown({**raw, "limits": ["One."]})


@pytest.mark.parametrize("name", [n for n in cards() if n in TRAININGS])
def test_a_shipped_card_gives_the_limits_of_its_training_as_they_are_now(name: str) -> None:
    card = cards()[name]
    assert card.raw["limits"] == list(TRAININGS[name].limits) and card.text == release.markdown(card.raw)


def test_a_card_tells_what_bf16_costs() -> None:
    assert "was not measured" in precision_lines({})[0]
    figures = {"n": 9, "f32": 0.9, "low": 0.8, "high": 1.0, "bf16": 0.7, "within": False}
    row = {"task": "t", "dataset": "d", "metric": "dice", **figures}
    section = {"bf16": False, "largest_difference": 0.25, "command": "c", "rows": [row]}
    text = "\n".join(precision_lines({"precision": section}))
    assert "float32 everywhere" in text and "0.250" in text and "0.7000 (outside)" in text
    assert "bf16 where the machine has it" in precision_lines({"precision": {**section, "bf16": True}})[0]


@pytest.mark.parametrize(
    ("name", "version", "message"),
    [
        ("cell-kind-net", "99", f"version {cards()['cell-kind-net'].version} is shipped"),
        ("elmanna-b0", "1", "All data of elmanna-b0 have free licences"),
        ("elongation-net", "1", "it is not shipped"),
    ],
)
def test_a_variant_without_a_card_to_stand_in_is_refused(name: str, version: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=message):
        call_command("train", name, data=tmp_path, out=tmp_path / "out", licences="free", release=version)


def test_a_model_without_a_scale_names_none() -> None:
    assert input_text({"input_px": 128, "mpp": 0.2}) == "128 px at 0.2 µm/px"
    assert input_text({"input_px": 80, "mpp": 0.0}) == "80 px whatever their scale"
