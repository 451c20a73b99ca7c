"""The protocols that come with HemaView: what each is for, and which model fills which role."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from apps.cases.models import Case

_FILM = {"rbc": 3000, "wbc": 200, "max_fields": 48, "must_see_margin": 0.2, "rules": "blood-film"}
_BLOOD = str(Case.Specimen.BLOOD_FILM)


@dataclass(frozen=True)
class Order:
    """A protocol: `settings["way"]` says how cells are found (pipeline.finders), `models` which model has which role."""

    name: str
    title: str
    specimen: str
    schema: str
    models: Mapping[str, str]
    settings: Mapping[str, Any] = field(default_factory=lambda: {**_FILM, "way": "film"})


_FILM_MODELS = {
    "segmentation": "red-cell-unet",
    "kind": "cell-kind-net",
    "red-cell-shape": "red-cell-shape-committee",
    "nucleated-cell": "nucleated-cell-net",
    "nucleus-mask": "wbc-mask-unet",
}

PROTOCOLS: tuple[Order, ...] = (
    Order("blood-film", "Blood film", _BLOOD, "blood-film", _FILM_MODELS),
    Order(
        "blood-film-stains",
        "Blood film in an unusual stain",
        _BLOOD,
        "blood-film",
        {**_FILM_MODELS, "nucleated-cell": "nucleated-cell-stains"},
    ),
    Order(
        "blood-film-dunet",
        "Blood film, cells by dU-Net (Zhang et al.)",
        _BLOOD,
        "blood-film",
        {**_FILM_MODELS, "segmentation": "zhang-dunet"},
    ),
    Order(
        "blood-film-elmanna",
        "Blood film, shapes by EfficientNet-B0 (Elmanna et al.)",
        _BLOOD,
        "blood-film",
        {**_FILM_MODELS, "red-cell-shape": "elmanna-b0"},
    ),
    Order(
        "blood-film-nodes",
        "Blood film, nuclei by NODEs-UNet (Li et al.)",
        _BLOOD,
        "blood-film",
        {**_FILM_MODELS, "nucleus-mask": "li-nodes-unet"},
    ),
    Order(
        "blood-film-nrbc",
        "Nucleated red cells by p-net (Sun et al.)",
        _BLOOD,
        "nrbc",
        {"nrbc": "sun-pnet", "kind": "cell-kind-net"},
        {**_FILM, "way": "nuclei"},
    ),
    Order(
        "blood-film-sickle",
        "Sickle shapes by outline",
        _BLOOD,
        "sickle",
        {"segmentation": "red-cell-unet", "kind": "cell-kind-net", "outline": "cell-outline"},
        {**_FILM, "way": "outline"},
    ),
    Order(
        "marrow-cascade",
        "Marrow differential by Cascade R-CNN (Wang et al.)",
        str(Case.Specimen.MARROW),
        "marrow",
        {"detector": "wang-marrow-cascade", "overview": "wang-overview-cascade"},
        {**_FILM, "way": "boxes", "rbc": 0, "wbc": 500},
    ),
)
