"""The course of a training: its log, its best weights, and what it needs to go on after a stop."""

from __future__ import annotations

import csv
import os
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import nn

from hemaview.learning.averaging import State, copied


class Course:
    """In `out`: log.csv, best.safetensors (the averaged weights that scored best on val) and resume.pt.

    Made with the net and its optimiser as they start; where `out` holds a state they, and `mean`, are taken from it.
    `done` counts epochs or steps, `waited` those since the best score.
    """

    def __init__(self, out: Path, net: nn.Module, optimiser: torch.optim.Optimizer) -> None:
        out.mkdir(parents=True, exist_ok=True)
        self.mean: State = copied(net)
        self.done, self.best, self.waited = 0, -1.0, 0
        self.weights = out / "best.safetensors"
        self._out, self._net, self._optimiser = out, net, optimiser
        if (out / "resume.pt").exists():
            state = torch.load(out / "resume.pt", weights_only=True)
            net.load_state_dict(state["net"])
            optimiser.load_state_dict(state["optimiser"])
            self.mean.update(state["mean"])
            self.done, self.best, self.waited = state["done"], state["best"], state["waited"]

    def mark(self, done: int, loss: float, score: float, *more: float) -> None:
        """After `done` epochs or steps: a line in the log, the weights where they are the best, and the state."""
        with (self._out / "log.csv").open("a", newline="", encoding="utf-8") as stream:
            csv.writer(stream).writerow([done, loss, score, *more])
        self.waited += done - self.done
        self.done = done
        if score > self.best:
            self.best, self.waited = score, 0
            save_file({k: v.contiguous() for k, v in self.mean.items()}, self.weights)
        state = {"net": self._net.state_dict(), "mean": self.mean, "optimiser": self._optimiser.state_dict()}
        part = self._out / "resume.part"
        torch.save({**state, "done": done, "best": self.best, "waited": self.waited}, part)
        part.replace(self._out / "resume.pt")


def use_cores(most: int = 2) -> None:
    """Train on as many cores as the process may use, or HEMAVIEW_THREADS: two trainings on a core each beat one after the
    other on both."""
    free = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else most
    torch.set_num_threads(min(most, int(os.environ.get("HEMAVIEW_THREADS", "0")) or free))
