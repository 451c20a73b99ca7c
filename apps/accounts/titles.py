"""The title of a refusal by its code, where that of its kind (conflict, missing, forbidden) does not say what is the matter."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

_ALTERED = gettext_lazy("Altered or lost")
_AT_WORK = gettext_lazy("Still running")
_FILE_GONE = gettext_lazy("A file is gone")
_IN_USE = gettext_lazy("In use")
_NAME_TAKEN = gettext_lazy("Already taken")
_NOTHING_COUNTED = gettext_lazy("Nothing is counted yet")
_NOTHING_TO_DO = gettext_lazy("There is nothing to do")
_SECOND_READING = gettext_lazy("There is a second reading")
_SETTINGS = gettext_lazy("The protocol needs an administrator")
_SOMEBODY_ELSE = gettext_lazy("Somebody else has changed this")
_TOO_FEW_NAMED = gettext_lazy("Not enough named cells")

TITLES: dict[str, str | Promise] = {
    "accession-taken": _NAME_TAKEN,
    "analysis-running": _AT_WORK,
    "authentication-failed": gettext_lazy("Nobody is signed in"),
    "being-signed": gettext_lazy("The case is being signed"),
    "blind-reading": gettext_lazy("You are reading this case blind"),
    "case-locked": gettext_lazy("The case is signed"),
    "case-signed": gettext_lazy("The case has been signed"),
    "case-used": _IN_USE,
    "cells-gone": _FILE_GONE,
    "conflict": _SOMEBODY_ELSE,
    "converting": _AT_WORK,
    "counts-changed": gettext_lazy("The counts have changed"),
    "differences-open": gettext_lazy("Two readers differ"),
    "evidence-altered": _ALTERED,
    "examination-gone": gettext_lazy("An examination is not installed"),
    "field-unfinished": gettext_lazy("Not finished yet"),
    "held": gettext_lazy("Not ready to be signed"),
    "import-running": _AT_WORK,
    "importing": _AT_WORK,
    "job-active": _AT_WORK,
    "job-ended": gettext_lazy("Already ended"),
    "job-labelled": _IN_USE,
    "job-not-ended": gettext_lazy("Nothing to retry"),
    "job-signed": _IN_USE,
    "job-unfinished": gettext_lazy("Not finished yet"),
    "labelled-here": _SOMEBODY_ELSE,
    "link-ended": gettext_lazy("The link has expired"),
    "model-being-checked": _AT_WORK,
    "model-exists": _NAME_TAKEN,
    "model-gone": _FILE_GONE,
    "model-name-taken": _NAME_TAKEN,
    "model-off": _SETTINGS,
    "not-as-shown": gettext_lazy("Not all of one class"),
    "must-see-open": gettext_lazy("Cells must be seen first"),
    "no-candidates": gettext_lazy("There is nothing to pick"),
    "no-consensus": gettext_lazy("The second reading is not closed"),
    "no-model": gettext_lazy("A model is not installed"),
    "no-profile": gettext_lazy("No colour profile"),
    "no-second-reading": gettext_lazy("No second reading is open"),
    "no-such-step": gettext_lazy("This step is not possible now"),
    "not-comparable": gettext_lazy("These cannot be compared"),
    "not-in-force": _NOTHING_TO_DO,
    "not-in-review": gettext_lazy("The case is not in review"),
    "not-ready": gettext_lazy("Not ready yet"),
    "not-signed": gettext_lazy("Not signed"),
    "not-taught": gettext_lazy("The teaching did not succeed"),
    "nothing-counted": _NOTHING_COUNTED,
    "nothing-to-convert": _NOTHING_TO_DO,
    "nothing-to-redo": _NOTHING_TO_DO,
    "nothing-to-undo": _NOTHING_TO_DO,
    "one-class": _TOO_FEW_NAMED,
    "other-person": gettext_lazy("Somebody else is signed in"),
    "other-weights": gettext_lazy("The model has changed"),
    "own-reading": gettext_lazy("You have read this case yourself"),
    "phrase-exists": _NAME_TAKEN,
    "plan-gone": _FILE_GONE,
    "protocol-changed": _SOMEBODY_ELSE,
    "protocol-exists": _NAME_TAKEN,
    "protocol-retired": gettext_lazy("The protocol is retired"),
    "report-changed": _ALTERED,
    "report-gone": _FILE_GONE,
    "second-factor-needed": gettext_lazy("A second factor is needed"),
    "second-reading": _SECOND_READING,
    "second-reading-begun": _SECOND_READING,
    "second-reading-empty": gettext_lazy("The second reading has not begun"),
    "second-reading-open": _SECOND_READING,
    "settled": gettext_lazy("Already decided"),
    "several-series": gettext_lazy("Choose one of several"),
    "signing-lapsed": gettext_lazy("The case was changed in the meantime"),
    "site-exists": _NAME_TAKEN,
    "site-used": _IN_USE,
    "slide-analysed": _IN_USE,
    "slide-signed": gettext_lazy("A signed report holds its results"),
    "slide-exists": gettext_lazy("Already in a case"),
    "taught-gone": _FILE_GONE,
    "teaching": _AT_WORK,
    "text-changed": _SOMEBODY_ELSE,
    "too-few-labels": _TOO_FEW_NAMED,
    "too-many-waiting": gettext_lazy("Too many are waiting"),
    "upload-unfinished": gettext_lazy("Not uploaded completely"),
    "wrong-offset": gettext_lazy("Not the next byte"),
    "wrong-password": gettext_lazy("Wrong password"),
    "wrong-settings": _SETTINGS,
    "wrong-specimen": gettext_lazy("Not for this specimen"),
}
"""Every code of a 409 stands here (a test reads the source for them), and codes of others that their kind's title misses."""
