"""Fields are laid where the overview's regions are; where there are none, on all that is stained."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import tifffile
import torch

from hemaview.assays import assay
from hemaview.inference import Detector, load
from hemaview.methods.card import Card
from hemaview.pipeline import PipelineError
from hemaview.pipeline.fieldchoice import plan_run
from hemaview.pipeline.finders import finder
from hemaview.pipeline.overview import places_within, regions_of
from hemaview.pipeline.plan import Plan, RunRequest
from hemaview.wsi.slide import open_slide
from hemaview.wsi.synthetic import draw_film
from tests.films import drawn_film
from tests.schemas import MARROW

WIDTH, HEIGHT = 4096, 2048


class _Sees:
    """In the place of a runtime: boxes (x0, y0, x1, y1) in shares of the picture, each with its score."""

    device = "nowhere"

    def __init__(self, *boxes: tuple[float, float, float, float], score: float = 0.9) -> None:
        self.boxes, self.score = boxes, score

    def objects(self, x: np.ndarray) -> list[Any]:
        # The picture is 320 px wide and filled up to whole strides of 32 px below.
        size_px = torch.tensor([320.0, 320 * HEIGHT / WIDTH] * 2)
        boxes = torch.tensor(self.boxes).reshape(-1, 4) * size_px
        n = len(boxes)
        return [
            SimpleNamespace(boxes=boxes, scores=torch.full((n,), self.score), labels=torch.zeros(n, dtype=torch.int64))
        ]


def overview(*boxes: tuple[float, float, float, float], score: float = 0.9) -> Detector:
    card = Card({"name": "wang-overview-cascade", "version": "0", "sha256": "", "classes": ["region"], "mpp": 0.0,
                 "input_px": 320})  # fmt: skip
    runtime: Any = _Sees(*boxes, score=score)
    return Detector(card, runtime)


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return drawn_film(tmp_path_factory.mktemp("film"), WIDTH, HEIGHT)[0]


@pytest.fixture(scope="module")
def every(film: Path) -> Plan:
    """The film's plan where no net looks over it."""
    return planned(film, None)


def planned(film: Path, model: Detector | None, **settings: Any) -> Plan:
    request = RunRequest(
        slide=film, folder=film.parent, protocol="marrow", settings=settings, models={}, thresholds={}, mpp=0.25,
        photo_fields=[], assay=assay("marrow"), schema=MARROW, finder="boxes",
    )  # fmt: skip
    with open_slide(film) as slide:
        return plan_run(slide, request, lambda text, share: None, model)


def places(plan: Plan) -> list[tuple[int, int, int, int]]:
    return [(f.x, f.y, f.w, f.h) for f in plan.counted_fields]


def test_regions_are_brought_to_level_0(film: Path) -> None:
    with open_slide(film) as slide:
        regions = regions_of(slide, overview((0.25, 0.5, 0.5, 1.0)))
        assert regions[0] == pytest.approx([WIDTH / 4, HEIGHT / 2, WIDTH / 2, HEIGHT], rel=0.01)
        assert not len(regions_of(slide, overview((0.25, 0.5, 0.5, 1.0), score=0.4)))


def test_a_place_is_of_a_region_by_the_smaller_of_the_two() -> None:
    regions = np.array([[0.0, 0.0, 1000.0, 500.0], [3000.0, 3000.0, 3050.0, 3050.0]])
    inside, half_out, outside, around = (
        (800, 0, 300, 300),
        (900, 0, 300, 300),
        (2000, 0, 300, 300),
        (2900, 2900, 300, 300),
    )
    assert places_within([inside, half_out, outside, around], regions) == [inside, around]


def test_fields_are_laid_in_the_regions(film: Path, every: Plan) -> None:
    assert max(f.x for f in every.counted_fields) > WIDTH * 0.6
    plan = planned(film, overview((0.25, 0.0, 0.75, 1.0)))
    regions = np.array([[0.25 * WIDTH, 0, 0.75 * WIDTH, HEIGHT]])
    assert plan.counted_fields and places_within(places(plan), regions) == places(plan)
    assert len(plan.counted_fields) < len(every.counted_fields)
    assert any("1 particles and trails that wang-overview-cascade found" in note for note in plan.notes)


def test_where_a_region_holds_hardly_a_field_it_is_counted_first_and_the_rest_after_it(film: Path, every: Plan) -> None:
    last = every.counted_fields[-1]
    x, y = (last.x + last.w / 2) / WIDTH, (last.y + last.h / 2) / HEIGHT
    plan = planned(film, overview((x - 0.01, y - 0.01, x + 0.01, y + 0.01)))
    assert places(plan)[0] == (last.x, last.y, last.w, last.h)
    assert sorted(places(plan)) == sorted(places(every)) and [f.index for f in plan.fields] == list(
        range(len(plan.fields))
    )
    assert any(f"1 of {len(every.fields)} fields lie in the particles and trails" in note for note in plan.notes)


def test_the_fields_of_a_region_are_counted_first_however_few_the_protocol_counts_and_nothing_is_said_twice(
    film: Path, every: Plan
) -> None:
    for last in every.counted_fields[-3:]:
        x, y = (last.x + last.w / 2) / WIDTH, (last.y + last.h / 2) / HEIGHT
        model = overview((x - 0.01, y - 0.01, x + 0.01, y + 0.01))
        alone, beside = (planned(film, model, max_fields=n) for n in (1, 2))
        assert places(alone) == [(last.x, last.y, last.w, last.h)]
        assert len(places(beside)) == 2 and places(beside)[0] == (last.x, last.y, last.w, last.h)
        for plan in (alone, beside):
            assert len(set(plan.notes)) == len(plan.notes)


def test_without_regions_or_without_a_countable_field_in_them_all_that_is_stained_is_taken(tmp_path: Path) -> None:
    rgb = draw_film(2048, 1024, seed=3).rgb
    path = tmp_path / "film.tif"
    tifffile.imwrite(path, np.pad(rgb, ((0, 0), (0, 2048), (0, 0)), constant_values=240), tile=(256, 256))
    every = places(planned(path, None))
    assert every
    for model in (overview(), overview((0.8, 0.1, 0.9, 0.9))):
        plan = planned(path, model)
        assert places(plan) == every
        assert any("found no particle or trail" in note for note in plan.notes)


def test_a_model_that_finds_no_boxes_cannot_stand_in_the_role_of_the_overview() -> None:
    with pytest.raises(PipelineError, match="cell-kind-net is set for the role overview"):
        finder("boxes", {"detector": marrow(), "overview": load("cell-kind-net")}, MARROW)


def marrow() -> Detector:
    card = Card({"name": "wang-marrow-cascade", "version": "0", "sha256": "", "classes": ["blast"], "mpp": 0.22,
                 "input_px": 320})  # fmt: skip
    runtime: Any = _Sees()
    return Detector(card, runtime)
