"""A classifier made fit for one film: the batch statistics of its first layers, taken anew from the film's own cells.

What another laboratory, stain or camera changes is what the first layers read; the means and variances by which they
normalise are the training's. Those of the film's own cells in their place, in proportion to how many there are (Li et al.
2018, AdaBN; Schneider et al. 2020), are all that is changed: no weight, and nothing that tells one class from another.
"""

from __future__ import annotations

import copy
import hashlib
from collections.abc import Mapping

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from hemaview.inference.classifier import Classifier
from hemaview.inference.models import net_of, runtime_of
from hemaview.methods.card import cards

STRANGE_FILMS = "strange-films"
"""What a card calls its calibration for films stained unlike those that a net learned from."""
MOST_CELLS = 256
"""More cells of a film tell nothing more."""
LEAST_CELLS = 15
"""Of fewer cells nothing is taken."""

Statistics = Mapping[str, Tensor]
"""Name of a tensor of the net to its values for one film."""


def statistics_of(name: str, crops: NDArray[np.uint8]) -> dict[str, Tensor] | None:
    """What the model called `name` takes from a film's cells uint8 (n, input_px, input_px, 3) as it is shown them; None where
    it takes nothing, or where there are fewer than LEAST_CELLS."""
    adapts = cards()[name].adapts
    if not adapts or len(crops) < LEAST_CELLS:
        return None
    net = net_of(cards()[name])
    x = torch.from_numpy(np.ascontiguousarray(crops[:MOST_CELLS])).permute(0, 3, 1, 2).float()
    return blended(net, x, int(adapts["layers"]), float(adapts["cells"]))


def blended(net: nn.Module, x: Tensor, layers: int, cells: float) -> dict[str, Tensor]:
    """Means and variances of the first `layers` batch normalisations of a net, by the tensors' names: its own, and those of
    pictures float (n, 3, H, W) with the weight n / (n + cells). Each layer sees what the blended ones before it give."""
    own = copy.deepcopy(net).eval()
    norms = [(n, m) for n, m in own.named_modules() if isinstance(m, nn.BatchNorm2d)][:layers]
    share = len(x) / (len(x) + cells)

    def blend(module: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        assert isinstance(module, nn.BatchNorm2d) and module.running_mean is not None and module.running_var is not None
        pictures = inputs[0]
        module.running_mean.lerp_(pictures.mean((0, 2, 3)), share)
        module.running_var.lerp_(pictures.var((0, 2, 3), unbiased=False), share)

    hooks = [m.register_forward_pre_hook(blend) for _, m in norms]
    with torch.inference_mode():
        own(x)
    for hook in hooks:
        hook.remove()
    state = own.state_dict()
    return {f"{n}.{k}": state[f"{n}.{k}"].clone() for n, _ in norms for k in ("running_mean", "running_var")}


def fit_for(model: Classifier, statistics: Statistics) -> Classifier:
    """The same model with the statistics of one film."""
    card = model.card
    net = net_of(card)
    net.load_state_dict({**net.state_dict(), **statistics})
    digest = hashlib.sha256(card.sha256.encode())
    for name in sorted(statistics):
        digest.update(name.encode() + statistics[name].numpy().tobytes())
    other = copy.copy(model)
    other.runs_on(runtime_of(card, net, f"{card.name}@film", digest.hexdigest(), model.settings))
    return other
