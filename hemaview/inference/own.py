"""A model of one's own: weights and a card that a laboratory handed in, run as the house runs its own.

ONNX runs on OpenVINO, on the CPU. Safetensors run where the house's nets do, in the net of the method that the card names.
What the net gives is made probabilities of the examination's classes; outputs that the card maps to one class are added up.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.torch import load_file

from hemaview.cells.store import sha256_of
from hemaview.inference.classifier import Classifier
from hemaview.inference.errors import InferenceError, WeightsChanged, WeightsUnfit
from hemaview.inference.pictures import all_or_none, softmax
from hemaview.inference.precision import F32
from hemaview.inference.runtime import Runtime, onnx_runtime, runtime_for
from hemaview.inference.settings import NetSettings
from hemaview.methods.card import Card
from hemaview.methods.own.files import OwnFiles
from hemaview.methods.own.weights import ONNX
from hemaview.methods.registry import METHODS
from hemaview.words import all_of, gettext, gettext_noop

REMEDY = gettext_noop(
    "An administrator can upload the very same two files again, restore them from a backup, or choose another model in the "
    "protocol; then order the analysis anew."
)
LEAST_P = 1e-12
"""What is less likely than that is as unlikely."""


class NoRuntime(InferenceError):
    """Nothing here runs such a model."""

    code = "no-runtime"
    remedy = gettext_noop(
        "An administrator must install what runs it where the workers run, or choose another model in the protocol; then order "
        "the analysis anew."
    )


class OwnCard(Card):
    """The card of a model of one's own (`methods.own.cardfile`). Its temperature is taken before outputs are added up, so that
    nothing is left for the classifier to do."""

    @property
    def task(self) -> str:
        return "classification"

    @property
    def temperature(self) -> float:
        return 1.0

    @property
    def bf16(self) -> bool:
        return False

    @property
    def needs(self) -> tuple[str, ...]:
        return ()

    @property
    def as_measured(self) -> bool:
        return True

    @property
    def outputs(self) -> tuple[str, ...]:
        """The classes as the net gives them."""
        return tuple(self.raw["outputs"])

    @property
    def merging(self) -> NDArray[np.float32]:
        """float32 (outputs, classes): which output is which class."""
        matrix = np.zeros((len(self.outputs), len(self.classes)), np.float32)
        for row, name in enumerate(self.outputs):
            matrix[row, self.classes.index(self.raw["class_map"][name])] = 1
        return matrix


class OwnRuntime:
    """Float32 (N, 3, H, W), RGB 0-255, to the logarithms of the probabilities of the card's classes, float32 (N, classes)."""

    def __init__(self, card: OwnCard, runtime: Runtime) -> None:
        self._runtime, self.device = runtime, runtime.device
        prepared = card.raw.get("normalisation", {"scale": 1.0, "mean": [0.0] * 3, "std": [1.0] * 3, "channels": "RGB"})
        self._scale = np.float32(prepared["scale"])
        self._mean, self._std = (np.array(prepared[k], np.float32)[None, :, None, None] for k in ("mean", "std"))
        self._bgr = prepared["channels"] == "BGR"
        self._plain = np.array_equal(self._mean, self._mean * 0) and bool((self._std == 1).all()) and self._scale == 1
        self._are_p = card.raw.get("output", "logits") == "probabilities"
        self._temperature = np.float32(card.raw.get("temperature", 1.0))
        self._merging = card.merging

    def __call__(self, x: NDArray[np.float32]) -> NDArray[np.float32]:
        answer = all_or_none(self.raw(x))  # before a logarithm makes a number of what is none
        logits = np.log(np.maximum(answer, LEAST_P)) if self._are_p else answer
        p = softmax(np.asarray(logits / self._temperature, np.float32)) @ self._merging
        return np.asarray(np.log(np.maximum(p, LEAST_P)), np.float32)

    def raw(self, x: NDArray[np.float32]) -> NDArray[np.float32]:
        """What the net itself gives, float32 (N, outputs)."""
        pictures = x[:, ::-1] if self._bgr else x
        if not self._plain:
            pictures = (pictures / self._scale - self._mean) / self._std
        return self._runtime(np.ascontiguousarray(pictures, np.float32))


