"""The pictures of the results page: confusion matrices, precision-recall curves, reliability, sample overlays."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("Agg")

import cv2
import numpy as np
import torch
from matplotlib import pyplot as plt
from numpy.typing import NDArray

from hemaview.inference import Detector, Masker, load_as
from hemaview.inference.pictures import rescale
from hemaview.learning.engine.classify import load_weights
from hemaview.learning.evidence import Answers, Key
from hemaview.learning.experiment import Experiment
from hemaview.learning.recipes.film import SHAPE_MPP
from hemaview.learning.sets import data
from hemaview.methods.card import cards
from hemaview.methods.dunet import DUNet, sampling_points
from hemaview.methods.registry import METHODS

INK, LINE, SECOND = "#222222", "#0072b2", "#d55e00"
BINS = 10
RATES = np.linspace(0, 1, 201)
ENLARGED, REACH = 10, 14
"""How far pictures of sampling points are enlarged, and how many px to each side they show."""


def draw_all(experiment: Experiment, split: str, folder: Path) -> list[tuple[str, str]]:
    """Write the figures of the experiment's evidence to `folder`; (file name, caption) of each."""
    evidence = experiment.evidence
    folder.mkdir(parents=True, exist_ok=True)
    figures: list[tuple[str, str]] = []
    for key, answers in sorted(evidence.answers.items()):
        if key[1] in ("kind", "nucleated-cells"):
            continue
        figures.append(_write(folder, f"confusion-{key[0]}-{key[2]}.png", confusion_matrix, answers))
        figures[-1] = (figures[-1][0], f"{_title_of(key)}: rows are the labels, in per cent of each label's cells.")
    if evidence.answers:
        graded = {k: a for k, a in evidence.answers.items() if float(a.p.max(axis=1).min()) < 1}
        figures.append(_write(folder, "reliability.png", reliability, graded))
        figures[-1] = (
            figures[-1][0],
            "Reliability: how often an answer of a given confidence is right; on the line is honest.",
        )
    shapes = {k: a for k, a in evidence.answers.items() if k[1] == "rbc-morphology"}
    for key, answers in sorted(shapes.items()):
        figures.append(_write(folder, f"roc-{key[0]}-{key[2]}.png", receiver_operating_of_classes, answers))
        figures[-1] = (figures[-1][0], f"{_title_of(key)}: ROC of each class against the rest.")
    if shapes:
        figures.append(_write(folder, "rbc-morphology-roc.png", receiver_operating, shapes))
        figures[-1] = (figures[-1][0], "Red-cell morphology: ROC, mean over the classes one against the rest.")
    if evidence.questions:
        figures.append(_write(folder, "nrbc-precision-recall.png", precision_recall, evidence.questions))
        figures[-1] = (
            figures[-1][0],
            "Nucleated red cells against all others (dashed: against lymphocytes and neutrophils, as p-net's paper has it): "
            "precision over recall.",
        )
    for name, caption, draw in (
        ("overlay-nucleus-cytoplasm.jpg", "Cytoplasm and nucleus as found on wbc-masks-2 (GPL-3 repository).", _masks),
        (
            "sampling-points.jpg",
            "Where the first two convolutions look for three points on edges of cells (white): an ordinary U-Net above, dU-Net "
            "below; a field of chula-rbc12 (MIT), ten times enlarged.",
            _sampling,
        ),
        ("overlay-detection.jpg", "White cells, red cells and platelets as found on txl-pbc (MIT).", _boxes),
    ):
        picture = draw(experiment, split)
        if picture is not None:
            cv2.imwrite(str(folder / name), cv2.cvtColor(picture, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, 85])
            figures.append((name, caption))
    return figures


def confusion_matrix(axes: Any, answers: Answers) -> None:
    """Shares of each true class (rows) over what it was called (columns), for the classes that occur."""
    predicted = answers.p.argmax(axis=1)
    numbers = np.unique(np.concatenate([answers.truth, predicted]))
    n = len(answers.names)
    table = (
        np.bincount(answers.truth * n + predicted, minlength=n * n)
        .reshape(n, n)[np.ix_(numbers, numbers)]
        .astype(float)
    )
    share = 100 * table / np.maximum(table.sum(axis=1, keepdims=True), 1)
    axes.imshow(share, cmap="Blues", vmin=0, vmax=100)
    names = [answers.names[int(i)].replace("_", " ") for i in numbers]
    axes.set_xticks(range(len(names)), names, rotation=60, ha="right", fontsize=7)
    axes.set_yticks(
        range(len(names)), [f"{m} ({int(t)})" for m, t in zip(names, table.sum(1), strict=True)], fontsize=7
    )
    for i, row in enumerate(share):
        for j, value in enumerate(row):
            if value >= 0.5:
                colour = "white" if value > 55 else INK
                axes.text(j, i, f"{value:.0f}", ha="center", va="center", fontsize=6, color=colour)
    axes.set_xlabel("called", fontsize=8)
    axes.set_ylabel("label (cells)", fontsize=8)


