"""docs/results.md: every method on every task side by side, made by `evaluate --page`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from hemaview.learning.evidence import Evidence
from hemaview.learning.experiment import Experiment
from hemaview.learning.metrics.byclass import MEASURES, by_class
from hemaview.learning.metrics.score import Score
from hemaview.learning.publish.figures import draw_all
from hemaview.learning.publish.published import BASELINES, PUBLISHED, TASKS
from hemaview.learning.scoring.evaluate import BEST
from hemaview.methods.card import cards
from hemaview.methods.registry import METHODS

PER_CLASS = ("rbc-morphology", "nucleated-cells-fine", "nucleated-cells-patients", "marrow-differential")

_HEAD = """# Published methods, side by side

Made by `python manage.py evaluate --all --data DATA --split {split} --page docs/results.md`, which ran every method through
the inference that jobs use, on one machine, each on its share of the cores. **Research use only.** A value stands with its
95 % interval, bootstrapped over the *n* cells or pictures counted. Nothing was trained on these pictures, nor any threshold
or temperature set; which figures had been seen before the shipped weights were chosen stands in [models.md](models.md).

- *Reported* is what a paper says of its own data. It is no rival of the value beside it: the data differ.
- *baseline* is a plain method on the same pictures in the same run, named with it.
- *a second* counts the pictures or cells of the row, reading included, on one core of the machine that made this page;
  compare within the page only.
- A nucleated red cell is called from a threshold on: by our nets the middle of those that keep a sensitivity of 0.995 and a
  specificity of 0.997 on pbc's val and, for leukaemic blood, the lowest that keeps 0.98 on jhu-aml's; by p-net one half.
- jhu-aml is read as the protocol *Blood film in leukaemia* reads a film: at the temperature and threshold set on its val.
- Of these sets only jhu-aml knows its patients; its rows show what a stranger's blood does to a model. Everywhere else
  patients are unknown and scores flatter.
- The papers' methods were trained on stand-ins for their papers' data, some of them briefly; each card says on what.
- Can be trained, but has no weights yet and so no rows: {absent}.
"""


def _per_class(evidence: Evidence) -> list[str]:
    """A table of each class that occurs, for each model that names them."""
    lines: list[str] = []
    for key, answers in sorted(evidence.answers.items()):
        if key[1] not in PER_CLASS:
            continue
        lines += [f"## Per class: `{key[0]}` on {key[2]}", ""]
        lines += ["| class | n | SN (recall) | SP | PPV | NPV | F1 | accuracy | ROC area |", "|---" * 9 + "|"]
        for name, row in by_class(answers).items():
            values = " | ".join(f"{row[measure]:.3f}" for measure in MEASURES)
            lines.append(f"| {name.replace('_', ' ')} | {int(row['cells'])} | {values} |")
        lines.append("")
    return lines


def beside(score: Score, scores: Sequence[Score], evidence: Evidence) -> tuple[str, str, str]:
    """What stands beside a score: the figure that a paper reports, the baseline's on the same data, pictures a second."""
    published = PUBLISHED.get((score.method, score.metric), "")
    of_baseline = (BASELINES.get(score.task), score.task, score.dataset, score.metric)
    baseline = next(
        (f"{s.value:.4f} ({s.method})" for s in scores if (s.method, s.task, s.dataset, s.metric) == of_baseline), ""
    )
    speed = evidence.speed.get((score.method, score.task, score.dataset))
    itself = (BEST.get(score.task, "").split() if score.method == "best" else [score.method]) == [of_baseline[0]]
    return published, "" if itself else baseline, f"{speed:.1f}" if speed else ""


def write_page(path: Path, scores: list[Score], experiment: Experiment, split: str) -> None:
    """Write the page of scores, of which the experiment holds the evidence, and, in a folder beside it, its pictures."""
    folder = path.with_suffix("")
    evidence = experiment.evidence
    pictures = draw_all(experiment, split, folder)
    absent = ", ".join(sorted(set(METHODS) - set(cards())))
    lines = [_HEAD.format(split=split, absent=absent)]
    for task, title in TASKS.items():
        rows = [s for s in scores if s.task == task and s.method != "best"]
        if not rows:
            continue
        lines += [f"## {title} (`{task}`)", ""]
        lines += [
            "| method | data | n | metric | value | 95 % | reported | baseline | a second |",
            "|---|---|---|---|---|---|---|---|---|",
        ]
        for s in rows:
            published, baseline, speed = beside(s, scores, evidence)
            name = f"**{s.method}**" if s.method in BEST.get(task, "").split() else s.method
            lines.append(
                f"| {name} | {s.dataset} | {s.n} | {s.metric} | {s.value:.4f} | {s.low:.4f}–{s.high:.4f} "
                f"| {published} | {baseline} | {speed} |"
            )
        lines.append("")
    lines += _per_class(evidence)
    lines += [
        "In bold: the default of the task, in every protocol that has a role for it; `--json` gives it as `best` too.",
        "",
    ]
    if pictures:
        lines += ["## Pictures", ""]
        for name, caption in pictures:
            lines += [f"![{caption}]({folder.name}/{name})", "", caption, ""]
    path.write_text("\n".join(lines), encoding="utf-8")
