"""A run finds what is there, resumes to the same bytes, and stops where it is told."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from PIL import Image

from hemaview.assays import assay
from hemaview.cells.store import read_cells
from hemaview.cells.table import BY_NUCLEATED, BY_RED, CUT, NOBODY, CellTable
from hemaview.learning.metrics.matching import Matches, match_points
from hemaview.methods.card import cards
from hemaview.pipeline import Cancelled, PipelineError, RunRequest, Superseded
from hemaview.pipeline.cheaplook import scale_from
from hemaview.pipeline.folder import RunFolder
from hemaview.pipeline.rounds import one_of_doubles
from hemaview.pipeline.run import run
from hemaview.wsi.slide import open_slide
from hemaview.wsi.synthetic import TrueCell
from tests.factories import cells as table_of
from tests.films import drawn_film
from tests.schemas import BLOOD_FILM


class Sink:
    """Remembers; can ask to stop after some fields, or die."""

    def __init__(self, stop_after: int = 10**6, die_after: int = 10**6) -> None:
        self.stop_after, self.die_after, self.fields_done = stop_after, die_after, 0

    def stop_asked(self) -> bool:
        return self.fields_done >= self.stop_after

    def phase(self, text: str, share: float = 0.0) -> None: ...

    def planned(self, plan: Any, device: str) -> None:
        self.plan = plan

    def field_done(self, fields_done: int, total: int, cells: int) -> None:
        self.fields_done = fields_done
        if fields_done >= self.die_after:
            raise KeyboardInterrupt


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, tuple[TrueCell, ...]]:
    return drawn_film(tmp_path_factory.mktemp("film"), 4096, 2048)


PHOTOS = Path(__file__).parents[2] / "apps/desk/demo/chula-rbc12"
PHOTOGRAPH_AT = 2650, 1250
FILM = {
    "segmentation": "red-cell-unet",
    "kind": "cell-kind-net",
    "red-cell-shape": "red-cell-shape-net",
    "nucleated-cell": "nucleated-cell-net",
}


def request(path: Path, folder: Path, **changes: Any) -> RunRequest:
    models = {role: (name, cards()[name].version, cards()[name].sha256) for role, name in FILM.items()}
    facts: dict[str, Any] = {
        "slide": path, "folder": folder, "protocol": "blood-film", "settings": {"rbc": 3000, "wbc": 200, "max_fields": 3},
        "models": models,
        "thresholds": {}, "mpp": 0.25, "photo_fields": [], "assay": assay("blood_film"), "schema": BLOOD_FILM, "finder": "film",
    }  # fmt: skip
    return RunRequest(**{**facts, **changes})


@pytest.fixture(scope="module")
def photograph(film: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """600 × 480 px of the film's monolayer, four white cells on it: where what is asked of a run does not need a film."""
    with open_slide(film[0]) as slide:
        rgb = slide.read(*PHOTOGRAPH_AT, 0, 600, 480)
    path = tmp_path_factory.mktemp("photograph") / "photograph.tif"
    tifffile.imwrite(path, rgb, tile=(256, 256), photometric="rgb")
    return path


def of_photograph(path: Path, folder: Path, **changes: Any) -> RunRequest:
    where = {"x": 0, "y": 0, "w": 600, "h": 480, "name": "1"}
    return request(path, folder, photo_fields=[where], **changes)


COUNTED = {"rbc": 3000, "wbc": 1, "max_fields": 2}
"""Two fields, and no search after them: test_search.py is about that."""


@pytest.fixture(scope="module")
def undisturbed(film: Any, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Any]:
    folder = tmp_path_factory.mktemp("job")
    return folder, run(request(film[0], folder, settings=COUNTED), Sink())