def reliability(axes: Any, every: dict[Key, Answers]) -> None:
    """Accuracy over confidence in BINS bins of equal width, a line for each set of answers."""
    axes.plot([0, 1], [0, 1], color="#999999", linewidth=1)
    axes.set_prop_cycle(color=plt.get_cmap("tab20")(range(20)))  # more lines than the usual ten colours
    for key, answers in sorted(every.items()):
        best = answers.p.argmax(axis=1)
        confidence, is_hit = answers.p[np.arange(len(best)), best], best == answers.truth
        place = np.minimum((confidence * BINS).astype(int), BINS - 1)
        bins = [b for b in range(BINS) if (place == b).sum() >= 10]
        axes.plot(
            [confidence[place == b].mean() for b in bins], [is_hit[place == b].mean() for b in bins], marker="o",
            markersize=3, linewidth=1.2, label=", ".join(key),
        )  # fmt: skip
    axes.set_xlabel("confidence", fontsize=8)
    axes.set_ylabel("share that is right", fontsize=8)
    axes.legend(fontsize=6, loc="upper center", bbox_to_anchor=(0.5, -0.11), ncols=2)
    axes.set_xlim(0, 1.01)
    axes.set_ylim(0, 1.01)


def receiver_operating(axes: Any, every: dict[Key, Answers]) -> None:
    """Mean over classes of the true-positive rate at each false-positive rate, with the area below."""
    for key, answers in sorted(every.items()):
        mean = np.mean([_rates(answers, int(number)) for number in np.unique(answers.truth)], axis=0)
        axes.plot(RATES, mean, label=f"{key[0]}: area {np.trapezoid(mean, RATES):.3f}")
    _label_rates(axes)


def receiver_operating_of_classes(axes: Any, answers: Answers) -> None:
    """The same of each class of one model (Elmanna et al., Fig. 7)."""
    axes.set_prop_cycle(color=plt.get_cmap("tab20")(range(20)))
    for number in np.unique(answers.truth):
        rates = _rates(answers, int(number))
        name = answers.names[int(number)].replace("_", " ")
        axes.plot(RATES, rates, linewidth=1.2, label=f"{name}: area {np.trapezoid(rates, RATES):.3f}")
    _label_rates(axes)


def _rates(answers: Answers, number: int) -> NDArray[np.float64]:
    """True-positive rates of a class at the false-positive rates RATES."""
    order = np.argsort(-answers.p[:, number], kind="stable")
    true = (answers.truth == number)[order]
    right, wrong = np.cumsum(true) / max(1, true.sum()), np.cumsum(~true) / max(1, (~true).sum())
    return np.asarray(np.interp(RATES, np.r_[0, wrong], np.r_[0, right]))


def _label_rates(axes: Any) -> None:
    axes.set_xlabel("false-positive rate", fontsize=8)
    axes.set_ylabel("true-positive rate", fontsize=8)
    axes.set_xlim(0, 0.3)
    axes.set_ylim(0.6, 1.005)
    axes.legend(fontsize=7, loc="lower right")


def precision_recall(axes: Any, questions: dict[Key, tuple[NDArray[np.float32], NDArray[np.bool_]]]) -> None:
    """Precision over recall as the threshold falls, a line for each model and set."""
    for key, (p, truth) in sorted(questions.items()):
        right = np.cumsum(truth[np.argsort(-p, kind="stable")])
        of_paper = key[1].endswith("_of_paper")
        axes.plot(
            right / max(1, truth.sum()), right / np.arange(1, len(right) + 1), "--" if of_paper else "-",
            label=f"{key[0]}, {key[2]}" + (", paper's cells" if of_paper else ""),
        )  # fmt: skip
    axes.set_xlabel("recall", fontsize=8)
    axes.set_ylabel("precision", fontsize=8)
    axes.set_ylim(0, 1.01)
    axes.legend(fontsize=7, loc="lower left")


def _write(folder: Path, name: str, draw: Callable[[Any, Any], None], what: Any) -> tuple[str, str]:
    figure, axes = plt.subplots(figsize=(6, 5.2), dpi=110)
    draw(axes, what)
    axes.tick_params(labelsize=7)
    figure.tight_layout()
    figure.savefig(folder / name, bbox_inches="tight")
    plt.close(figure)
    return name, ""


