"""What a model of one's own must be before anybody may choose it: each promise of its card tried, one line each.

Everything here opens a stranger's file: it runs in the child process that `methods.own.trial` limits, never in the house itself.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open

from hemaview.inference.classifier import Classifier
from hemaview.inference.device import is_memory
from hemaview.inference.errors import InferenceError
from hemaview.inference.own import OwnCard, OwnRuntime, first_line, own_card, own_runtime
from hemaview.inference.pictures import squares
from hemaview.inference.settings import NetSettings
from hemaview.methods.own.checks import TITLES, Check
from hemaview.methods.own.errors import OwnModelError
from hemaview.methods.own.onnxfile import FLOAT, HALF, OnnxFacts, look
from hemaview.methods.own.weights import ONNX
from hemaview.words import gettext
from hemaview.wsi.synthetic import MPP, WhiteCells, draw_film

PICTURES = 24
"""So many drawn cells it is asked about."""
FILM_PX, FILM_SEED = 640, 11
SAME = 1e-3
"""Probabilities that differ by no more are the same: what order and vector units change."""
SLOWEST_S = 20.0
"""Seconds for 100 cells on one thread beyond which a film would take hours."""


class _Broken(Exception):
    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code, self.message = code, message


def examine(
    weights: Path, table: Mapping[str, Any], sha256: str, opening: Callable[[str, float], None]
) -> Iterator[Check]:
    """Each check in turn, up to the first that fails; `opening` is told each one's title and its share before it begins."""
    trial = _Trial(weights, own_card(table, sha256))
    for number, key in enumerate(TITLES):
        opening(TITLES[key], number / len(TITLES))
        try:
            yield Check(key, TITLES[key], True, getattr(trial, key)())
        except (_Broken, OwnModelError) as error:
            yield Check(key, TITLES[key], False, error.message, error.code)
            return
        except (InferenceError, MemoryError, RuntimeError) as error:
            code, message = "cannot-run", str(error)
            if is_memory(error) or (error.__cause__ is not None and is_memory(error.__cause__)):
                code, message = (
                    "too-much-memory",
                    "It needs more memory than a model of cells may take; make the net smaller.",
                )
            elif not isinstance(error, InferenceError):
                message = f"The net cannot be run as the card says ({first_line(error)})."
            yield Check(key, TITLES[key], False, message, code)
            return


