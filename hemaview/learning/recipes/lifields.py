"""Li et al. over whole fields: NODEs-UNet names each pixel ground, red cell or white cell.

Nobody drew white and red cells of whole fields that could be fetched here. So people's boxes say which cell is what, and the
shipped segmentation says where it ends; what no box names is left out of the loss.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from hemaview.inference import Segmenter, load_as
from hemaview.learning.engine.course import device_of, use_cores
from hemaview.learning.engine.segment import (
    CHULA_MPP,
    PBC_MPP,
    Field,
    mask_parts,
    mpp_of,
    mpp_of_boxes,
    rescale,
    rescale_labels,
    train_segmentation,
)
from hemaview.learning.experiment import Experiment
from hemaview.learning.recipes.film import NO_NUCLEUS, NUCLEATED_MPP, Log, Training
from hemaview.learning.sets import data
from hemaview.methods.cellsplit import IGNORE
from hemaview.methods.nodesunet import NodesUNet, equalised, set_tolerance

NAME = "li-nodes-fields"
CLASSES = ("background", "red_cell", "white_cell")
RED, WHITE = 1, 2
MPP = 0.3
"""µm/px: a red cell is 24 px wide, as in the paper's pictures."""
BOXED = {"txl-pbc": 1.0, "draaslan-blood": 3.0}
"""Sets whose red and white cells are boxed, and how often a field of each is drawn."""
RED_ALONE = {"chula-rbc12": 1.0, "bbbc041seg": 1.0}
"""Sets whose red cells are pointed at or drawn, likewise: dense red cells are not white."""
SINGLE = {"pbc": (PBC_MPP, 0.5), "jhu-aml": (NUCLEATED_MPP, 0.5), "raabin-wbc": (NUCLEATED_MPP, 0.5)}
"""Sets of single white cells, their µm/px, and how often a picture of each is drawn; what lies around them has no label."""
SETS = (*BOXED, *RED_ALONE, *SINGLE)
MOST_SINGLE = 300
"""Pictures of a set of single cells."""
LARGEST_RED_UM2, NEAR_UM = 110.0, 3.0
"""A larger thing is no single red cell; a labelled point lies within this of its cell's centre."""
NO_WHITE_CELL = (*NO_NUCLEUS, "erythroblast")
"""Classes of single cells that are no white cell with an outline."""
LEAST_RED = 3
"""Fields with fewer red cells give no scale."""
SURE, WHOLE = 0.5, 1.15
"""How much of the ellipse in a white cell's box (squared radius) is surely of it, and beyond which nothing is."""
SEGMENTED_BY, DRAWN = "red-cell-unet", "bbbc041seg"


def train_fields(
    experiment: Experiment, out: Path, cache: Path, imagenet: Path | None, epochs: int | None, log: Log
) -> Path:
    """An epoch is 100 steps. While it learns the blocks are solved at 1e-2, as in `recipes.li`."""
    use_cores()
    net = NodesUNet(len(CLASSES), 8)
    set_tolerance(net, 1e-2)
    fields, validation = every_field(experiment, "train"), every_field(experiment, "val")
    log(f"{len(fields)} fields of train, {len(validation)} of val")
    return train_segmentation(
        net, fields, lambda trained: mean_iou(trained, validation), out, (epochs or 18) * 100, log, side_px=160, batch=8,
        rate=3e-3, class_weights=(1.0, 1.0, 2.0),
    )  # fmt: skip


def every_field(experiment: Experiment, split: str) -> list[Field]:
    """All fields of a side, as far as their sets are there."""
    fields = [field for name in BOXED for field in labelled_fields(experiment, name, split)]
    fields += [field for name in RED_ALONE for field in red_fields(experiment, name, split)]
    return fields + [field for name in SINGLE for field in single_cells(experiment, name, split)]


def red_fields(experiment: Experiment, name: str, split: str) -> list[Field]:
    """Fields of which red cells alone are labelled, by points or masks; other things have no label."""
    if not data.has(experiment, name, split):
        return []
    segmenter = load_as(Segmenter, SEGMENTED_BY, experiment.nets)
    points: dict[str, list[tuple[float, float]]] = {}
    if name != DRAWN:
        for row in data.rows(experiment, name, split):
            points.setdefault(row["file"], []).append((float(row["x"]), float(row["y"])))
    fields = []
    for file in data.files(experiment, name, split):
        rgb = data.image(experiment, name, split, file)
        if name == DRAWN:
            mask = mask_parts(data.mask(experiment, name, split, Path(file).stem))
            small = rescale(rgb, mpp_of(mask) / MPP)
            cells = rescale_labels(mask, small.shape[:2])
            labelled = list(_middles(cells))
        else:
            small = rescale(rgb, CHULA_MPP / MPP)
            cells = segmenter.segment(small, MPP)
            at = np.array(points[file]) * CHULA_MPP / MPP
            labelled = [i for i, middle in _middles(cells).items() if np.hypot(*(at - middle).T).min() <= NEAR_UM / MPP]
        small_enough = np.flatnonzero(np.bincount(cells.ravel()) * MPP**2 <= LARGEST_RED_UM2)
        target = np.where(cells > 0, IGNORE, 0).astype(np.uint8)
        target[np.isin(cells, np.intersect1d(labelled, small_enough))] = RED
        fields.append(Field(equalised(small), target, RED_ALONE[name]))
    return fields


