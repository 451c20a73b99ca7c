"""In which precision a model runs: bf16 where the machine has it and the card says that labels show no loss, else float32.

What bf16 costs a model is measured by `hemaview.learning.scoring.halfprecision`, through `NetSettings.compare`.
"""

from __future__ import annotations

import os

F32, BF16, AUTOMATIC = "f32", "bf16", ""
TOLERANCE = 0.1
"""How far a model that runs in bf16 may move any probability of the answers that its card was measured on."""


def choose(wanted: str, proved: bool, capable: bool) -> str:
    """BF16 where nothing else is wanted, the card proves it harmless and the machine is capable of it; else F32."""
    return BF16 if wanted == AUTOMATIC and proved and capable else F32


def held_to(wanted: str) -> str:
    """What is wanted, else what the environment asks for: HEMAVIEW_PRECISION=f32 keeps every model in float32."""
    return wanted or (F32 if os.environ.get("HEMAVIEW_PRECISION", "") == F32 else AUTOMATIC)
