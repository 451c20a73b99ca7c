"""Weights averaged over the steps of a training: what is scored and kept (Polyak & Juditsky 1992)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from torch import Tensor, nn

State = dict[str, Tensor]


def copied(net: nn.Module) -> State:
    """The net's state as tensors of their own."""
    return {k: v.detach().clone() for k, v in net.state_dict().items()}


def blend(mean: State, net: nn.Module, decay: float) -> None:
    """Move the mean towards the net by 1 - decay; counters are copied."""
    for k, v in net.state_dict().items():
        if v.dtype.is_floating_point:
            mean[k].lerp_(v.detach(), 1 - decay)
        else:
            mean[k].copy_(v)


@contextmanager
def wearing(net: nn.Module, mean: State) -> Iterator[None]:
    """The net with the averaged weights, within the block."""
    own = copied(net)
    net.load_state_dict(mean)
    try:
        yield
    finally:
        net.load_state_dict(own)
