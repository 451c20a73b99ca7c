"""The course of a training: its log, its best weights, and what it needs to go on after a stop."""

from __future__ import annotations

import csv
import fcntl
import hashlib
import json
import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import torch
from safetensors.torch import save_file
from torch import nn

from hemaview.inference import device as devices
from hemaview.inference.errors import BadSetting, NoDevice, OutOfMemory
from hemaview.learning.engine.averaging import State, copied
from hemaview.learning.engine.curves import draw_curves
from hemaview.learning.experiment import Experiment
from hemaview.learning.sets import data

COLUMNS = ("done", "train_loss", "val_score")
MORE = ("val_accuracy", "seconds")
DRAWN_EVERY_S = 30.0
SEED = 20261121


class Course:
    """In `out`: log.csv, best.safetensors (the averaged weights that scored best on val), resume.pt, and now and then
    curves.png.

    A line of log.csv is of one validation: `done` epochs or steps, mean `train_loss`, the `val_score` by which
    weights are chosen, of classifiers `val_accuracy`, and the `seconds` of the epoch (where steps are counted: since
    it went on). Made with the net and its optimiser as they start; where `out` holds a state they, and `mean`, are
    taken from it, where it holds none the log begins anew. Raises DataError for a state that cannot be read. `position`
    counts epochs or steps, `waited` those since the best score.
    """

    def __init__(self, out: Path, net: nn.Module, optimiser: torch.optim.Optimizer) -> None:
        out.mkdir(parents=True, exist_ok=True)
        self.mean: State = copied(net)
        self.position, self.best, self.waited = 0, -1.0, 0
        self.weights = out / "best.safetensors"
        self._curves_at_s = time.monotonic()
        self._out, self._net, self._optimiser = out, net, optimiser
        if not (out / "resume.pt").exists():
            (out / "log.csv").unlink(missing_ok=True)
            return
        try:
            # To the CPU first, wherever it was written: the optimiser's counters stay there, the rest follows the net.
            state = torch.load(out / "resume.pt", map_location="cpu", weights_only=True)
            net.load_state_dict(state["net"])
            optimiser.load_state_dict(state["optimiser"])
        except Exception as error:  # torch raises whatever its readers do
            if devices.is_memory(error):
                raise
            raise data.DataError(
                f"{out / 'resume.pt'} is damaged or of another net: remove it to begin anew, or choose another --out."
            ) from error
        self.mean.update({k: v.to(device_of(net)) for k, v in state["mean"].items()})
        self.position, self.best, self.waited = state["done"], state["best"], state["waited"]

    def mark(self, number: int, loss: float, score: float, *more: float) -> None:
        """After `number` epochs or steps: a line in the log, the weights where they are the best, and the state."""
        with (self._out / "log.csv").open("a", newline="", encoding="utf-8") as stream:
            lines = csv.writer(stream)
            if not stream.tell():
                lines.writerow([*COLUMNS, *MORE[len(MORE) - len(more) :]])
            lines.writerow([number, loss, score, *more])
        self.waited += number - self.position
        self.position = number
        if score > self.best:
            self.best, self.waited = score, 0
            save_file({k: v.contiguous() for k, v in self.mean.items()}, self.weights)
        state = {"net": self._net.state_dict(), "mean": self.mean, "optimiser": self._optimiser.state_dict()}
        part = self._out / "resume.part"
        torch.save({**state, "done": number, "best": self.best, "waited": self.waited}, part)
        part.replace(self._out / "resume.pt")
        if time.monotonic() - self._curves_at_s >= DRAWN_EVERY_S:
            self._curves_at_s = time.monotonic()
            draw_curves(self._out)


def device() -> torch.device:
    """Where nets are trained, which is where models run; raises DataError for a device that is not here."""
    try:
        return torch.device(devices.device())
    except NoDevice as error:
        raise data.DataError(str(error)) from error


def device_of(net: nn.Module) -> torch.device:
    """Where a net is, and its input must go; one without weights is anywhere, and so on the CPU."""
    return next((p.device for p in net.parameters()), torch.device("cpu"))


