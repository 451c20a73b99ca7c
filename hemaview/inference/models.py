"""Models by name, loaded once a process."""

from __future__ import annotations

import threading
from functools import lru_cache
from typing import Any, TypeVar

from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from hemaview.cells.store import sha256_of
from hemaview.inference.centres import CentreFinder
from hemaview.inference.classifier import Classifier
from hemaview.inference.detector import Detector
from hemaview.inference.errors import ANOTHER_VERSION, UnknownModel, WeightsChanged, WeightsUnfit
from hemaview.inference.masker import Masker
from hemaview.inference.outliner import Outliner
from hemaview.inference.pointer import Pointer
from hemaview.inference.runtime import Runtime, runtime_for, torch_runtime
from hemaview.inference.segmenter import Segmenter
from hemaview.inference.settings import AS_SHIPPED, OWN_TOLERANCE, NetSettings
from hemaview.methods.card import Card, cards
from hemaview.methods.registry import METHODS
from hemaview.words import all_of, gettext

Model = Segmenter | Classifier | Masker | Pointer | CentreFinder | Detector | Outliner
Kind = TypeVar("Kind", Segmenter, Classifier, Masker, Pointer, CentreFinder, Detector, Outliner)
_OF_FIELDS: dict[str, Any] = {"segmentation": Segmenter, "points": Pointer, "centres": CentreFinder}
"""They take pictures of any size."""
_OF_CELLS: dict[str, Any] = {"classification": Classifier, "mask": Masker}
"""Their cards may name a ground."""


def load(name: str, version: str = "", sha256: str = "", settings: NetSettings = AS_SHIPPED) -> Model:
    """The model called `name`, kept for the process; raises UnknownModel or WeightsChanged."""
    card = cards().get(name)
    if card is None:
        raise UnknownModel(
            gettext("There is no model called {name}; there are: {cards}.").format(
                name=name, cards=all_of(sorted(cards())) or "none"
            )
        )
    if version and version != card.version:
        raise UnknownModel(
            gettext("{name} {version} is not installed; {version2} is.").format(
                name=name, version=version, version2=card.version
            ),
            ANOTHER_VERSION,
        )
    if sha256 and sha256 != card.sha256:
        raise WeightsChanged(
            gettext("The weights of {name} {version} are not those that this job was ordered with.").format(
                name=name, version=card.version
            ),
            ANOTHER_VERSION,
        )
    with _LOADING:
        return _loaded(name, card.sha256, settings.here(METHODS[name].solve_to is not None))


def load_as(kind: type[Kind], name: str, settings: NetSettings = AS_SHIPPED) -> Kind:
    """The model called `name`, which must be of `kind`; raises UnknownModel otherwise."""
    model = load(name, settings=settings)
    if not isinstance(model, kind):
        raise UnknownModel(gettext("{name} is no {lower}.").format(name=name, lower=kind.__name__.lower()))
    return model


_LOADING = threading.Lock()


def state_of(card: Card) -> dict[str, Tensor]:
    """The tensors of a model from its files, half precision widened; raises UnknownModel, WeightsChanged or
    WeightsUnfit."""
    if not card.as_measured:
        raise WeightsChanged(
            gettext("{name} {version} was measured with other weights of {needs}.").format(
                name=card.name, version=card.version, needs=all_of(card.needs)
            )
        )
    state: dict[str, Tensor] = {}
    for prefix, path, sha256 in card.files:
        if not path.is_file():  # since the cards were read
            raise UnknownModel(
                gettext("The weights file of {name} {version} is missing.").format(name=card.name, version=card.version)
            )
        if sha256_of(path) != sha256:
            raise WeightsChanged(
                gettext("The weights file of {name} {version} is damaged: it does not match its card.").format(
                    name=card.name, version=card.version
                )
            )
        try:
            tensors = load_file(path)
        except SafetensorError as error:
            raise WeightsUnfit(
                gettext(
                    "The weights of {name} {version} are not a safetensors file, the only kind that is read."
                ).format(name=card.name, version=card.version)
            ) from error
        state |= {prefix + k: v.float() if v.is_floating_point() else v for k, v in tensors.items()}
    return state


def net_of(card: Card) -> nn.Module:
    """A model's net with its weights, on the CPU, for inference; raises WeightsChanged or WeightsUnfit."""
    net = METHODS[card.name].net(len(card.classes), card.raw.get("backbone", ""))
    try:
        net.load_state_dict(state_of(card))
    except RuntimeError as error:
        raise WeightsUnfit(
            gettext("The weights of {name} {version} do not fit its net of {classes} classes.").format(
                name=card.name, version=card.version, classes=len(card.classes)
            )
        ) from error
    return net.eval()


def runtime_of(card: Card, net: nn.Module, name: str, sha256: str, settings: NetSettings = AS_SHIPPED) -> Runtime:
    """Runs a net in the place of the one of `card`; `name` and `sha256` tell its weights from others'."""
    side = None if METHODS[card.name].task in _OF_FIELDS else card.input_px
    stood_in = Card({**card.raw, "name": card.name, "sha256": sha256})
    return runtime_for(net, side, stood_in, METHODS[card.name].traceable, settings, name)


@lru_cache(maxsize=16)
def _loaded(name: str, sha256: str, settings: NetSettings) -> Model:
    card = cards()[name]
    method = METHODS[name]
    net = net_of(card)
    if method.solve_to is not None and settings.tolerance != OWN_TOLERANCE:
        method.solve_to(net, settings.tolerance)
    if method.task == "detection":
        return Detector(card, torch_runtime(net.eval(), card, settings))
    if method.task == "outline":
        masker = _loaded(method.beside, cards()[method.beside].sha256, settings)
        assert isinstance(masker, Masker)
        return Outliner(card, torch_runtime(net.eval(), card, settings), masker)
    side = None if method.task in _OF_FIELDS else card.input_px
    runtime = runtime_for(net.eval(), side, card, method.traceable, settings)
    model: Model = (
        _OF_CELLS[method.task](card, runtime, settings)
        if method.task in _OF_CELLS
        else _OF_FIELDS[method.task](card, runtime)
    )
    return model
