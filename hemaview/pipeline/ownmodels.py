"""What a job says of a model of the laboratory's own: nobody but its card knows what it cannot do."""

from __future__ import annotations

from collections.abc import Mapping

from hemaview.cells.schema import CellClass, Schema
from hemaview.inference import Classifier, Model
from hemaview.methods.card import cards
from hemaview.pipeline.filmfit import NAMING

NAMED = {NAMING: ("nucleated", "nucleated cells"), "red-cell-shape": ("red_cell", "shapes of red cells")}
"""Role to the kind of things whose classes a model names in it, and to what people call that."""
CODE = "classes-not-named"


def own_note(role: str, model: Model, schema: Schema) -> str:
    """That the model named the cells, which classes it cannot name, and what its card is silent about, in a sentence."""
    sentence = f"{model.info.name} {model.info.version}, a model of the laboratory's own, names the {NAMED[role][1]}"
    if lacking := _not_named(role, model, schema):
        sentence += f"; of the examination's classes it cannot name: {', '.join(c.name.lower() for c in lacking)}"
    if role == NAMING and isinstance(model, Classifier):
        silent = [] if model.stains else ["which stains it knows (so no film is called strange)"]
        silent += [] if model.least else ["when it cannot be sure (so it leaves no cell unidentified)"]
        sentence += f"; its card does not say {' nor '.join(silent)}" if silent else ""
    return sentence + "."


def own_guards(models: Mapping[str, Model], schema: Schema) -> list[dict[str, str]]:
    """A guard ({code, sentence}) where a class that a person must see, and that our own nets name, cannot be named: that none was
    counted says nothing."""
    ours = {name for card in cards().values() if card.task == "classification" for name in card.classes}
    guards = []
    for role, model in sorted(models.items()):
        blind = [c.name.lower() for c in _not_named(role, model, schema) if c.must_see and c.key in ours]
        if blind:
            guards.append({
                "code": CODE,
                "sentence": f"{model.info.name} {model.info.version} cannot name: {', '.join(blind)}. That none was counted says "
                "nothing: look for them yourself.",
            })  # fmt: skip
    return guards


def _not_named(role: str, model: Model, schema: Schema) -> list[CellClass]:
    """The counted classes of the kind that the role is about which the model does not know."""
    known = set(model.info.classes)
    return [c for c in schema.of_kind(NAMED[role][0]) if c.counted and c.key not in known]
