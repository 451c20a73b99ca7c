"""How the cells of a field are found: one file a way, and those that installed packages bring.

A package adds a way by the entry point `hemaview.finders`, which names a `FinderKind`.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.metadata import entry_points

from hemaview.cells.schema import Schema
from hemaview.inference import Model
from hemaview.pipeline.finders import boxes, centres, film, nuclei, outline, pixelclasses
from hemaview.pipeline.finders.common import CellFinder, FinderKind, Thresholds, another_model
from hemaview.pipeline.plan import PipelineError
from hemaview.words import all_of, gettext, one_of

__all__ = ["CellFinder", "FinderKind", "Thresholds", "finder", "finder_kinds"]


@cache
def finder_kinds() -> Mapping[str, FinderKind]:
    """Every way of finding cells by its key: ours, then those of installed packages; ours are not replaced."""
    kinds = {
        kind.key: kind for kind in (film.KIND, outline.KIND, nuclei.KIND, boxes.KIND, centres.KIND, pixelclasses.KIND)
    }
    for entry in sorted(entry_points(group="hemaview.finders"), key=lambda e: e.name):
        kind: FinderKind = entry.load()
        kinds.setdefault(kind.key, kind)
    return kinds


def finder(
    key: str, models: Mapping[str, Model], schema: Schema, thresholds: Mapping[str, float] | None = None
) -> CellFinder:
    """The finder called `key` over its models by role, with the protocol's thresholds by role in place of the models' own.

    Raises PipelineError where a model is missing, does not fit, or names classes that the assay does not have, and where a
    role takes no threshold.
    """
    kinds = finder_kinds()
    if key not in kinds:
        raise PipelineError(
            gettext("No finder of cells is called {key}; there are: {kinds}.").format(key=key, kinds=all_of(kinds)),
            gettext(
                "An administrator must choose another way of finding cells in the protocol, or install the package that brought "
                "this one where the workers run; then order the analysis again."
            ),
            "no-finder",
        )
    kind = kinds[key]
    for role in kind.roles:
        if role not in models:
            raise PipelineError(
                gettext("The protocol names no model for {role}.").format(role=role), another_model(role), "no-model"
            )
    for role, model in models.items():
        if wrong := kind.unfit(role, model.info.name, model.info.classes, schema):
            raise PipelineError(wrong, another_model(role), "model-unfit")
    for role in thresholds or {}:
        if role not in kind.scored:
            roles = one_of(kind.scored) or "no role"
            raise PipelineError(
                gettext("The protocol sets a threshold for {role}, which takes none; here {roles} does.").format(
                    role=role, roles=roles
                ),
                gettext("An administrator must correct the protocol's settings; then order the analysis again."),
                "wrong-settings",
            )
    return kind.make(models, thresholds or {})