class _Trial:
    def __init__(self, weights: Path, card: OwnCard) -> None:
        self.weights, self.card = weights, card
        self.facts: OnnxFacts | None = None

    def file(self) -> str:
        if self.card.raw["format"] == ONNX:
            self.facts = look(self.weights)
            return (
                f"ONNX, operator set {self.facts.opset}: {self.facts.operators:,} operators, {self.facts.parameters:,} "
                "parameters, no other files, no control flow, no operators of its own"
            )
        try:
            with safe_open(self.weights, framework="np") as file:
                names = list(file.keys())
        except SafetensorError as error:
            raise _Broken(
                "damaged", gettext("The safetensors file is damaged ({error}); save it again.").format(error=error)
            ) from error
        return f"safetensors: {len(names):,} tensors for the net of {self.card.raw['method']}"

    def inputs(self) -> str:
        side = self.card.input_px
        if self.facts is None:
            return f"RGB 0-255, {side} × {side} px, as the nets of {self.card.raw['method']} take it"
        if len(self.facts.inputs) != 1:
            raise _Broken(
                "wrong-input",
                gettext("The net has {inputs} inputs; it must have one, a batch of pictures.").format(
                    inputs=len(self.facts.inputs)
                ),
            )
        (net_input,) = self.facts.inputs
        if net_input.element not in (FLOAT, HALF):
            raise _Broken(
                "wrong-input",
                gettext("The net's input is not float; export it for float32 pictures."),
            )
        dims = net_input.dims
        plain, last = (side, side), len(dims) == 4 and dims[3] == 3 and dims[1] != 3
        sides = dims[1:3] if last else dims[2:4]
        if (
            len(dims) != 4
            or (dims[3] if last else dims[1]) not in (3, None)
            or any(d not in (None, s) for d, s in zip(sides, plain, strict=True))
        ):
            raise _Broken(
                "wrong-input",
                gettext(
                    "The net takes {shape}; by the card that is (n, 3, {side}, {side}) or (n, {side}, {side}, 3)."
                ).format(shape=_shape(dims), side=side),
            )
        return f"{_shape(dims)}, {side} × {side} px of {self.card.mpp:g} µm"

    def outputs(self) -> str:
        wanted = len(self.card.outputs)
        if self.facts is not None:
            if len(self.facts.outputs) != 1:
                raise _Broken(
                    "wrong-output",
                    gettext("The net has {outputs} outputs; export only the classes' scores.").format(
                        outputs=len(self.facts.outputs)
                    ),
                )
            dims = self.facts.outputs[0].dims
            if dims and (len(dims) != 2 or dims[1] not in (None, wanted)):
                raise self._wrong_classes(dims)
        return f"{wanted} outputs for {len(self.card.classes)} classes"

    def _wrong_classes(self, dims: tuple[int | None, ...]) -> _Broken:
        return _Broken(
            "wrong-classes",
            gettext("The net gives {shape}, but its card names {outputs} classes; list as many, in its order.").format(
                shape=_shape(dims), outputs=len(self.card.outputs)
            ),
        )

    def runs(self) -> str:
        self.runtime: OwnRuntime = own_runtime(self.card, self.weights)
        self.model = Classifier(self.card, self.runtime)
        self.crops = self._drawn_cells()
        raw = self.runtime.raw(_as_batch(self.crops[:2]))
        if len(raw) != 2:
            raise _Broken(
                "wrong-input",
                gettext(
                    "The net takes only a fixed number of pictures; export it with a variable batch size (dynamic_axes)."
                ),
            )
        if raw.shape != (2, len(self.card.outputs)):
            raise self._wrong_classes((None, *raw.shape[1:]))
        return self.runtime.device

    def finite(self) -> str:
        raw = self.runtime.raw(_as_batch(self.crops))
        if not np.isfinite(raw).all():
            raise _Broken(
                "not-finite",
                gettext("The net gives answers that are not numbers (NaN or infinite); check its normalisation."),
            )
        if self.card.raw.get("output") == "probabilities":
            sums = raw.sum(axis=1)
            if raw.min() < -SAME or np.abs(sums - 1).max() > 0.01:
                raise _Broken(
                    "not-probabilities",
                    gettext(
                        "By the card the outputs are probabilities, but they sum to {min:.3g} to {max:.3g}; set "
                        "output to logits."
                    ).format(min=sums.min(), max=sums.max()),
                )
        elif (raw >= 0).all() and np.abs(raw.sum(axis=1) - 1).max() < SAME:
            raise _Broken(
                "not-logits",
                gettext("The outputs are probabilities and no logits; set output to probabilities."),
            )
        self.p = self.model.classify_crops(self.crops)
        if not np.isfinite(self.p).all() or np.abs(self.p.sum(axis=1) - 1).max() > SAME:
            raise _Broken(
                "not-finite", gettext("The probabilities of a cell do not sum to 1; check the card's temperature.")
            )
        return f"{len(self.p)} drawn cells, probabilities from {self.p.min():.4f} to {self.p.max():.4f}"

    def sees(self) -> str:
        range_of_p = float((self.p.max(axis=0) - self.p.min(axis=0)).max())
        if range_of_p < 1e-4:
            raise _Broken(
                "sees-nothing",
                gettext(
                    "The net gives every picture the same answer: its normalisation probably differs from what the card says."
                ),
            )
        class_indices = np.unique(self.p.argmax(axis=1))
        names = ", ".join(self.card.classes[i] for i in class_indices[:6])
        return f"probabilities move by up to {range_of_p:.3f}; the drawn cells are called {names}"

    def batch(self) -> str:
        alone = np.concatenate([self.model.classify_crops(self.crops[i : i + 1]) for i in range(8)])
        off = float(np.abs(alone - self.p[:8]).max())
        if off > SAME:
            raise _Broken(
                "batch-matters",
                gettext(
                    "A cell's probabilities change by {off:.3f} with the other cells in the batch; export the net in eval mode."
                ).format(off=off),
            )
        return f"largest difference {off:.6f}"

    def repeat(self) -> str:
        off = float(np.abs(self.model.classify_crops(self.crops) - self.p).max())
        if off > 0:
            raise _Broken(
                "not-repeatable",
                gettext(
                    "The same pictures get different answers the second time (by {off:.4f}); export the net without "
                    "random operations."
                ).format(off=off),
            )
        return "the same to the last digit"

    def scale(self) -> str:
        fine, points = self._film(self.card.mpp / 2)
        coarse = np.asarray(cv2.resize(fine, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA), np.uint8)
        # Grounds measured anew on each picture differ by more than what is asked here.
        model = Classifier(self.card, self.runtime, NetSettings(brings_ground=False))
        twice = model.classify(fine, points, self.card.mpp / 2)
        once = model.classify(coarse, points / 2, self.card.mpp)
        off = float(np.abs(twice - once).max())
        if off > 0.05:
            raise _Broken(
                "scale-matters",
                gettext("A cell seen at twice the resolution gets different probabilities (by {off:.3f}).").format(
                    off=off
                ),
            )
        return f"shown at {self.card.mpp:g} µm/px from {self.card.mpp / 2:g} and {self.card.mpp:g}: largest difference {off:.6f}"

    def ground(self) -> str:
        side = self.card.input_px
        flat = np.stack(
            [np.full((side, side, 3), colour, np.uint8) for colour in ((254, 228, 203), (0, 0, 0), (255, 255, 255))]
        )
        p = self.model.classify_crops(flat)
        if not np.isfinite(p).all():
            raise _Broken(
                "not-finite",
                gettext(
                    "On pictures of plain background, black or white, the answers are not numbers; check the normalisation."
                ),
            )
        likeliest = self.card.classes[int(p[0].argmax())]
        return f"bare ground is called {likeliest} ({100 * float(p[0].max()):.0f} %), which no job asks it about"

    def speed(self) -> str:
        many = self.crops[np.arange(100) % len(self.crops)]
        began = time.perf_counter()
        self.model.classify_crops(many)
        took = time.perf_counter() - began
        if took > SLOWEST_S:
            raise _Broken(
                "too-slow",
                gettext(
                    "100 cells take {took:.0f} s on one thread, more than {slowest_s:.0f} s; make the net smaller."
                ).format(took=took, slowest_s=SLOWEST_S),
            )
        return f"{took:.2f} s for 100 cells on one thread"

    def _film(self, mpp: float) -> tuple[NDArray[np.uint8], NDArray[np.float64]]:
        """A drawn film at `mpp`, its sides even, and where cells lie on it (n, 2: x, y px), nucleated ones first."""
        film = draw_film(FILM_PX, FILM_PX, FILM_SEED, white=WhiteCells(per_mm2=1500.0))
        cells = sorted(film.cells, key=lambda c: (c.radius_um < 4.5, c.seed))[:PICTURES]
        side = 2 * round(FILM_PX * MPP / mpp / 2)
        rescaled = cv2.resize(film.rgb, (side, side), interpolation=cv2.INTER_AREA if mpp > MPP else cv2.INTER_LINEAR)
        # Whole pixels of the coarser of two scales, so that both cut the same square.
        return np.asarray(rescaled, np.uint8), 2 * np.rint(np.array([(c.x, c.y) for c in cells]) * MPP / mpp / 2)

    def _drawn_cells(self) -> NDArray[np.uint8]:
        film, points = self._film(self.card.mpp)
        return squares(film, points, self.card.input_px)


def _as_batch(crops: NDArray[np.uint8]) -> NDArray[np.float32]:
    return np.ascontiguousarray(crops.transpose(0, 3, 1, 2), np.float32)


def _shape(dims: tuple[int | None, ...]) -> str:
    return "(" + ", ".join("n" if d is None else str(d) for d in dims) + ")"
