"""The protocols that come with HemaView: what each is for, and which model fills which role."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib import resources
from typing import Any

from apps.cases.models import Case

_RULES = tuple(
    sorted(f.name[:-5] for f in resources.files("hemaview.counting.rules").iterdir() if f.name.endswith(".toml"))
)


def _is_number(value: Any, low: float, high: float) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and low <= value <= high


def _is_whole(value: Any, low: int) -> bool:
    return isinstance(value, int) and _is_number(value, low, 1_000_000)


SETTINGS: dict[str, tuple[Callable[[Any], bool], str]] = {
    "way": (lambda v: isinstance(v, str), "A way of finding cells is a name, such as film."),
    "rbc": (
        lambda v: _is_whole(v, 0),
        "The red cells to count (rbc) are a whole number up to 1,000,000, such as 3000.",
    ),
    "wbc": (
        lambda v: _is_whole(v, 0),
        "The white cells to count (wbc) are a whole number up to 1,000,000, such as 200.",
    ),
    "max_fields": (
        lambda v: _is_whole(v, 1),
        "The most fields to count (max_fields) are a whole number from 1 to 1,000,000, such as 48.",
    ),
    "must_see_margin": (
        lambda v: _is_number(v, 0, 1),
        "The margin below which a cell must be seen (must_see_margin) is a number from 0 to 1, such as 0.2.",
    ),
    "rules": (lambda v: v in _RULES, f"Counting rules are called by their name; there are: {', '.join(_RULES)}."),
    "calibrated_on": (
        lambda v: isinstance(v, str) and bool(v),
        "The blood that models are calibrated for (calibrated_on) is the name of a set, such as jhu-aml.",
    ),
    "tolerance": (
        lambda v: _is_number(v, 0, 1) and v > 0,
        "A tolerance is a number above 0 and at most 1, such as 0.001.",
    ),
}
"""What a protocol may set: whether a value can be taken, and what can, in a sentence."""


def wrong_setting(settings: Any) -> str:
    """What a run or a count could not take of a protocol's settings, in a sentence; "" where there is nothing."""
    if not isinstance(settings, dict):
        return 'Settings are names with their values in braces, such as {"wbc": 200}.'
    return next((said for name, (fits, said) in SETTINGS.items() if name in settings and not fits(settings[name])), "")


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
        "blood-film-leukaemia",
        "Blood film in leukaemia",
        _BLOOD,
        "blood-film",
        _FILM_MODELS,
        {**_FILM, "way": "film", "calibrated_on": "jhu-aml"},
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
