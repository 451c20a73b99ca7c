"""Each class against all others, as papers tabulate it (Elmanna et al., Tables 4 to 6; Wang et al., Table 1, whose recall is
the sensitivity and whose accuracy is one class against the rest)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from hemaview.learning.evidence import Answers
from hemaview.learning.metrics.score import area_under_roc

MEASURES = ("sensitivity", "specificity", "ppv", "npv", "f1", "accuracy", "area")
"""`area` is that under the ROC curve."""


def by_class(answers: Answers) -> dict[str, dict[str, float]]:
    """Of each class that occurs, by its name: how many `cells`, and MEASURES. What is predicted of no cell is 0."""
    predicted = answers.p.argmax(axis=1)
    rows = {}
    for number in np.unique(answers.truth):
        is_it, is_call = answers.truth == number, predicted == number
        both, neither = int((is_it & is_call).sum()), int((~is_it & ~is_call).sum())
        rows[answers.names[int(number)]] = {
            "cells": float(is_it.sum()),
            "sensitivity": both / max(1, is_it.sum()),
            "specificity": neither / max(1, (~is_it).sum()),
            "ppv": both / max(1, is_call.sum()),
            "npv": neither / max(1, (~is_call).sum()),
            "f1": 2 * both / max(1, is_it.sum() + is_call.sum()),
            "accuracy": (both + neither) / len(is_it),
            "area": area_under_roc(answers.p[:, int(number)], is_it),
        }
    return rows


def over_folds(folds: Sequence[Answers]) -> list[dict[str, str | float]]:
    """A row for each class: its name, cells and MEASURES as means over the folds that hold it, and the standard deviation
    of F1 over them."""
    every = [by_class(fold) for fold in folds]
    rows: list[dict[str, str | float]] = []
    for name in folds[0].names:
        own = [fold[name] for fold in every if name in fold]
        if own:
            means = {measure: float(np.mean([row[measure] for row in own])) for measure in ("cells", *MEASURES)}
            deviation = float(np.std([row["f1"] for row in own], ddof=1)) if len(own) > 1 else 0.0
            rows.append({"class": name.replace("_", " "), **means, "f1_sd": deviation})
    return rows