def load_own(files: OwnFiles) -> Classifier:
    """The model of these files; raises WeightsChanged where one of them is gone or another than was checked, and
    WeightsUnfit or NoRuntime where it cannot be run."""
    try:
        return _checked(files)
    except (WeightsChanged, WeightsUnfit) as error:
        error.remedy = REMEDY
        raise


def _checked(files: OwnFiles) -> Classifier:
    card = read_own_card(files)
    name = f"{card.name} {card.version}"
    if _sha256(files.weights) != files.sha256:
        raise WeightsChanged(
            gettext(
                "The weights of {model} are gone or not those that were checked (sha256 {sha256}…); "
                "restore them from a backup, or choose another model."
            ).format(model=name, sha256=files.sha256[:12])
        )
    return _loaded(files)


def read_own_card(files: OwnFiles) -> OwnCard:
    """The card as it was when the model was checked; raises WeightsChanged."""
    if _sha256(files.card) != files.card_sha256:
        raise WeightsChanged(
            gettext(
                "The card of an uploaded model (sha256 {card_sha256}…) is missing or was altered; restore it from a backup, or "
                "choose another model."
            ).format(card_sha256=files.card_sha256[:12])
        )
    return own_card(json.loads(files.card.read_bytes()), files.sha256)


def own_card(table: Mapping[str, Any], sha256: str) -> OwnCard:
    """The card of a checked table, for weights of that sha256."""
    return OwnCard({**table, "sha256": sha256})


def _sha256(path: Path) -> str:
    try:
        return sha256_of(path)
    except OSError:
        return ""


@lru_cache(maxsize=8)
def _loaded(files: OwnFiles) -> Classifier:
    card = read_own_card(files)
    return Classifier(card, own_runtime(card, files.weights))


def own_runtime(card: OwnCard, weights: Path) -> OwnRuntime:
    """Runs the weights as their card says; raises WeightsUnfit or NoRuntime."""
    if card.raw["format"] == ONNX:
        try:
            return OwnRuntime(card, onnx_runtime(weights, card.input_px))
        except ImportError as error:
            raise NoRuntime(gettext("ONNX models run on OpenVINO, which is not installed here.")) from error
        except RuntimeError as error:
            raise WeightsUnfit(
                gettext("OpenVINO cannot run {name} {version} ({first_line}).").format(
                    name=card.name, version=card.version, first_line=first_line(error)
                )
            ) from error
    return OwnRuntime(card, _house_runtime(card, weights))


def _house_runtime(card: OwnCard, weights: Path) -> Runtime:
    """The net of one of the house's methods, with these weights."""
    method = METHODS.get(card.raw["method"])
    able = [m.name for m in METHODS.values() if m.task == "classification" and not m.members and not m.beside]
    if method is None or method.name not in able:
        raise WeightsUnfit(
            gettext("No method called {method} takes weights; there are: {able}.").format(
                method=card.raw["method"], able=all_of(sorted(able))
            )
        )
    net = method.net(len(card.outputs))
    try:
        net.load_state_dict({k: v.float() if v.is_floating_point() else v for k, v in load_file(weights).items()})
    except SafetensorError as error:
        raise WeightsUnfit(
            gettext("The weights of {name} are not a safetensors file ({first_line}).").format(
                name=card.name, first_line=first_line(error)
            )
        ) from error
    except RuntimeError as error:
        raise WeightsUnfit(
            gettext("The weights do not fit the net of {name} with {outputs} classes ({first_line}).").format(
                name=method.name, outputs=len(card.outputs), first_line=first_line(error)
            )
        ) from error
    return runtime_for(net.eval(), card.input_px, card, method.traceable, NetSettings(F32), f"own-{card.name}")


def first_line(error: Exception) -> str:
    """What a library says, as far as a sentence has room for it."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    telling = next(
        (line for line in lines if not line.startswith(("Exception from", "Check '"))), lines[0] if lines else ""
    )
    return telling[:160].rstrip(".:")