def single_cells(experiment: Experiment, name: str, split: str) -> list[Field]:
    """Pictures of one white cell each, in their middle."""
    if not data.has(experiment, name, split):
        return []
    segmenter, (mpp, weight) = load_as(Segmenter, SEGMENTED_BY, experiment.nets), SINGLE[name]
    rows = [r for r in data.rows(experiment, name, split) if (r.get("fine_class") or r["class"]) not in NO_WHITE_CELL]
    indices = np.random.default_rng(7).permutation(len(rows))[: MOST_SINGLE if split == "train" else MOST_SINGLE // 10]
    fields = []
    for row in (rows[i] for i in indices):
        small = rescale(data.image(experiment, name, split, row["file"]), mpp / MPP)
        cells = segmenter.segment(small, MPP)
        middle = cells[cells.shape[0] // 2, cells.shape[1] // 2]
        target = np.where(cells > 0, IGNORE, 0).astype(np.uint8)
        if middle:
            target[cells == middle] = WHITE
            fields.append(Field(equalised(small), target, weight))
    return fields


def labelled_fields(experiment: Experiment, name: str, split: str) -> list[Field]:
    """The fields of a set at MPP, their brightness equalised, with a class or IGNORE at each pixel."""
    if not data.has(experiment, name, split):
        return []
    segmenter = load_as(Segmenter, SEGMENTED_BY, experiment.nets)
    lines: dict[str, list[dict[str, str]]] = {}
    for row in data.rows(experiment, name, split):
        lines.setdefault(row["file"], []).append(row)
    fields = []
    for file, own in lines.items():
        boxes = {k: [[float(r[c]) for c in "xywh"] for r in own if r["class"] == k] for k in ("RBC", "WBC", "platelet")}
        if len(boxes["RBC"]) < LEAST_RED:
            continue
        mpp = mpp_of_boxes([max(w, h) for _, _, w, h in boxes["RBC"]])
        small = rescale(data.image(experiment, name, split, file), mpp / MPP)
        cells = segmenter.segment(small, MPP)
        scaled = {k: np.array(v, np.float64).reshape(-1, 4) * mpp / MPP for k, v in boxes.items()}
        fields.append(Field(equalised(small), target_of(cells, scaled), BOXED[name]))
    return fields


def target_of(cells: NDArray[np.int32], boxes: dict[str, NDArray[np.float64]]) -> NDArray[np.uint8]:
    """uint8 (H, W): the class of each pixel of a field with instances `cells` (H, W; 0 is ground) and boxes (n, 4: x, y, w, h) of
    `RBC`, `WBC` and `platelet`; IGNORE where a cell has no box."""
    target = np.where(cells > 0, IGNORE, 0).astype(np.uint8)
    y, x = np.mgrid[: cells.shape[0], : cells.shape[1]]
    middles = _middles(cells)
    for kind, value in (("RBC", RED), ("platelet", 0)):
        for bx, by, w, h in boxes[kind]:
            inside = [i for i, (cx, cy) in middles.items() if bx <= cx <= bx + w and by <= cy <= by + h]
            target[np.isin(cells, inside)] = value
    for bx, by, w, h in boxes["WBC"]:
        inside = [i for i, (cx, cy) in middles.items() if bx <= cx <= bx + w and by <= cy <= by + h]
        far = ((x - bx - w / 2) / (w / 2)) ** 2 + ((y - by - h / 2) / (h / 2)) ** 2
        target[(far < 1) & (cells == 0)] = IGNORE
        target[((far < WHOLE) & np.isin(cells, inside)) | (far < SURE)] = WHITE
    return target


def _middles(cells: NDArray[np.int32]) -> dict[int, tuple[float, float]]:
    """The centre (x, y) of each instance by its number."""
    y, x = np.nonzero(cells)
    number = cells[y, x]
    n = np.bincount(number)
    cx, cy = (np.bincount(number, at) / np.maximum(n, 1) for at in (x, y))
    return {int(i): (float(cx[i]), float(cy[i])) for i in np.flatnonzero(n)}


@torch.inference_mode()
def mean_iou(net: nn.Module, fields: list[Field]) -> float:
    """Mean over the classes of intersection over union of all labelled pixels of the fields."""
    both, either = np.zeros(len(CLASSES)), np.zeros(len(CLASSES))
    for field in fields:
        h, w = field.target.shape
        padded = np.pad(field.rgb, ((0, -h % 16), (0, -w % 16), (0, 0)), mode="symmetric")
        x = torch.from_numpy(padded).permute(2, 0, 1)[None].float().to(device_of(net))
        classes = net(x)[0].argmax(dim=0).cpu().numpy()[:h, :w]
        is_labelled = field.target != IGNORE
        for c in range(len(CLASSES)):
            own, true = (classes == c) & is_labelled, field.target == c
            both[c] += (own & true).sum()
            either[c] += (own | true).sum()
    return float((both / np.maximum(either, 1)).mean())


LI_FIELD_TRAININGS = (
    Training(
        NAME,
        SETS,
        train_fields,
        CLASSES,
        MPP,
        160,
        (
            "Stand-in data: fields and single cells of seven sets, for the paper's own (the MISP pictures of Isfahan) are public "
            "and could not be fetched here. Boxes, points and pictures of people say what is red and what is white, the "
            "segmentation red-cell-unet where a cell ends: outlines cannot be better than its.",
            "Eight kernels wide at the top, where the paper's half of U-Net's is 32; learned at a tolerance of 1e-2 and solved "
            "at the paper's.",
            "It names no kind of white cell and no shape of red cell; platelets are ground. White cells that touch are parted "
            "where they join in a neck; closer ones are one.",
        ),
    ),
)
