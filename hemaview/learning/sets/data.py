"""Read the labelled image sets: crops with classes, points with classes, boxes, masks; packed once as uint8 arrays."""

from __future__ import annotations

import csv
import hashlib
import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from hemaview.inference import BadPicture
from hemaview.inference.pictures import as_rgb8
from hemaview.learning.experiment import Experiment
from hemaview.words import all_of


class DataError(Exception):
    """A data folder that is missing or not laid out as described."""


@dataclass(frozen=True)
class DataSet:
    """One set of labelled pictures."""

    name: str
    """Its folder's."""
    free: bool
    """Whether its licence allows all uses."""
    licence: str
    """As its README says."""
    columns: tuple[str, ...] = ()
    """Of its labels.csv, besides `file` and `class`."""
    pixel_classes: int = 0
    """How many classes its masks number; 0: a mask is what is not 0."""
    synthetic: bool = False
    """Whether HemaView makes it itself: it needs no folder."""


_POINT, _BOX = ("x", "y"), ("x", "y", "w", "h")


SETS: dict[str, DataSet] = {
    s.name: s
    for s in (
        DataSet("bbbc041seg", False, "CC BY-NC-SA 3.0 (treated as non-commercial)", _BOX),
        DataSet("chula-rbc12", True, "MIT", _POINT),
        DataSet("pbc", True, "CC BY 4.0"),
        DataSet("jhu-aml", False, "none granted: research only"),
        DataSet("txl-pbc", True, "MIT", _BOX),
        DataSet("draaslan-blood", True, "MIT", _BOX),
        DataSet("erythrocytes-idb", False, "none stated"),
        DataSet("wbc-masks-1", True, "GPL-3 repository", pixel_classes=3),
        DataSet("wbc-masks-2", True, "GPL-3 repository", pixel_classes=3),
        DataSet("graz-marrow", False, "non-commercial", _POINT),
        DataSet("segpc-plasma", False, "CC BY-NC-SA 4.0"),
        DataSet("raabin-wbc", False, "none stated: research only"),
        DataSet("rv-pbs", False, "none stated: research only"),
        DataSet("rv-pbs-fields", False, "none stated: research only", _BOX),
        DataSet("chula-wbc", True, "MIT"),
        DataSet("chula-wbc-fields", True, "MIT", _BOX),
        DataSet("all-idb1-fields", False, "on request: research only", _POINT),
        DataSet("all-idb2", False, "on request: research only"),
        DataSet("mll-marrow-mini", True, "CC BY 4.0"),
        DataSet("sickle-uganda", False, "unclear", _BOX),
        DataSet("drawn-overviews", True, "drawn by HemaView itself", synthetic=True),
    )
}


@dataclass(frozen=True)
class Crops:
    """n pictures of single cells."""

    images: NDArray[np.uint8]
    """uint8 (n, side, side, 3)."""
    labels: tuple[str, ...]
    """Their class names."""
    fine: tuple[str, ...]
    """Finer classes; the same where the set has none."""
    patients: tuple[str, ...]
    """Whose they are; "" where nobody knows."""

    def __len__(self) -> int:
        return len(self.labels)


def _some_pictures(lines: list[dict[str, str]], most: int) -> list[dict[str, str]]:
    """A seeded draw of whole pictures with about `most` lines (0: all of them)."""
    if not most or len(lines) <= most:
        return lines
    counts = Counter(line["file"] for line in lines)
    file_names, n = set(), 0
    for index in np.random.default_rng(20261121).permutation(len(counts)):
        file = sorted(counts)[int(index)]
        if n >= most:
            break
        file_names.add(file)
        n += counts[file]
    return [line for line in lines if line["file"] in file_names]


def has(experiment: Experiment, name: str, split: str) -> bool:
    """Whether the split of the set is there, and allowed where only free ones are."""
    try:
        return is_synthetic(name) or (
            not left_out(experiment, name) and (experiment.root / name / split / "labels.csv").is_file()
        )
    except OSError as error:
        raise DataError(f"{experiment.root / name / split} cannot be looked into: {error.strerror}.") from error


