"""Nets as OpenVINO takes them, converted once a machine: conversion takes seconds in each process, reading a tenth.

Kept under XDG_CACHE_HOME (~/.cache) in hemaview/models, one file a model, named by what it was made from: weights, the
source of every net, the shown size, OpenVINO. What cannot be read or written is made anew in memory.
"""

from __future__ import annotations

import hashlib
import os
import warnings
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch
from torch import nn

import hemaview.methods


def converted(net: nn.Module, side_px: int | None, name: str, sha256: str) -> Any:
    """An OpenVINO model of float32 (N, 3, side, side), any size where side_px is None; `sha256` is of its weights."""
    import openvino as ov

    folder = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "hemaview" / "models"
    made_of = f"{sha256} {_source()} {side_px} {ov.__version__} {torch.__version__}"
    path = folder / f"{name}-{hashlib.sha256(made_of.encode()).hexdigest()[:16]}.xml"
    try:
        return ov.Core().read_model(path)
    except RuntimeError:
        model = _traced(net, side_px)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=folder) as part:
            ov.save_model(model, Path(part) / path.name, compress_to_fp16=False)
            for old in folder.glob(f"{name}-????????????????.*"):
                old.unlink(missing_ok=True)
            for part_file in sorted(Path(part).iterdir()):  # the .bin before the .xml that names it
                part_file.replace(folder / part_file.name)
        # Read back, so that the first process and the later ones compute with the same bytes.
        return ov.Core().read_model(path)
    except (OSError, RuntimeError):
        return model


def _traced(net: nn.Module, side_px: int | None) -> Any:
    import openvino as ov

    side = side_px or -1
    example = torch.zeros(1, 3, side_px or 256, side_px or 256)
    with warnings.catch_warnings():  # tracing warns of shapes that are fixed, as they are meant to be
        warnings.simplefilter("ignore")
        # Traced here because OpenVINO's own tracing runs the net twice more to compare it with itself.
        traced = torch.jit.trace(net.eval(), example, check_trace=False)
        return ov.convert_model(traced, example_input=example, input=[[-1, 3, side, side]])


@lru_cache(maxsize=1)
def _source() -> str:
    """What the nets are written as: a change of any of them makes every model anew."""
    folder = Path(hemaview.methods.__file__).parent
    return hashlib.sha256(b"".join(p.read_bytes() for p in sorted(folder.rglob("*.py")))).hexdigest()
