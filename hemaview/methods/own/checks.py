"""What is tried of a model of one's own, in words; `inference.contract` tries it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

TITLES = {
    "file": "The file holds a net and nothing else",
    "inputs": "It takes what the card says",
    "outputs": "It gives one number for each class",
    "runs": "The runtime that is here can run it",
    "finite": "Every probability is a number",
    "sees": "Different pictures get different answers",
    "repeat": "The same pictures get the same answers twice",
    "batch": "A cell gets the same answer alone and among others",
    "scale": "A cell seen at twice the resolution gets the same answer",
    "ground": "Bare ground, black and white do not stop it",
    "speed": "100 cells take a bearable time",
}
"""Key of each check, in their order, to what a page says of it."""


@dataclass(frozen=True)
class Check:
    """One promise: whether it holds, what was seen, and the code of the refusal where it does not."""

    key: str
    title: str
    ok: bool
    result: str
    code: str = ""

    def as_json(self) -> dict[str, Any]:
        return asdict(self)
