"""The course of a training as a picture: curves.png beside log.csv."""

from __future__ import annotations

import csv
from pathlib import Path


def draw_curves(folder: Path) -> Path | None:
    """Loss and val score over epochs or steps, from the first three columns of log.csv; None where nothing is logged."""
    log = folder / "log.csv"
    if not log.is_file():
        return None
    with log.open(newline="", encoding="utf-8") as stream:
        rows = [[float(v) for v in row[:3]] for row in csv.reader(stream) if row and row[0] != "done"]
    if not rows:
        return None
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot as plt

    when, loss, score = zip(*rows, strict=True)
    figure, axes = plt.subplots(figsize=(6, 3.4), dpi=110)
    axes.plot(when, loss, color="#0072b2")
    axes.set_xlabel("epoch or step", fontsize=8)
    axes.set_ylabel("loss on train", color="#0072b2", fontsize=8)
    other = axes.twinx()
    other.plot(when, score, color="#d55e00", marker="o", markersize=3)
    other.set_ylabel("score on val", color="#d55e00", fontsize=8)
    figure.tight_layout()
    path = folder / "curves.png"
    figure.savefig(path)
    plt.close(figure)
    return path
