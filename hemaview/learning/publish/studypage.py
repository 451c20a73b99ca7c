"""What a study found, as a table, a chart, and docs/studies.md with all that were run: `study NAME --page`."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib import pyplot as plt

from hemaview.learning.evidence import Answers
from hemaview.learning.metrics.byclass import over_folds
from hemaview.learning.publish.figures import receiver_operating_of_classes
from hemaview.learning.scoring.limitstudies import Row
from hemaview.learning.scoring.studies import Study

LEAST_SPAN = 0.05
"""Shares that differ by less are not drawn far apart."""
_HEAD = """# The papers' own comparisons, run again

Made by `python manage.py study NAME --data DATA --out OUT --page docs/studies.md`, one study at a time. **Research use
only.** Every variant of a study was trained alike, from the same seeds, on the train side and measured on the validation
side; no test side was used, and nothing that ships was chosen by these tables, but for the models
that bring a strange ground back, and how (`other-cameras`), and what cells are compared by (`likeness`). The trainings are short
(the epochs stand with each table): they tell large differences, not small ones. The last studies train nothing: they show what
another camera changes, what our limits of stain, focus and copies part, on the train and validation sides, which sets show a
picture on two sides, and which cells look alike.
"""


def keep(study: Study, rows: Sequence[Row], epochs: int, out: Path) -> list[Path]:
    """The table as CSV and a chart beside it, of its first measure or its curve; where answers were kept a table by class
    and its ROC; their paths."""
    table, chart = out / f"{study.name}.csv", out / f"{study.name}.png"
    _write_table(table, [{**row, "epochs": epochs} for row in rows])
    if study.curve:
        figure, axes = plt.subplots(figsize=(6.4, 3.6), dpi=110)
        _curves(axes, rows, *study.curve)
    else:
        figure, axes = plt.subplots(figsize=(8 if study.beside else 6.4, 0.9 + 0.3 * len(rows)), dpi=110)
        if study.beside:
            _several(axes, rows, study.beside)
        else:
            _dots(axes, rows)
    figure.suptitle(f"{study.asks} ({study.source})", fontsize=9)
    figure.tight_layout()
    figure.savefig(chart)
    plt.close(figure)
    return [table, chart, *(_keep_classes(study.name, study.answers(out), out) if study.answers else ())]


def _keep_classes(name: str, folds: Sequence[Answers], out: Path) -> tuple[Path, Path]:
    """The table by class, means over the folds, and the ROC of the answers of all folds together."""
    table, chart = out / f"{name}-classes.csv", out / f"{name}-roc.png"
    _write_table(table, over_folds(folds))
    every = Answers(
        np.concatenate([fold.p for fold in folds]), np.concatenate([fold.truth for fold in folds]), folds[0].names
    )
    figure, axes = plt.subplots(figsize=(6, 5.2), dpi=110)
    receiver_operating_of_classes(axes, every)
    axes.set_xlim(0, 1)  # short trainings leave classes far from the corner
    axes.set_ylim(0, 1.005)
    figure.tight_layout()
    figure.savefig(chart)
    plt.close(figure)
    return table, chart


def _write_table(path: Path, rows: Sequence[Row]) -> None:
    with path.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def _read_table(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


def _dots(axes: Any, rows: Sequence[Row]) -> None:
    """The first measure of each variant, with its standard deviation where there is one."""
    measure = list(rows[0])[1]
    deviations = [row.get(f"{measure}_sd", 0.0) for row in rows]
    drawn = [(row[measure], deviation) for row, deviation in zip(rows, deviations, strict=True)]
    axes.errorbar([v for v, _ in drawn], [row["variant"] for row in rows], xerr=deviations, fmt="o", color="#0072b2")
    axes.set_ylim(len(rows) - 0.5, -0.5)
    low, high = (min(v - d for v, d in drawn), max(v + d for v, d in drawn))
    if low >= 0 and high <= 1 and high - low < LEAST_SPAN:
        axes.set_xlim((low + high) / 2 - 0.6 * LEAST_SPAN, (low + high) / 2 + 0.6 * LEAST_SPAN)
    axes.grid(axis="x", alpha=0.4)
    axes.set_xlabel(measure.replace("_", " ") + (" ± standard deviation" if any(deviations) else ""))


def _several(axes: Any, rows: Sequence[Row], measures: Sequence[str]) -> None:
    """Several measures of each variant, a mark each."""
    places = range(len(rows))
    for colour, mark, measure in zip(("#000000", "#0072b2", "#d55e00", "#e69f00"), "|os^", measures, strict=True):
        axes.plot(
            [row[measure] for row in rows], places, mark, color=colour, label=measure.replace("_", " "), alpha=0.8
        )
    axes.set_yticks(places, [row["variant"] for row in rows], fontsize=7)
    axes.set_ylim(len(rows) - 0.5, -0.5)
    axes.grid(alpha=0.4)
    axes.legend(fontsize=7, loc="lower left")


def _curves(axes: Any, rows: Sequence[Row], x: str, y: str, line: str) -> None:
    """Measure `y`, with its standard deviation where there is one, over `x` on a logarithmic axis, a line for each value of
    `line` ("": one)."""
    names = dict.fromkeys(row.get(line, "") for row in rows)
    for colour, mark, name in zip(("#0072b2", "#d55e00", "#009e73"), "os^", names, strict=False):
        own = [row for row in rows if row.get(line, "") == name]
        places, values, deviations = ([r.get(of, 0.0) for r in own] for of in (x, y, f"{y}_sd"))
        axes.plot(places, values, marker=mark, color=colour, label=name or None)
        if any(deviations):
            axes.errorbar(places, values, yerr=deviations, fmt="none", ecolor=colour, elinewidth=0.8, capsize=3)
    axes.set_xscale("log")
    places = sorted({row[x] for row in rows})
    axes.set_xticks(places, [f"{v:g}" for v in places])
    axes.minorticks_off()
    axes.set_xlabel(x)
    axes.set_ylabel(y.replace("_", " ") + (" ± standard deviation" if f"{y}_sd" in rows[0] else ""))
    axes.grid(alpha=0.4)
    if line:
        axes.legend()


def write_page(page: Path, tables: Iterable[Path], studies: Iterable[Study]) -> None:
    """Put tables and charts beside the page, in a folder of its name, and write the page of all that lie there."""
    folder = page.with_suffix("")
    folder.mkdir(parents=True, exist_ok=True)
    for path in tables:
        shutil.copyfile(path, folder / path.name)
    lines = [_HEAD]
    for study in studies:
        table = folder / f"{study.name}.csv"
        if not table.exists():
            continue
        rows = _read_table(table)
        lines += [
            f"## {study.asks} (`{study.name}`)",
            "",
            f"{study.source[0].upper()}{study.source[1:]}; {_trained(int(rows[0]['epochs']))}. {study.notes}".rstrip(),
            "",
            f"![{study.asks}]({folder.name}/{study.name}.png)",
            "",
            *_table([{k: v for k, v in row.items() if k != "epochs"} for row in rows]),
            "",
        ]
        classes = folder / f"{study.name}-classes.csv"
        if classes.exists():
            lines += [
                f"Each class by *{rows[0]['variant']}*: means over the folds, sd of F1 over them; the ROC of all folds together.",
                "",
                *_table(_read_table(classes)),
                "",
                f"![ROC of each class]({folder.name}/{study.name}-roc.png)",
                "",
            ]
    page.write_text("\n".join(lines), encoding="utf-8")


def _table(rows: Sequence[dict[str, str]]) -> list[str]:
    """Lines of Markdown; the first column is what a row is of."""
    first, *others = rows[0]
    return [
        "| " + " | ".join(name.replace("_", " ") for name in rows[0]) + " |",
        "|---" * len(rows[0]) + "|",
        *("| " + " | ".join([row[first], *(_number_text(row[name]) for name in others)]) + " |" for row in rows),
    ]


def _trained(epochs: int) -> str:
    return f"{epochs} epochs each (`--epochs {epochs}`)" if epochs else "nothing trained"


def _number_text(text: str) -> str:
    if text.isdigit():
        return f"{int(text):,}"
    try:
        value = float(text)
    except ValueError:
        return text
    return f"{value:.4f}" if 0.0001 <= abs(value) < 10 else f"{value:.3g}"
