"""Why a model cannot be run; every message is one sentence."""


class InferenceError(Exception):
    """The base of what can go wrong; `remedy` is what a person can do about it ("": register the installed models)."""

    remedy = ""


class UnknownModel(InferenceError):
    """No model has that name."""


class WeightsChanged(InferenceError):
    """The weights on disk are not those that were recorded."""


class OutOfMemory(InferenceError):
    """Even half a batch did not fit."""


class NoDevice(InferenceError):
    """The device that was asked for is not here."""

    remedy = "An administrator must change HEMAVIEW_DEVICE and start the worker anew; then retry."


class BadPicture(InferenceError):
    """What was given is no picture that a model can be shown."""


class WeightsUnfit(InferenceError):
    """Weights that are no safetensors, or that do not belong to the net or its classes."""
