"""Why an analysis failed, in a code and a sentence, and what a person can do about it, in another."""

from __future__ import annotations

import errno
from dataclasses import dataclass

from django.utils.translation import gettext

from apps.accounts.errors import Missing
from hemaview.assays import AssayError
from hemaview.inference import InferenceError, OutOfMemory
from hemaview.inference.device import is_memory
from hemaview.pipeline import PipelineError
from hemaview.wsi.errors import SlideError, TooLarge, Unsupported

UNEXPECTED = "fault"


@dataclass(frozen=True)
class Failure:
    """What is told of a run that ended without cells."""

    code: str
    """Names the cause for scripts."""
    reason: str
    """What went wrong, in a sentence."""
    advice: str
    """What a person can do about it, in a sentence."""


_GONE = {
    "taught-gone": "Teach the site again, or switch its teaching off; then order the analysis anew.",
    "model-gone": "Upload the very same two files again, restore them from a backup, or choose another model in the protocol; "
    "then order the analysis anew.",
}
"""What to do where a file that the job was ordered with is gone, by the code of what is missing."""
_OF_FILES = {
    errno.ENOSPC: ("disk-full", "An administrator must free space where results are kept; then retry."),
    errno.EDQUOT: ("disk-full", "An administrator must free space where results are kept; then retry."),
    errno.EACCES: ("no-access", "An administrator must let the worker read slides and write results; then retry."),
    errno.EPERM: ("no-access", "An administrator must let the worker read slides and write results; then retry."),
    errno.EROFS: ("no-access", "An administrator must let the worker write where results are kept; then retry."),
    errno.ENOENT: (
        "file-gone",
        "Open the slide: if it cannot be viewed, restore its file from a backup or import it again; if it can, retry.",
    ),
}
"""Code and advice by what the operating system says."""


def failure_of(error: Exception) -> Failure:
    """What is told of an error that ended a run."""
    if isinstance(error, Missing):
        return Failure(error.code, error.message, _GONE[error.code])
    if isinstance(error, AssayError):
        return Failure(
            "no-examination",
            str(error),
            "Install the package that brought this examination where the workers run; then retry.",
        )
    if isinstance(error, SlideError):
        return Failure(error.code, error.message, _of_slide(error))
    if isinstance(error, (InferenceError, PipelineError)):
        return Failure(error.code, str(error), gettext(error.remedy))
    if is_memory(error) or getattr(error, "errno", None) == errno.ENOMEM:
        return Failure(OutOfMemory.code, "The worker ran out of memory.", OutOfMemory.remedy)
    if isinstance(error, OSError):
        code, advice = _OF_FILES.get(error.errno or 0, ("disk", "An administrator must check the disk; then retry."))
        return Failure(code, f"A file could not be read or written: {error.strerror or error}.", advice)
    return Failure(
        UNEXPECTED,
        "An unexpected error occurred.",
        "Retry; if it fails again, send the worker's log to the administrator.",
    )


def _of_slide(error: SlideError) -> str:
    if isinstance(error, TooLarge):
        return "Order a region of the slide in place of all of it, or import it again from a smaller file."
    if isinstance(error, Unsupported):
        return "Import the slide from a file of another format that HemaView reads."
    return "Open the slide; if it can be viewed, retry. If not, import it again from another, undamaged file."
