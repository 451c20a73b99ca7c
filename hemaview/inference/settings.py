"""How a net is run, where somebody wants it otherwise than its card and the machine allow: an argument of whatever loads it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from hemaview.inference.precision import AUTOMATIC, held_to

OWN_TOLERANCE = 0.0
"""The tolerances that a model was measured with."""

Compare = Callable[[Any, Any, float, float], None]
"""Takes each answer of a net in float32 and in bf16, and the seconds that each took."""


@dataclass(frozen=True)
class NetSettings:
    """How a net is run."""

    precision: str = AUTOMATIC
    """F32, or AUTOMATIC: bf16 where the machine has it and the card proves it harmless."""
    compare: Compare | None = None
    """The net answers in both precisions and this is called with both, whatever `precision` says; the bf16 answer is used."""
    tolerance: float = OWN_TOLERANCE
    """To which models that solve differential equations solve them; a larger one is quicker (Li et al., §3.3)."""
    brings_ground: bool = True
    """Whether pictures are brought to the ground that a model learned from; off, to see what that is worth."""

    def here(self, solves_equations: bool) -> NetSettings:
        """As they hold for one net in this process: the environment may keep it in float32, and only a net that solves
        equations has a tolerance."""
        tolerance = self.tolerance if solves_equations else OWN_TOLERANCE
        return replace(self, precision=held_to(self.precision), tolerance=tolerance)


AS_SHIPPED = NetSettings()
"""As each net's card and the machine say."""
