"""`manage.py train`: a folder belongs to one training, which goes on there and nowhere else, and ends with its card."""

from __future__ import annotations

import fcntl
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from django.core.management import CommandError, call_command
from safetensors.torch import load_file, save_file

from hemaview.cells.store import sha256_of
from hemaview.inference.models import load
from hemaview.learning.engine import course
from hemaview.learning.engine.classify import Pool, Recipe, _validate
from hemaview.learning.engine.course import Course, use_cores
from hemaview.learning.experiment import Experiment
from hemaview.learning.metrics.score import Score
from hemaview.learning.publish import release
from hemaview.learning.publish.cardpage import TRIED
from hemaview.learning.recipes import wang
from hemaview.learning.recipes.film import start_from_imagenet
from hemaview.learning.recipes.trainings import TRAININGS
from hemaview.learning.sets.data import DataError
from hemaview.methods.card import Card, cards, folder
from hemaview.methods.efficientnet import EfficientNetLite0
from hemaview.methods.registry import METHODS


def quick(experiment: Experiment, out: Path, cache: Path, imagenet: Path | None, epochs: int | None, log: Any) -> Path:
    """Learns nothing, epoch by epoch."""
    net = METHODS["cell-kind-net"].build(4)
    progress = Course(out, net, torch.optim.AdamW(net.parameters()))
    for epoch in range(progress.position, epochs or 1):
        log(f"epoch {epoch + 1}")
        progress.mark(epoch + 1, 0.5, 0.1 * epoch)
    return progress.weights


