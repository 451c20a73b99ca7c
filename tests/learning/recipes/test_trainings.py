"""A training asked for without a command: what cannot be is told before anything is learned."""

from __future__ import annotations

from pathlib import Path

import pytest

from hemaview.learning.publish.train import TrainRequest, train
from hemaview.learning.recipes.trainings import TRAININGS, training_of
from hemaview.learning.sets.data import DataError
from hemaview.methods.card import cards


def test_a_training_is_found_by_its_name_on_its_own_backbone_or_on_another() -> None:
    assert training_of("cascade-blood") is TRAININGS["cascade-blood"]
    other = training_of("wang-marrow-cascade", "r50")
    assert other.run is not TRAININGS["wang-marrow-cascade"].run and "Its trunk is r50" in " ".join(other.limits)
    with pytest.raises(DataError, match=r"no training for nonesuch; there are: .*cascade-blood"):
        training_of("nonesuch")
    with pytest.raises(DataError, match="sun-pnet has no backbone to choose"):
        training_of("sun-pnet", "r50")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"name": "nonesuch"}, "no training for nonesuch"),
        ({"backbone": "r50"}, "has no backbone to choose"),
        ({"free": True, "version": "99"}, f"version {cards()['cell-kind-net'].version} is shipped"),
        ({}, "None of the sets that cell-kind-net learns from"),
    ],
)
def test_what_cannot_be_trained_is_refused_and_leaves_nothing(
    options: dict[str, object], message: str, tmp_path: Path
) -> None:
    lines: list[str] = []
    request = TrainRequest(**{"name": "cell-kind-net", "root": tmp_path, "out": tmp_path / "out", **options})  # type: ignore[arg-type]
    with pytest.raises(DataError, match=message):
        train(request, lines.append, print)
    assert lines == [] and not (tmp_path / "out").exists()


def test_what_is_left_out_for_its_licence_is_logged(tmp_path: Path) -> None:
    log: list[str] = []
    with pytest.raises(DataError, match="None of the sets"):
        train(TrainRequest("cell-kind-net", tmp_path, tmp_path / "out", free=True), print, log.append)
    assert log == ["left out, having no free licence: jhu-aml, bbbc041seg, sickle-uganda"]
