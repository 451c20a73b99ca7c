"""What a mask says beside the nets: a thing too small for a cell, a cell too round for its name, several cells in one.

Size and axis ratio are evidence that no stain can forge (docs/adr/0004-mask-evidence.md).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from hemaview.methods.cellkind import KINDS
from hemaview.pipeline.measures import Measured

SMALLEST_CELL_UM2, SMALLEST_SPREAD_UM2 = 11.5, 0.8
"""Where, and how softly, a thing becomes too small for a cell: of schistocytes in chula-rbc12's train 95 % are at least 16 µm²
large."""
SPLIT_EVENLY = 0.02
"""What is given to platelet and dirt alike before their own odds part what was too small for a cell."""
ELLIPTOCYTE_MOST, OVALOCYTE_MOST, TWICE_AS_LONG = 0.68, 0.88, 0.5
"""Axis ratios beyond which a cell is rounder than an elliptocyte and an ovalocyte (of chula-rbc12's train 95 % have at most
0.64 and 0.84), and below which an oval cell is an elliptocyte (ICSH 2015, Palmer et al.)."""
AXIS_SPREAD = 0.025
"""How softly; chosen by hand."""
SINGLE_SOLIDITY, SINGLE_UM2 = 0.93, (15.0, 110.0)
"""Solidity and area of red cells that lie alone, by which the typical one of a field is told."""
LEAST_SINGLES = 8
TYPICAL_UM2 = float(np.pi * 3.6**2)
"""A disc 7.2 µm wide, where a field has fewer singles than LEAST_SINGLES."""
TWO_CELLS, SIZE_WEIGHT, DENT_WEIGHT, LARGER = 1.65, 9.0, 45.0, 1.25
"""Several cells that were not parted: a size of 1.65 typical cells is even odds for a solid thing, the weights make 0.1 of a cell
as telling as 0.02 of solidity, and nothing below 1.25 cells is several; chosen by hand."""
GIANT_FROM_UM, GIANT_SPREAD_UM = 7.0, 0.35
"""Diameter from which a platelet is a giant one (ICSH 2015, Palmer et al.: larger than 7 µm; 4 to 7 µm is a large one), and how
softly. What jhu-aml labels giant has a median of 4.9 µm, what pbc labels platelet one of 3.0."""


def with_size(
    kinds: NDArray[np.float32], area_um2: NDArray[np.float64], cut: NDArray[np.bool_] | None = None
) -> NDArray[np.float32]:
    """Kinds in the light of the mask: a thing far smaller than any cell is a platelet or dirt, what it lies on or beside
    notwithstanding. Of schistocytes in chula-rbc12's train 95 % are at least 16 µm² large. How large a red cell is that an
    edge has `cut` (n,) nobody knows."""
    platelet, nothing = KINDS.index("platelet"), KINDS.index("nothing")
    cells = [KINDS.index("red_cell"), KINDS.index("nucleated")]
    keep = np.repeat(1 / (1 + np.exp(-(area_um2 - SMALLEST_CELL_UM2) / SMALLEST_SPREAD_UM2))[:, None], 2, axis=1)
    if cut is not None:
        keep[cut, 0] = 1.0
    small = (kinds[:, cells] * (1 - keep)).sum(axis=1)
    among = (kinds[:, platelet] + SPLIT_EVENLY) / (kinds[:, platelet] + kinds[:, nothing] + 2 * SPLIT_EVENLY)
    p = kinds.copy()
    p[:, cells] *= keep
    p[:, platelet] += small * among
    p[:, nothing] += small * (1 - among)
    return p


def with_axis_ratio(
    shape: NDArray[np.float32], classes: tuple[str, ...], axis_ratio: NDArray[np.float64]
) -> NDArray[np.float32]:
    """Shape probabilities in the light of the mask: a round cell is no elliptocyte, whatever its tint, and an oval one more
    than twice as long as wide is one (ICSH 2015, Palmer et al.).

    Elliptocytes of chula-rbc12 come from two runs of pictures, so their tint is learnt with their shape, and on another
    ground hardly any is named. Of those in train 95 % have an axis ratio of at most 0.64, of ovalocytes at most 0.84; what is
    rounder is the rounder class.
    """
    p = shape.copy()
    if "elliptocyte" in classes and "ovalocyte" in classes:
        long, oval = classes.index("elliptocyte"), classes.index("ovalocyte")
        keep = 1 / (1 + np.exp((axis_ratio - ELLIPTOCYTE_MOST) / AXIS_SPREAD))
        p[:, oval] += p[:, long] * (1 - keep)
        p[:, long] *= keep
        twice = 1 / (1 + np.exp((axis_ratio - TWICE_AS_LONG) / AXIS_SPREAD))
        p[:, long] += p[:, oval] * twice
        p[:, oval] *= 1 - twice
        p[:, oval] *= 1 / (1 + np.exp((axis_ratio - OVALOCYTE_MOST) / AXIS_SPREAD))
    return np.asarray(p / np.maximum(p.sum(axis=1, keepdims=True), 1e-9), np.float32)


def with_platelet_size(
    fine: NDArray[np.float32], names: Sequence[str], area_um2: NDArray[np.float64]
) -> NDArray[np.float32]:
    """The finer net's answers (n, names) in the light of the mask: whether a platelet is a giant one is its diameter's to say,
    that of a disc of its area. The net learned the name from cells of one laboratory, and calls most platelets of others so."""
    if "giant_platelet" not in names or "platelet" not in names:
        return fine
    giant, usual = names.index("giant_platelet"), names.index("platelet")
    diameter_um = 2 * np.sqrt(area_um2 / np.pi)
    share = 1 / (1 + np.exp(-np.clip((diameter_um - GIANT_FROM_UM) / GIANT_SPREAD_UM, -30, 30)))
    p, both = fine.copy(), fine[:, giant] + fine[:, usual]
    p[:, giant], p[:, usual] = both * share, both * (1 - share)
    return p


def overlap_share(measured: Measured, red: NDArray[np.float32], mpp: float) -> NDArray[np.float64]:
    """0 … 1: how surely a red thing is several cells that were not parted: too large, and dented, for one."""
    area = measured.area_px * mpp**2
    singles = area[
        (red > 0.5) & (measured.solidity > SINGLE_SOLIDITY) & (area > SINGLE_UM2[0]) & (area < SINGLE_UM2[1])
    ]
    typical = float(np.median(singles)) if len(singles) >= LEAST_SINGLES else TYPICAL_UM2
    size = area / typical
    evidence = SIZE_WEIGHT * (size - TWO_CELLS) + DENT_WEIGHT * (SINGLE_SOLIDITY - measured.solidity)
    return np.asarray(np.where(size > LARGER, 1 / (1 + np.exp(-np.clip(evidence, -30, 30))), 0.0))
