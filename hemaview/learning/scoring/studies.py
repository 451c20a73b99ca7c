"""Every study that `manage.py study NAME` runs: its question, its source, what runs it, and what is to be known beside it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from hemaview.learning.evidence import Answers
from hemaview.learning.experiment import Experiment
from hemaview.learning.recipes.film import Log
from hemaview.learning.scoring.cameras import CAMERAS, other_cameras
from hemaview.learning.scoring.laboratorystudies import LABORATORIES, PRETRAIN_EPOCHS, other_laboratories
from hemaview.learning.scoring.likeness import likeness
from hemaview.learning.scoring.limitstudies import (
    Row,
    copies_in_sets,
    copy_limits,
    field_choice,
    focus_limits,
    foreign_limits,
    inverted_limits,
    stain_limits,
)
from hemaview.learning.scoring.mosaictasks import FIELDS, mosaic_study
from hemaview.learning.scoring.paperstudies import (
    FOLD_FIELDS,
    FOLD_PX,
    ODE_PX,
    SEEDS,
    dunet_size,
    elmanna_answers,
    elmanna_folds,
    nodes_networks,
    nodes_positions,
    nodes_tolerance,
    pnet_variants,
)
from hemaview.learning.scoring.redencoder import ENCODER_EPOCHS, red_encoder
from hemaview.learning.scoring.redlimits import red_limits
from hemaview.pipeline.fieldworth import GOOD_SINGLE_RATIO
from hemaview.pipeline.redlookalikes import OTHERWISE
from hemaview.pipeline.specimen import INVERTED_DISCS


@dataclass(frozen=True)
class Study:
    """One comparison."""

    name: str
    """As the command takes it."""
    asks: str
    """Its question."""
    source: str
    """The table or figure of a paper that it follows."""
    run: Callable[[Experiment, Path, int, Log], list[Row]]
    """(experiment, folder, epochs, log) to rows."""
    epochs: int
    """Of each variant; 0 where nothing is trained."""
    notes: str = ""
    """What is to be known beside its table."""
    curve: tuple[str, str, str] | None = None
    """Columns of a curve: over what, which measure, a line for each of what ("": one line); else variants are compared."""
    beside: tuple[str, ...] = ()
    """Columns that are drawn beside each other for each variant; (): the first measure alone."""
    answers: Callable[[Path], list[Answers]] | None = None
    """Of the first variant, a fold each, read from where `run` kept them: for a table by class and its ROC."""


_THRICE = f"means over {len(SEEDS)} seeds, sd their standard deviation."
STUDIES: dict[str, Study] = {
    s.name: s
    for s in (
        Study(
            "pnet-variants", "What is each choice of p-net worth?", "after Sun et al., Table 2", pnet_variants, 4,
            "Erythroblasts of pbc against its lymphocytes and neutrophils. *The output of each layer is pooled* is no row here: "
            f"in the layer table of the paper's supplement, which p-net follows, it is; {_THRICE}",
        ),
        Study(
            "nodes-positions", "Where in the U-Net does an ODE block help?", "after Li et al., Table 1", nodes_positions, 8,
            f"A net of width 8 on wbc-masks-1 and -2, shown {ODE_PX} px; {_THRICE}",
        ),
        Study(
            "nodes-networks", "U-Net, ResNet blocks or ODE blocks?", "after Li et al., Table 2", nodes_networks, 10,
            f"Nets of width 8 on wbc-masks-1 and -2, shown {ODE_PX} px; {_THRICE}",
        ),
        Study(
            "nodes-tolerance", "What does a looser tolerance save and cost?", "after Li et al., §3.3", nodes_tolerance, 0,
            "The shipped net, solved again at each tolerance.", ("tolerance", "ms_per_picture", ""),
        ),
        Study(
            "dunet-size", "How many fields does dU-Net need?", "after Zhang et al., Fig. 7", dunet_size, 16,
            f"An epoch is 50 steps; fields of bbbc041seg; {_THRICE}", ("fields", "dice", "net"),
        ),
        Study(
            "elmanna-folds", "Which backbone and which loss?", "after Elmanna et al., Tables 4-6", elmanna_folds, 6,
            f"{FOLD_FIELDS} fields of chula-rbc12's train side, halved five times, each half used both ways; cells shown "
            f"{FOLD_PX} px. B0 and Lite0 begin from the shipped nucleated-cell-net, the others, of which no weights are to be "
            "had, from nothing: these two rows say as much of the start as of the net. p: a paired t-test of macro F1 over "
            "the ten folds against the first row.", answers=elmanna_answers,
        ),
        Study(
            "other-cameras", "What does another camera change?", "no paper, our own nets", other_cameras, 0,
            "The first figure of each shipped model's main task, on a part of the set's val side, as the pictures are and as "
            "another camera might have taken them: with a ground of 245, with 0.7 of the light, with a yellowish lamp (each "
            "channel multiplied). Models whose card tells a ground are shown strange ones brought to it; *left as it is*: "
            "without that.", beside=tuple(CAMERAS),
        ),
        Study(
            "other-laboratories", "Which way is right on a laboratory never seen?", "no paper, our own way",
            other_laboratories, 20,
            "Each laboratory is left out once, with every set that shows its slides, from labels, stains and encoder; macro F1 "
            "over the classes known from another. The net is made fit for the left-out cells together, unlabelled, in so many of "
            f"its 49 normalisations. The encoder: {PRETRAIN_EPOCHS} epochs without labels on all that is not left out (BYOL). "
            "Minutes on a GPU, days on two cores. Measured on a GPU in bf16, with crops of marrow, of txl-pbc and of "
            "draaslan-blood that had been stored as WebP once more. A difference of 0.02 is no more than chance.",
            beside=("mean", *(lab.name.replace("-", "_") for lab in LABORATORIES)),
        ),
        Study(
            "red-encoder", "Does an encoder of red cells help to name shapes?", "no paper, our own way", red_encoder, 6,
            f"The encoder: {ENCODER_EPOCHS} epochs without labels (BYOL) on red cells of every train side that boxes, points at "
            "or outlines some, on a GPU; shapes then as red-cell-shape-net learns them. Scored on chula-rbc12's val side, by "
            "which the best epoch is chosen, too. *From ImageNet* is the shipped net.",
        ),
        Study(
            "stain-limits", "When is a stain called strange?", "no paper, our own limits", stain_limits, 0,
            "The share of cells whose nuclei lie beyond all stains that nucleated-cell-net learned from, in each patient, or in "
            "lots of 60 cells where patients are unknown. It learned from the train sides of pbc and jhu-aml.",
        ),
        Study(
            "focus-limits", "When is a picture out of focus?", "no paper, our own limits", focus_limits, 0,
            "Fields of val as they are and blurred (standard deviation of the blur); below 0.04 a picture is refused, below "
            "0.1 it is told of.",
        ),
        Study(
            "foreign-limits", "When does something lie on the cells?", "no paper, our own limits", foreign_limits, 0,
            "The largest piece of each field that is dense as no stain is, and how much of a pen's stroke across it is found "
            "to be covered; pieces from 1,500 µm² on are. Violet ink is dense as a stain is; fields of txl-pbc and "
            "draaslan-blood are smaller than such a stroke.",
        ),
        Study(
            "inverted-limits", "When are a picture's colours inverted?", "no paper, our own limits", inverted_limits, 0,
            "Single fields of val whose colours were inverted, and the same as they are: what share of them is taken for "
            f"inverted, with more than {INVERTED_DISCS:g} of what is light in discs of one size, where half, once and two and a "
            "half times the right µm/px is stated. Fields of txl-pbc and draaslan-blood show hardly a whole disc.",
        ),
        Study(
            "red-limits", "When is a cell coloured as the red cells around?", "no paper, our own limits", red_limits, 0,
            "How far the 8 µm² of each boxed cell that differ most lie from the colour of its field's red cells (Mahalanobis "
            f"distance of optical densities). What was named a nucleated cell and lies nearer than {OTHERWISE:g} is a red cell.",
        ),
        Study(
            "field-choice", "When do the cells of a field overlap?", "no paper, our own limits", field_choice, 0,
            f"Fields of val as they are, and with one and two others laid on them; below {GOOD_SINGLE_RATIO} a field is poor.",
        ),
        Study(
            "mosaic", "Does a scan count what its photographs count?", "no paper, our own way", mosaic_study, 0,
            f"{FIELDS} fields of chula-rbc12's val side joined to one slide, counted as photographs and as a scan, targets off. "
            "Cells at least a diameter inside their picture; the total with its edges.",
            ("variant", "found_in_both", ""),
        ),
        Study(
            "copy-limits", "Which copies of a picture are found?", "no paper, our own limits", copy_limits, 0,
            "Copies of 100 pictures of a set's val side; *another picture*: the share of pairs of val and train that are "
            "taken for one.",
        ),
        Study(
            "set-copies", "Which sets show a picture on two sides?", "no paper, our own check", copies_in_sets, 0,
            "How many pictures of the second side show what the first shows, as it is or altered (`copy-limits`). Pictures of "
            "the test side are looked at, too, but no label.",
        ),
        Study(
            "likeness", "Are the cells that look most alike of one class?", "no paper, our own choice", likeness, 0,
            "Of the ten cells nearest to each labelled cell the share of its class: over all cells, and the mean over classes. "
            "*Answers and measures*: the nets' answers and what the mask measured, by which cells were compared before. *As "
            "listed*: what jobs keep, in int8, with half of the answers' difference, as the gallery lists cells. The other rows: "
            "that without the answers, all features of the net before its last layer, and as many numbers made of them. Val "
            "sides, and a train side of a laboratory from which the net learned nothing (raabin-wbc). "
            "The number of numbers and the weight of the answers were chosen here.",
        ),
    )
}  # fmt: skip
