"""The two operators that Cascade R-CNN needs of compiled mmcv, in torch alone: NMS and RoIAlign.

mmcv-lite brings no compiled part; `install` puts these in its place. Every other operator raises where it is called.
"""

from __future__ import annotations

import importlib
import importlib.machinery
import sys
import types
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

SAMPLES = 2
"""Points per bin and side; mmcv's default, a number that follows the box, is not offered."""
_BLOCK = 512


def nms(boxes: Tensor, scores: Tensor, iou_threshold: float, offset: int = 0) -> Tensor:
    """Rows of boxes (n, 4: x0, y0, x1, y1) kept by greedy suppression, best score first.

    It goes box by box, so it runs on the CPU wherever the boxes are; the rows come back to where they are.
    """
    where = boxes.device
    order = scores.detach().cpu().sort(descending=True, stable=True).indices
    sorted_boxes = boxes.detach().cpu()[order]
    alive = torch.ones(len(order), dtype=torch.bool)
    keep: list[Tensor] = []
    for at in range(0, len(order), _BLOCK):
        rows = torch.arange(at, min(at + _BLOCK, len(order)))
        rows = rows[alive[rows]]
        if not len(rows):
            continue
        above = (iou(sorted_boxes[rows], sorted_boxes[rows], offset) > iou_threshold).triu(1).numpy()
        own = np.ones(len(rows), bool)
        for i in range(len(rows)):
            if own[i]:
                own &= ~above[i]
        best = rows[torch.from_numpy(own)]
        keep.append(best)
        rest = torch.arange(int(rows[-1]) + 1, len(order))
        rest = rest[alive[rest]]
        if len(rest) and len(best):
            overlaps = (iou(sorted_boxes[best], sorted_boxes[rest], offset) > iou_threshold).any(dim=0)
            alive[rest[overlaps]] = False
    return (order[torch.cat(keep)] if keep else order[:0]).to(where)


def iou(a: Tensor, b: Tensor, offset: int = 0) -> Tensor:
    """Intersection over union (n, m) of two sets of boxes; `offset` is added to widths and heights."""
    low, high = torch.maximum(a[:, None, :2], b[None, :, :2]), torch.minimum(a[:, None, 2:], b[None, :, 2:])
    both = (high - low + offset).clamp(min=0).prod(dim=2)
    area_a, area_b = ((x[:, 2:] - x[:, :2] + offset).prod(dim=1) for x in (a, b))
    return both / (area_a[:, None] + area_b[None] - both).clamp(min=1e-9)


def roi_align(
    x: Tensor,
    rois: Tensor,
    output_size: int | tuple[int, int],
    spatial_scale: float = 1.0,
    sampling_ratio: int = SAMPLES,
    pool_mode: str = "avg",
    aligned: bool = True,
) -> Tensor:
    """Features (K, C, h, w) of boxes rois (K, 5: image, x0, y0, x1, y1) in x (N, C, H, W); bilinear, mean of a bin."""
    if pool_mode != "avg" or sampling_ratio != SAMPLES:
        raise NotImplementedError(f"RoIAlign takes the mean of {SAMPLES} × {SAMPLES} points a bin, nothing else.")
    rows, columns = (output_size, output_size) if isinstance(output_size, int) else output_size
    height, width = x.shape[-2:]
    box = rois[:, 1:] * spatial_scale - (0.5 if aligned else 0.0)
    size = box[:, 2:] - box[:, :2]
    if not aligned:
        size = size.clamp(min=1.0)
    out = x.new_zeros(len(rois), x.shape[1], rows, columns)
    for image in rois[:, 0].unique().tolist():
        own = torch.nonzero(rois[:, 0] == image).flatten()
        xs = _points(box[own, 0], size[own, 0], columns)
        ys = _points(box[own, 1], size[own, 1], rows)
        grid = torch.stack(
            [
                (xs.clamp(0, width - 1) * 2 / max(width - 1, 1) - 1)[:, None].expand(-1, ys.shape[1], -1),
                (ys.clamp(0, height - 1) * 2 / max(height - 1, 1) - 1)[..., None].expand(-1, -1, xs.shape[1]),
            ],
            dim=-1,
        )
        flat = grid.reshape(1, -1, xs.shape[1], 2).to(x.dtype)
        samples = functional.grid_sample(
            x[int(image)][None], flat, mode="bilinear", padding_mode="border", align_corners=True
        )
        samples = samples.reshape(x.shape[1], len(own), ys.shape[1], xs.shape[1]).transpose(0, 1)
        inside = ((ys >= -1) & (ys <= height))[..., None] & ((xs >= -1) & (xs <= width))[:, None]
        out = out.index_copy(0, own, functional.avg_pool2d(samples * inside[:, None], SAMPLES))
    return out


def _points(start: Tensor, length: Tensor, bins: int) -> Tensor:
    n = bins * SAMPLES
    share = (torch.arange(n, device=start.device) + 0.5) / n
    return start[:, None] + length[:, None] * share[None]


class _Extension(types.ModuleType):
    """In the place of mmcv's compiled module: names are there, calls of what is not written say so."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)

        def missing(*_: Any, **__: Any) -> None:
            raise NotImplementedError(f"mmcv's operator {name} needs the compiled mmcv.")

        return missing


def install() -> None:
    """Let mmdet be imported on mmcv-lite; does nothing where mmcv's compiled part is there, or the second time."""
    if "mmcv._ext" in sys.modules:
        return
    try:
        importlib.import_module("mmcv._ext")
        return
    except ImportError:
        pass
    extension = _Extension("mmcv._ext")
    extension.__spec__ = importlib.machinery.ModuleSpec("mmcv._ext", None)
    extension.nms = nms  # type: ignore[attr-defined]
    sys.modules["mmcv._ext"] = extension
    ops = importlib.import_module("mmcv.ops")
    # mmcv.ops.roi_align is the function; the module of that name is what mmcv's layer reads it from.
    sys.modules["mmcv.ops.roi_align"].roi_align = roi_align  # type: ignore[attr-defined]
    ops.roi_align = roi_align  # type: ignore[attr-defined]
