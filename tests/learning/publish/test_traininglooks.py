"""What a model's training pictures look like is told from their train sides alone."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from hemaview.inference.pictures import ALIKE, as_learned, ground_of
from hemaview.learning.experiment import Experiment
from hemaview.learning.publish.traininglooks import ground_learned
from hemaview.learning.recipes.film import STRANGE
from hemaview.learning.recipes.trainings import TRAININGS
from hemaview.learning.sets import data


def written(root: Path, name: str, grounds: list[int]) -> None:
    """A set whose training pictures have these grounds, and a test side that is black."""
    for side, values in (("train", grounds), ("test", [0])):
        (root / name / side / "images").mkdir(parents=True)
        lines = ["file,class,fine_class,patient,x,y,w,h"]
        for i, value in enumerate(values):
            rgb = np.full((20, 20, 3), value, np.uint8)
            rgb[:10] = (value // 3, value // 5, value // 2)
            Image.fromarray(rgb).save(root / name / side / "images" / f"{i}.png")
            lines.append(f"{i}.png,a,a,,1,1,2,2")
        (root / name / side / "labels.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")


def test_every_set_counts_alike_where_every_picture_is_brought_to_one_ground(tmp_path: Path) -> None:
    written(tmp_path, "pbc", [240] * 7)
    written(tmp_path, "jhu-aml", [250] * 3)
    assert ground_learned(TRAININGS["nucleated-cell-net"], Experiment(tmp_path)) == {"ground": [245.0] * 3}
    assert ground_learned(TRAININGS["cell-kind-net"], Experiment(tmp_path)) == {}


def test_pictures_with_a_ground_like_one_learned_from_stay_and_others_are_brought_to_the_middle(tmp_path: Path) -> None:
    written(tmp_path, "chula-rbc12", [*range(150, 171), 220, 221])
    card = ground_learned(TRAININGS["red-cell-shape-net"], Experiment(tmp_path))
    assert card["ground"] == [161.0] * 3
    grounds = np.array(card["grounds"])
    for value in (*range(150, 171), 220, 221):
        assert np.abs(grounds - value).max(axis=1).min() <= ALIKE / 2, "every training picture has one by it"
    assert len(grounds) < 8
    for value, expected in (
        (150, 150),
        (170, 170),
        (144, 144),
        (225, 225),
        (130, 161),
        (195, 161),
        (240, 168),
    ):  # at most 0.7 of its light
        rgb = np.full((9, 9, 3), value, np.uint8)
        assert ground_of(as_learned(rgb, card["ground"], card["grounds"])).tolist() == [expected] * 3
    tinted = np.full((9, 9, 3), (160, 160, 120), np.uint8)
    assert ground_of(as_learned(tinted, card["ground"], card["grounds"])).tolist() == [161] * 3, "one channel is enough"


def test_a_set_is_seen_through_the_camera_of_the_experiment_alone(tmp_path: Path) -> None:
    written(tmp_path, "pbc", [200])
    dim = Experiment(tmp_path, camera=lambda rgb: rgb // 2)
    assert data.image(dim, "pbc", "train", "0.png").max() == 100
    assert data.cell_crops(dim, "pbc", "train").images.max() == 100
    assert data.image(Experiment(tmp_path), "pbc", "train", "0.png").max() == 200


@pytest.mark.parametrize("name", [t.name for t in TRAININGS.values() if t.ground])
def test_the_shipped_card_tells_the_ground_that_its_training_minds(name: str) -> None:
    from hemaview.methods.card import cards

    card = cards()[name]
    assert len(card.ground) == 3 and (len(card.grounds) > 1) == (TRAININGS[name].ground == STRANGE)
    assert "brought to" in card.text and ("like none of the" in card.text) == bool(card.grounds)
