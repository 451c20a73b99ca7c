"""Score the shipped models on labelled sets, through the very inference that jobs use."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from operator import itemgetter

import numpy as np

from hemaview.counting.words import number_of
from hemaview.inference import InferenceError
from hemaview.learning.evidence import Evidence
from hemaview.learning.experiment import Experiment
from hemaview.learning.metrics.score import Score
from hemaview.learning.recipes.kinds import KIND_SETS
from hemaview.learning.scoring import (
    celltasks,
    fieldtasks,
    filmtasks,
    healthytasks,
    marrowtasks,
    papertasks,
    pixeltasks,
    regiontasks,
    seektasks,
    sickletasks,
    stitchtasks,
)
from hemaview.learning.scoring.adapted import LABELS, adapted
from hemaview.learning.scoring.elsewhere import ELSEWHERE, white_cells_elsewhere
from hemaview.learning.scoring.findingtasks import white_cells_found
from hemaview.learning.scoring.machinecounts import machine_counts
from hemaview.learning.scoring.sidebyside import Call, side_by_side
from hemaview.learning.scoring.strangers import SETS as STRANGERS
from hemaview.learning.scoring.strangers import strangers
from hemaview.learning.sets import data
from hemaview.learning.sets.data import DataError

Log = Callable[[str], None]


@dataclass(frozen=True)
class _Measured:
    """What one task gave."""

    rows: list[Score]
    evidence: Evidence
    seconds: float


def evaluate(
    experiment: Experiment, split: str, names: list[str], log: Log, task: str = "", processes: int = 1
) -> list[Score]:
    """Rows for each named model and each set that is there, of one of TASKS alone where it is named; sets that lack or cannot
    be used are named through `log` and left out. Of several `processes` that measure side by side each knows the models that
    are installed, and no others that its caller tries. Raises DataError or InferenceError where that leaves nothing."""
    wanted: list[_Task] = []
    errors: list[DataError | InferenceError] = []
    for entry in (t for t in _TASKS if t.method in names and (not task or t.function in _GIVES[task])):
        try:
            needed = (entry.dataset, *ALSO_NEEDS.get(entry.method, ()))
            lacking = [s for s in needed if not data.has(experiment, s, split)]
        except DataError as error:
            errors.append(error)
            log(f"{entry.method} on {entry.dataset}/{split}: left out. {error}")
            continue
        if lacking:
            log(f"{lacking[0]}/{split} is not in {experiment.root}: left out")
        else:
            wanted.append(entry)
    order = sorted(range(len(wanted)), key=lambda i: wanted[i].rank) if processes > 1 else list(range(len(wanted)))

    def piece(number: int, entry: _Task) -> Callable[[Call], _Measured | DataError | InferenceError]:
        what = f"{entry.method} on {entry.dataset}/{split}"

        def measure(call: Call) -> _Measured | DataError | InferenceError:
            log(f"{number} of {len(wanted)}: {what}")
            try:
                with sign_of_life(log, what):
                    measured: _Measured = call(_measure, entry, experiment, split, task)
            except (DataError, InferenceError) as error:
                # One set that cannot be used is no reason to lose what hours found on the others.
                log(f"{what}: left out. {error}")
                return error
            log(f"{what}: {number_of(len(measured.rows), 'row')} in {measured.seconds:.0f} s")
            return measured

        return measure

    results = side_by_side([piece(number, wanted[i]) for number, i in enumerate(order, 1)], processes)
    scores: list[Score] = []
    for _, entry, result in sorted(zip(order, (wanted[i] for i in order), results, strict=True), key=itemgetter(0)):
        if not isinstance(result, _Measured):
            errors.append(result)
            continue
        experiment.evidence.add(result.evidence)
        for of_task in {row.task for row in result.rows}:
            experiment.evidence.note_speed(
                (entry.method, of_task, entry.dataset), max(row.n for row in result.rows), result.seconds
            )
        unknown = [row for row in result.rows if not np.isfinite((row.value, row.low, row.high)).all()]
        for of_task in sorted({row.task for row in unknown}):
            metrics = ", ".join(r.metric for r in unknown if r.task == of_task)
            log(f"{entry.dataset}/{split} holds too little for {metrics} of {of_task}")
        scores += [row for row in result.rows if row not in unknown]
    if errors and not scores:
        raise errors[0]
    return scores + [replace(s, method="best") for s in scores if s.method in BEST.get(s.task, "").split()]


def _measure(entry: _Task, experiment: Experiment, split: str, task: str) -> _Measured:
    """The rows of an entry, those of one `task` alone where it is named."""
    own = replace(experiment, evidence=Evidence())
    began = time.monotonic()
    rows = [row for row in entry.rows(own, split) if not task or row.task == task]
    return _Measured(rows, own.evidence, time.monotonic() - began)


@contextmanager
def sign_of_life(log: Log, what: str, every_s: float = 60.0) -> Iterator[None]:
    """Say every `every_s` seconds for how long `what` has been worked on: some scores take many minutes."""
    end = threading.Event()

    def tell() -> None:
        began = time.monotonic()
        while not end.wait(every_s):
            log(f"{what}: for {round((time.monotonic() - began) / 60)} min so far")

    speaker = threading.Thread(target=tell, daemon=True)
    speaker.start()
    try:
        yield
    finally:
        end.set()
        speaker.join()


def main_task(name: str) -> tuple[str, Callable[[Experiment, str], list[Score]]]:
    """The set that a model is measured on first, and the function (experiment, split) that does it."""
    first = next(task for task in _TASKS if task.method == name)
    return first.dataset, first.rows


_Function = Callable[[str, str, Experiment, str], list[Score]]
_GIVES: dict[str, tuple[_Function, ...]] = {
    "rbc-segmentation": (fieldtasks.red_cells,),
    "stitching": (stitchtasks.stitched_cells, stitchtasks.stitched_boxes),
    "white-cells": (filmtasks.white_cells,),
    "detection": (fieldtasks.detection,),
    "marrow-differential": (fieldtasks.marrow_differential,),
    "marrow-regions": (regiontasks.marrow_regions,),
    "nuclei": (fieldtasks.nuclei_points,),
    "plasma-mask": (fieldtasks.plasma_masks,),
    "kind": (celltasks.kinds,),
    "rbc-morphology": (celltasks.red_cell_shapes,),
    "nucleated-cells": (celltasks.nucleated_cells,),
    "nucleated-cells-fine": (celltasks.nucleated_cells,),
    "nucleated-cells-patients": (celltasks.nucleated_patients,),
    "nucleated-cells-elsewhere": (white_cells_elsewhere,),
    "nucleated-cells-strangers": (strangers,),
    "machine-counts": (machine_counts,),
    "white-cells-found": (white_cells_found,),
    "adapted": (adapted,),
    "marrow-fields": (marrowtasks.plasma_cells, marrowtasks.red_cell_fields, marrowtasks.a_handful),
    "sickle-fields": (sickletasks.sickle_fields,),
    "healthy": (healthytasks.healthy_red_cells,),
    "cells-of-field": (healthytasks.counted_cells, pixeltasks.counted_by_pixels, pixeltasks.white_by_pixels),
    "nrbc": (celltasks.nucleated_cells, celltasks.nucleated_patients, papertasks.pnet),
    "cell-mask": (papertasks.cell_masks,),
    "cell-mask-classes": (papertasks.cell_mask_classes,),
    "sickle": (papertasks.elongation,),
    "nucleus-cytoplasm": (papertasks.white_cell_masks,),
    "nucleated-search": (seektasks.boxed_white_cells, seektasks.white_cells_in_mosaics, seektasks.pasted_nrbc),
}
"""What gives the rows of each task."""
TASKS = tuple(_GIVES)
_LONG: tuple[_Function, ...] = (
    white_cells_found,
    healthytasks.healthy_red_cells,
    adapted,
    sickletasks.sickle_fields,
    pixeltasks.white_by_pixels,
    machine_counts,
    fieldtasks.detection,
    marrowtasks.plasma_cells,
)
"""What takes a minute or more, the longest first: what begins last should be short where several end together."""


@dataclass(frozen=True)
class _Task:
    """A model measured on a set."""

    method: str
    """The model's name."""
    dataset: str
    """The set's."""
    function: _Function
    """Gives the rows."""

    @property
    def rank(self) -> int:
        """Its place among those that take long, the longest first."""
        return _LONG.index(self.function) if self.function in _LONG else len(_LONG)

    def rows(self, experiment: Experiment, split: str) -> list[Score]:
        return self.function(self.method, self.dataset, experiment, split)


