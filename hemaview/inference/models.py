"""Models by name, loaded once a process."""

from __future__ import annotations

import threading
from functools import lru_cache
from typing import Any, TypeVar

from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from hemaview.cells.store import sha256_of
from hemaview.inference import precision, solving
from hemaview.inference.centres import CentreFinder
from hemaview.inference.classifier import Classifier
from hemaview.inference.detector import Detector
from hemaview.inference.errors import UnknownModel, WeightsChanged, WeightsUnfit
from hemaview.inference.masker import Masker
from hemaview.inference.outliner import Outliner
from hemaview.inference.pointer import Pointer
from hemaview.inference.runtime import Runtime, runtime_for, torch_runtime
from hemaview.inference.segmenter import Segmenter
from hemaview.methods.card import Card, cards
from hemaview.methods.registry import METHODS

Model = Segmenter | Classifier | Masker | Pointer | CentreFinder | Detector | Outliner
Kind = TypeVar("Kind", Segmenter, Classifier, Masker, Pointer, CentreFinder, Detector, Outliner)
_KINDS: dict[str, Any] = {
    "segmentation": Segmenter,
    "classification": Classifier,
    "mask": Masker,
    "points": Pointer,
    "centres": CentreFinder,
}
_ANY_SIZE = ("segmentation", "points", "centres")


def load(name: str, version: str = "", sha256: str = "") -> Model:
    """The model called `name`, kept for the process; raises UnknownModel or WeightsChanged."""
    card = cards().get(name)
    if card is None:
        raise UnknownModel(f"There is no model called {name}; there are: {', '.join(sorted(cards())) or 'none'}.")
    if version and version != card.version:
        raise UnknownModel(f"{name} {version} is not installed; {card.version} is.")
    if sha256 and sha256 != card.sha256:
        raise WeightsChanged(f"The weights of {name} {card.version} are not those that this job was ordered with.")
    with _LOADING:
        tolerance = solving.tolerance() if METHODS[name].solve_to else solving.OWN
        return _loaded(name, card.sha256, precision.wanted(), tolerance)


def load_as(kind: type[Kind], name: str) -> Kind:
    """The model called `name`, which must be of `kind`; raises UnknownModel otherwise."""
    model = load(name)
    if not isinstance(model, kind):
        raise UnknownModel(f"{name} is no {kind.__name__.lower()}.")
    return model


_LOADING = threading.Lock()


def state_of(card: Card) -> dict[str, Tensor]:
    """The tensors of a model from its files, half precision widened; raises WeightsChanged or WeightsUnfit."""
    if not card.as_measured:
        raise WeightsChanged(
            f"{card.name} {card.version} was measured with other weights of {' and '.join(card.needs)}."
        )
    state: dict[str, Tensor] = {}
    for prefix, path, sha256 in card.files:
        if sha256_of(path) != sha256:
            raise WeightsChanged(
                f"The weights file of {card.name} {card.version} is damaged: it does not match its card."
            )
        try:
            read = load_file(path)
        except SafetensorError as error:
            raise WeightsUnfit(
                f"The weights of {card.name} {card.version} are no safetensors file; nothing else is read."
            ) from error
        state |= {prefix + k: v.float() if v.is_floating_point() else v for k, v in read.items()}
    return state


def net_of(card: Card) -> nn.Module:
    """A model's net with its weights, on the CPU, for inference; raises WeightsChanged or WeightsUnfit."""
    net = METHODS[card.name].net(len(card.classes), card.raw.get("backbone", ""))
    try:
        net.load_state_dict(state_of(card))
    except RuntimeError as error:
        raise WeightsUnfit(
            f"The weights of {card.name} {card.version} do not fit its net of {len(card.classes)} classes."
        ) from error
    return net.eval()


def runtime_of(card: Card, net: nn.Module, name: str, sha256: str) -> Runtime:
    """Runs a net in the place of the one of `card`; `name` and `sha256` tell its weights from others'."""
    side = None if METHODS[card.name].task in _ANY_SIZE else card.input_px
    stood_in = Card({**card.raw, "name": card.name, "sha256": sha256})
    return runtime_for(net, side, stood_in, METHODS[card.name].traceable, precision.wanted(), name)


@lru_cache(maxsize=16)
def _loaded(name: str, sha256: str, wanted: str = precision.AUTOMATIC, tolerance: float = solving.OWN) -> Model:
    card = cards()[name]
    method = METHODS[name]
    net = net_of(card)
    if method.solve_to is not None and tolerance != solving.OWN:
        method.solve_to(net, tolerance)
    if method.task == "detection":
        return Detector(card, torch_runtime(net.eval(), card, wanted))
    if method.task == "outline":
        masker = _loaded(method.beside, cards()[method.beside].sha256, wanted)
        assert isinstance(masker, Masker)
        return Outliner(card, torch_runtime(net.eval(), card, wanted), masker)
    side = None if method.task in _ANY_SIZE else card.input_px
    found: Model = _KINDS[method.task](card, runtime_for(net.eval(), side, card, method.traceable, wanted))
    return found
