"""Which device nets run and are trained on, how much of it they may take, and which errors say that its memory ran out."""

from __future__ import annotations

import os

import torch

from hemaview.inference.errors import BadSetting, NoDevice, OutOfMemory
from hemaview.words import gettext

_OF_MEMORY = (
    "out of memory", "out_of_memory", "not enough memory", "alloc_failed", "bad_alloc", "bad allocation",
    "can't allocate memory", "cannot allocate memory", "failed to allocate",
)  # fmt: skip


def device() -> str:
    """cuda where torch has a GPU, else cpu; HEMAVIEW_DEVICE=cpu or cuda decides it (of several GPUs CUDA_VISIBLE_DEVICES
    chooses one). Raises NoDevice for a device that is not here."""
    wanted = os.environ.get("HEMAVIEW_DEVICE", "")
    if wanted not in ("", "cpu", "cuda"):
        raise NoDevice(gettext("HEMAVIEW_DEVICE may be cpu or cuda, not {wanted}.").format(wanted=wanted))
    if wanted == "cuda" and not torch.cuda.is_available():
        raise NoDevice(gettext("HEMAVIEW_DEVICE is cuda, but torch has no GPU here: leave it out to use the CPU."))
    return wanted or ("cuda" if torch.cuda.is_available() else "cpu")


def number_set(variable: str) -> int:
    """The whole number that a variable of the environment holds, such as HEMAVIEW_THREADS; 0 where it is not set. Raises
    BadSetting."""
    text = os.environ.get(variable, "").strip()
    if text and not (text.isascii() and text.isdigit()):
        raise BadSetting(gettext("{variable} must be a whole number, not {text}.").format(variable=variable, text=text))
    return int(text or 0)


def is_memory(error: BaseException) -> bool:
    """Whether it says that memory ran out; some errors of CUDA and other runtimes have no class of their own."""
    if isinstance(error, (MemoryError, OutOfMemory, torch.OutOfMemoryError)):
        return True
    return isinstance(error, RuntimeError) and any(words in str(error).lower() for words in _OF_MEMORY)
