"""docs/models.md, made from the model cards: `python -m hemaview.methods.page > docs/models.md`."""

from __future__ import annotations

import sys

from hemaview.methods.card import Card, cards
from hemaview.methods.cardtext import free_lines, input_text, precision_lines

_HEAD = """# Models and their scores

Made from the model cards by `python -m hemaview.methods.page > docs/models.md`; a test compares the two. **Research use
only.** Every figure is of the test split, with a 95 % bootstrap interval over the pictures or cells counted in *n*;
nothing was trained on it, nor any threshold or temperature set. All were measured by

    python manage.py evaluate --all --data DATA --split test --json

and each model was trained on two CPU cores by the recipe that the command in its section runs.

A laboratory can bring its own: [own-models.md](own-models.md).

Test figures that had been seen before what ships was settled, on train and val: take those of the same task as slightly
hopeful.

- Red-cell shapes, by earlier weights of red-cell-shape-net; by the committee asked together with a net of measures of each
  cell's mask, which was chosen on val and then not shipped; with two wider rules for which ground is strange, given up
  because they lost the elliptocytes. Masks of white cells and p-net with these rules, too.
- Circular, elongated and other: by a first net, and by ten measures of the outline alone (version 1); the measures of
  version 2 were chosen by cross-validation over train and val.
- Masks of nucleus and cytoplasm as they are, and red cells as masks before parts below 4 µm² were left out.
- Stitching, by a measure that took cells lying over one another for pieces; then stitching and measure were mended. Later
  stitched fields, and white cells of films found once, before fields were read in whole blocks and on their net's ground.
- The nets of several classes after shorter trainings, the marrow's after 400 of its 1,600 steps, the overviews' at half
  their steps, and a kind net before stains were lent.
- Nucleated red cells of pbc and jhu-aml by four rules for the threshold: pbc's for both, the lowest that keeps the
  specificity on the set's own val, the middle of those that keep both there, and the middle of those that val cannot tell
  apart. That pbc has the third and leukaemic blood the second, where a cell missed costs more than one to look at, was
  decided after the first three were seen; jhu-aml's temperature of its own, set on its val, came after that.
- Masks of cells with their class: dU-Net behind its U-Net. The default is since the class by outline in
  elmanna-cell-mask's mask, whose measures val had helped to choose.
- Sickle cells of phone fields once before stains were made equal for their finder, which val asked for: boxes 0.893, calls 0.44
  per 100 red cells, area 0.918; a second time with fields told apart by their calls alone (area 0.918), then by probabilities.
- Red-cell shapes of the committee once as they are called now, before that became rows of its own.
- nucleated-cell-strangers on rv-pbs, raabin-wbc, chula-wbc and all-idb2 once before the last choice between means of the
  trained weights, which raabin-wbc's val and all-idb2's test side decided.
"""


USES: dict[str, tuple[str, str]] = {
    "cascade-blood": ("", "Its weights are where the training of wang-marrow-cascade begins; a baseline of `detection`."),
    "cell-kind-net": ("kind", "Every protocol of blood films, and `marrow`."),
    "cell-outline": ("outline", "`blood-film-sickle`."),
    "elmanna-b0": ("red-cell-shape", "`blood-film-elmanna`; a member of red-cell-shape-committee."),
    "elmanna-cell-mask": ("", "Draws the mask that cell-outline names where only a picture is there."),
    "li-nodes-fields": ("segmentation", "`cells-of-field`, `cells-of-field-quick`."),
    "li-nodes-unet": ("nucleus-mask", "`blood-film-nodes`."),
    "nucleated-cell-finder": ("nucleated-cell-finder", "Protocols of blood films but p-net's and sickle's, and `marrow`."),
    "nucleated-cell-net": ("nucleated-cell", "Protocols of blood films but `blood-film-stains`."),
    "nucleated-cell-strangers": (
        "nucleated-cell, nucleated-cell-elsewhere", "`blood-film-stains`, `marrow`; strange films of the other protocols.",
    ),
    "nuclei-unet": ("nuclei", "`cell-block-nrbc-nuclei`."),
    "plasma-cell-unet": ("", "Comparison alone: plasma cells as a mask (`evaluate --task plasma-mask`). In no protocol."),
    "pspnet": ("segmentation", "Comparison (Zhang et al., Table I); may be chosen for its role, and ships in no protocol."),
    "red-cell-shape-committee": ("red-cell-shape", "Protocols of blood films but `blood-film-elmanna`."),
    "red-cell-shape-net": ("red-cell-shape", "A member of red-cell-shape-committee; may be chosen alone."),
    "red-cell-unet": ("segmentation", "Protocols of blood films but `blood-film-dunet`."),
    "sickle-cell-finder": ("sickle-cell-finder", "`blood-film-sickle`."),
    "sun-pnet": ("nrbc", "`blood-film-nrbc`, `cell-block-nrbc`, `cell-block-nrbc-nuclei`."),
    "wang-marrow-cascade": ("detector", "`marrow-cascade`."),
    "wang-overview-cascade": ("overview", "`marrow`, `marrow-cascade`."),
    "wbc-mask-unet": ("nucleus-mask", "Protocols of blood films but `blood-film-nodes`, and `marrow`."),
    "zhang-dunet": ("segmentation", "`blood-film-dunet`."),
    "zhang-dunet-classes": ("outline", "`blood-film-sickle-dunet`."),
    "zhang-unet": ("segmentation", "Comparison with zhang-dunet; may be chosen for its role, and ships in no protocol."),
    "zhang-unet-classes": ("outline", "Comparison with zhang-dunet-classes; may be chosen for its role."),
}  # fmt: skip
"""Model to the role that it fills ("": none), and what uses it."""


def models_page() -> str:
    """Every shipped model: which role it fills, what it does, its data and licences, scores, limits. Markdown."""
    return "\n".join([_HEAD, *_uses(), *(_section(card) for card in cards().values())])


def _uses() -> list[str]:
    return [
        "## Which role each fills",
        "",
        "| model | role | used by |",
        "|---|---|---|",
        *(f"| `{name}` | {' or '.join(f'`{r}`' for r in role.split(', ')) if role else '–'} | {uses} |"
          for name, (role, uses) in USES.items() if name in cards()),
        "",
    ]  # fmt: skip


def _section(card: Card) -> str:
    raw = card.raw
    lines = [
        f"## {raw['title']}: `{card.name}` {raw['version']}",
        f"{raw['parameters']:,} parameters, shown {input_text(raw)}. Weights: sha256",
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
