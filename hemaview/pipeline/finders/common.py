"""What every finder is, needs and shares."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from hemaview.cells.schema import Schema
from hemaview.cells.table import CellTable
from hemaview.inference import Classifier, Model
from hemaview.pipeline.plan import PipelineError, PlannedField
from hemaview.words import all_of, gettext
from hemaview.wsi.slide import Slide

WITHOUT_NUCLEUS = "without-nucleus"
"""The role of the net that parts platelets from dirt: that of usual films, on every film. The net for strange ones learned no
platelet of another laboratory, and calls theirs dirt."""
GROUND = "background"
"""What a net calls a pixel that is of no cell."""
Thresholds = Mapping[str, Mapping[str, float]]
"""Role to what is asked of it, to the score from which it counts."""


class CellFinder(Protocol):
    """Finds the cells of one field."""

    device: str
    thresholds: Thresholds

    def cells(self, slide: Slide, place: PlannedField, mpp: float, schema: Schema) -> CellTable: ...


@dataclass(frozen=True)
class FinderKind:
    """A way of finding cells that an assay can name."""

    key: str
    """What assays and protocols call it."""
    title: str
    """What people read in a protocol's form."""
    roles: tuple[str, ...]
    """Model roles that must be filled."""
    make: Callable[[Mapping[str, Model], Mapping[str, float]], CellFinder]
    """Makes a finder of the models by role and of the protocol's thresholds by role."""
    optional: tuple[str, ...] = ()
    """Model roles that may be filled."""
    named: tuple[str, ...] = ()
    """Roles whose classes must all be classes of the assay, but for GROUND."""
    scored: tuple[str, ...] = ()
    """Roles that take a threshold."""
    renamed: tuple[str, ...] = ()
    """Classes that a model of a named role may have too: the finder calls them otherwise."""
    exactly: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Role to the classes that its model must have, in their order."""
    needed: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Role to classes that its model must have among others."""

    def unfit(self, role: str, name: str, classes: Sequence[str], schema: Schema) -> str:
        """Why a model called `name` that has these classes cannot fill a role, in a sentence; "" where it can."""
        known = {*schema.by_key, *self.renamed, GROUND}
        if role in self.named and (strange := [c for c in classes if c not in known]):
            return gettext("{name} names classes that {name2} does not have: {strange}.").format(
                name=name, name2=schema.name, strange=all_of(strange)
            )
        wanted = self.exactly.get(role) or self.needed.get(role, ())
        if (role in self.exactly and tuple(classes) != wanted) or not set(wanted) <= set(classes):
            return gettext("{name} is set for the role {role}, which needs a model that names {wanted}.").format(
                name=name, role=role, wanted=all_of(wanted)
            )
        return ""


_M = TypeVar("_M")


def another_model(role: str) -> str:
    """What to do where the model of a role does not fit, or there is none, in a sentence."""
    return gettext("An administrator must choose a fitting model for {role} in the protocol; then order anew.").format(
        role=role
    )


def fitting(models: Mapping[str, Any], role: str, kind: type[_M]) -> _M:
    model = models[role]
    if not isinstance(model, kind):
        raise PipelineError(
            gettext("{name} is set for the role {role}, which it cannot fill.").format(name=model.info.name, role=role),
            another_model(role),
            "model-unfit",
        )
    return model


def thresholds_of(model: Classifier, threshold: float | None) -> Mapping[str, float]:
    """Class to the probability from which a cell is called so: the protocol's in place of the model's own."""
    return model.thresholds if threshold is None else dict.fromkeys(model.thresholds or ("erythroblast",), threshold)


def devices(models: Mapping[str, Model]) -> str:
    """Where the models run, each place once, in the order of their roles."""
    return " and ".join(dict.fromkeys(model.info.device for model in models.values()))


def summing(p: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray(p / np.maximum(p.sum(axis=1, keepdims=True), 1e-9), np.float32)


def likeliest(p: NDArray[np.float32]) -> NDArray[np.uint8]:
    return p.argmax(axis=1).astype(np.uint8) if len(p) else np.zeros(0, np.uint8)
