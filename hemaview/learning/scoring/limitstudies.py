"""What the limits part by which stain, focus and copies are judged: studies that train nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from hemaview.inference.pictures import ground_of, rescale, turned
from hemaview.inference.stain import LEAST_CELLS, MOST, Stain, share_beyond, stain_beside
from hemaview.learning.engine.segment import CHULA_MPP, mask_parts, mpp_of, mpp_of_boxes
from hemaview.learning.experiment import Experiment
from hemaview.learning.recipes.film import NO_NUCLEUS, Log
from hemaview.learning.sets import data, duplicates, marrowscenes
from hemaview.methods.card import cards
from hemaview.pipeline.cheaplook import LOOK_MPP, look
from hemaview.pipeline.fieldworth import GOOD_SINGLE_RATIO, NO_FOCUS, SOFT_FOCUS
from hemaview.pipeline.foreign import LEAST_UM2, foreign, pieces
from hemaview.pipeline.specimen import guards, signs_of
from hemaview.words import all_of

Row = dict[str, Any]
SIDES = ("train", "val")
FIELDS, LOT, COPIED = 30, 60, 100
"""Fields of a set whose focus is measured, cells without a patient that count as one, and pictures of a set that are
copied."""
INKS = {
    "black": (35, 35, 40), "blue": (30, 60, 160), "green": (20, 120, 60), "red": (200, 30, 40), "violet": (90, 30, 130)
}  # fmt: skip
"""Colours of pens; the last is dense as a stain is."""
FEW = 5
"""So many cells of a patient or lot stand for a film of few photographs."""
BLURS_UM = (0.0, 0.5, 1.0, 2.0)
STATED = (0.5, 1.0, 2.5)
"""How many times the right µm/px are stated."""
_STAINED = ("pbc", "jhu-aml", "wbc-masks-1", "wbc-masks-2", "raabin-wbc")


def stain_limits(experiment: Experiment, out: Path, epochs: int, log: Log) -> list[Row]:
    """How much of each patient, and of each set that knows none in lots of LOT cells, is stained beyond what
    nucleated-cell-net learned from, and how many are called strange for it."""
    card = cards().get("nucleated-cell-net")
    if card is None or not card.stains:
        raise data.DataError("nucleated-cell-net, with the stains that it learned from, must be released first.")
    rows = []
    for name in _STAINED:
        for side in (s for s in SIDES if data.has(experiment, name, s)):
            log(f"{name}/{side}")
            lots = [[data.image(experiment, name, side, f) for f in lot] for lot in _lots(experiment, name, side)]
            every = [share_beyond(lot, card.stains) for lot in lots]
            shares = np.array([s for s in every if s is not None])
            few = [
                stain_beside(lot[at : at + FEW], card.stains) is Stain.STRANGE
                for lot in lots
                for at in range(0, len(lot) - FEW + 1, FEW)
            ]
            if len(shares):
                rows.append(
                    {"variant": f"{name}, {side}", "median_share_beyond": float(np.median(shares)),
                     "lowest": float(shares.min()), "highest": float(shares.max()), "patients_or_lots": len(shares),
                     "called_strange": int((shares > MOST).sum()), "fives": len(few),
                     "fives_called_strange": round(float(np.mean(few)), 4)}
                )  # fmt: skip
    if not rows:
        raise data.DataError(
            f"None of {all_of(_STAINED)} has a patient or a lot with {LEAST_CELLS} nuclei in {experiment.root}."
        )
    return rows


def _lots(experiment: Experiment, name: str, side: str) -> Iterator[list[str]]:
    """Files of white cells, by patient; where none is known by chance."""
    groups: dict[str, list[str]] = {}
    for line in data.rows(experiment, name, side):
        if (line.get("fine_class") or line["class"]) not in NO_NUCLEUS:
            groups.setdefault(line.get("patient") or "", []).append(line["file"])
    for patient, files in sorted(groups.items()):
        order = np.random.default_rng(7).permutation(sorted(files))
        for at in range(0, LOT if patient else len(order), LOT):
            yield [str(file) for file in order[at : at + LOT]]


def focus_limits(experiment: Experiment, out: Path, epochs: int, log: Log) -> list[Row]:
    """The focus of fields as they are and blurred by some µm, and the share of them that is refused or told of."""
    rows = []
    for name, scale in _SCALES.items():
        if not data.has(experiment, name, "val"):
            continue
        log(name)
        files = data.files(experiment, name, "val")[:FIELDS]
        fields = [(data.image(experiment, name, "val", file), scale(experiment, name, file)) for file in files]
        for blur in BLURS_UM:
            focus = np.array([look(_blurred(rgb, blur / mpp), mpp).focus for rgb, mpp in fields])
            rows.append(
                {"variant": f"{name}, blurred by {blur:g} µm" if blur else name, "median_focus": float(np.median(focus)),
                 "lowest": float(focus.min()), "highest": float(focus.max()), "fields": len(focus),
                 "share_refused": float((focus < NO_FOCUS).mean()), "share_told_of": float((focus < SOFT_FOCUS).mean())}
            )  # fmt: skip
    if not rows:
        raise data.DataError(f"None of {all_of(_SCALES)} has a val side in {experiment.root}.")
    return rows


def field_choice(experiment: Experiment, out: Path, epochs: int, log: Log) -> list[Row]:
    """How much of the red cells of fields lies in discs of one cell's size, of fields as they are and laid on one and on two
    others, as in a thick end, and the share of them that is called poor."""
    rows = []
    for name, scale in _SCALES.items():
        if name == "segpc-plasma" or not data.has(experiment, name, "val"):
            continue  # marrow is meant to be crowded
        log(name)
        files = data.files(experiment, name, "val")[:FIELDS]
        fields = [
            rescale(data.image(experiment, name, "val", file), min(1.0, scale(experiment, name, file) / LOOK_MPP))
            for file in files
        ]
        for layers in (1, 2, 3):
            single_ratios = np.array(
                [look(_laid(fields, i, layers), LOOK_MPP).single_ratio for i in range(len(fields))]
            )
            rows.append(
                {"variant": f"{name}, {layers} deep" if layers > 1 else name, "median_single": float(np.median(single_ratios)),
                 "lowest": float(single_ratios.min()), "highest": float(single_ratios.max()), "fields": len(single_ratios),
                 "share_poor": float((single_ratios < GOOD_SINGLE_RATIO).mean())}
            )  # fmt: skip
    if not rows:
        raise data.DataError(f"None of {all_of(_SCALES)} has a val side in {experiment.root}.")
    return rows


def foreign_limits(experiment: Experiment, out: Path, epochs: int, log: Log) -> list[Row]:
    """How large the pieces of fields are that are dense as no stain is, and how much of a stroke of each of INKS, drawn over
    every fifth field, and how much else of it, is said to be covered."""
    rows = []
    for name, scale in _SCALES.items():
        if not data.has(experiment, name, "val"):
            continue
        log(name)
        files = data.files(experiment, name, "val")
        fields = [
            rescale(data.image(experiment, name, "val", file), min(1.0, scale(experiment, name, file) / LOOK_MPP))
            for file in files
        ]
        largest = np.array([pieces(rgb, LOOK_MPP)[1].max(initial=0.0) for rgb in fields])
        of_ink, beside = {}, []
        for ink, colour in INKS.items():
            strokes = [with_stroke(rgb, colour) for rgb in fields[::5]]
            masks = [(foreign(rgb, LOOK_MPP), stroke) for rgb, stroke in strokes]
            of_ink[f"of_{ink}_ink"] = float(np.mean([mask[stroke].mean() for mask, stroke in masks]))
            beside += [mask[~stroke].mean() for mask, stroke in masks]
        rows.append(
            {"variant": name, "fields": len(fields), "median_largest_um2": float(np.median(largest)),
             "highest_um2": float(largest.max()), "share_covered": float((largest >= LEAST_UM2).mean()), **of_ink,
             "beside_ink": float(np.mean(beside))}
        )  # fmt: skip
    if not rows:
        raise data.DataError(f"None of {all_of(_SCALES)} has a val side in {experiment.root}.")
    return rows


def inverted_limits(experiment: Experiment, out: Path, epochs: int, log: Log) -> list[Row]:
    """Shares of single fields that are taken for inverted: of fields whose colours were inverted, and of the same as they are;
    read as a run reads them where STATED times their µm/px is stated."""
    rows = []
    for name, scale in _SCALES.items():
        if not data.has(experiment, name, "val"):
            continue
        log(name)
        files = data.files(experiment, name, "val")[:FIELDS]
        fields = [(data.image(experiment, name, "val", file), scale(experiment, name, file)) for file in files]
        for stated in STATED:
            of_inverted, of_others = (
                float(
                    np.mean([_taken_for_inverted(255 - rgb if inverted else rgb, stated * mpp) for rgb, mpp in fields])
                )
                for inverted in (True, False)
            )
            rows.append(
                {"variant": f"{name}, {stated:g} times its µm/px", "of_inverted": of_inverted, "of_others": of_others,
                 "fields": len(fields)}
            )  # fmt: skip
    if not rows:
        raise data.DataError(f"None of {all_of(_SCALES)} has a val side in {experiment.root}.")
    return rows


def _taken_for_inverted(rgb: NDArray[np.uint8], mpp: float) -> bool:
    signs = signs_of(rescale(rgb, min(1.0, mpp / LOOK_MPP)), max(mpp, LOOK_MPP))
    return any(guard["code"] == "inverted" for guard in guards([signs], ()))


def with_stroke(
    rgb: NDArray[np.uint8], colour: tuple[int, int, int], width_um: float = 30.0, mpp: float = LOOK_MPP
) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    """A field uint8 (H, W, 3) with a stroke of a pen across it, and where that is, bool (H, W)."""
    h, w = rgb.shape[:2]
    alpha = np.zeros((h, w), np.float32)
    cv2.line(alpha, (0, h // 3), (w, h // 2), 1.0, max(1, round(width_um / mpp)))
    alpha = np.asarray(cv2.GaussianBlur(alpha, (0, 0), 1.0), np.float32)[..., None]
    ink = np.array(colour) * (0.8 + 0.2 * rgb / 255)
    return (rgb * (1 - alpha) + ink * alpha).astype(np.uint8), alpha[..., 0] > 0.5


def _laid(fields: list[NDArray[np.uint8]], first: int, layers: int) -> NDArray[np.uint8]:
    """A field with the next ones laid on it, turned: their densities add up."""
    light = fields[first].astype(np.float32)
    for layer in range(1, layers):
        other = np.rot90(fields[(first + layer) % len(fields)], 2 * layer)
        h, w = min(light.shape[0], other.shape[0]), min(light.shape[1], other.shape[1])
        ground = np.maximum(ground_of(np.ascontiguousarray(other)), 1).astype(np.float32)
        light = np.asarray(light[:h, :w] * (other[:h, :w] / ground), np.float32)
    return np.clip(light, 0, 255).astype(np.uint8)


def _blurred(rgb: NDArray[np.uint8], sigma_px: float) -> NDArray[np.uint8]:
    return np.asarray(cv2.GaussianBlur(rgb, (0, 0), sigma_px), np.uint8) if sigma_px else rgb


def _by_mask(experiment: Experiment, name: str, file: str) -> float:
    return mpp_of(mask_parts(data.mask(experiment, name, "val", file.rpartition(".")[0])))


def _by_boxes(experiment: Experiment, name: str, file: str) -> float:
    own = [line for line in data.rows(experiment, name, "val") if line["file"] == file and line["w"]]
    red = [line for line in own if line["class"] == "RBC"] or own
    if not red:
        raise data.DataError(f"No cell of {name}/val/images/{file} is boxed: its µm/px cannot be told.")
    return mpp_of_boxes([max(float(line["w"]), float(line["h"])) for line in red])


_SCALES: dict[str, Callable[[Experiment, str, str], float]] = {
    "chula-rbc12": lambda *_: CHULA_MPP,
    "bbbc041seg": _by_mask,
    "txl-pbc": _by_boxes,
    "draaslan-blood": _by_boxes,
    "segpc-plasma": lambda *_: marrowscenes.MPP,
}
"""Sets of fields, and how the µm/px of one is told."""


def copy_limits(experiment: Experiment, out: Path, epochs: int, log: Log) -> list[Row]:
    """The share of altered copies that is found, by what was altered; last, pairs of different pictures, of two sides of the
    set, that are taken for one."""
    rows = []
    for name in ("pbc", "jhu-aml", "erythrocytes-idb", "chula-rbc12"):
        if not data.has(experiment, name, "val"):
            continue
        log(name)
        pictures = [data.image(experiment, name, "val", file) for file in data.files(experiment, name, "val")[:COPIED]]
        own = np.stack([duplicates.look(rgb) for rgb in pictures])
        for what, alter in ALTERATIONS.items():
            copies = np.stack([duplicates.look(np.ascontiguousarray(alter(rgb))) for rgb in pictures])
            hits = {pair.own for pair in duplicates.shared(own, copies) if pair.own == pair.other}
            rows.append({"variant": f"{name}, {what}", "share_found": len(hits) / len(own), "pictures": len(own)})
        if data.has(experiment, name, "train"):
            others = duplicates.looks_of(experiment, name, "train")
            matches = len(list(duplicates.shared(own, others)))
            rows.append(
                {
                    "variant": f"{name}, another picture",
                    "share_found": matches / (len(own) * len(others)),
                    "pictures": len(own),
                }
            )
    if not rows:
        raise data.DataError(f"None of the sets whose pictures are copied has a val side in {experiment.root}.")
    return rows


def copies_in_sets(experiment: Experiment, out: Path, epochs: int, log: Log) -> list[Row]:
    """Of each two sides of each set how many pictures of the second show what the first shows; labels are not looked at."""
    rows = []
    for name in data.SETS:
        sides = [side for side in duplicates.SIDES if not data.is_synthetic(name) and data.has(experiment, name, side)]
        if len(sides) < 2:
            continue
        log(name)
        for one, two, pairs in duplicates.between_sides(experiment, name, sides):
            copies, of = {pair.other for pair in pairs}, len(data.files(experiment, name, two))
            rows.append(
                {"variant": f"{name}, {one} and {two}", "seen_again": len(copies), "pictures_of_the_second": of}
            )
    if not rows:
        raise data.DataError(f"No set in {experiment.root} has two sides.")
    return rows


def _recompressed(rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
    jpeg = BytesIO()
    Image.fromarray(rgb).save(jpeg, "JPEG", quality=60)
    return np.asarray(Image.open(jpeg))


def _shifted(rgb: NDArray[np.uint8], share: float) -> NDArray[np.uint8]:
    by = round(share * min(rgb.shape[:2]))
    return np.asarray(np.pad(rgb, ((by, 0), (by, 0), (0, 0)), mode="edge")[: rgb.shape[0], : rgb.shape[1]])


def _cut(rgb: NDArray[np.uint8], share: float) -> NDArray[np.uint8]:
    by = max(1, round(share * min(rgb.shape[:2])))
    return rgb[by:-by, by:-by]


def _all(rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return _recompressed(np.ascontiguousarray(turned(_shifted(ALTERATIONS["brighter by 25"](rgb), 0.02)[None], 5)[0]))


ALTERATIONS: dict[str, Callable[[NDArray[np.uint8]], NDArray[np.uint8]]] = {
    "JPEG of quality 60": _recompressed,
    "half as large": lambda rgb: np.asarray(
        cv2.resize(rgb, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA), np.uint8
    ),
    "brighter by 25": lambda rgb: np.clip(rgb.astype(np.int16) + 25, 0, 255).astype(np.uint8),
    "mirrored and turned": lambda rgb: turned(rgb[None], 6)[0],
    "shifted by 2 %": lambda rgb: _shifted(rgb, 0.02),
    "cut by 3 % at each edge": lambda rgb: _cut(rgb, 0.03),
    "brighter, shifted, mirrored, turned, JPEG": _all,
    "shifted by 10 %": lambda rgb: _shifted(rgb, 0.1),
}
"""How copies are altered; the last is past what is looked for."""
