"""A device that is not there: tensors that say they are elsewhere, reckon on the CPU and refuse to be mixed with its own.

Torch's fake tensors have no values, so that a training that reads its loss, or a detector that counts its boxes, stops
at them. These have values: a training elsewhere must end with the weights of the one on the CPU, bit for bit. They call
themselves `meta`, the one device besides the CPU that every build of torch can name and run backwards on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

from hemaview.methods import yapfgrammar  # noqa: F401  isort: skip  (before mmengine)
from mmengine.structures import instance_data  # isort: skip

CPU, ELSEWHERE = torch.device("cpu"), torch.device("meta")
aten = torch.ops.aten
_CROSS, _INDEX = (aten._to_copy, aten.copy_, aten.to), (aten.index, aten.index_put_, aten.index_put)


class Elsewhere(Tensor):
    """A tensor whose values lie on the CPU, in `own`, where no operator but those of this file sees them."""

    own: Tensor
    __torch_function__ = torch._C._disabled_torch_function_impl

    @staticmethod
    def __new__(cls, own: Tensor) -> Elsewhere:
        tensor: Elsewhere = Tensor._make_wrapper_subclass(
            cls, own.shape, own.stride(), own.storage_offset(), dtype=own.dtype, device=ELSEWHERE
        )
        tensor.own = own
        return tensor

    def __reduce_ex__(self, protocol: Any) -> Any:
        return self.own.__reduce_ex__(protocol)  # a file holds values; where they were is tested apart

    def tolist(self) -> Any:
        return self.own.tolist()  # torch gives no subclass its list, but any device's

    def new_tensor(self, values: Any, **how: Any) -> Tensor:
        return torch.tensor(values, **{"dtype": self.dtype, "device": self.device} | how)

    def __getitem__(self, at: Any) -> Any:
        parts = at if isinstance(at, tuple) else (at,)
        return super().__getitem__(tuple(torch.tensor(p) if isinstance(p, list) else p for p in parts))

    def __repr__(self, **_: Any) -> str:
        return f"Elsewhere({self.own})"

    @classmethod
    def __torch_dispatch__(cls, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        return _run(func, args, kwargs or {})


class _Watching(TorchDispatchMode):
    """Sees what is made elsewhere, or moved there, of no tensor that is there yet."""

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        return _run(func, args, kwargs or {})


def _run(func: Any, args: Any, kwargs: dict[str, Any]) -> Any:
    leaves: list[Any] = []
    _each(leaves.append, (args, kwargs))
    there = {id(t.own): t for t in leaves if isinstance(t, Elsewhere)}
    here = [t for t in leaves if isinstance(t, Tensor) and not isinstance(t, Elsewhere)]
    assert all(t.device != ELSEWHERE for t in here), f"{func}: a tensor without values was made where no mode sees it"
    if there and any(t.ndim for t in here) and func.overloadpacket not in _CROSS:
        # As on CUDA, where rows of the CPU may index a tensor.
        assert func.overloadpacket in _INDEX and isinstance(args[0], Elsewhere), f"{func}: tensors of two devices"
    wanted = next((d for d in leaves if isinstance(d, torch.device)), None)
    goes = bool(there) if wanted is None else wanted == ELSEWHERE
    assert not goes or kwargs.get("generator") is None, f"{func}: a draw elsewhere by a generator of the CPU"
    result = func(*_each(_own, args), **_each(_own, kwargs))
    if func is aten.copy_.default:
        return args[0]

    def placed(t: Any) -> Any:
        if not (goes and isinstance(t, Tensor)):
            return t
        with torch.inference_mode(False):  # a view of what is none of inference's is none either
            return there[id(t)] if id(t) in there else Elsewhere(t)

    return _each(placed, result)


def _each(change: Callable[[Any], Any], value: Any) -> Any:
    """What operators are given and give, changed one by one."""
    if isinstance(value, (tuple, list)):
        return type(value)([_each(change, g) for g in value])
    return {k: _each(change, g) for k, g in value.items()} if isinstance(value, dict) else change(value)


def _own(value: Any) -> Any:
    return value.own if isinstance(value, Elsewhere) else CPU if isinstance(value, torch.device) else value


@contextmanager
def elsewhere() -> Iterator[torch.device]:
    """Within the block tensors can be moved to, and made on, the device that it gives."""
    autocast = torch.autocast

    def not_there(where: str, *how: Any, **more: Any) -> Any:
        """There is no half precision elsewhere, and asking for none must be no error."""
        return nullcontext() if where == ELSEWHERE.type else autocast(where, *how, **more)

    def watched(make: Callable[..., Tensor]) -> Callable[..., Tensor]:
        """Torch copies a list to its device where no mode sees it."""
        return lambda values, *, device=None, **how: make(values, **how).to(device)

    with pytest.MonkeyPatch.context() as patch, _Watching():
        patch.setattr(torch, "autocast", not_there)
        patch.setattr(torch, "tensor", watched(torch.tensor))
        patch.setattr(torch, "as_tensor", watched(torch.as_tensor))
        patch.setattr(instance_data, "IndexType", instance_data.IndexType | Elsewhere)
        yield ELSEWHERE
