"""Every model that `train` can make."""

from __future__ import annotations

from hemaview.learning.data import DataError
from hemaview.learning.elmanna import ELMANNA_TRAININGS
from hemaview.learning.li import LI_TRAININGS
from hemaview.learning.nuclei import NUCLEI_TRAININGS
from hemaview.learning.outlines import OUTLINE_TRAININGS
from hemaview.learning.plasma import PLASMA_TRAININGS
from hemaview.learning.recipes import FILM_TRAININGS, Training
from hemaview.learning.stains import STAIN_TRAININGS
from hemaview.learning.sun import SUN_TRAININGS
from hemaview.learning.wang import WANG_TRAININGS, on_backbone
from hemaview.learning.zhang import ZHANG_TRAININGS

_MORE: tuple[Training, ...] = (
    *SUN_TRAININGS,
    *ZHANG_TRAININGS,
    *LI_TRAININGS,
    *NUCLEI_TRAININGS,
    *PLASMA_TRAININGS,
    *OUTLINE_TRAININGS,
    *WANG_TRAININGS,
    *ELMANNA_TRAININGS,
    *STAIN_TRAININGS,
)
TRAININGS: dict[str, Training] = {**FILM_TRAININGS, **{t.name: t for t in _MORE}}


def training_of(name: str, backbone: str = "") -> Training:
    """A model's training, a detector's on another backbone where one is named; raises DataError where there is none."""
    if name not in TRAININGS:
        raise DataError(f"There is no training for {name}; there are: {', '.join(TRAININGS)}.")
    return on_backbone(TRAININGS[name], backbone) if backbone else TRAININGS[name]
