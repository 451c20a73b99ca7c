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

from hemaview.learning import data
from hemaview.learning.averaging import State, copied
from hemaview.learning.curves import draw_curves

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
    taken from it, where it holds none the log begins anew. Raises DataError for a state that cannot be read. `done`
    counts epochs or steps, `waited` those since the best score.
    """

    def __init__(self, out: Path, net: nn.Module, optimiser: torch.optim.Optimizer) -> None:
        out.mkdir(parents=True, exist_ok=True)
        self.mean: State = copied(net)
        self.done, self.best, self.waited = 0, -1.0, 0
        self.weights = out / "best.safetensors"
        self._drawn = time.monotonic()
        self._out, self._net, self._optimiser = out, net, optimiser
        if not (out / "resume.pt").exists():
            (out / "log.csv").unlink(missing_ok=True)
            return
        try:
            state = torch.load(out / "resume.pt", weights_only=True)
            net.load_state_dict(state["net"])
            optimiser.load_state_dict(state["optimiser"])
        except Exception as error:  # torch raises whatever its readers do
            raise data.DataError(
                f"{out / 'resume.pt'} is damaged or of another net: remove it to begin anew, or choose another --out."
            ) from error
        self.mean.update(state["mean"])
        self.done, self.best, self.waited = state["done"], state["best"], state["waited"]

    def mark(self, done: int, loss: float, score: float, *more: float) -> None:
        """After `done` epochs or steps: a line in the log, the weights where they are the best, and the state."""
        with (self._out / "log.csv").open("a", newline="", encoding="utf-8") as stream:
            lines = csv.writer(stream)
            if not stream.tell():
                lines.writerow([*COLUMNS, *MORE[len(MORE) - len(more) :]])
            lines.writerow([done, loss, score, *more])
        self.waited += done - self.done
        self.done = done
        if score > self.best:
            self.best, self.waited = score, 0
            save_file({k: v.contiguous() for k, v in self.mean.items()}, self.weights)
        state = {"net": self._net.state_dict(), "mean": self.mean, "optimiser": self._optimiser.state_dict()}
        part = self._out / "resume.part"
        torch.save({**state, "done": done, "best": self.best, "waited": self.waited}, part)
        part.replace(self._out / "resume.pt")
        if time.monotonic() - self._drawn >= DRAWN_EVERY_S:
            self._drawn = time.monotonic()
            draw_curves(self._out)


def use_cores(most: int = 2) -> None:
    """Train on HEMAVIEW_THREADS cores, else on as many as the process may use, up to `most`: two trainings on a core each
    beat one after the other on both."""
    free = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else most
    torch.set_num_threads(int(os.environ.get("HEMAVIEW_THREADS", "0")) or min(most, free))


def identity(name: str, root: Path, sets: Sequence[str], licences: str, backbone: str = "") -> dict[str, str]:
    """What makes a training the same one: its method, the sets that it really learns from, and their labels."""
    there = [s for s in sets if data.has(root, s, "train")]
    labels = hashlib.sha256()
    for path in (root / s / side / "labels.csv" for s in there for side in ("train", "val")):
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
    with _lock_of(out) as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)  # let go of when the process ends, however it does
        except BlockingIOError as error:
            raise data.DataError(f"Another training runs in {out}; wait for it, or choose another --out.") from error
        known = out / "training.json"
        if any((out / file).exists() for file in ("resume.pt", "best.safetensors")):
            held = _held(known)
            other = [f"{k} {held.get(k, 'unknown')}, not {v}" for k, v in wanted.items() if held.get(k) != v]
            if other:
                raise data.DataError(
                    f"{out} holds another training ({'; '.join(other)}): choose another --out, or remove it."
                )
        part = known.with_suffix(".part")
        part.write_text(json.dumps(wanted, indent=1) + "\n", encoding="utf-8")
        part.replace(known)
        torch.manual_seed(SEED)  # nets are made before their training seeds what follows
        yield


def _lock_of(out: Path) -> IO[str]:
    try:
        out.mkdir(parents=True, exist_ok=True)
        return (out / "lock").open("w")
    except OSError as error:
        raise data.DataError(f"Nothing can be written to {out}: {error.strerror}.") from error


def _held(known: Path) -> dict[str, str]:
    """Whose state lies there; {} where that cannot be told."""
    try:
        return dict(json.loads(known.read_text(encoding="utf-8")))
    except (OSError, ValueError):
        return {}
