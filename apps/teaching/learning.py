"""A worker learns what a site taught. Loads the models' libraries: for workers alone."""

from __future__ import annotations

import logging
import os
import socket
import uuid
from collections.abc import Callable
from typing import Any

import numpy as np
from django.utils.translation import gettext_noop
from numpy.typing import NDArray

from apps.accounts.errors import Refusal
from apps.analysis import adaptations
from apps.analysis.cellfiles import cells_of
from apps.analysis.models import Adaptation, Job
from apps.teaching.labels import at_most, named_cells, reported_of, unnamed_cells
from apps.teaching.pictures import crops_at, film_cells, shown_cells
from hemaview.inference import (
    BadPicture,
    BadSetting,
    Classifier,
    InferenceError,
    NoDevice,
    OutOfMemory,
    load_as,
    packed,
)
from hemaview.inference.device import is_memory
from hemaview.inference.filmstatistics import Statistics, statistics_of
from hemaview.inference.models import net_of
from hemaview.inference.pictures import softmax
from hemaview.learning.engine.teach import logits_of
from hemaview.learning.publish.site import features_of, learn_site, most_telling
from hemaview.methods.card import cards as installed_cards
from hemaview.wsi.errors import SlideError

logger = logging.getLogger(__name__)

_REMEDIES: dict[type[Exception], str] = {
    OutOfMemory: "An administrator can give the worker more memory, run fewer workers on this machine, or set HEMAVIEW_BATCH "
    "lower; then teach again.",
    NoDevice: "An administrator must change HEMAVIEW_DEVICE and start the worker anew; then teach again.",
    BadSetting: "An administrator must correct that variable and start the worker anew; then teach again.",
    BadPicture: "Open the slides that were labelled; import one that cannot be viewed again from another file.",
}
"""What to do where a teaching fails for another reason than an analysis would."""
Listener = Callable[[str, float], None]


class _Superseded(Exception):
    """Another worker has it now."""


def learn(adaptation_id: uuid.UUID | str, listener: Listener | None = None) -> Adaptation | None:
    """Learn it here if it can be claimed; the row afterwards, None where another worker has it."""
    row = adaptations.claim(adaptation_id, f"{socket.gethostname()}:{os.getpid()}:{uuid.uuid4().hex[:8]}")
    if row is None:
        return None
    try:
        _learn(row, listener)
    except _Superseded:
        logger.info("adaptation %s: another worker has it now", row.pk)
    except (Refusal, SlideError) as error:
        adaptations.fail(row, error.message)
    except InferenceError as error:
        adaptations.fail(row, f"{error} {_REMEDIES.get(type(error), error.remedy)}")
    except OSError as error:
        adaptations.fail(row, f"A file could not be read or written ({error.strerror or error}); check the disk.")
    except Exception as error:
        if is_memory(error):
            adaptations.fail(row, f"The worker ran out of memory. {_REMEDIES[OutOfMemory]}")
            return adaptations.adaptations().get(pk=row.pk)
        logger.exception("adaptation %s failed", row.pk)
        adaptations.fail(row, "An unexpected error occurred; send the worker's log to the administrator.")
    return adaptations.adaptations().get(pk=row.pk)


def _learn(row: Adaptation, listener: Listener | None) -> None:
    def step(phase: str, share: float) -> None:
        if not adaptations.TEACHINGS.note(row, phase, round(100 * share, 1)):
            raise _Superseded
        if listener:
            listener(phase, share)

    card = installed_cards()[row.base.algorithm.name]
    model = load_as(Classifier, card.name)
    step(gettext_noop("reading the labelled cells"), 0.01)
    cells = shown_cells(at_most(named_cells(row.site, row.assay, card.classes)), model)
    jobs = [job for job in reported_of(row.site, row.assay) if str(job.slide_id) in set(cells.slides)]
    statistics: dict[str, Statistics] = {}
    for i, job in enumerate(jobs):
        statistics[str(job.slide_id)] = statistics_of(card.name, film_cells(job, model)) or {}
        step(gettext_noop("looking at how the films are stained"), 0.02 + 0.08 * (i + 1) / len(jobs))
    lesson = learn_site(card, cells, statistics, lambda phase, share: step(phase, 0.1 + 0.8 * share))
    step(gettext_noop("choosing cells to name next"), 0.92)
    report = {**lesson.report, "next": _next(jobs, cells.pictures, lesson.taught.tensors, statistics, model)}
    if not adaptations.finish(row, cells=cells.records(), report=report, file=packed(lesson.taught)):
        raise _Superseded


def _next(
    jobs: list[Job],
    named_pictures: NDArray[np.uint8],
    tensors: Statistics,
    statistics: dict[str, Statistics],
    model: Classifier,
) -> list[dict[str, Any]]:
    """The unnamed cells that would tell most, each with its case, slide, analysis and row."""
    card = installed_cards()[model.info.name]
    cells = unnamed_cells(jobs)
    pictures, p = [], []
    for job in jobs:
        rows = [row for owner, row in cells if owner.pk == job.pk]
        table = cells_of(job)
        points = np.stack([table.x[rows], table.y[rows]], axis=1).astype(np.float64)
        own = crops_at(job, points, model)
        pictures.append(own)
        p.append(softmax(logits_of(net_of(card), {**statistics[str(job.slide_id)], **tensors}, own)))
    ordered = [(job, row) for job in jobs for owner, row in cells if owner.pk == job.pk]
    if not ordered:
        return []
    features = features_of(card, tensors, np.concatenate(pictures))
    places = most_telling(np.concatenate(p), features, features_of(card, tensors, named_pictures))
    return [
        {
            "accession": job.slide.case.accession, "slide": str(job.slide_id), "job": str(job.pk), "row": row,
        }
        for job, row in (ordered[i] for i in places)
    ]  # fmt: skip