def _title_of(key: Key) -> str:
    return f"`{key[0]}` on {key[2]}"


def _masks(experiment: Experiment, split: str, n: int = 6) -> NDArray[np.uint8] | None:
    if "wbc-mask-unet" not in cards() or not data.has(experiment, "wbc-masks-2", split):
        return None
    model = load_as(Masker, "wbc-mask-unet", experiment.nets)
    tiles = []
    for file in data.files(experiment, "wbc-masks-2", split)[:n]:
        rgb = data.image(experiment, "wbc-masks-2", split, file).copy()
        mask = model.mask(rgb)
        for number, colour in ((1, (0, 114, 178)), (2, (213, 94, 0))):
            lines, _ = cv2.findContours((mask >= number).astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
            cv2.drawContours(rgb, lines, -1, colour, 2)
        tiles.append(cv2.resize(rgb, (200, 200), interpolation=cv2.INTER_AREA))
    return _row(tiles)


def _boxes(experiment: Experiment, split: str, n: int = 3) -> NDArray[np.uint8] | None:
    if "cascade-blood" not in cards() or not data.has(experiment, "txl-pbc", split):
        return None
    model = load_as(Detector, "cascade-blood", experiment.nets)
    colours = ((0, 114, 178), (213, 94, 0), (0, 158, 115))
    tiles = []
    files = data.files(experiment, "txl-pbc", split)
    for file in files[:: max(1, len(files) // n)][:n]:
        rgb = data.image(experiment, "txl-pbc", split, file).copy()
        boxes = model.detect(rgb)
        for box, score, label in zip(boxes.boxes, boxes.scores, boxes.labels, strict=True):
            if score >= 0.5:
                x0, y0, x1, y1 = (int(v) for v in box)
                cv2.rectangle(rgb, (x0, y0), (x1, y1), colours[int(label)], 2)
        factor = 300 / rgb.shape[0]
        tiles.append(cv2.resize(rgb, (round(rgb.shape[1] * factor), 300), interpolation=cv2.INTER_AREA))
    return _row(tiles)


def _sampling(experiment: Experiment, split: str) -> NDArray[np.uint8] | None:
    """The paper's Fig. 4: sampling points of both nets for the steepest point of each third of a square."""
    if "zhang-dunet" not in cards() or not data.has(experiment, "chula-rbc12", split):
        return None
    card = cards()["zhang-dunet"]
    trained = load_weights(METHODS["zhang-dunet"].build(2), card.weights).eval()
    assert isinstance(trained, DUNet)
    file = data.files(experiment, "chula-rbc12", split)[0]
    rgb = rescale(data.image(experiment, "chula-rbc12", split, file), SHAPE_MPP / card.mpp)[200:360, 200:360]
    grey = cv2.GaussianBlur(cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY), (0, 0), 2).astype(np.float32)
    slope = np.hypot(cv2.Sobel(grey, cv2.CV_32F, 1, 0), cv2.Sobel(grey, cv2.CV_32F, 0, 1))
    slope[:REACH], slope[-REACH:] = 0, 0
    x = torch.from_numpy(np.ascontiguousarray(rgb)).permute(2, 0, 1)[None].float()
    lines = []
    for net in (DUNet(2, deformable=False).eval(), trained):
        tiles = []
        for left in (REACH, 58, 104):
            part = slope[:, left : left + 36]
            row, column = (int(v) for v in np.unravel_index(int(part.argmax()), part.shape))
            column += left
            near = rgb[row - REACH : row + REACH, column - REACH : column + REACH]
            picture = cv2.resize(near, None, fx=ENLARGED, fy=ENLARGED, interpolation=cv2.INTER_LINEAR)
            for y, x_px in sampling_points(net, x, row, column).tolist():
                cv2.circle(picture, _place(x_px - column, y - row), 3, (213, 94, 0), -1)
            cv2.circle(picture, _place(0, 0), 4, (255, 255, 255), -1)
            tiles.append(picture)
        lines.append(np.concatenate(tiles, axis=1))
    return np.concatenate(lines).astype(np.uint8)


def _place(x: float, y: float) -> tuple[int, int]:
    return round((x + REACH + 0.5) * ENLARGED), round((y + REACH + 0.5) * ENLARGED)


def _row(tiles: Sequence[NDArray[Any]]) -> NDArray[np.uint8] | None:
    return np.concatenate(list(tiles), axis=1).astype(np.uint8) if tiles else None