def autocast(where: torch.device, bf16: bool | None = None) -> torch.autocast:
    """Half precision for classifiers, on a GPU that computes in bf16 itself, where `bf16` does not decide it.

    On a CPU the way back through depthwise convolutions is slower in bf16 than in float32, also where it has bf16. Nets of
    masks and boxes learn without it everywhere: they reckon with pixels and tolerances that bf16 cannot tell apart.
    """
    if bf16 is None:
        bf16 = where.type == "cuda" and torch.cuda.is_bf16_supported(including_emulation=False)
    return torch.autocast(where.type, torch.bfloat16, enabled=bf16)


@contextmanager
def memory_named() -> Iterator[None]:
    """Raises DataError where the GPU's memory runs out in what this decorates: `out` keeps the state of the last mark."""
    try:
        yield
    except (OutOfMemory, RuntimeError) as error:
        if device().type == "cpu" or not devices.is_memory(error):
            raise
        raise data.DataError(
            "The GPU's memory ran out: end what else uses it, or train on the CPU with HEMAVIEW_DEVICE=cpu; the same "
            "command goes on after the last line of log.csv."
        ) from error


def use_cores(most: int = 2) -> None:
    """Train on HEMAVIEW_THREADS cores, else on as many as the process may use, up to `most`: two trainings on a core each
    beat one after the other on both. Raises DataError where HEMAVIEW_THREADS is no whole number."""
    try:
        wanted = devices.number_set("HEMAVIEW_THREADS")
    except BadSetting as error:
        raise data.DataError(str(error)) from error
    torch.set_num_threads(wanted or min(most, len(os.sched_getaffinity(0))))


def identity(
    name: str, experiment: Experiment, sets: Sequence[str], licences: str, backbone: str = ""
) -> dict[str, str]:
    """What makes a training the same one: its method, the sets that it really learns from, and their labels."""
    there = [s for s in sets if data.has(experiment, s, "train")]
    labels = hashlib.sha256()
    for path in (experiment.root / s / side / "labels.csv" for s in there for side in ("train", "val")):
        labels.update(path.read_bytes() if path.is_file() else b"")
    return {
        "method": name,
        "sets": ", ".join(there),
        "licences": licences,
        "backbone": backbone or "its own",
        "labels": labels.hexdigest()[:12],
    }


@contextmanager
def alone_in(out: Path, wanted: dict[str, str]) -> Iterator[None]:
    """Within the block `out` is this process's, and its state that of the training `wanted` (an `identity`, kept in
    training.json), and nets begin alike; raises DataError where another process trains there, or where another
    training left its state."""
    device()  # a device that is not here is refused before anything is written
    with _lock_of(out) as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)  # let go of when the process ends, however it does
        except BlockingIOError as error:
            raise data.DataError(f"Another training runs in {out}; wait for it, or choose another --out.") from error
        record = out / "training.json"
        if any((out / file).exists() for file in ("resume.pt", "best.safetensors")):
            earlier = _identity_in(record)
            other = [f"{k} {earlier.get(k, 'unknown')}, not {v}" for k, v in wanted.items() if earlier.get(k) != v]
            if other:
                raise data.DataError(
                    f"{out} holds another training ({'; '.join(other)}): choose another --out, or remove it."
                )
        part = record.with_suffix(".part")
        part.write_text(json.dumps(wanted, indent=1) + "\n", encoding="utf-8")
        part.replace(record)
        torch.manual_seed(SEED)  # nets are made before their training seeds what follows
        yield


def _lock_of(out: Path) -> IO[str]:
    try:
        out.mkdir(parents=True, exist_ok=True)
        return (out / "lock").open("w")
    except OSError as error:
        raise data.DataError(f"Nothing can be written to {out}: {error.strerror}.") from error


def _identity_in(record: Path) -> dict[str, str]:
    """Whose state lies there; {} where that cannot be told."""
    try:
        return dict(json.loads(record.read_text(encoding="utf-8")))
    except (OSError, ValueError):
        return {}
