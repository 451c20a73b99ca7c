"""What a model card's scores measure, in words: cards, commands and the API name tasks, figures and classes by their keys."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from django.utils.translation import gettext, gettext_noop

from hemaview.assays import assays

TASKS: dict[str, str] = {
    "adapted": gettext_noop("a laboratory's own cells, taught"),
    "cell-mask": gettext_noop("outline of a cell"),
    "cell-mask-classes": gettext_noop("outline and shape of a cell"),
    "cells-of-field": gettext_noop("cells of a field, counted"),
    "detection": gettext_noop("cells as boxes"),
    "healthy": gettext_noop("red cells of healthy people"),
    "kind": gettext_noop("kind of cell"),
    "machine-counts": gettext_noop("intervals of counts by the machine"),
    "marrow-differential": gettext_noop("marrow differential"),
    "marrow-fields": gettext_noop("fields of marrow"),
    "marrow-regions": gettext_noop("regions of marrow worth counting"),
    "nrbc": gettext_noop("nucleated red cells"),
    "nuclei": gettext_noop("nuclei as points"),
    "nucleated-cells": gettext_noop("nucleated cells"),
    "nucleated-cells-elsewhere": gettext_noop("nucleated cells of other laboratories"),
    "nucleated-cells-fine": gettext_noop("nucleated cells, every class"),
    "nucleated-cells-patients": gettext_noop("nucleated cells of other patients"),
    "nucleated-cells-strangers": gettext_noop("nucleated cells of unusually stained films"),
    "nucleated-search": gettext_noop("search for nucleated cells"),
    "nucleus-cytoplasm": gettext_noop("nucleus and cytoplasm"),
    "plasma-mask": gettext_noop("outline of plasma cells"),
    "rbc-morphology": gettext_noop("red-cell shapes"),
    "rbc-segmentation": gettext_noop("red cells as outlines"),
    "sickle": gettext_noop("circular, elongated and other cells"),
    "sickle-fields": gettext_noop("sickle cells on fields"),
    "stitching": gettext_noop("cells cut by a field's edge"),
    "white-cells": gettext_noop("white cells of a film"),
    "white-cells-found": gettext_noop("white cells found on fields"),
}

ROLES: dict[str, str] = {
    "detector": gettext_noop("detector of cells"),
    "kind": gettext_noop("kind of cell"),
    "nrbc": gettext_noop("nucleated red cell"),
    "nuclei": gettext_noop("nuclei"),
    "nucleated-cell": gettext_noop("nucleated cell"),
    "nucleated-cell-elsewhere": gettext_noop("nucleated cell of an unusually stained film"),
    "nucleated-cell-finder": gettext_noop("finder of nucleated cells"),
    "nucleus-mask": gettext_noop("nucleus and cytoplasm"),
    "outline": gettext_noop("shape by outline"),
    "overview": gettext_noop("regions worth counting"),
    "red-cell-shape": gettext_noop("red-cell shape"),
    "segmentation": gettext_noop("outlines of cells"),
    "sickle-cell-finder": gettext_noop("finder of sickle cells"),
}

METRICS: dict[str, tuple[str, str]] = {
    "accuracy": (gettext_noop("accuracy"), ""),
    "artefacts_called_cells": (gettext_noop("artefacts called cells"), ""),
    "auc": (gettext_noop("area under the ROC curve"), ""),
    "auc_brightness": (gettext_noop("area under the ROC curve, by brightness alone"), ""),
    "auc_stain": (gettext_noop("area under the ROC curve, by stain alone"), ""),
    "blast_false": (gettext_noop("other cells called blasts"), ""),
    "blast_missed_silently": (gettext_noop("blasts missed without a warning"), ""),
    "blast_recall": (gettext_noop("blasts called blasts"), ""),
    "blasts_a_negative_field": (gettext_noop("blasts called where there are none"), gettext_noop("per field")),
    "box_recall": (gettext_noop("sickle cells found"), ""),
    "cell_f1_50": (gettext_noop("F1 of cells at an overlap of 0.5"), ""),
    "cells_a_field": (gettext_noop("cells found"), gettext_noop("per field")),
    "cells_right": (gettext_noop("cells called correctly"), ""),
    "coverage": (gettext_noop("cells called without asking for a look"), ""),
    "coverage_ceiling": (gettext_noop("cells that could be called so, one in twenty of them wrongly"), ""),
    "dice": (gettext_noop("Dice"), ""),
    "ece": (gettext_noop("calibration error (ECE)"), ""),
    "error_1": (gettext_noop("cells merged"), gettext_noop("per 100")),
    "error_2": (gettext_noop("artefacts outlined"), gettext_noop("per 100")),
    "error_3": (gettext_noop("cells incomplete"), gettext_noop("per 100")),
    "false_a_field": (gettext_noop("false calls"), gettext_noop("per field")),
    "false_red_cells_per_field": (gettext_noop("false calls of red cells"), gettext_noop("per field")),
    "fields_refused": (gettext_noop("fields refused"), ""),
    "hausdorff": (gettext_noop("Hausdorff distance"), "px"),
    "iou": (gettext_noop("intersection over union"), ""),
    "jaccard": (gettext_noop("Jaccard index"), ""),
    "kappa": (gettext_noop("Cohen's kappa"), ""),
    "macro_f1": (gettext_noop("F1, mean of the classes"), ""),
    "map50": (gettext_noop("mean average precision at an overlap of 0.5"), ""),
    "mean_accuracy": (gettext_noop("accuracy of one class against the rest, mean"), ""),
    "mean_recall": (gettext_noop("recall, mean of the classes"), ""),
    "mean_width": (gettext_noop("width of the intervals"), gettext_noop("percentage points")),
    "miou": (gettext_noop("intersection over union, mean of the classes"), ""),
    "nucleated_cells_per_field": (gettext_noop("nucleated cells found"), gettext_noop("per field")),
    "pixel_accuracy": (gettext_noop("pixels called correctly"), ""),
    "plasma_recall": (gettext_noop("plasma cells found"), ""),
    "point_f1": (gettext_noop("F1 of points"), ""),
    "precision": (gettext_noop("precision"), ""),
    "rbc_count_error": (gettext_noop("error of the red-cell count"), ""),
    "recall": (gettext_noop("recall"), ""),
    "schistocyte_share": (gettext_noop("red cells called schistocytes"), ""),
    "seconds_per_500_cells": (gettext_noop("time"), gettext_noop("s per 500 cells")),
    "sensitivity": (gettext_noop("sensitivity"), ""),
    "sickle_calls_per_100_red_cells": (gettext_noop("sickle cells called"), gettext_noop("per 100 red cells")),
    "silent_error": (gettext_noop("wrong calls without asking for a look"), ""),
    "slide_accuracy": (gettext_noop("accuracy on whole slides"), ""),
    "slide_iou": (gettext_noop("intersection over union on whole slides"), ""),
    "slide_precision": (gettext_noop("precision on whole slides"), ""),
    "slide_recall": (gettext_noop("recall on whole slides"), ""),
    "specificity": (gettext_noop("specificity"), ""),
    "spherocyte_share": (gettext_noop("red cells called spherocytes"), ""),
    "target_share": (gettext_noop("red cells called target cells"), ""),
    "to_look_at_per_100": (gettext_noop("cells to review"), gettext_noop("per 100")),
    "truth_held": (gettext_noop("intervals that hold the truth"), ""),
    "truth_held_plain": (gettext_noop("intervals that hold the truth, without the machine's errors"), ""),
    "untaught_blast_recall": (gettext_noop("blasts called blasts where none was taught"), ""),
    "wbc_count_error": (gettext_noop("error of the white-cell count"), ""),
    "white_cells_a_field": (gettext_noop("things called white cells"), gettext_noop("per field")),
    "white_recall": (gettext_noop("recall of white cells"), ""),
    "whole_and_single": (gettext_noop("cells found whole and once"), ""),
}
"""Key of a figure to its name and unit; without a unit it is a share or an index from 0 to 1."""

ENDS: dict[str, str] = {
    "_a_field": gettext_noop("{figure}, of each field"),
    "_as_called": gettext_noop("{figure}, as called"),
    "_background": gettext_noop("{figure}, background"),
    "_before": gettext_noop("{figure}, before teaching"),
    "_circular": gettext_noop("{figure}, circular cells"),
    "_cytoplasm": gettext_noop("{figure}, cytoplasm"),
    "_elongated": gettext_noop("{figure}, elongated cells"),
    "_equalised": gettext_noop("{figure}, light and stain made equal"),
    "_in_mosaic": gettext_noop("{figure}, in a mosaic of fields"),
    "_nucleus": gettext_noop("{figure}, nucleus"),
    "_of_eight": gettext_noop("{figure}, eight classes of the paper"),
    "_of_paper": gettext_noop("{figure}, cells of the paper"),
    "_other": gettext_noop("{figure}, other cells"),
}
"""What the end of a figure's key adds to its name."""

