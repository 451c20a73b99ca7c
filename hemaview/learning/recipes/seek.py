"""The finder of nucleated cells at low power: its training, and the height of peak from which it asks for a closer look."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from hemaview.inference.pictures import rescale
from hemaview.learning.engine.course import device_of, use_cores
from hemaview.learning.engine.heat import Scene, train_heat
from hemaview.learning.experiment import Experiment
from hemaview.learning.recipes.film import Log, Training
from hemaview.learning.recipes.seekscenes import (
    KEPT_MPP,
    Marked,
    SeekPool,
    SeekScene,
    boxed_fields,
    draw_scene,
    seek_pool,
)
from hemaview.learning.sets import data
from hemaview.methods.nuclearstain import MPP
from hemaview.methods.peaks import coarse_peaks
from hemaview.methods.seeker import STRIDE, Seeker

SETS = (
    "txl-pbc", "draaslan-blood", "wbc-masks-1", "wbc-masks-2", "chula-rbc12", "bbbc041seg", "segpc-plasma", "pbc", "jhu-aml",
    "raabin-wbc",
)  # fmt: skip
SIDE_PX = 192
REACH_UM = 4.0
"""A peak within this of a cell's centre is that cell."""
LEAST_PEAKS = (0.05, 0.08, 0.12, 0.16, 0.2, 0.25, 0.3, 0.4)
WANTED_RECALL = 0.995
"""Of val's cells so many are to be found."""
MARGIN = 0.5
"""The card states this share of the height of peak that is enough on val: a candidate too many costs a closer look, a cell
that is not found is lost."""


def train_seeker(
    experiment: Experiment, out: Path, cache: Path, imagenet: Path | None, epochs: int | None, log: Log
) -> Path:
    """Scenes of 96 µm, sixteen a step; scored on val by the average precision of points."""
    use_cores()
    pool = seek_pool(experiment, "train", cache)
    log(
        f"{len(pool.fields)} labelled fields, {len(pool.marrow)} of marrow, {len(pool.grounds)} of red cells; "
        f"{len(pool.cells)} nucleated cells and {len(pool.others)} others to paste"
    )
    validation = held_scenes(experiment)

    def draw(rng: np.random.Generator) -> Scene:
        scene = draw_scene(pool, SIDE_PX, rng)
        return scene.rgb, *scene.target()

    return train_heat(Seeker(), draw, lambda net: points_precision(net, validation), out, (epochs or 20) * 100, log)


def held_scenes(experiment: Experiment) -> list[SeekScene]:
    """Val's scenes: labelled fields as they are, and pasted ones, at their own scale."""
    rng = np.random.default_rng(9)
    pool = seek_pool(experiment, "val", None, most=300)
    scenes = [
        _at_low_power(f)
        for name in ("txl-pbc", "draaslan-blood")
        if data.has(experiment, name, "val")
        for f in boxed_fields(experiment, name, "val")
    ]
    pasting = SeekPool((), (), pool.grounds, pool.cells, pool.others)
    return scenes + [draw_scene(pasting, SIDE_PX, rng, scale=0.1) for _ in range(60)]


def _at_low_power(field: Marked) -> SeekScene:
    rgb = rescale(field.rgb, KEPT_MPP / MPP)
    unknown = cv2.resize(field.unknown.astype(np.uint8), rgb.shape[1::-1], interpolation=cv2.INTER_NEAREST) > 0
    return SeekScene(rgb, field.centres * np.float32(KEPT_MPP / MPP), np.asarray(unknown))


def peaks_in(net: nn.Module, rgb: NDArray[np.uint8], least: float) -> NDArray[np.float64]:
    """Peaks float64 (n, 3: x, y px, height) of uint8 (H, W, 3) at MPP."""
    h, w = rgb.shape[:2]
    full = np.pad(rgb, ((0, -h % 16), (0, -w % 16), (0, 0)), mode="symmetric")
    with torch.inference_mode():
        logits = net(torch.from_numpy(np.ascontiguousarray(full)).to(device_of(net)).permute(2, 0, 1)[None].float())
    heat: NDArray[np.float32] = torch.softmax(logits, 1)[0, 1].cpu().numpy()
    peaks = coarse_peaks(heat, least, STRIDE)
    return peaks[(peaks[:, 0] < w) & (peaks[:, 1] < h)]


def matched(net: nn.Module, scenes: list[SeekScene], least: float) -> tuple[NDArray[np.float64], int, int]:
    """(heights of the peaks that are cells, negative those of others, float64 (n,); cells; scenes); what is left out of a
    scene counts neither way."""
    from hemaview.learning.metrics.matching import match_points

    heights = []
    cells = 0
    for scene in scenes:
        peaks = peaks_in(net, scene.rgb, least)
        partner = match_points(peaks[:, :2], scene.centres.astype(np.float64), 2 * REACH_UM / MPP)[1]
        is_hit = np.zeros(len(peaks), bool)
        is_hit[partner[partner >= 0]] = True
        if scene.unknown.size:
            h, w = scene.unknown.shape
            at = peaks[:, :2].astype(int)
            doubtful = scene.unknown[at[:, 1].clip(0, h - 1), at[:, 0].clip(0, w - 1)]
            peaks, is_hit = peaks[is_hit | ~doubtful], is_hit[is_hit | ~doubtful]
        heights.append(np.where(is_hit, peaks[:, 2], -peaks[:, 2]))
        cells += len(scene.centres)
    return np.concatenate(heights), cells, len(scenes)


def points_precision(net: nn.Module, scenes: list[SeekScene]) -> float:
    """Average precision of points: the mean over the cells of the precision at which each is found."""
    heights, cells, _ = matched(net, scenes, 0.03)
    order = np.argsort(-np.abs(heights), kind="stable")
    is_hit = heights[order] > 0
    precision = np.cumsum(is_hit) / np.arange(1, len(is_hit) + 1)
    return float(precision[is_hit].sum() / max(1, cells))


def least_peak(net: nn.Module, experiment: Experiment) -> dict[str, float]:
    """MARGIN of the greatest height of peak at which WANTED_RECALL of val's cells are found, as the card's threshold."""
    heights, cells, _ = matched(net, held_scenes(experiment), min(LEAST_PEAKS))
    fits = [least for least in LEAST_PEAKS if (heights >= least).sum() >= WANTED_RECALL * cells]
    return {"peak": round(MARGIN * max(fits, default=min(LEAST_PEAKS)), 3)}


SEEK_TRAININGS: tuple[Training, ...] = (
    Training(
        "nucleated-cell-finder",
        SETS,
        train_seeker,
        ("ground", "nucleated_cell"),
        MPP,
        0,
        (
            "Stand-in for nucleated cells of marrow and for nucleated red cells: single cells pasted into fields of red cells.",
            "It asks for a closer look and names nothing: platelet clumps and dirt are among what it finds.",
            "Sections (H&E) it never saw.",
        ),
        thresholds=least_peak,
    ),
)
