"""What bf16 costs each model on real labels of the validation side, for its card; the runtime reads there whether it may.

The numerics are those of torch's autocast to bf16: sums in float32 of values rounded to bf16, every result rounded
again. Processors without bf16 do such convolutions up to ninety times slower; `Rounded` computes the same sums by their
float32 kernels.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch.utils._python_dispatch import TorchDispatchMode

from hemaview.inference import Boxes, load
from hemaview.inference.device import device
from hemaview.inference.pictures import softmax
from hemaview.inference.precision import F32, TOLERANCE
from hemaview.learning.experiment import Experiment
from hemaview.learning.metrics.score import Score
from hemaview.learning.scoring.evaluate import main_task
from hemaview.learning.sets.boxes import box_overlaps
from hemaview.methods.card import cards

LINES = 300
"""About how many labelled lines of a set, of whole pictures in a seeded draw, a model is measured on."""
METRICS = (
    "dice", "cell_f1_50", "iou", "miou", "point_f1", "map50", "accuracy", "macro_f1", "sensitivity", "specificity",
)  # fmt: skip
"""The figures that must not leave their interval."""
LEAST_SCORE = 0.05
"""Boxes below it are no answers."""


@dataclass
class Difference:
    """What a net's answers in bf16 differ by."""

    temperature: float = 1.0
    """That of the model's card."""
    largest: float = field(default=0.0, init=False)
    """The largest difference in probability between two answers to one picture."""
    times: list[float] = field(default_factory=list, init=False)
    """Of each pair of answers how many times as long float32 took."""

    def note(self, plain: Any, half: Any, plain_s: float, half_s: float) -> None:
        """Of logits (N, classes, …), or of lists of boxes with scores."""
        self.times.append(plain_s / max(half_s, 1e-9))
        if isinstance(plain, np.ndarray):
            differences = [np.abs(self._probabilities(plain) - self._probabilities(half)).max()]
        else:
            differences = [score_difference(_boxes(a), _boxes(b)) for a, b in zip(plain, half, strict=True)]
        self.largest = max(self.largest, *(float(v) for v in differences))

    def _probabilities(self, logits: NDArray[np.float32]) -> NDArray[np.float32]:
        return softmax(np.asarray(logits / self.temperature, np.float32))


def score_difference(a: Boxes, b: Boxes) -> float:
    """The largest difference between the score of a box (LEAST_SCORE or more) and that of the best box of its class over
    it (IoU of a half) in the other answer, 0 where there is none; both ways."""
    largest = 0.0
    for one, other in ((a, b), (b, a)):
        sure = one.take(one.scores >= LEAST_SCORE)
        same = (box_overlaps(sure.boxes, other.boxes) >= 0.5) & (sure.labels[:, None] == other.labels[None])
        partner = np.where(same, other.scores[None], 0).max(axis=1, initial=0)
        # A box that lies under a better one has that one as its partner: only what got lost counts against it.
        largest = max(largest, float(np.max(sure.scores - partner, initial=0)))
    return largest


class Rounded(TorchDispatchMode):
    """Within it convolutions and matrix products of bf16 values are summed in float32 kernels and rounded once."""

    _SLOW = frozenset({"convolution", "conv2d", "conv_transpose2d", "linear", "addmm", "mm", "bmm", "matmul"})

    def __torch_dispatch__(
        self, func: Any, types: Any, args: Sequence[Any] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        slow = func.overloadpacket.__name__ in self._SLOW and any(_is_half(a) for a in args)
        if not slow:
            return func(*args, **(kwargs or {}))
        return func(*(a.float() if _is_half(a) else a for a in args), **(kwargs or {})).bfloat16()


def measure(name: str, experiment: Experiment, log: Callable[[str], None], lines: int = LINES) -> dict[str, Any]:
    """The `precision` section of a model's card, without figures where its net cannot be run in bf16 at all; raises
    DataError where its set is not there."""
    dataset, task = main_task(name)
    difference = Difference(cards()[name].temperature)
    load(name)  # converted before its numbers are rounded: tracing cannot be
    log(f"{name} on {dataset}/val in bf16")
    in_both = replace(experiment, most_lines=lines, nets=replace(experiment.nets, compare=difference.note))
    try:
        with _quick():
            half = _figures(task(in_both, "val"))
    except RuntimeError as error:
        if "BFloat16" not in str(error):
            raise
        log(f"its net takes no bf16: {error}")
        return {"bf16": False, "command": _command(name), "rows": []}
    log(f"{name} on {dataset}/val in float32")
    plain = _figures(task(replace(in_both, nets=replace(experiment.nets, precision=F32)), "val"))
    return section(name, plain, half, difference)


def section(name: str, plain: Sequence[Score], half: Sequence[Score], difference: Difference) -> dict[str, Any]:
    """Bf16 is allowed where no figure left its interval, no probability moved by more than TOLERANCE and, on a machine that
    has it, it was faster."""
    rows = [
        {
            "task": a.task,
            "dataset": a.dataset,
            "n": a.n,
            "metric": a.metric,
            "f32": a.value,
            "low": a.low,
            "high": a.high,
            "bf16": b.value,
            "within": a.low <= b.value <= a.high,
        }
        for a, b in zip(plain, half, strict=True)
    ]
    harmless = all(row["within"] for row in rows) and difference.largest <= TOLERANCE
    facts = {"largest_difference": round(difference.largest, 4), "command": _command(name), "rows": rows}
    if not (_has_bf16() and difference.times):
        return {"bf16": harmless, **facts}
    times = round(float(np.median(difference.times)), 1)  # whatever else the machine did meanwhile
    return {"bf16": harmless and times > 1, "times_faster": times, **facts}


def _command(name: str) -> str:
    return f"python manage.py precision {name} --data DATA"


def _figures(scores: Sequence[Score]) -> list[Score]:
    return [s for s in scores if s.metric in METRICS]


@contextmanager
def _quick() -> Iterator[None]:
    """`Rounded` where the device has no bf16 of its own."""
    if _has_bf16():
        yield
        return
    with Rounded():  # type: ignore[no-untyped-call]
        yield


def _has_bf16() -> bool:
    """Whether the device that models run on computes in bf16 itself."""
    if device() == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    return bool(torch.cpu._is_avx512_bf16_supported())


def _is_half(value: Any) -> bool:
    return isinstance(value, torch.Tensor) and value.dtype == torch.bfloat16


def _boxes(answer: Any) -> Boxes:
    return Boxes(
        answer.boxes.float().cpu().numpy(),
        answer.scores.float().cpu().numpy(),
        answer.labels.cpu().numpy().astype(np.int64),
    )