def is_synthetic(name: str) -> bool:
    """Whether HemaView draws the set itself."""
    return name in SETS and SETS[name].synthetic


def left_out(experiment: Experiment, name: str) -> bool:
    """Whether only free sets are wanted and this is none."""
    return experiment.free_only and name in SETS and not SETS[name].free


def rows(experiment: Experiment, name: str, split: str) -> list[dict[str, str]]:
    """The lines of labels.csv; raises DataError with one sentence."""
    if left_out(experiment, name):
        raise DataError(f"{name} has no free licence ({SETS[name].licence}), and this cannot be learned without it.")
    path = experiment.root / name / split / "labels.csv"
    if not path.is_file():
        raise DataError(
            f"There is no {name}/{split}/labels.csv in {experiment.root}; name the folder that holds the sets with --data."
        )
    where = f"{name}/{split}/labels.csv"
    try:
        with path.open(newline="", encoding="utf-8-sig") as stream:
            lines = list(csv.DictReader(stream))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"{where} cannot be read as comma-separated UTF-8 text.") from error
    if not lines:
        raise DataError(f"{where} has no line.")
    _check(lines, name, where)
    return _some_pictures(lines, experiment.most_lines)


def _check(lines: list[dict[str, str]], name: str, where: str) -> None:
    """Raise DataError for the first line that lacks something or whose place is no number; fields without any cell have
    empty places."""
    columns = ("file", "class", *(SETS[name].columns if name in SETS else ()))
    lacking = [c for c in columns if c not in lines[0]]
    if lacking:
        raise DataError(f"{where} lacks the column {lacking[0]}; it needs {all_of(columns)}.")
    for number, line in enumerate(lines, start=2):
        places = [line[c] for c in columns if c in _BOX]
        if not line["file"] or any(line[c] is None for c in columns):
            raise DataError(f"Line {number} of {where} is not complete.")
        if any(places) and not all(_finite(text) for text in places):
            raise DataError(f"Line {number} of {where} has a place that is no number: {','.join(places)}.")


def _finite(text: str) -> bool:
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False


def image(experiment: Experiment, name: str, split: str, file: str) -> NDArray[np.uint8]:
    """One picture, uint8 (H, W, 3); raises DataError."""
    where = f"{name}/{split}/images/{file}"
    try:
        with Image.open(experiment.root / where) as picture:
            deep = picture.mode.startswith("I")
            rgb = as_rgb8(np.asarray(picture).astype(np.uint16)) if deep else np.asarray(picture.convert("RGB"))
    except (OSError, BadPicture) as error:
        raise DataError(f"{where} is missing or damaged.") from error
    return rgb if experiment.camera is None else experiment.camera(rgb)


def mask(experiment: Experiment, name: str, split: str, stem: str) -> NDArray[np.uint8]:
    """One mask with its stored values, uint8 (H, W), as large as its picture; raises DataError."""
    where = f"{name}/{split}/masks/{stem}.png"
    try:
        with Image.open(experiment.root / where) as picture:
            drawn_mask = np.asarray(picture).astype(np.uint8)
    except OSError as error:
        raise DataError(f"{where} is missing or damaged.") from error
    if drawn_mask.ndim != 2:
        raise DataError(f"{where} has colours; a mask has one number a pixel.")
    most = SETS[name].pixel_classes if name in SETS else 0
    if most and drawn_mask.max() >= most:
        raise DataError(f"{where} holds the number {drawn_mask.max()}; its classes are numbered 0 to {most - 1}.")
    picture_file = next((experiment.root / name / split / "images" / stem).parent.glob(f"{Path(stem).name}.*"), None)
    if picture_file is not None and (size := _size(picture_file)) and size != drawn_mask.shape[::-1]:
        raise DataError(f"{where} is of another size than its picture.")
    return drawn_mask


