"""What is said where a slide's µm/px do not go with its cells or with the models."""

from __future__ import annotations

from collections.abc import Mapping

WARN_FACTOR = 1.5


def scale_notes(mpp: float, models: Mapping[str, float]) -> list[str]:
    """A sentence where pictures are enlarged by more than WARN_FACTOR for a model (name to its µm/px, 0: no scale)."""
    far = {name: mpp / own for name, own in models.items() if own and mpp / own > WARN_FACTOR}
    if not far:
        return []
    worst = max(far, key=lambda name: far[name])
    return [
        f"At {mpp:.3f} µm/px pictures are enlarged {far[worst]:.1f} times for {worst}, which learned from finer ones: "
        "take its answers with care."
    ]


def disagreement(mpp: float, measured: float) -> list[dict[str, str]]:
    """A guard ({code, sentence}) where the stated µm/px differ from those measured by red cells by more than WARN_FACTOR."""
    if max(mpp / measured, measured / mpp) <= WARN_FACTOR:
        return []
    sentence = (
        f"By its red cells this slide has about {measured:.3f} µm/px, not the {mpp:.3f} that it states: sizes and classes rest "
        "on it, so correct its µm/px and analyse it again, or give a reason."
    )
    return [{"code": "scale-contradicted", "sentence": sentence}]
