"""Why a model cannot be run; every message is one sentence."""

from __future__ import annotations

from hemaview.words import gettext_noop

ANOTHER_VERSION = gettext_noop(
    "An administrator can run `manage.py setup`, which registers the installed models; then order the analysis anew."
)
WEIGHTS_ANEW = gettext_noop(
    "An administrator must install the weights anew where the workers run, and run `manage.py setup`; then retry."
)
TEACH_AGAIN = gettext_noop("Teach the site again, or switch its teaching off; then order the analysis anew.")


class InferenceError(Exception):
    """The base of what can go wrong: `code` names the cause, `remedy` is what a person can do about it, in a sentence."""

    code = "model-error"
    remedy = gettext_noop("An administrator must choose another model in the protocol; then order the analysis again.")

    def __init__(self, message: str, remedy: str = "") -> None:
        super().__init__(message)
        self.remedy = remedy or self.remedy


class UnknownModel(InferenceError):
    """No model has that name, or its weights are not here."""

    code = "model-missing"
    remedy = WEIGHTS_ANEW


class WeightsChanged(InferenceError):
    """The weights on disk are not those that were recorded."""

    code = "weights-changed"
    remedy = WEIGHTS_ANEW


class OutOfMemory(InferenceError):
    """Even half a batch did not fit."""

    code = "out-of-memory"
    remedy = gettext_noop(
        "Order a smaller region, or let an administrator give the worker more memory, run fewer workers on this machine, or "
        "set HEMAVIEW_BATCH lower (on a GPU also HEMAVIEW_DEVICE=cpu); then retry."
    )


class NoDevice(InferenceError):
    """The device that was asked for is not here."""

    code = "no-device"
    remedy = gettext_noop("An administrator must change HEMAVIEW_DEVICE and start the worker anew; then retry.")


class BadSetting(InferenceError):
    """A variable of the environment that nets are run by holds what it cannot."""

    code = "bad-setting"
    remedy = gettext_noop("An administrator must correct that variable and start the worker anew; then retry.")


class BadPicture(InferenceError):
    """What was given is no picture that a model can be shown."""

    code = "unreadable"
    remedy = gettext_noop("Open the slide; if it cannot be viewed, import it again from another file.")


class WeightsUnfit(InferenceError):
    """Weights that are no safetensors, or that do not belong to the net or its classes."""

    code = "weights-unfit"
    remedy = WEIGHTS_ANEW
