"""What is said where a slide's µm/px do not go with its cells or with the models."""

from __future__ import annotations

from collections.abc import Mapping

from hemaview.pipeline.eyepiece import Eyepiece
from hemaview.words import gettext

WARN_FACTOR = 1.5
OIL_FIELD_UM, OIL_FIELD_SPREAD = 195.0, 0.1
"""Width of what is seen through an eyepiece of field number 18 to 22 with an oil objective (×100), 180 to 220 µm, and how far
it may be off, relative."""
WEAKER_OBJECTIVES = (1.0, 100 / 60, 100 / 40)
"""How many times wider the field of the objectives is that films are read with: ×100, ×60, ×40."""
AGREES = 1.35
"""Red cells and round field are of one mind up to this factor."""


def mpp_through_eyepiece(eyepiece: Eyepiece) -> float:
    """µm/px of a photograph whose round field is that of an oil objective."""
    return OIL_FIELD_UM / eyepiece.diameter_px


def seen_with(mpp: float, of_oil: float) -> bool:
    """Whether µm/px measured by red cells make the round field, of `of_oil` µm/px with an oil objective, that of an objective
    that films are read with."""
    ratios = (mpp / of_oil / wider for wider in WEAKER_OBJECTIVES)
    return any(max(ratio, 1 / ratio) <= AGREES for ratio in ratios)


def scale_notes(mpp: float, models: Mapping[str, float]) -> list[str]:
    """A sentence where pictures are enlarged by more than WARN_FACTOR for a model (name to its µm/px, 0: no scale)."""
    far = {name: mpp / own for name, own in models.items() if own and mpp / own > WARN_FACTOR}
    if not far:
        return []
    worst = max(far, key=lambda name: far[name])
    return [
        gettext(
            "At {mpp:.3f} µm/px pictures are enlarged {times:.1f} times for {model}, which learned from finer ones: interpret "
            "its results with care."
        ).format(mpp=mpp, times=far[worst], model=worst)
    ]


def disagreement(mpp: float, measured: float) -> list[dict[str, str]]:
    """A guard ({code, sentence}) where the stated µm/px differ from those measured by red cells by more than WARN_FACTOR."""
    if max(mpp / measured, measured / mpp) <= WARN_FACTOR:
        return []
    sentence = gettext(
        "Judging by its red cells, this slide has about {measured:.3f} µm/px, not the stated {mpp:.3f}: sizes and classes "
        "depend on it, so correct its µm/px and analyse it again, or give a reason."
    ).format(measured=measured, mpp=mpp)
    return [{"code": "scale-contradicted", "sentence": sentence}]