_NOT_OF_ASSAYS: dict[str, str] = {
    "RBC": gettext_noop("Red cell"),
    "WBC": gettext_noop("White cell"),
    "nucleated": gettext_noop("Nucleated cell"),
    "nucleated_cell": gettext_noop("Nucleated cell"),
}
"""Classes of nets that are none of an examination and whose keys are no words."""

_CODE = re.compile(r"`([A-Za-z0-9_-]+)`")


def task_words(key: str) -> str:
    """What was asked of a model."""
    return gettext(TASKS[key]) if key in TASKS else _spaced(key)


def role_words(key: str) -> str:
    """What a model does in a protocol."""
    return gettext(ROLES[key]) if key in ROLES else _spaced(key)


def metric_words(key: str) -> str:
    """What a figure is; the words of the key where it is of a card that somebody else wrote."""
    if key in METRICS:
        return gettext(METRICS[key][0])
    end = next((end for end in ENDS if key.endswith(end)), "")
    figure = key.removesuffix(end)
    return gettext(ENDS[end]).format(figure=metric_words(figure)) if end and figure else _spaced(key)


def metric_unit(key: str) -> str:
    """The unit of a figure; "" for shares and indices."""
    if key in METRICS:
        return gettext(unit) if (unit := METRICS[key][1]) else ""
    end = next((end for end in ENDS if key.endswith(end)), "")
    return metric_unit(key.removesuffix(end)) if end else ""


