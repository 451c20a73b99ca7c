"""Every model that `train` can make."""

from __future__ import annotations

from hemaview.learning.papers import PAPER_TRAININGS
from hemaview.learning.recipes import FILM_TRAININGS, Training

TRAININGS: dict[str, Training] = {**FILM_TRAININGS, **PAPER_TRAININGS}
