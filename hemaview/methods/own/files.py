"""Where a model of one's own lies."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class OwnFiles:
    """Where weights and card lie, and their sha256 as they were when they were checked."""

    weights: Path
    sha256: str
    card: Path
    card_sha256: str