def class_words(key: str) -> str:
    """The name of a class that a net knows."""
    if key in _NOT_OF_ASSAYS:
        return gettext(_NOT_OF_ASSAYS[key])
    for assay in assays().values():
        for one in assay.schema.classes:
            if one.key == key:
                return one.name
    return _spaced(key)


def score_words(score: Mapping[str, Any]) -> dict[str, Any]:
    """A score of a card, with words beside its keys."""
    return {
        **score,
        "task_words": task_words(score["task"]),
        "metric_words": metric_words(score["metric"]),
        "unit": metric_unit(score["metric"]),
    }


def prose(text: str) -> str:
    """A sentence of a card, its figures and ends of figures in words where it names them by their keys."""

    def of(match: re.Match[str]) -> str:
        key = match[1]
        if key in METRICS or any(key.endswith(end) and key.removesuffix(end) in METRICS for end in ENDS):
            return f"“{metric_words(key)}”"
        if key in ENDS:
            return f"“{gettext(ENDS[key]).format(figure='').strip(' ,')}”"
        return match[0]

    return _CODE.sub(of, text)


def card_in_words(text: str) -> str:
    """A card (Markdown), its tasks, figures, classes and role in words."""
    lines: list[str] = []
    columns: dict[int, Callable[[str], str]] = {}
    for line in text.split("\n"):
        cells = _CELLS.split(line) if line.startswith("|") else []
        if not cells:
            columns = {}
        elif not columns:
            columns = {at: _COLUMNS[cell.strip()] for at, cell in enumerate(cells) if cell.strip() in _COLUMNS}
        elif not set(line) <= set("|-: "):
            line = "|".join(f" {columns[i](c.strip())} " if i in columns else c for i, c in enumerate(cells))
        if line.startswith(_CLASSES):
            line = _CLASSES + ", ".join(class_words(key) for key in line.removeprefix(_CLASSES).split(", "))
        lines.append(_ROLE.sub(_role_sentence, prose(line)))
    return "\n".join(lines)


_CLASSES = "- Classes: "
_CELLS = re.compile(r"(?<!\\)\|")
_COLUMNS: dict[str, Callable[[str], str]] = {
    "task": task_words,
    "metric": metric_words,
    "the examination's": class_words,
}
"""Columns of a card's tables that hold keys, and what says them in words."""
_ROLE = re.compile(r"for the role `([a-z-]+)` in `(\w+)`")


def _role_sentence(match: re.Match[str]) -> str:
    assay = assays().get(match[2])
    return f"for: {role_words(match[1])} ({assay.title if assay else _spaced(match[2])})"


def _spaced(key: str) -> str:
    return key.replace("_", " ").replace("-", " ")
