"""White cells of other laboratories: their scale, and models of closed data."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from hemaview.learning.experiment import Experiment
from hemaview.learning.recipes.together import installed
from hemaview.learning.scoring.elsewhere import NEUTROPHIL_UM, mpp_of_neutrophils, white_cells_elsewhere
from hemaview.learning.scoring.strangers import as_listed
from hemaview.learning.sets import data


def test_what_learned_from_closed_data_makes_no_free_variant(tmp_path: Path) -> None:
    experiment = Experiment(tmp_path)
    assert installed(experiment, "nucleated-cell-net").name == "nucleated-cell-net"
    with pytest.raises(data.DataError, match="learned from jhu-aml, which has no free licence"):
        installed(Experiment(tmp_path, free_only=True), "nucleated-cell-net")
    with pytest.raises(data.DataError, match="must be trained and released first"):
        installed(experiment, "elongation-net")


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
        white_cells_elsewhere("nucleated-cell-net", "wbc-masks-1", Experiment(tmp_path), "test")
    (folder / "labels.csv").write_text("file,class\na.png,neutrophil\na.png,other\n")
    rows = {
        r.metric: r for r in white_cells_elsewhere("nucleated-cell-net", "wbc-masks-1", Experiment(tmp_path), "test")
    }
    assert rows["accuracy"].n == 1 and rows["accuracy"].value in (0.0, 1.0)


def test_a_laboratory_is_answered_in_its_own_words_and_a_class_that_it_lacks_is_wrong() -> None:
    classes = ("segmented_neutrophil", "band_neutrophil", "lymphocyte", "lymphocyte_variant", "blast")
    p = np.array([[0.3, 0.3, 0.4, 0.0, 0.0], [0.0, 0.0, 0.3, 0.3, 0.4], [0.1, 0.0, 0.1, 0.1, 0.7]], np.float32)
    five = np.array(["neutrophil", "lymphocyte", "lymphocyte"])
    assert as_listed(p, classes, five).tolist() == ["neutrophil", "lymphocyte", "blast"]
    ten = np.array(["segmented_neutrophil", "lymphocyte", "blast"])
    assert as_listed(p, classes, ten).tolist() == ["lymphocyte", "lymphocyte", "blast"]
    two = np.array(["blast", "not_blast", "blast"])
    assert as_listed(p, classes, two).tolist() == ["not_blast", "blast", "blast"]
