"""What a file states of its µm/px, wherever it states it."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

from hemaview.words import gettext
from hemaview.wsi.errors import Unsupported

PLAUSIBLE_MPP = (0.02, 10.0)
PRINT_DPI = 2400.0
"""Screens, printers and desktop scanners go so far: a resolution up to this says nothing of the specimen."""
SQUARE = 0.02
"""By how much µm/px across and down may differ before pixels are not square."""
_UNITS_UM = {
    "micron": 1.0, "microns": 1.0, "micrometer": 1.0, "um": 1.0, "µm": 1.0, "μm": 1.0, "\\u00b5m": 1.0, "nm": 1e-3,
    "mm": 1e3, "cm": 1e4, "inch": 25_400.0,
}  # fmt: skip
_STATED = re.compile(
    r"(?:\bmpp(?:[ _-]?x)?|microns?[ _-]?per[ _-]?pixel|(?:µm|μm|um)\s*/\s*(?:px|pixel))\s*[=:]\s*(\d+(?:[.,]\d+)?|[.,]\d+)",
    re.IGNORECASE,
)
_STATED_AFTER = re.compile(r"(\d+[.,]\d+)\s*(?:µm|μm|um|microns?)\s*(?:/|per)\s*(?:px|pixel)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class PixelSize:
    """µm/px across and down, and where that stands."""

    um_x: float
    um_y: float
    source: str

    @property
    def um(self) -> float:
        return (self.um_x + self.um_y) / 2


def of_text(text: str, source: str) -> PixelSize | None:
    """A size written in words, as scanners do ("MPP = 0.25", "0.25 µm/px")."""
    match = _STATED.search(text) or _STATED_AFTER.search(text)
    if match is None:
        return None
    um = float(match.group(1).replace(",", "."))
    return PixelSize(um, um, source)


def of_resolution(per_unit_x: float, per_unit_y: float, unit_um: float, source: str) -> PixelSize | None:
    """A size from pixels per unit of `unit_um` µm; None for what screens and printers write."""
    if not (per_unit_x > 0 and per_unit_y > 0 and math.isfinite(per_unit_x) and math.isfinite(per_unit_y)):
        return None
    if max(per_unit_x, per_unit_y) * 25_400 / unit_um <= PRINT_DPI:
        return None
    return PixelSize(unit_um / per_unit_x, unit_um / per_unit_y, source)


def of_imagej(text: str, per_unit_x: float, per_unit_y: float) -> PixelSize | None:
    """A size as ImageJ writes it: `unit=` in the description, pixels per unit in the resolution."""
    match = re.search(r"^unit=(.+)$", text, re.MULTILINE)
    unit_um = _UNITS_UM.get(match.group(1).strip().lower()) if match else None
    if unit_um is None or not (per_unit_x > 0 and per_unit_y > 0):
        return None
    return PixelSize(unit_um / per_unit_x, unit_um / per_unit_y, "ImageJ's description")


def first_credible(sizes: Sequence[PixelSize | None], name: str) -> tuple[PixelSize | None, list[str]]:
    """The first credible size, and a sentence for each later one that contradicts it.

    Raises Unsupported where its pixels are not square: cells would be counted squeezed.
    """
    credible = [s for s in sizes if s and all(PLAUSIBLE_MPP[0] <= um <= PLAUSIBLE_MPP[1] for um in (s.um_x, s.um_y))]
    if not credible:
        return None, []
    first = credible[0]
    if abs(first.um_x - first.um_y) > SQUARE * min(first.um_x, first.um_y):
        raise Unsupported(
            gettext(
                "{name} states {um_x:.4g} µm/px across but {um_y:.4g} down ({source}): resample it to "
                "square pixels, or correct what it states."
            ).format(name=name, um_x=first.um_x, um_y=first.um_y, source=first.source)
        )
    notes = [
        gettext(
            "It states {um:.4g} µm/px in {source} but {other_um:.4g} in {other_source}; the first was used."
        ).format(um=first.um, source=first.source, other_um=other.um, other_source=other.source)
        for other in credible[1:]
        if abs(other.um - first.um) > SQUARE * first.um
    ]
    return first, notes
