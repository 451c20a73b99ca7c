"""A laboratory's own net: learned from its labels, judged on slides that it did not learn from, with its own calibration."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from hemaview.cells.labelled import FEWEST, LabelledCells, folds_of
from hemaview.inference.filmstatistics import STRANGE_FILMS, Statistics
from hemaview.inference.models import net_of
from hemaview.inference.pictures import softmax
from hemaview.inference.sitenet import Taught
from hemaview.learning.engine.everycore import on_every_core
from hemaview.learning.engine.teach import Film, logits_of, teach
from hemaview.learning.metrics.score import macro_f1
from hemaview.learning.publish.conformal import MISSES, Answers, least_probabilities
from hemaview.methods.card import Card
from hemaview.methods.efficientnet import EfficientNet
from hemaview.pipeline.unidentified import STRANGE, families_in, sets_of
from hemaview.words import gettext_noop

FOLDS = 3
CURVE_SHARES = (0.25, 0.5)
"""Shares of the labels at which the curve is measured beside all of them."""
WIDER = (0.4, 0.3, 0.25, 0.2, 0.15)
"""Shares of a class's cells that its sets may miss, where the site's own cells show that hardly one is then named wrongly."""
CAREFUL = {"blast": 0.02}
"""What must not be missed by its sets more often than that."""
TEMPERATURES = np.geomspace(0.4, 3.0, 24)
NEXT_CELLS = 20

Step = Callable[[str, float], None]
"""Hears what is done, a phrase of the catalogue in English, and how much of all, 0 to 1."""


@dataclass(frozen=True)
class Lesson:
    """What was learned of a laboratory, and how good it is: `report` is plain data (keys: `_report`)."""

    taught: Taught
    report: dict[str, Any]


def learn_site(card: Card, cells: LabelledCells, statistics: Mapping[str, Statistics], step: Step) -> Lesson:
    """The net of `card` taught by a laboratory's cells; `statistics` are of each slide what the net takes from it.

    Each cell is judged by a net that learned from the others' slides (from other cells where there is one slide); the
    temperature and the least probabilities are set on those answers.
    """
    lessons = _Lessons(card, cells, statistics)
    parts = folds_of(cells.classes, cells.slides, FOLDS)
    whole = np.arange(len(cells))
    outs = [np.flatnonzero(parts == part) for part in range(int(parts.max()) + 1)]
    rests = [np.flatnonzero(parts != part) for part in range(len(outs))]
    fewer = [_share_of(rests[0], share) for share in CURVE_SHARES]
    taught_tensors, *others = lessons.learned([whole, *rests, *fewer], step)
    logits = np.zeros((len(cells), len(card.classes)), np.float32)
    for out, tensors in zip(outs, others, strict=False):
        logits[out] = lessons.answer(tensors, out)
    curve = [
        {"n_labels": len(rows), "macro_f1": _f1(lessons.answer(tensors, outs[0]), lessons.allowed[outs[0]])}
        for rows, tensors in zip(fewer, others[len(outs) :], strict=True)
    ]
    allowed = lessons.allowed
    temperature = _temperature(logits, allowed)
    p = softmax(logits / temperature)
    least = _least(card, p, allowed)
    before = lessons.answer({}, whole, STRANGE_FILMS)
    was = softmax(before / card.calibration_on(STRANGE_FILMS)[0])
    report = {
        "n_labels": len(cells),
        "n_slides": len(set(cells.slides)),
        "by_class": cells.by_class,
        "left_out": "slides" if len(set(cells.slides)) > 1 else "cells",
        "before": _judged(was, allowed, card.classes, card.least.get(STRANGE, {})),
        "after": _judged(p, allowed, card.classes, least),
        "curve": [*curve, {"n_labels": len(cells), "macro_f1": _f1(p, allowed)}],
        "without_labels": [
            name for name, any_cell in zip(card.classes, np.any(allowed, axis=0), strict=True) if not any_cell
        ],
    }
    return Lesson(Taught(card.name, card.sha256, taught_tensors, temperature, least), report)


class _Lessons:
    """Trainings on parts of the cells, and the answers of what they give."""

    def __init__(self, card: Card, cells: LabelledCells, statistics: Mapping[str, Statistics]) -> None:
        self.card, self.cells, self.statistics = card, cells, statistics
        self.net = net_of(card)
        self.allowed = np.array([[name == c for name in card.classes] for c in cells.classes], bool)

    def learned(self, parts: Sequence[NDArray[np.int64]], step: Step) -> list[dict[str, torch.Tensor]]:
        """The net's tensors after the cells of each part. `step` is called by the caller's thread alone."""
        shares = np.zeros(len(parts))

        def one(i: int) -> dict[str, torch.Tensor]:
            def note(share: float) -> None:
                shares[i] = share

            return teach(self.net, self._films(parts[i]), int(self.card.adapts.get("layers", 0)), note)

        tasks = [partial(one, i) for i in range(len(parts))]
        return on_every_core(tasks, lambda: step(gettext_noop("learning"), float(shares.mean())))

    def _films(self, rows: NDArray[np.int64]) -> list[Film]:
        slides = np.array(self.cells.slides)[rows]
        return [
            Film(self.cells.pictures[own], self.allowed[own], self.statistics.get(slide, {}))
            for slide in dict.fromkeys(slides.tolist())
            if len(own := rows[slides == slide])
        ]

    def answer(
        self, tensors: Mapping[str, torch.Tensor], rows: NDArray[np.int64], shifted_as: str = ""
    ) -> NDArray[np.float32]:
        """Logits float32 (rows, classes) of the net with these tensors, made fit for each slide."""
        slides = np.array(self.cells.slides)[rows]
        shift = self.card.shift_on(shifted_as) if shifted_as else {}
        logits = np.zeros((len(rows), len(self.card.classes)), np.float32)
        for slide in dict.fromkeys(slides.tolist()):
            own = np.flatnonzero(slides == slide)
            logits[own] = logits_of(
                self.net, {**self.statistics.get(slide, {}), **tensors}, self.cells.pictures[rows[own]]
            )
        return logits + np.array([shift.get(name, 0.0) for name in self.card.classes], np.float32)


def _share_of(rows: NDArray[np.int64], share: float) -> NDArray[np.int64]:
    """That share of the rows, by lot; not so few that nothing can be learned."""
    count = min(len(rows), max(FEWEST // 2, round(share * len(rows))))
    return np.random.default_rng(3).permutation(rows)[:count]


def features_of(card: Card, tensors: Mapping[str, torch.Tensor], pictures: NDArray[np.uint8]) -> NDArray[np.float32]:
    """What the last layer sees of each picture, float32 (n, features)."""
    net = net_of(card)
    assert isinstance(net, EfficientNet)
    net.load_state_dict({**net.state_dict(), **tensors})
    x = torch.from_numpy(np.ascontiguousarray(pictures)).permute(0, 3, 1, 2)
    with torch.inference_mode():
        return np.asarray(torch.cat([net.features(part.float()) for part in x.split(64)]).numpy(), np.float32)


def most_telling(
    p: NDArray[np.float32], features: NDArray[np.float32], labelled: NDArray[np.float32], count: int = NEXT_CELLS
) -> NDArray[np.int64]:
    """Which unlabelled cells to name next: of the half that the net (p float32 (n, classes)) is least sure of, each time the
    one least like those that are named (`labelled` features) or chosen already (Sener & Savarese 2018)."""
    ranked = np.sort(p, axis=1)
    margin = ranked[:, -1] - ranked[:, -2]
    unsure = np.argsort(margin, kind="stable")[: max(count, len(p) // 2)]
    unit = _unit(features)
    far = np.full(len(p), 2.0) if not len(labelled) else 1 - (unit @ _unit(labelled).T).max(axis=1)
    rows: list[int] = []
    for _ in range(min(count, len(unsure))):
        best = int(unsure[far[unsure].argmax()])
        rows.append(best)
        far = np.minimum(far, 1 - unit @ unit[best])
        far[rows] = -1
    return np.array(rows, np.int64)


def _unit(features: NDArray[np.float32]) -> NDArray[np.float32]:
    return features / np.maximum(np.linalg.norm(features, axis=1, keepdims=True), 1e-6)


def _least(card: Card, p: NDArray[np.float32], allowed: NDArray[np.bool_]) -> dict[str, float]:
    """Class to its least probability on the answers; of a class without a label no higher than the shipped net's: nothing
    was learned about it, and a cell that may be of it stays unidentified."""
    shipped = card.least.get(STRANGE, {})
    least = least_probabilities(Answers(p, allowed), card.classes, (*WIDER, *MISSES), CAREFUL)
    labelled = {name: bool(allowed[:, i].any()) for i, name in enumerate(card.classes)}
    return {c: value if labelled[c] else min(value, shipped.get(c, value)) for c, value in least.items()}


def _temperature(logits: NDArray[np.float32], allowed: NDArray[np.bool_]) -> float:
    """Of TEMPERATURES the one at which the cells' own classes are likeliest."""

    def loss(temperature: float) -> float:
        return float(-np.log(np.maximum(softmax(logits / temperature)[allowed], 1e-9)).mean())

    return round(float(min(TEMPERATURES, key=loss)), 4)


