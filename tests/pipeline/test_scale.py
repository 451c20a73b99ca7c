"""Slides whose µm/px do not go with their cells or with the models are told of."""

from __future__ import annotations

from hemaview.pipeline.scale import disagreement, scale_notes


def test_enlarging_far_is_said_once_of_the_worst_model() -> None:
    models = {"fine-net": 0.1, "coarse-net": 0.2, "no-scale": 0.0}
    assert scale_notes(0.14, models) == []
    (note,) = scale_notes(0.25, models)
    assert "enlarged 2.5 times for fine-net" in note


def test_a_stated_scale_that_its_red_cells_contradict_is_said() -> None:
    assert disagreement(0.25, 0.3) == []
    (guard,) = disagreement(0.25, 0.5)
    assert guard["code"] == "scale-contradicted"
    assert "about 0.500 µm/px, not the stated 0.250" in guard["sentence"]
    assert disagreement(0.5, 0.25)
