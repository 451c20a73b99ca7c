"""What a job says of a model of the laboratory's own: nobody but its card knows what it cannot do."""

from __future__ import annotations

from collections.abc import Mapping

from hemaview.cells.schema import CellClass, Schema
from hemaview.inference import Classifier, Model
from hemaview.methods.card import cards
from hemaview.pipeline.filmfit import NAMING
from hemaview.words import gettext

KIND_BY_ROLE = {NAMING: "nucleated", "red-cell-shape": "red_cell"}
"""Role to the kind of things whose classes a model names in it."""
CODE = "classes-not-named"


def own_note(role: str, model: Model, schema: Schema) -> str:
    """That the model named the cells, which classes it cannot name, and what its card is silent about, in a sentence."""
    lacking = ", ".join(c.name.lower() for c in _not_named(role, model, schema))
    unsaid = _unsaid(model) if role == NAMING and isinstance(model, Classifier) else ""
    if lacking and unsaid:
        sentence = gettext(
            "{model}, a model of the laboratory's own, names the {cells}; of the examination's classes it cannot name: "
            "{lacking}; its card does not say {unsaid}."
        )
    elif lacking:
        sentence = gettext(
            "{model}, a model of the laboratory's own, names the {cells}; of the examination's classes it cannot name: {lacking}."
        )
    elif unsaid:
        sentence = gettext(
            "{model}, a model of the laboratory's own, names the {cells}; its card does not say {unsaid}."
        )
    else:
        sentence = gettext("{model}, a model of the laboratory's own, names the {cells}.")
    cells = gettext("nucleated cells") if role == NAMING else gettext("shapes of red cells")
    name = f"{model.info.name} {model.info.version}"
    return sentence.format(model=name, cells=cells, lacking=lacking, unsaid=unsaid)


def _unsaid(model: Classifier) -> str:
    """What the model's card is silent about, in words; "" where it says all."""
    if not model.stains and not model.least:
        return gettext(
            "which stains it knows (so no film is flagged as unusual) nor when it cannot be sure (so it leaves "
            "no cell unidentified)"
        )
    if not model.stains:
        return gettext("which stains it knows (so no film is flagged as unusual)")
    return "" if model.least else gettext("when it cannot be sure (so it leaves no cell unidentified)")


def own_guards(models: Mapping[str, Model], schema: Schema) -> list[dict[str, str]]:
    """A guard ({code, sentence}) where a class that a person must see, and that our own nets name, cannot be named: that none was
    counted says nothing."""
    ours = {name for card in cards().values() if card.task == "classification" for name in card.classes}
    guards = []
    for role, model in sorted(models.items()):
        blind = ", ".join(c.name.lower() for c in _not_named(role, model, schema) if c.must_see and c.key in ours)
        if blind:
            sentence = gettext(
                "{model} cannot name: {classes}. A count of zero means nothing for these classes: look for such cells yourself."
            ).format(model=f"{model.info.name} {model.info.version}", classes=blind)
            guards.append({"code": CODE, "sentence": sentence})
    return guards


def _not_named(role: str, model: Model, schema: Schema) -> list[CellClass]:
    """The counted classes of the kind that the role is about which the model does not know."""
    model_classes = set(model.info.classes)
    return [c for c in schema.of_kind(KIND_BY_ROLE[role]) if c.counted and c.key not in model_classes]
