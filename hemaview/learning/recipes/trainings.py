"""Every model that `train` can make."""

from __future__ import annotations

from hemaview.learning.recipes.elmanna import ELMANNA_TRAININGS
from hemaview.learning.recipes.film import FILM_TRAININGS, Training
from hemaview.learning.recipes.li import LI_TRAININGS
from hemaview.learning.recipes.lifields import LI_FIELD_TRAININGS
from hemaview.learning.recipes.nucleated import STRANGER_TRAININGS
from hemaview.learning.recipes.nucleuspoints import NUCLEI_TRAININGS
from hemaview.learning.recipes.outlines import OUTLINE_TRAININGS
from hemaview.learning.recipes.plasma import PLASMA_TRAININGS
from hemaview.learning.recipes.seek import SEEK_TRAININGS
from hemaview.learning.recipes.sicklefinder import SICKLE_TRAININGS
from hemaview.learning.recipes.sun import SUN_TRAININGS
from hemaview.learning.recipes.wang import WANG_TRAININGS, on_backbone
from hemaview.learning.recipes.zhang import ZHANG_TRAININGS
from hemaview.learning.sets.data import DataError
from hemaview.words import all_of

_MORE: tuple[Training, ...] = (
    *SUN_TRAININGS,
    *ZHANG_TRAININGS,
    *LI_TRAININGS,
    *LI_FIELD_TRAININGS,
    *NUCLEI_TRAININGS,
    *PLASMA_TRAININGS,
    *OUTLINE_TRAININGS,
    *WANG_TRAININGS,
    *ELMANNA_TRAININGS,
    *STRANGER_TRAININGS,
    *SEEK_TRAININGS,
    *SICKLE_TRAININGS,
)
TRAININGS: dict[str, Training] = {**FILM_TRAININGS, **{t.name: t for t in _MORE}}


def training_of(name: str, backbone: str = "") -> Training:
    """A model's training, a detector's on another backbone where one is named; raises DataError where there is none."""
    if name not in TRAININGS:
        raise DataError(f"There is no training for {name}; there are: {all_of(TRAININGS)}.")
    return on_backbone(TRAININGS[name], backbone) if backbone else TRAININGS[name]
