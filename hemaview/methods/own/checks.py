"""What is tried of a model of one's own, in words; `inference.contract` tries it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from hemaview.words import gettext_noop

TITLES = {
    "file": gettext_noop("The file holds a net and nothing else"),
    "inputs": gettext_noop("It takes what the card says"),
    "outputs": gettext_noop("It gives one number for each class"),
    "runs": gettext_noop("The runtime that is here can run it"),
    "finite": gettext_noop("Every probability is a number"),
    "sees": gettext_noop("Different pictures get different answers"),
    "repeat": gettext_noop("The same pictures get the same answers twice"),
    "batch": gettext_noop("A cell gets the same answer alone and among others"),
    "scale": gettext_noop("A cell seen at twice the resolution gets the same answer"),
    "ground": gettext_noop("Bare ground, black and white do not stop it"),
    "speed": gettext_noop("100 cells take a bearable time"),
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
