"""The demonstration's cases: what each shows, which pictures it is made of and what is ordered on it. One a published method."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from PIL import Image

from hemaview.wsi.synthetic import MPP
from hemaview.wsi.syntheticfields import draw_field

REAL, SYNTHETIC = "DEMO-REAL", "DEMO-SYNTHETIC"
FIELDS_DIR = Path(__file__).parent / "demo" / "chula-rbc12"
CHULA_MPP = 0.19
NOBODY = "Drawn by HemaView, nobody's blood."
REAL_FIELDS = "Real fields of Chula RBC-12 (MIT), of several people."


@dataclass(frozen=True)
class PaperCase:
    """A small case that shows one paper's method."""

    accession: str
    paper: str
    shows: str
    """What it shows, in a few words, for the first page."""
    protocol: str
    specimen: str
    stain: str
    drawing: str = ""
    """The name of a field that is drawn (`wsi.syntheticfields`); empty: photographs that lie here."""
    photographs: tuple[str, ...] = ()
    mpp: float | None = MPP
    facts: str = NOBODY

    @property
    def name(self) -> str:
        return f"{self.paper}, {self.shows}"

    def files(self) -> list[Path]:
        """Its pictures; drawn now where they are not there yet."""
        if not self.drawing:
            return [FIELDS_DIR / name for name in self.photographs]
        path = Path(settings.VAR_DIR) / "demo" / f"{self.drawing}.png"
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(draw_field(self.drawing)).save(path)
        return [path]


PAPERS = (
    PaperCase(
        "DEMO-ELMANNA", "Elmanna et al.", "red-cell shapes by EfficientNet-B0", "blood-film-elmanna", "blood-film", "Wright",
        photographs=("105.webp", "603.webp"), mpp=CHULA_MPP, facts=REAL_FIELDS,
    ),
    PaperCase(
        "DEMO-LI", "Li et al.", "red and white cells of a field by NODEs-UNet", "cells-of-field", "blood-film", "synthetic",
        drawing="blood",
    ),
    PaperCase(
        "DEMO-SUN", "Sun et al.", "nucleated red cells of a cell block, to be picked", "cell-block-nrbc", "cell-block",
        "haematoxylin and eosin", drawing="block",
    ),
    PaperCase(
        "DEMO-WANG", "Wang et al.", "marrow differential; Cascade R-CNN can be ordered, too", "marrow", "marrow-aspirate",
        "synthetic", drawing="marrow",
    ),
    PaperCase(
        "DEMO-ZHANG", "Zhang et al.", "sickle cells through a phone's eyepiece", "blood-film-sickle", "blood-film",
        "synthetic", drawing="sickle", mpp=None,
    ),
)  # fmt: skip

OTHERS: Mapping[str, str] = {
    REAL: "twelve real fields of Chula RBC-12, analysed by the best models",
    SYNTHETIC: "a whole drawn film, whose analysis starts by itself",
}


def shown_first() -> list[dict[str, str]]:
    """Which case shows what, for the first page of a demonstration."""
    papers = [{"accession": p.accession, "shows": p.name} for p in PAPERS]
    return [*papers, *({"accession": accession, "shows": shows} for accession, shows in OTHERS.items())]
