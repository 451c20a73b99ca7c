"""Another camera's pictures reach every model's task, with and without its ground brought back."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from hemaview.inference.pictures import as_learned, ground_of
from hemaview.learning.experiment import Experiment
from hemaview.learning.metrics.score import Score
from hemaview.learning.scoring import cameras
from hemaview.learning.sets import data

GROUND = (160.0, 160.0, 160.0)


def test_each_model_is_shown_each_camera_and_one_that_minds_the_ground_also_without(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "pbc" / "val"
    (folder / "images").mkdir(parents=True)
    Image.fromarray(np.full((9, 9, 3), 160, np.uint8)).save(folder / "images" / "a.png")
    (folder / "labels.csv").write_text("file,class\na.png,x\n", encoding="utf-8")
    card_by_name = {"minds": SimpleNamespace(ground=GROUND), "does-not": SimpleNamespace(ground=())}

    def main_task(name: str) -> tuple[str, Callable[[Experiment, str], list[Score]]]:
        def task(experiment: Experiment, split: str) -> list[Score]:
            wanted = card_by_name[name].ground if experiment.nets.brings_ground else ()
            picture = as_learned(data.image(experiment, "pbc", split, "a.png"), wanted)
            green = float(ground_of(picture)[1])
            return [Score(name, "t", "pbc", split, 1, metric, green, green, green) for metric in ("ece", "accuracy")]

        return "pbc", task

    monkeypatch.setattr(cameras, "cards", lambda: card_by_name)
    monkeypatch.setattr(cameras, "main_task", main_task)
    rows = {row["variant"]: row for row in cameras.other_cameras(Experiment(tmp_path), tmp_path, 0, lambda _: None)}
    strange = {"as_it_is": 160.0, "white_ground": 245.0, "less_light": 112.0, "yellow_lamp": 152.0}
    for variant in ("does-not", "minds, ground left as it is"):
        assert {camera: rows[variant][camera] for camera in strange} == strange
    assert all(abs(rows["minds"][camera] - 160) <= 12 for camera in strange)  # 0.7 of the light of 245 is the least
    assert len(rows) == 3 and {row["measure"] for row in rows.values()} == {"accuracy"}
    with pytest.raises(data.DataError, match="has a validation side"):
        cameras.other_cameras(Experiment(tmp_path / "nowhere"), tmp_path, 0, lambda _: None)
