"""White cells looked for in their boxes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from hemaview.learning.experiment import Experiment
from hemaview.learning.scoring import filmtasks
from hemaview.learning.sets import data
from hemaview.wsi.synthetic import MPP, draw_film
from tests import factories


def test_a_cell_lies_in_the_box_that_holds_its_centre() -> None:
    cells = factories.cells({"normal": 1, "lymphocyte": 1})
    x, y = (np.asarray(v, float) for v in (cells.x, cells.y))
    boxes = np.array([[x[0] - 4, y[0] - 4, x[0] + 4, y[0] + 4], [-9, -9, -2, -2]], np.float32)
    assert filmtasks.in_boxes(boxes, cells).tolist() == [
        [True, bool(abs(x[1] - x[0]) < 4 and abs(y[1] - y[0]) < 4)],
        [False] * 2,
    ]


WHITE = ("segmented_neutrophil", "lymphocyte", "monocyte", "eosinophil", "basophil", "band_neutrophil", "erythroblast")


def test_white_cells_of_a_drawn_field_are_found_once(tmp_path: Path) -> None:
    film = draw_film(3072, 1024, seed=2)
    left, side = 0, 1000
    folder = tmp_path / "txl-pbc" / "test"
    (folder / "images").mkdir(parents=True)
    Image.fromarray(film.rgb[:side, left : left + side]).save(folder / "images" / "a.png")
    lines = []
    for cell in film.cells:
        r = cell.radius_um / MPP
        kind = "WBC" if cell.cls in WHITE else "RBC" if cell.cls == "normal" else ""
        sharp = all(np.hypot(cell.x - x, cell.y - y) > 1.3 * blur for x, y, blur in film.blurred)
        if kind and sharp and left < cell.x < left + side and cell.y < side:
            lines.append(f"a.png,{cell.x - r - left:.1f},{cell.y - r:.1f},{2 * r:.1f},{2 * r:.1f},{kind}")
    assert sum(",WBC" in line for line in lines) >= 5
    (folder / "labels.csv").write_text("\n".join(["file,x,y,w,h,class", *lines]) + "\n")
    rows = {r.metric: r for r in filmtasks.white_cells("red-cell-unet", "txl-pbc", Experiment(tmp_path), "test")}
    assert rows["whole_and_single"].n >= 4 and rows["whole_and_single"].value == 1.0
    (folder / "labels.csv").write_text("file,x,y,w,h,class\na.png,5,5,9,9,RBC\n")
    with pytest.raises(data.DataError, match="no white cell"):
        filmtasks.white_cells("red-cell-unet", "txl-pbc", Experiment(tmp_path), "test")