def _f1(p: NDArray[np.float32], allowed: NDArray[np.bool_]) -> float:
    return round(macro_f1(allowed.argmax(axis=1), p.argmax(axis=1)), 4)


def _judged(
    p: NDArray[np.float32], allowed: NDArray[np.bool_], classes: tuple[str, ...], least: Mapping[str, float]
) -> dict[str, float | None]:
    """`accuracy`, `macro_f1`, `blast_recall` (None without blasts) by the likeliest class; `coverage`, the share of cells with
    a name of their own, and `silent_error`, of those the share named wrongly."""
    right = allowed[np.arange(len(p)), p.argmax(axis=1)]
    sets = sets_of(p, classes, least)
    alone = (sets.sum(axis=1) == 1) if least else np.ones(len(p), bool)
    blasts = allowed[:, classes.index("blast")] if "blast" in classes else np.zeros(len(p), bool)
    blast_calls = p.argmax(axis=1) == classes.index("blast") if "blast" in classes else blasts
    return {
        "accuracy": round(float(right.mean()), 4),
        "macro_f1": _f1(p, allowed),
        "blast_recall": round(float(blast_calls[blasts].mean()), 4) if blasts.any() else None,
        "coverage": round(float(alone.mean()), 4),
        "silent_error": round(float((~right[alone]).mean()), 4) if alone.any() else None,
        "unidentified": round(float((families_in(sets, classes) != 1).mean()), 4) if least else 0.0,
    }
