"""docs/models.md, made from the model cards: `python -m hemaview.methods.page > docs/models.md`."""

from __future__ import annotations

import sys

from hemaview.methods.card import Card, cards
from hemaview.methods.cardtext import free_lines, precision_lines, shown

_HEAD = """# Models and their scores

Made from the model cards by `python -m hemaview.methods.page > docs/models.md`; a test compares the two. **Research use
only.** Every figure is of the test split, with a 95 % bootstrap interval over the pictures or cells counted in *n*;
nothing was trained on it, nor any threshold or temperature set. All were measured by

    python manage.py evaluate --all --data DATA --split test --json

and each model was trained on two CPU cores by the recipe that the command in its section runs.

Test figures that had been seen before what ships was settled, on train and val: take those of the same task as slightly
hopeful.

- Red-cell shapes, by earlier weights of red-cell-shape-net.
- Circular, elongated and other: by a first net, and by ten measures of the outline alone (accuracy 0.923, version 1); the
  measures of version 2 were chosen by cross-validation over train and val.
- Masks of nucleus and cytoplasm as they are, and red cells as masks before parts below 4 µm² were left out.
- Stitching (0.948 and 0.977), by a measure that took cells lying over one another for pieces; then stitching and measure
  were mended. Later stitched fields at 0.989, and white cells of films found once at 0.868 and 0.938.
- The nets of several classes after shorter trainings, the marrow's after 400 of its 1,600 steps, the overviews' at half
  their steps, and a kind net before stains were lent.
- Nucleated red cells of jhu-aml by pbc's threshold (sensitivity 0.918 at specificity 0.990), by the lowest that keeps the
  specificity on its own val (0.986 at 0.974; pbc by its own 1.000 at 0.9971), and by the middle of those that keep both
  (0.904 at 0.990; pbc 0.996 at 0.999). That pbc has the middle and leukaemic blood the lowest, where a cell missed costs
  more than one to look at, was decided after. Since jhu-aml is read at a temperature of its own, set on its val, the
  lowest is another (its figures: [results.md](results.md); before, calibration error of its patients 0.131). The
  threshold that most likely keeps both on cells to come, the middle of those that val cannot tell apart, was tried last
  (pbc 0.992 at 0.999, jhu-aml 0.932 at 0.989) and not taken.
- Masks of cells with their class: dU-Net behind its U-Net (Dice 0.905 and 0.935). The default is since the class by outline
  in elmanna-cell-mask's mask: 0.983 on val against 0.937, whose measures val had helped to choose.
- nucleated-cell-net on white cells of other laboratories (accuracy 0.24 and 0.60). That net and nucleated-cell-stains asked
  together were measured and are not shipped: on val they were ahead of the net for jhu-aml and behind it for pbc.
"""


def models_page() -> str:
    """Every shipped model: what it does, its data and licences, scores, limits. Markdown."""
    return "\n".join([_HEAD, *(_section(card) for card in cards().values())])


def _section(card: Card) -> str:
    raw = card.raw
    lines = [
        f"## {raw['title']}: `{card.name}` {raw['version']}",
        f"{raw['parameters']:,} parameters, shown {shown(raw)}. Weights: sha256",
        f"`{raw['sha256']}`.",
        "",
        f"Trained by `{raw['command']}` on " + ", ".join(f"{d['name']} ({d['licence']})" for d in raw["data"]) + ".",
        f"{raw['licence_note']}",
        "",
        "| task | data | n | metric | value | 95 % |",
        "|---|---|---|---|---|---|",
        *(
            f"| {m['task']} | {m['dataset']} | {m['n']} | {m['metric']} | {m['value']:.4f} | "
            f"{m['low']:.4f}–{m['high']:.4f} |"
            for m in raw["metrics"]
        ),
        "",
        *(f"- {limit}" for limit in raw["limits"]),
        "",
        *precision_lines(raw),
        "",
        *(line for line in (*free_lines(raw), "") if free_lines(raw)),
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.stdout.write(models_page())