@pytest.fixture
def sets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two sets without pictures, one of them closed, and two trainings that are over at once."""
    for name in ("pbc", "jhu-aml"):
        (tmp_path / "sets" / name / "train").mkdir(parents=True)
        (tmp_path / "sets" / name / "train" / "labels.csv").write_text("file,class\n")
    for name in ("cell-kind-net", "sun-pnet"):
        stub = replace(TRAININGS["cell-kind-net"], name=name, sets=("pbc", "jhu-aml"), run=quick, validation_pools=None)
        monkeypatch.setitem(TRAININGS, name, stub)
    monkeypatch.setattr(release, "evaluate", lambda *_: [])
    return tmp_path / "sets"


def train(sets: Path, out: Path, name: str = "cell-kind-net", **options: Any) -> None:
    call_command("train", name, data=sets, out=out, **options)


def test_the_same_training_goes_on_also_for_longer(
    sets: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    train(sets, tmp_path / "out", epochs=1)
    assert "epoch 1" in capsys.readouterr().err
    train(sets, tmp_path / "out", epochs=2)
    messages = capsys.readouterr().err
    assert "epoch 2" in messages and "epoch 1" not in messages


def test_another_training_in_the_same_folder_is_refused(sets: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    train(sets, out, epochs=1)
    weights = (out / "best.safetensors").read_bytes()
    with pytest.raises(CommandError, match=r"licences any, not free.*choose another --out, or remove it\.$"):
        train(sets, out, licences="free")
    with pytest.raises(CommandError, match="method cell-kind-net, not sun-pnet"):
        train(sets, out, "sun-pnet")
    (sets / "pbc" / "train" / "labels.csv").write_text("file,class,patient\n")
    with pytest.raises(CommandError, match="labels "):
        train(sets, out)
    assert (out / "best.safetensors").read_bytes() == weights


def test_a_state_of_which_nothing_is_known_is_refused(sets: Path, tmp_path: Path) -> None:
    train(sets, tmp_path / "out", epochs=1)
    (tmp_path / "out" / "training.json").unlink()
    with pytest.raises(CommandError, match="method unknown"):
        train(sets, tmp_path / "out")


def test_a_training_that_never_began_bars_no_other(sets: Path, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "training.json").write_text(json.dumps({"method": "sun-pnet"}))
    train(sets, tmp_path / "out", epochs=1)
    assert json.loads((tmp_path / "out" / "training.json").read_text())["method"] == "cell-kind-net"


def test_two_at_a_time_in_one_folder_are_refused(sets: Path, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    with (tmp_path / "out" / "lock").open("w") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        with pytest.raises(CommandError, match="Another training runs in"):
            train(sets, tmp_path / "out", epochs=1)
    train(sets, tmp_path / "out", epochs=1)


def test_a_training_ends_with_weights_and_a_card_and_leaves_the_package_alone(
    sets: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def scored(experiment: Experiment, split: str, names: list[str], log: Any) -> list[Score]:
        assert cards()["cell-kind-net"].weights == tmp_path / "out" / "cell-kind-net.safetensors"
        return [Score("cell-kind-net", "kind", "pbc", split, 9, "accuracy", 0.5, 0.4, 0.6)]

    package = {p: p.stat().st_mtime_ns for kind in ("cards", "weights") for p in folder(kind).iterdir()}
    shipped = cards()["cell-kind-net"].sha256
    monkeypatch.setattr(release, "evaluate", scored)
    train(sets, tmp_path / "out", epochs=2)
    card = json.loads((tmp_path / "out" / "card.json").read_text())
    weights = tmp_path / "out" / "cell-kind-net.safetensors"
    assert card["sha256"] == sha256_of(weights) and load_file(weights)["last.weight"].dtype == torch.float16
    assert card["command"] == "python manage.py train cell-kind-net --data DATA --out OUT --epochs 2"
    assert [d["name"] for d in card["data"]] == ["pbc", "jhu-aml"] and "jhu-aml" in card["licence_note"]
    assert [(m["split"], m["low"], m["high"]) for m in card["metrics"]] == [("test", 0.4, 0.6)]
    text = (tmp_path / "out" / "card.md").read_text()
    assert "| kind | pbc | test | 9 | accuracy | 0.5000 | 0.4000-0.6000 |" in text and "## Limits\n- " in text
    assert "scoring on test" in capsys.readouterr().err
    assert {p: p.stat().st_mtime_ns for kind in ("cards", "weights") for p in folder(kind).iterdir()} == package
    assert cards()["cell-kind-net"].sha256 == shipped


def test_a_card_without_scores_says_why(sets: Path, tmp_path: Path) -> None:
    train(sets, tmp_path / "out", epochs=1, licences="free")
    card = json.loads((tmp_path / "out" / "card.json").read_text())
    assert card["metrics"] == [] and [d["name"] for d in card["data"]] == ["pbc"]
    assert (
        card["command"].endswith("--epochs 1 --licences free")
        and card["licence_note"] == "All data have free licences."
    )
    assert "None: the data have no test side" in (tmp_path / "out" / "card.md").read_text()


def test_the_log_names_its_columns_once_and_its_curves_are_drawn_as_it_grows(
    sets: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(course, "DRAWN_EVERY_S", 0.0)
    line_counts: list[int] = []
    monkeypatch.setattr(
        course, "draw_curves", lambda out: line_counts.append((out / "log.csv").read_text().count("\n"))
    )
    for epochs in (2, 3):
        train(sets, tmp_path / "out", epochs=epochs)
    lines = (tmp_path / "out" / "log.csv").read_text().splitlines()
    assert lines == ["done,train_loss,val_score", "1,0.5,0.0", "2,0.5,0.1", "3,0.5,0.2"]
    assert line_counts == [2, 3, 4]


def test_a_training_that_is_stopped_leaves_its_curves(
    sets: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stopped(*arguments: Any) -> Path:
        quick(*arguments)
        raise KeyboardInterrupt

    monkeypatch.setitem(TRAININGS, "cell-kind-net", replace(TRAININGS["cell-kind-net"], run=stopped))
    with pytest.raises(KeyboardInterrupt):
        train(sets, tmp_path / "out")
    assert (tmp_path / "out" / "curves.png").is_file()


@pytest.mark.parametrize("epochs", [0, -1, "1.5", "many"])
def test_a_length_that_is_none_is_refused(epochs: Any, sets: Path, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=f"whole number from 1 on with --epochs, not {epochs}"):
        train(sets, tmp_path / "out", epochs=epochs)
    assert not (tmp_path / "out").exists()


def test_a_detector_on_another_backbone_says_so_in_its_card_and_is_built_on_it(
    sets: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def on(experiment: Experiment, out: Path, *_: Any, backbone: str) -> Path:
        save_file(METHODS["cascade-blood"].net(3, backbone).state_dict(), out / "best.safetensors")
        return out / "best.safetensors"

    monkeypatch.setitem(wang._RUNS, "cascade-blood", on)
    monkeypatch.setitem(TRAININGS, "cascade-blood", replace(TRAININGS["cascade-blood"], sets=("pbc",)))
    out = tmp_path / "out"
    train(sets, out, "cascade-blood", backbone="r18", epochs=1)
    raw = json.loads((out / "card.json").read_text())
    assert raw["backbone"] == "r18" and raw["command"].endswith("--epochs 1 --backbone r18")
    with release.in_place_of(Card({**raw, "weights": str(out / "cascade-blood.safetensors")})):
        assert load("cascade-blood").info.version == TRIED
    with pytest.raises(CommandError, match="backbone r18, not its own"):
        train(sets, out, "cascade-blood", epochs=1)
    with pytest.raises(CommandError, match="cell-kind-net has no backbone to choose"):
        train(sets, tmp_path / "other", backbone="r18")


def test_a_training_takes_as_many_cores_as_it_is_told_and_else_two_at_most(monkeypatch: pytest.MonkeyPatch) -> None:
    threads: list[int] = []
    monkeypatch.setattr(torch, "set_num_threads", threads.append)
    monkeypatch.setattr("os.sched_getaffinity", lambda _: set(range(16)), raising=False)
    monkeypatch.setenv("HEMAVIEW_THREADS", "12")
    use_cores()
    monkeypatch.delenv("HEMAVIEW_THREADS")
    use_cores()
    assert threads == [12, 2]


def test_the_same_command_gives_the_same_weights(sets: Path, tmp_path: Path) -> None:
    for out in ("a", "b"):
        torch.rand(3)  # whatever was drawn before
        train(sets, tmp_path / out, epochs=1)
    assert (tmp_path / "a/best.safetensors").read_bytes() == (tmp_path / "b/best.safetensors").read_bytes()


def test_a_state_that_is_torn_is_refused_and_a_log_without_a_state_begins_anew(sets: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    train(sets, out, epochs=2)
    (out / "resume.pt").write_bytes((out / "resume.pt").read_bytes()[:200])
    with pytest.raises(CommandError, match=r"resume\.pt is damaged or of another net"):
        train(sets, out, epochs=3)
    (out / "resume.pt").unlink()
    train(sets, out, epochs=1)
    assert (out / "log.csv").read_text().count("\n") == 2, "its head and one epoch"


def test_what_train_cannot_begin_with_is_said(sets: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(CommandError, match="Nothing can be written to"):
        train(sets, tmp_path / "file" / "out")
    (tmp_path / "none").mkdir()
    with pytest.raises(CommandError, match="None of the sets that cell-kind-net learns from"):
        train(tmp_path / "none", tmp_path / "out")
    (sets / "jhu-aml" / "train" / "labels.csv").unlink()
    train(sets, tmp_path / "out", epochs=1)
    assert "jhu-aml/train is not in" in capsys.readouterr().err
    (tmp_path / "no.pth").write_bytes(b"no weights")
    with pytest.raises(DataError, match="holds no ImageNet weights"):
        start_from_imagenet(EfficientNetLite0(2), tmp_path / "no.pth", print)
    with pytest.raises(DataError, match="holds no ImageNet weights"):
        start_from_imagenet(EfficientNetLite0(2), tmp_path / "gone.pth", print)


def test_where_no_class_has_cells_enough_on_val_the_accuracy_chooses() -> None:
    class Flat(torch.nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return torch.tensor([[1.0, 0.0]]).repeat(len(x), 1)

    validation = Pool(np.zeros((4, 8, 8, 3), np.uint8), np.eye(2, dtype=bool)[[0, 0, 0, 1]])
    assert _validate(Flat(), [validation], Recipe(("a", "b"), 8)) == (0.75, 0.75)
