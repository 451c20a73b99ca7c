"""From which probability on a cell may be of a class: conformal sets, class by class (Vovk et al. 2005; Sadinle et al. 2019).

Calibrated twice. *Known*: val sides as they are. *Strange*: the same cells as other laboratories would show them (whole
films with another stain, light, size and focus, the net made fit for each), and cells of a laboratory that is given for
choosing. The share of cells that a set may miss is the largest one at which those named alone are wrong seldom enough.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from hemaview.inference.filmstatistics import blended
from hemaview.inference.pictures import softmax
from hemaview.learning.engine.augment import Augmentation, augment
from hemaview.learning.engine.classify import Pool
from hemaview.learning.experiment import Experiment
from hemaview.learning.recipes.film import Training

MISSES = (0.1, 0.07, 0.05, 0.03, 0.02, 0.015, 0.01, 0.005)
"""Shares of a class's cells that its sets may miss, the largest first."""
MOST_SILENT = 0.05
"""Of the cells that are named alone so many may be wrong."""
LEAST_CELLS = 20
"""Of a class with fewer cells in the calibration the shares of all together hold."""
FILMS, CELLS_A_FILM = 24, 96
OTHER_LABORATORY = Augmentation(scale=0.3, shift=0.04, stain=0.6, light=0.2, blur=0.3, noise=6, smear=0.25, zoom=1.6)


@dataclass(frozen=True)
class Answers:
    """Probabilities float32 (n, classes) of cells, and which classes each may be, bool (n, classes)."""

    p: NDArray[np.float32]
    allowed: NDArray[np.bool_]

    @classmethod
    def together(cls, parts: Sequence[Answers]) -> Answers:
        return cls(np.concatenate([a.p for a in parts]), np.concatenate([a.allowed for a in parts]))


def least_probabilities(
    answers: Answers, classes: tuple[str, ...], misses: Sequence[float] = MISSES, careful: Mapping[str, float] = {}
) -> dict[str, float]:
    """Class to the least probability at which a cell may be that, for the largest of `misses` at which the cells that may be
    one class alone are wrong in at most MOST_SILENT; the smallest where none does. The sets of a `careful` class miss no
    larger share of its cells than is said there."""
    least = {}
    for miss in misses:
        least = _at(answers, classes, miss)
        for name, most in careful.items():
            if most < miss:
                least[name] = _at(answers, classes, most)[name]
        sets = answers.p >= np.array([least[c] for c in classes], np.float32)
        alone = sets.sum(axis=1) == 1
        wrong = alone & ~(sets & answers.allowed).any(axis=1)
        if wrong.sum() <= MOST_SILENT * max(1, alone.sum()):
            break
    return least


def _at(answers: Answers, classes: tuple[str, ...], miss: float) -> dict[str, float]:
    single = answers.allowed.sum(axis=1) == 1
    of_truth = np.where(answers.allowed, answers.p, 0).sum(axis=1)[single]
    truth = answers.allowed[single].argmax(axis=1)
    every = _quantile(of_truth, miss)
    return {
        name: round(float(_quantile(of_truth[truth == i], miss) if (truth == i).sum() >= LEAST_CELLS else every), 5)
        for i, name in enumerate(classes)
    }


def _quantile(values: NDArray[np.float64], miss: float) -> float:
    """The value that a share of `miss` lies below, with the correction for so few (n + 1); of too few the least."""
    rank = max(1, int(np.floor(miss * (len(values) + 1))))
    return float(np.sort(values)[rank - 1])


def as_elsewhere(
    net: nn.Module,
    input_px: int,
    temperature: float,
    adapts: dict[str, float],
    pools: Sequence[Pool],
    shift: NDArray[np.float32],
    seed: int = 29,
) -> Answers:
    """Answers to the cells of FILMS drawn films of other laboratories, the net made fit for each of them; `shift` (classes,) is
    added to the logits."""
    return Answers.together(
        [
            Answers(softmax((fit_logits(net, x, adapts) + shift) / temperature), allowed)
            for x, allowed in elsewhere_films(pools, input_px, seed)
        ]
    )


def elsewhere_films(
    pools: Sequence[Pool], input_px: int, seed: int = 29
) -> Iterator[tuple[torch.Tensor, NDArray[np.bool_]]]:
    """FILMS films: pictures float (n, 3, input_px, input_px) of a pool's cells as one other laboratory would show them, and which
    classes each may be, bool (n, classes)."""
    generator = torch.Generator().manual_seed(seed)
    share = torch.tensor([float(len(p.images)) ** 0.5 for p in pools])
    for _ in range(FILMS):
        pool = pools[int(torch.multinomial(share, 1, generator=generator))]
        rows = torch.randperm(len(pool.images), generator=generator)[:CELLS_A_FILM].numpy()
        x = torch.from_numpy(np.ascontiguousarray(pool.images[rows])).permute(0, 3, 1, 2).float()
        yield augment(x, input_px, OTHER_LABORATORY, generator, one_film=True), pool.allowed[rows]


def least_of(
    training: Training, net: nn.Module, temperature: float, experiment: Experiment
) -> dict[str, dict[str, float]]:
    """`known` and `strange` stains to class to its least probability, for a card."""
    shift = np.array([training.shift.get(name, 0.0) for name in training.classes], np.float32)

    def answers(pools: Sequence[Pool], added: NDArray[np.float32]) -> list[Answers]:
        logits = [fit_logits(net, _batch(p.images), training.adapts) + added for p in pools]
        return [Answers(softmax(z / temperature), p.allowed) for z, p in zip(logits, pools, strict=True)]

    usual = answers(
        training.validation_pools(experiment) if training.validation_pools is not None else [], np.zeros_like(shift)
    )
    whole = training.elsewhere(experiment) if training.elsewhere is not None else []
    strange = as_elsewhere(net, training.input_px, temperature, training.adapts, whole, shift)
    other_laboratory = answers(
        training.other_laboratory_pools(experiment) if training.other_laboratory_pools is not None else [], shift
    )
    return {
        "known": least_probabilities(Answers.together(usual), training.classes),
        "strange": least_probabilities(Answers.together([strange, *other_laboratory]), training.classes),
    }


def _batch(images: NDArray[np.uint8]) -> torch.Tensor:
    return torch.from_numpy(np.ascontiguousarray(images)).permute(0, 3, 1, 2).float()


@torch.inference_mode()
def fit_logits(net: nn.Module, x: torch.Tensor, adapts: dict[str, float]) -> NDArray[np.float32]:
    """Logits of pictures float (n, 3, side, side) by the net made fit for them; the net itself stays as it is."""
    own = {k: v.clone() for k, v in net.state_dict().items()}
    if adapts:
        net.load_state_dict({**own, **blended(net, x, int(adapts["layers"]), float(adapts["cells"]))})
    net.eval()
    logits = torch.cat([net(part) for part in x.split(64)]).numpy()
    net.load_state_dict(own)
    return np.asarray(logits, np.float32)