def _size(path: Path) -> tuple[int, int] | None:
    """Width and height of a picture that can be read."""
    try:
        with Image.open(path) as picture:
            return picture.size
    except OSError:
        return None


def numbers(labels: Sequence[str], classes: Sequence[str], where: str) -> NDArray[np.int64]:
    """The place of each label among the classes, int64 (n,); raises DataError for a label that is none of them."""
    place = {name: i for i, name in enumerate(classes)}
    strange = next((label for label in labels if label not in place), None)
    if strange is not None:
        raise DataError(f"{where} has the label {strange!r}, which is not known; known are: {all_of(classes)}.")
    return np.array([place[label] for label in labels], np.int64)


def files(experiment: Experiment, name: str, split: str) -> list[str]:
    """The picture names of a split, sorted, each once."""
    return sorted({row["file"] for row in rows(experiment, name, split)})


def cell_crops(experiment: Experiment, name: str, split: str, cache: Path | None = None) -> Crops:
    """Sets of single-cell pictures (pbc, jhu-aml, erythrocytes-idb), each picture whole."""
    lines = rows(experiment, name, split)

    def pack() -> NDArray[np.uint8]:
        pictures = [image(experiment, name, split, line["file"]) for line in lines]
        other = next((i for i, rgb in enumerate(pictures) if rgb.shape != pictures[0].shape), None)
        if other is not None:
            raise DataError(
                f"{name}/{split}/images/{lines[other]['file']} is of another size than the set's first picture."
            )
        return np.stack(pictures)

    return Crops(
        images=_packed(cache, experiment, name, split, "whole", pack),
        labels=tuple(line["class"] for line in lines),
        fine=tuple(line.get("fine_class") or line["class"] for line in lines),
        patients=tuple(line.get("patient") or "" for line in lines),
    )


def point_crops(experiment: Experiment, name: str, split: str, side_px: int, cache: Path | None = None) -> Crops:
    """Sets of fields with points (chula-rbc12): a square of side_px around each point, edges replicated."""
    lines = rows(experiment, name, split)

    def pack() -> NDArray[np.uint8]:
        out = np.empty((len(lines), side_px, side_px, 3), np.uint8)
        field, current = "", np.zeros((1, 1, 3), np.uint8)
        for i, line in enumerate(lines):
            if line["file"] != field:
                field, current = line["file"], image(experiment, name, split, line["file"])
            out[i] = square(current, float(line["x"]), float(line["y"]), side_px)
        return out

    return Crops(
        images=_packed(cache, experiment, name, split, f"points{side_px}", pack),
        labels=tuple(line["class"] for line in lines),
        fine=tuple(line["class"] for line in lines),
        patients=("",) * len(lines),
    )


def square(rgb: NDArray[Any], x: float, y: float, side_px: int) -> NDArray[Any]:
    """A square of side_px around (x, y), edge pixels replicated outside the picture."""
    left, top = round(x) - side_px // 2, round(y) - side_px // 2
    columns = np.clip(np.arange(left, left + side_px), 0, rgb.shape[1] - 1)
    lines = np.clip(np.arange(top, top + side_px), 0, rgb.shape[0] - 1)
    return rgb[np.ix_(lines, columns)]


def _packed(
    cache: Path | None, experiment: Experiment, name: str, split: str, kind: str, pack: Callable[[], NDArray[np.uint8]]
) -> NDArray[np.uint8]:
    if cache is None:
        return pack()
    listing = (experiment.root / name / split / "labels.csv").read_bytes()
    path = cache / f"{name}-{split}-{kind}-{hashlib.sha256(listing).hexdigest()[:12]}.npy"
    if not path.exists():
        cache.mkdir(parents=True, exist_ok=True)
        part = path.with_suffix(".part.npy")
        np.save(part, pack())
        part.replace(path)
    images: NDArray[np.uint8] = np.load(path, mmap_mode="r")
    return images
