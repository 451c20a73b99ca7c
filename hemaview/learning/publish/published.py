"""What the papers report, each on its own data: for the side of a table, never for a ranking."""

from __future__ import annotations

PUBLISHED: dict[tuple[str, str], str] = {
    ("zhang-dunet", "dice"): "0.965 (Zhang et al., their sickle-cell films)",
    ("zhang-dunet", "jaccard"): "0.933 (Zhang et al., their sickle-cell films)",
    ("zhang-dunet", "hausdorff"): "30.5 px (Zhang et al., their sickle-cell films)",
    ("zhang-unet", "dice"): "0.960 (Zhang et al., their sickle-cell films)",
    ("pspnet", "dice"): "0.952 (Zhang et al., their sickle-cell films)",
    ("region-growing", "dice"): "0.663 (Zhang et al., their sickle-cell films)",
    ("zhang-dunet-classes", "dice"): "0.740 (Zhang et al., their sickle-cell films, ground and 4 classes)",
    ("zhang-dunet-classes", "jaccard"): "0.664 (Zhang et al., their sickle-cell films, ground and 4 classes)",
    ("zhang-dunet-classes", "hausdorff"): "100.3 px (Zhang et al., their films of 512 px, ground and 4 classes)",
    ("zhang-unet-classes", "dice"): "0.700 (Zhang et al., their sickle-cell films, ground and 4 classes)",
    ("zhang-unet-classes", "jaccard"): "0.619 (Zhang et al., their sickle-cell films, ground and 4 classes)",
    ("zhang-unet-classes", "hausdorff"): "112.2 px (Zhang et al., their films of 512 px, ground and 4 classes)",
    ("sun-pnet", "accuracy_of_paper"): "0.985 (Sun et al., their cell blocks)",
    ("sun-pnet", "sensitivity_of_paper"): "0.965 (Sun et al., their cell blocks)",
    ("sun-pnet", "specificity_of_paper"): "1.000 (Sun et al., their cell blocks)",
    ("wang-marrow-cascade", "mean_recall"): "0.905 (Wang et al., their marrow slides, 16 classes)",
    ("wang-marrow-cascade", "mean_accuracy"): "0.989 (Wang et al., their marrow slides, 16 classes)",
    ("wang-overview-cascade", "recall"): "0.93 (Wang et al., their marrow slides)",
    ("wang-overview-cascade", "precision"): "1.00 (Wang et al., their marrow slides)",
    ("wang-overview-cascade", "accuracy"): "0.93 (Wang et al., their marrow slides)",
    ("wang-overview-cascade", "iou"): "0.75 (Wang et al., their marrow slides)",
    ("wang-overview-cascade", "slide_recall"): "1.00 (Wang et al., their marrow slides)",
    ("wang-overview-cascade", "slide_precision"): "1.00 (Wang et al., their marrow slides)",
    ("wang-overview-cascade", "slide_accuracy"): "1.00 (Wang et al., their marrow slides)",
    ("wang-overview-cascade", "slide_iou"): "0.74 (Wang et al., their marrow slides)",
    ("li-nodes-unet", "pixel_accuracy"): "0.953 (Li et al., their films)",
    ("li-nodes-unet", "miou"): "0.906 (Li et al., their films)",
    ("elmanna-cell-mask", "iou"): "0.980 (Elmanna et al., their slides)",
    ("elmanna-b0", "accuracy_of_eight"): "0.965 (Elmanna et al., their slides, 8 classes)",
    ("elmanna-b0", "macro_f1_of_eight"): "0.942 (Elmanna et al., their slides, 8 classes)",
    ("red-cell-shape-net", "accuracy"): "0.921 (Naruenatthanaset et al., this set, another split)",
    ("red-cell-shape-net", "macro_f1"): "0.868 (Naruenatthanaset et al., this set, another split)",
    ("cascade-blood", "map50"): "0.934 (YOLO family, re-boxed PBC)",
}
"""(method, metric) to the figure and whose it is."""

TASKS: dict[str, str] = {
    "rbc-segmentation": "Red cells as masks",
    "cell-mask": "The mask of one red cell",
    "cell-mask-classes": "The mask of one red cell with its class",
    "sickle": "Circular, elongated or other",
    "rbc-morphology": "Red-cell morphology",
    "nrbc": "Nucleated red cells against all others",
    "nucleated-cells": "Nucleated cells, 8 classes",
    "nucleated-cells-fine": "Nucleated cells, 11 fine classes",
    "nucleated-cells-patients": "Nucleated cells of unknown patients",
    "nucleated-cells-elsewhere": "White cells of laboratories that no classifier learned from, 5 classes",
    "nucleus-cytoplasm": "Nucleus and cytoplasm",
    "detection": "Cells as boxes",
    "marrow-differential": "Marrow differential (stand-in)",
    "marrow-regions": "Particles and trails on overviews (stand-in)",
    "nuclei": "Nuclei of marrow sections as points",
    "plasma-mask": "Plasma cells of marrow as a mask",
    "stitching": "Cells that patches cut",
    "white-cells": "White cells of fields, by the blood-film protocol",
    "kind": "Kind of thing",
    "sickle-fields": "Sickle cells on a phone's fields, by the sickle protocol",
    "healthy": "Red cells of people without blood disease, by the blood-film protocol",
    "cells-of-field": "Cells counted on fields, by the blood-film protocol",
}
"""Task to its title, in the order of the page."""

BASELINES: dict[str, str] = {
    "rbc-segmentation": "zhang-unet",
    "rbc-morphology": "red-cell-shape-net",
    "nrbc": "sun-pnet",
    **{f"nucleated-cells{of}": "nucleated-cell-net" for of in ("", "-fine", "-patients", "-elsewhere")},
    "nucleus-cytoplasm": "wbc-mask-unet",
    "nuclei": "sun-nuclei",
    "stitching": "cascade-blood",
    **dict.fromkeys(("cell-mask", "cell-mask-classes", "sickle"), "zhang-unet-classes"),
}
"""Task to the method that others are held against on the same data: a plain U-Net, one EfficientNet-Lite0, or a paper's."""