def _of(method: str, dataset: str, function: _Function) -> _Task:
    return _Task(method, dataset, function)


_TASKS: tuple[_Task, ...] = (
    *(
        _of(name, "bbbc041seg", fieldtasks.red_cells)
        for name in ("red-cell-unet", "zhang-dunet", "zhang-unet", "pspnet", "region-growing")
    ),
    _of("red-cell-unet", "bbbc041seg", stitchtasks.stitched_cells),
    *(_of("red-cell-unet", dataset, filmtasks.white_cells) for dataset in ("txl-pbc", "draaslan-blood")),
    _of("cascade-blood", "txl-pbc", fieldtasks.detection),
    _of("cascade-blood", "txl-pbc", stitchtasks.stitched_boxes),
    _of("wang-marrow-cascade", "segpc-plasma", fieldtasks.marrow_differential),
    _of("wang-overview-cascade", "drawn-overviews", regiontasks.marrow_regions),
    _of("nuclei-unet", "graz-marrow", fieldtasks.nuclei_points),
    _of("sun-nuclei", "graz-marrow", fieldtasks.nuclei_points),
    _of("plasma-cell-unet", "segpc-plasma", fieldtasks.plasma_masks),
    *(_of("cell-kind-net", dataset, celltasks.kinds) for dataset in KIND_SETS),
    _of("red-cell-shape-net", "chula-rbc12", celltasks.red_cell_shapes),
    _of("elmanna-b0", "chula-rbc12", celltasks.red_cell_shapes),
    _of("red-cell-shape-committee", "chula-rbc12", celltasks.red_cell_shapes),
    *(
        _of(name, dataset, function)
        for name in ("nucleated-cell-net", "nucleated-cell-strangers")
        for dataset, function in (
            ("pbc", celltasks.nucleated_cells),
            ("jhu-aml", celltasks.nucleated_patients),
            *((dataset, white_cells_elsewhere) for dataset in ELSEWHERE),
        )
    ),
    *(_of("nucleated-cell-strangers", dataset, adapted) for dataset in LABELS),
    *(_of("nucleated-cell-strangers", dataset, strangers) for dataset in STRANGERS),
    *(_of("nucleated-cell-strangers", dataset, machine_counts) for dataset in ("rv-pbs", "chula-wbc", "raabin-wbc")),
    *(
        _of("nucleated-cell-strangers", dataset, white_cells_found)
        for dataset in ("rv-pbs-fields", "chula-wbc-fields", "all-idb1-fields")
    ),
    _of("nucleated-cell-strangers", "segpc-plasma", marrowtasks.plasma_cells),
    *(_of("nucleated-cell-strangers", dataset, marrowtasks.red_cell_fields) for dataset in ("txl-pbc", "chula-rbc12")),
    _of("nucleated-cell-strangers", "mll-marrow-mini", marrowtasks.a_handful),
    _of("sun-pnet", "pbc", papertasks.pnet),
    _of("sun-pnet", "jhu-aml", papertasks.pnet),
    _of("elmanna-cell-mask", "erythrocytes-idb", papertasks.cell_masks),
    *(
        _of(name, "erythrocytes-idb", function)
        for name in ("zhang-dunet-classes", "zhang-unet-classes")
        for function in (papertasks.cell_mask_classes, papertasks.cell_masks, papertasks.elongation)
    ),
    *(
        _of(name, dataset, function)
        for name in ("nucleated-cell-finder", seektasks.RULE)
        for dataset, function in (
            ("txl-pbc", seektasks.boxed_white_cells),
            ("draaslan-blood", seektasks.boxed_white_cells),
            ("txl-pbc", seektasks.white_cells_in_mosaics),
            ("draaslan-blood", seektasks.white_cells_in_mosaics),
            ("pbc", seektasks.pasted_nrbc),
            ("jhu-aml", seektasks.pasted_nrbc),
        )
    ),
    _of("sickle-cell-finder", "sickle-uganda", sickletasks.sickle_fields),
    *(
        _of("red-cell-shape-committee", dataset, healthytasks.healthy_red_cells)
        for dataset in ("pbc", "txl-pbc", "draaslan-blood")
    ),
    _of("red-cell-unet", "txl-pbc", healthytasks.counted_cells),
    *(_of("li-nodes-fields", dataset, pixeltasks.counted_by_pixels) for dataset in ("txl-pbc", "draaslan-blood")),
    *(_of("li-nodes-fields", dataset, pixeltasks.white_by_pixels) for dataset in ("chula-rbc12", "rv-pbs-fields")),
    _of("cell-outline", "erythrocytes-idb", papertasks.elongation),
    _of("cell-outline", "erythrocytes-idb", papertasks.cell_mask_classes),
    _of("elongation-net", "erythrocytes-idb", papertasks.elongation),
    *(
        _of(name, dataset, papertasks.white_cell_masks)
        for name in ("li-nodes-unet", "wbc-mask-unet")
        for dataset in ("wbc-masks-1", "wbc-masks-2")
    ),
)

