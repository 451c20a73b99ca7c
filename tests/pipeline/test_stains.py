"""A slide whose white cells are stained as the net never saw them says so."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import tifffile

from hemaview.assays import assay
from hemaview.cells.table import CUT, CellTable
from hemaview.inference import Classifier, Model, Stain, load, load_as
from hemaview.pipeline.filmfit import fit_to_film
from hemaview.pipeline.finders import finder
from hemaview.pipeline.finders.film import FilmFinder
from hemaview.pipeline.folder import RunFolder
from hemaview.pipeline.plan import Plan, PlannedField
from hemaview.pipeline.stains import stain_guards
from hemaview.wsi.slide import open_slide
from hemaview.wsi.synthetic import MPP, Film, draw_film
from tests.inference.test_stain import cell
from tests.pipeline.test_run import Sink
from tests.schemas import BLOOD_FILM


@cache
def drawn_film() -> Film:
    return draw_film(4096, 2048, seed=5)


def film(path: Path, dye: tuple[float, float, float]) -> tuple[Path, Film]:
    """A drawn film, its density of each colour multiplied by `dye`."""
    scene = drawn_film()
    rgb = 255 * (scene.rgb / 255.0) ** np.array(dye)
    tifffile.imwrite(path, rgb.astype(np.uint8), tile=(256, 256), photometric="rgb", compression="jpeg")
    return path, scene


def table(scene: Film) -> CellTable:
    """Its white cells as a job would have found them."""
    white = [c for c in scene.cells if BLOOD_FILM.by_key[c.cls].group == "wbc"]
    n, blank = len(white), CellTable.empty(len(BLOOD_FILM))
    side = np.array([2 * c.radius_um / MPP for c in white]).astype(np.uint16)
    nothing = np.full(n, np.nan, np.float16)
    return replace(
        blank, x=np.array([c.x for c in white], np.float32), y=np.array([c.y for c in white], np.float32), w=side, h=side,
        cls=np.array([BLOOD_FILM.index(c.cls) for c in white], np.uint8), p=np.zeros((n, len(BLOOD_FILM)), np.float16),
        field=np.zeros(n, np.uint32), flags=np.zeros(n, np.uint8), area_um2=nothing, circularity=nothing, pallor=nothing,
        nc_ratio=nothing, contour=tuple(np.zeros((0, 2), np.int16) for _ in white),
    )  # fmt: skip


def plan(width: int, height: int) -> Plan:
    return Plan(MPP, "stated", None, [PlannedField(0, 0, 0, width, height, 0.4, 1.0, 0.8, 1.0, True)])


def test_a_strange_stain_is_said_and_a_usual_one_is_not(tmp_path: Path) -> None:
    net = load_as(Classifier, "nucleated-cell-net")
    for name, dye, notes in (("usual", (1, 1, 1), 0), ("strange", (0.6, 1.15, 1.3), 1)):
        path, scene = film(tmp_path / f"{name}.tif", dye)
        with open_slide(path) as slide:
            guards = stain_guards(slide, table(scene), plan(4096, 2048), BLOOD_FILM, net)
        assert len(guards) == notes, name
    assert guards[0]["code"] == "strange-stain"
    assert all(words in guards[0]["sentence"] for words in ("nucleated-cell-net", "check their names"))


def test_a_photograph_as_small_as_a_cell_is_looked_at_as_far_as_it_goes(tmp_path: Path) -> None:
    path, scene = film(tmp_path / "strange.tif", (0.6, 1.15, 1.3))
    cells, side = table(scene), 76
    places = [
        PlannedField(i, int(x) - side // 2, int(y) - side // 2, side, side, 0.4, 1.0, 0.8, 1.0, True, photo=True)
        for i, (x, y) in enumerate(zip(cells.x, cells.y, strict=True))
    ]
    photos = Plan(MPP, "stated", None, places)
    one_a_field = replace(cells, field=np.arange(len(cells), dtype=np.uint32))
    with open_slide(path) as slide:
        (note,) = stain_guards(slide, one_a_field, photos, BLOOD_FILM, load_as(Classifier, "nucleated-cell-net"))
    assert "stained unlike" in note["sentence"]


def test_nothing_is_said_of_cut_cells_or_by_a_net_that_tells_no_stains(tmp_path: Path) -> None:
    net = load_as(Classifier, "nucleated-cell-net")
    path, scene = film(tmp_path / "strange.tif", (0.6, 1.15, 1.3))
    cells, whole = table(scene), plan(4096, 2048)
    with open_slide(path) as slide:
        assert (
            stain_guards(slide, replace(cells, flags=np.full(len(cells), CUT, np.uint8)), whole, BLOOD_FILM, net) == []
        )
        assert stain_guards(slide, cells, whole, BLOOD_FILM, load_as(Classifier, "cell-kind-net")) == []
        assert stain_guards(slide, cells, whole, BLOOD_FILM, None) == []


def test_few_counted_cells_speak_up_unless_the_nuclei_of_the_film_are_usual(tmp_path: Path) -> None:
    net = load_as(Classifier, "nucleated-cell-net")
    path, scene = film(tmp_path / "strange.tif", (0.6, 1.15, 1.3))
    cells, whole = table(scene), plan(4096, 2048)
    with open_slide(path) as slide:
        codes = [
            [g["code"] for g in stain_guards(slide, cells.take(np.arange(n)), whole, BLOOD_FILM, net, stain)]
            for n, stain in ((5, Stain.UNCLEAR), (5, Stain.USUAL), (0, Stain.STRANGE), (0, Stain.UNCLEAR))
        ]
    assert codes == [["strange-stain"], [], ["strange-stain"], []]


USUAL, STRANGE = (1.0, 1.6, 0.4), (0.6, 1.85, 0.45)
"""Optical densities of nuclei: in the middle of what nucleated-cell-net learned from, and beyond it."""


FEW_NUCLEI = Plan(0.2, "stated", None, [PlannedField(0, 0, 0, 1200, 400, 0.4, 1.0, 0.8, 1.0, True)])


def few_nuclei(folder: Path, nuclei: int, dye: tuple[float, float, float]) -> Path:
    """A slide of at most four nuclei of a dye, 0.2 µm/px."""
    rgb = np.full((400, 1200, 3), (240, 235, 225), np.uint8)
    for i in range(nuclei):
        rgb[150:250, 150 + 250 * i : 250 + 250 * i] = cell(dye)
    tifffile.imwrite(folder / "few.tif", rgb, tile=(256, 256), photometric="rgb")
    return folder / "few.tif"


@pytest.mark.parametrize(
    ("nuclei", "dye", "stain"), [(4, STRANGE, Stain.STRANGE), (4, USUAL, Stain.USUAL), (1, USUAL, Stain.UNCLEAR)]
)
def test_few_cells_are_named_by_the_careful_net_unless_they_show_a_usual_stain(
    tmp_path: Path, nuclei: int, dye: tuple[float, float, float], stain: Stain
) -> None:
    path = few_nuclei(tmp_path, nuclei, dye)
    models: dict[str, Model] = {
        "nucleated-cell": load("nucleated-cell-net"), "nucleated-cell-elsewhere": load("nucleated-cell-strangers")
    }  # fmt: skip
    with open_slide(path) as slide:
        fitted, answer = fit_to_film(slide, FEW_NUCLEI, models, RunFolder(tmp_path), Sink())
    assert answer is stain
    assert (fitted["nucleated-cell"].info.name == "nucleated-cell-net") == (stain is Stain.USUAL)


def test_a_strange_film_is_named_by_the_net_for_such_and_a_usual_one_is_not(tmp_path: Path) -> None:
    for name, dye in (("usual", (1, 1, 1)), ("strange", (0.6, 1.15, 1.3))):
        path, scene = film(tmp_path / f"{name}.tif", dye)
        cells = table(scene)
        models: dict[str, Model] = {
            role: load(model)
            for role, model in (
                ("nucleated-cell", "nucleated-cell-net"),
                ("nucleated-cell-elsewhere", "nucleated-cell-strangers"),
                ("nucleated-cell-finder", "nucleated-cell-finder"),
            )
        }
        (tmp_path / name).mkdir()
        with open_slide(path) as slide:
            fitted, stain = fit_to_film(slide, plan(4096, 2048), models, RunFolder(tmp_path / name), Sink())
            again, same = fit_to_film(slide, plan(4096, 2048), models, RunFolder(tmp_path / name), Sink())
        namer = fitted["nucleated-cell"]
        strange = stain is Stain.STRANGE
        assert stain is same and strange == (name == "strange") and "nucleated-cell-elsewhere" not in fitted
        assert namer.info.name == ("nucleated-cell-strangers" if strange else "nucleated-cell-net")
        if strange:
            crops = np.random.default_rng(1).integers(90, 255, (4, 112, 112, 3), np.uint8)
            shipped = load_as(Classifier, "nucleated-cell-strangers").classify_crops(crops)
            own = namer.classify_crops(crops)
            assert np.abs(own - shipped).max() > 1e-3, "it answers by the film's statistics"
            assert np.allclose(own, again["nucleated-cell"].classify_crops(crops)), (
                "a run that goes on names cells alike"
            )
        assert len(cells) > 15


def test_platelets_of_a_strange_film_are_parted_from_dirt_by_the_net_of_usual_films(tmp_path: Path) -> None:
    path = few_nuclei(tmp_path, 4, STRANGE)
    order = next(o for o in assay("blood_film").orders if o.name == "blood-film")
    models: dict[str, Model] = {role: load(name) for role, name in order.models.items()}
    with open_slide(path) as slide:
        fitted, stain = fit_to_film(slide, FEW_NUCLEI, models, RunFolder(tmp_path), Sink())
    how = finder(order.finder, fitted, BLOOD_FILM)
    assert isinstance(how, FilmFinder) and stain is Stain.STRANGE
    assert how.models.nucleated.info.name == "nucleated-cell-strangers"
    assert how.models.without_nucleus is models["nucleated-cell"]


def test_of_few_white_cells_the_guard_says_how_few(tmp_path: Path) -> None:
    path, scene = film(tmp_path / "strange.tif", (0.6, 1.15, 1.3))
    net = load_as(Classifier, "nucleated-cell-net")
    with open_slide(path) as slide:
        (note,) = stain_guards(slide, table(scene).take(np.arange(3)), plan(4096, 2048), BLOOD_FILM, net)
    assert note["sentence"].startswith("The nuclei of the 3 white cells on this film are stained unlike any")
