"""What a release writes: of a variant on free data the scores alone; where it fails on its way, nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from django.core.management import CommandError, call_command
from safetensors.torch import save_file

from hemaview.cells.store import sha256_of
from hemaview.learning.experiment import Experiment
from hemaview.learning.metrics.score import Score
from hemaview.learning.publish import release
from hemaview.learning.recipes.trainings import TRAININGS
from hemaview.learning.sets import data
from hemaview.methods import card as modelcard
from hemaview.methods.card import Card, cards
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