ALSO_NEEDS = {"wang-marrow-cascade": ("pbc", "jhu-aml")}
"""Sets that a method's task is composed of, besides the one that its rows are named after."""

UNLEARNED = ("region-growing", "sun-nuclei", seektasks.RULE)
"""Baselines that learn nothing: they have no weights and no card."""

BEST: dict[str, str] = {
    "rbc-segmentation": "red-cell-unet",
    "rbc-morphology": "red-cell-shape-committee",
    "nrbc": "nucleated-cell-net",
    "nucleated-cells": "nucleated-cell-net",
    "nucleated-cells-fine": "nucleated-cell-net",
    "nucleated-cells-patients": "nucleated-cell-net",
    "nucleated-cells-elsewhere": "nucleated-cell-strangers",
    "adapted": "nucleated-cell-strangers",
    "nucleated-cells-strangers": "nucleated-cell-strangers",
    "machine-counts": "nucleated-cell-strangers",
    "white-cells-found": "nucleated-cell-strangers",
    "marrow-fields": "nucleated-cell-strangers",
    "sickle-fields": "sickle-cell-finder",
    "healthy": "red-cell-shape-committee",
    "cells-of-field": "red-cell-unet",
    "cell-mask": "elmanna-cell-mask",
    "cell-mask-classes": "cell-outline",
    "sickle": "cell-outline",
    "nucleus-cytoplasm": "wbc-mask-unet",
    "detection": "cascade-blood",
    "nuclei": "nuclei-unet",
    "plasma-mask": "plasma-cell-unet",
    "stitching": "red-cell-unet cascade-blood",
    "white-cells": "red-cell-unet",
    "marrow-differential": "wang-marrow-cascade",
    "marrow-regions": "wang-overview-cascade",
    "kind": "cell-kind-net",
    "nucleated-search": "nucleated-cell-finder",
}
"""The default model of each task, chosen on val (of fields and of boxes where cells are stitched): its rows are given again
under the method `best`."""