@pytest.fixture(scope="module")
def died(film: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the same run leaves on disk that dies after its first field; each test goes on in a copy."""
    folder = tmp_path_factory.mktemp("died")
    with pytest.raises(KeyboardInterrupt):
        run(request(film[0], folder, settings=COUNTED), Sink(die_after=1))
    return folder


def test_a_run_that_another_worker_takes_over_leaves_the_files_to_that_one(photograph: Path, tmp_path: Path) -> None:
    class TakenOver(Sink):
        def field_done(self, fields_done: int, total: int, cells: int) -> None:
            RunFolder(tmp_path, 2).begin()

    with pytest.raises(Superseded):
        run(of_photograph(photograph, tmp_path, attempt=1), TakenOver())
    assert (tmp_path / "part-0.arrow").exists() and not (tmp_path / "cells.arrow").exists()


def test_what_is_on_the_film_is_found(film: Any, undisturbed: Any) -> None:
    """Detection F1 against the truth, in the fields that were counted."""
    folder, outcome = undisturbed
    assert outcome.fields_done == 2 and not outcome.partial
    cells, metadata = read_cells(folder / "cells.arrow")
    points = np.stack([cells.x, cells.y], axis=1).astype(float)
    true = np.array([(c.x, c.y) for c in film[1]])
    radius = np.array([max(4.0, 0.8 * c.radius_um / 0.25) for c in film[1]])
    total = Matches()
    plan = json.loads((folder / "plan.json").read_text())
    for f in (f for f in plan["fields"] if f["index"] in metadata["fields"]):
        inside = [
            (p[:, 0] >= f["x"]) & (p[:, 0] < f["x"] + f["w"]) & (p[:, 1] >= f["y"]) & (p[:, 1] < f["y"] + f["h"])
            for p in (points, true)
        ]
        total += match_points(points[inside[0]], true[inside[1]], radius[inside[1]])[0]
    assert total.true > 500
    assert total.f1 >= 0.95, total


def test_white_cells_are_found_as_white_cells(film: Any, undisturbed: Any) -> None:
    cells, metadata = read_cells(undisturbed[0] / "cells.arrow")
    nucleated = {c.index for c in BLOOD_FILM.classes if c.group in ("wbc", "nrbc")}
    plan = json.loads((undisturbed[0] / "plan.json").read_text())
    wanted = hit = 0
    for f in (f for f in plan["fields"] if f["index"] in metadata["fields"]):
        for c in film[1]:
            if c.cls in (
                "segmented_neutrophil",
                "lymphocyte",
                "monocyte",
                "eosinophil",
                "band_neutrophil",
                "erythroblast",
            ) and (f["x"] + 30 < c.x < f["x"] + f["w"] - 30 and f["y"] + 30 < c.y < f["y"] + f["h"] - 30):
                wanted += 1
                near = np.flatnonzero(np.hypot(cells.x - c.x, cells.y - c.y) < c.radius_um / 0.25)
                hit += any(int(cells.cls[i]) in nucleated for i in near)
    assert wanted >= 8 and hit / wanted >= 0.9


def test_how_each_cell_looks_is_told_by_the_net_of_its_kind_which_the_file_names(undisturbed: Any) -> None:
    cells, metadata = read_cells(undisturbed[0] / "cells.arrow")
    red, nucleated = (BLOOD_FILM.rows_of_kind(cells.cls, kind) for kind in ("red_cell", "nucleated"))
    assert (cells.embedded_by[red] == BY_RED).mean() > 0.99 and (cells.embedded_by[nucleated] == BY_NUCLEATED).all()
    assert (cells.embedding.any(axis=1) == (cells.embedded_by != NOBODY)).all()
    for by, role in ((BY_RED, "red-cell-shape"), (BY_NUCLEATED, "nucleated-cell")):
        card = cards()[FILM[role]]
        assert metadata["embedded_by"][str(by)] == [role, card.name, card.version, card.sha256]


def test_a_run_that_dies_goes_on_at_its_field_and_ends_in_the_same_bytes(
    film: Any, undisturbed: Any, died: Path, tmp_path: Path
) -> None:
    shutil.copytree(died, tmp_path, dirs_exist_ok=True)
    first = (tmp_path / "part-0.arrow").stat().st_mtime_ns
    (tmp_path / "part-1.arrow").write_bytes(b"torn by a crash")
    outcome = run(request(film[0], tmp_path, settings=COUNTED), Sink())
    assert (tmp_path / "part-0.arrow").stat().st_mtime_ns == first
    assert outcome == undisturbed[1]
    for name in ("cells.arrow", "contours.arrow"):
        assert (tmp_path / name).read_bytes() == (undisturbed[0] / name).read_bytes()


def test_cancelling_keeps_what_is_counted_and_says_it_is_partial(film: Any, died: Path, tmp_path: Path) -> None:
    shutil.copy(died / "plan.json", tmp_path)
    outcome = run(request(film[0], tmp_path, settings=COUNTED), Sink(stop_after=1))
    assert outcome.partial and outcome.fields_done == 1 and outcome.fields_total == 2
    cells, metadata = read_cells(tmp_path / "cells.arrow")
    assert len(cells) == outcome.cells > 100 and metadata["partial"] is True


def test_a_run_that_is_to_stop_counts_what_a_worker_that_died_has_left_on_disk(
    film: Any, died: Path, tmp_path: Path
) -> None:
    shutil.copytree(died, tmp_path, dirs_exist_ok=True)
    outcome = run(request(film[0], tmp_path, settings=COUNTED), Sink(stop_after=0))
    assert outcome.partial and outcome.fields_done == 1 and outcome.cells > 100


def test_a_run_that_is_cancelled_before_its_first_field_leaves_no_analysis(photograph: Path, tmp_path: Path) -> None:
    with pytest.raises(Cancelled):
        run(of_photograph(photograph, tmp_path), Sink(stop_after=0))
    assert not (tmp_path / "cells.arrow").exists()


def test_a_scale_that_is_corrected_before_a_run_goes_on_begins_it_anew(photograph: Path, tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        run(of_photograph(photograph, tmp_path, mpp=0.24), Sink(die_after=1))
    outcome = run(of_photograph(photograph, tmp_path), Sink())
    assert json.loads((tmp_path / "plan.json").read_text())["mpp"] == 0.25
    assert outcome == run(of_photograph(photograph, tmp_path / "unbroken"), Sink())


def test_a_tolerance_is_told_of_and_refused_where_nothing_is_solved(photograph: Path, tmp_path: Path) -> None:
    with pytest.raises(PipelineError, match="none of its models solves") as refused:
        run(of_photograph(photograph, tmp_path / "a", settings={"tolerance": 0.01}), Sink())
    assert "correct the protocol's settings" in refused.value.remedy
    nodes = cards()["li-nodes-unet"]
    models = {**of_photograph(photograph, tmp_path).models, "nucleus-mask": (nodes.name, nodes.version, nodes.sha256)}
    solving = of_photograph(photograph, tmp_path / "b", models=models, settings={"tolerance": 0.01})
    assert any("li-nodes-unet were solved at a tolerance of 0.01" in note for note in run(solving, Sink()).notes)


def test_white_cells_are_read_as_in_blood_of_another_kind_where_the_protocol_says_so(
    photograph: Path, tmp_path: Path
) -> None:
    card = cards()["nucleated-cell-net"]
    calibrations = {}
    for blood in ("", "jhu-aml"):
        order = of_photograph(photograph, tmp_path / f"blood-{blood}", settings={"calibrated_on": blood})
        outcome = run(order, Sink())
        assert any("calibrated for acute leukaemia (jhu-aml)" in note for note in outcome.notes) == bool(blood)
        _, metadata = read_cells(order.folder / "cells.arrow")
        calibrations[blood] = tuple(metadata[key]["nucleated-cell"] for key in ("temperatures", "thresholds"))
    assert calibrations == {"": (card.temperature, card.thresholds), "jhu-aml": card.calibration_on("jhu-aml")}
    assert calibrations[""] != calibrations["jhu-aml"]
    with pytest.raises(PipelineError, match="none of its models is calibrated on it") as refused:
        run(of_photograph(photograph, tmp_path / "moon", settings={"calibrated_on": "moon"}), Sink())
    assert "correct the protocol's settings" in refused.value.remedy


def test_a_stated_scale_that_the_red_cells_contradict_is_a_guard_of_the_run(tmp_path: Path) -> None:
    small, _ = drawn_film(tmp_path, 2048, 1024)
    outcome = run(request(small, tmp_path, mpp=0.5, settings={"rbc": 100, "max_fields": 1}), Sink())
    assert "scale-contradicted" in [guard["code"] for guard in outcome.guards]
    assert not any("red cells, this slide has" in note for note in outcome.notes)


def test_a_slide_with_nothing_on_it_fails_with_a_reason(tmp_path: Path) -> None:
    import pyvips

    from hemaview.wsi.sidepyramid import write_pyramid

    write_pyramid(
        pyvips.Image.black(512, 512, bands=3).linear(1, 240).cast("uchar").copy(interpretation="srgb"),
        tmp_path / "w.tif",
    )
    with pytest.raises(PipelineError, match="No field of this slide can be counted: nothing stained"):
        run(request(tmp_path / "w.tif", tmp_path / "job"), Sink())
    with pytest.raises(PipelineError, match="too few round red cells"):
        run(request(tmp_path / "w.tif", tmp_path / "job2", mpp=None), Sink())


def test_the_scale_is_measured_from_red_cells_among_platelets_and_white_cells() -> None:
    rng = np.random.default_rng(1)
    diameters = np.concatenate([rng.normal(38, 2, 120), rng.normal(12, 2, 60), rng.normal(75, 5, 6)])
    scale = scale_from(diameters)
    assert scale is not None and abs(scale[0] - 7.2 / 38) < 0.006 and 0.03 < scale[1] / scale[0] < 0.06
    assert scale_from(np.array([38.0] * 5)) is None


def test_a_cell_found_from_two_fields_is_kept_once() -> None:
    table = table_of({"normal": 2})
    x = np.array([100.0, 102.0], np.float32)
    twice = CellTable(
        **{**table.__dict__, "x": x, "y": np.array([50.0, 50.5], np.float32), "field": np.array([0, 1], np.uint32)}
    )
    assert len(one_of_doubles(twice)) == 1
    same_field = CellTable(**{**twice.__dict__, "field": np.array([1, 1], np.uint32)})
    assert len(one_of_doubles(same_field)) == 2


@pytest.mark.parametrize(
    ("second", "shift"),
    [((360, 0), (0, 0)), ((0, 260), (3, 2)), ((350, 250), (-2, 3))],
    ids=["beside", "below, registered a few px off", "at a corner, registered a few px off"],
)
def test_a_white_cell_on_the_line_between_two_photographs_is_counted_once_and_whole(
    film: Any, tmp_path: Path, second: tuple[int, int], shift: tuple[int, int]
) -> None:
    whites = [c for c in film[1] if c.cls in ("segmented_neutrophil", "lymphocyte", "monocyte")]
    cell = next(c for c in whites if 700 < c.x < 3300 and 500 < c.y < 1500)
    w, h = 600, 480
    # The middle of what both show is the cell's.
    left, top = round(cell.x - (w + second[0]) / 2), round(cell.y - (h + second[1]) / 2)
    with open_slide(film[0]) as slide:
        pictures = [slide.read(left + x, top + y, 0, w, h) for x, y in ((0, 0), second)]
    sheet = np.full((h, 2 * w + 32, 3), 255, np.uint8)
    sheet[:, :w], sheet[:, w + 32 :] = pictures
    tifffile.imwrite(tmp_path / "sheet.tif", sheet, tile=(256, 256), photometric="rgb")
    films = [{"patch": 0, "x": 0, "y": 0}, {"patch": 0, "x": second[0] + shift[0], "y": second[1] + shift[1]}]
    photos = [{"x": i * (w + 32), "y": 0, "w": w, "h": h, "name": str(i), "film": on} for i, on in enumerate(films)]
    run(request(tmp_path / "sheet.tif", tmp_path / "job", photo_fields=photos), Sink())
    cells, _ = read_cells(tmp_path / "job" / "cells.arrow")
    own = np.array([(p["x"] - x, p["y"] - y) for p, (x, y) in zip(photos, ((0, 0), second), strict=True)])[cells.field]
    far = np.hypot(cells.x - own[:, 0] + left - cell.x, cells.y - own[:, 1] + top - cell.y)
    nucleated = BLOOD_FILM.rows_of_kind(cells.cls, "nucleated")
    (row,) = np.flatnonzero(nucleated & (far < cell.radius_um / 0.25))
    assert cells.flags[row] == 0 and min(cells.w[row], cells.h[row]) > 1.5 * cell.radius_um / 0.25


def test_a_scale_at_which_no_cell_can_be_seen_is_named_and_nothing_is_looked_at(
    photograph: Path, tmp_path: Path
) -> None:
    with pytest.raises(PipelineError, match=r"At 9 µm/px a red cell of this slide is 0\.8 px wide") as refused:
        run(of_photograph(photograph, tmp_path, mpp=9.0), Sink())
    assert "Correct the slide's µm/px" in refused.value.remedy


def test_a_scan_of_one_field_counts_what_the_photograph_of_it_counts(tmp_path: Path) -> None:
    rgb = np.asarray(Image.open(PHOTOS / "605.webp").convert("RGB"))
    path = tmp_path / "field.tif"
    tifffile.imwrite(path, rgb, tile=(256, 256), photometric="rgb", compression="deflate")
    whole = {}
    for name, places in (("scan", []), ("photograph", [{"x": 0, "y": 0, "w": 640, "h": 480, "name": "1"}])):
        order = request(path, tmp_path / name, mpp=0.19, photo_fields=places)
        run(order, Sink())
        cells, _ = read_cells(order.folder / "cells.arrow")
        uncut = (cells.flags & CUT) == 0
        whole[name] = int((BLOOD_FILM.rows_of_kind(cells.cls, "red_cell") & uncut).sum()), np.median(cells.w[uncut])
    assert whole["photograph"][0] > 50
    assert whole["scan"] == pytest.approx(whole["photograph"], rel=0.05)
