"""The card of a model of one's own: TOML or JSON in the words of our own cards, checked to the last key.

What comes out is what the house keeps: `outputs` are the classes as the net gives them, `classes` those of the examination that
it names, in order, and `class_map` says which output is which. `docs/own-models.md` is the recipe.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from hemaview.methods.own.cardvalues import TAKEN
from hemaview.methods.own.errors import OwnModelError
from hemaview.methods.own.weights import ONNX, SAFETENSORS
from hemaview.words import all_of, gettext, one_of

ROLES = {"nucleated-cell": ("nucleated", "platelet", "other"), "red-cell-shape": ("red_cell", "other")}
"""The roles that a model of one's own can fill, and the kinds of things whose classes it may name there."""
OTHER_ROLES = (
    "segmentation", "kind", "nucleated-cell-elsewhere", "nucleated-cell-finder", "nucleus-mask", "nrbc", "nuclei", "outline",
    "sickle-cell-finder", "detector", "overview",
)  # fmt: skip
MOST_BYTES = 256 * 1024
LEAST_VIEW_UM, MOST_VIEW_UM = 4.0, 120.0
"""How much of the film a cell's picture may show, µm from side to side: the largest cells of blood are 20 µm wide."""

Examinations = Mapping[str, Mapping[str, str]]
"""Key of an examination to the key of each of its classes, to the kind of thing that it is (`cells.schema.KINDS`)."""

NEEDED = (
    "name",
    "version",
    "title",
    "roles",
    "assay",
    "classes",
    "mpp",
    "input_px",
    "licence_note",
    "source",
    "metrics",
)
NEEDED_FOR = {ONNX: ("output", "normalisation"), SAFETENSORS: ("method",)}
_OPTIONAL = ("summary", "class_map", "data", "limits", "temperature", "views", "thresholds", "called_from", "ground", "sha256",
             "stains", "least", "task", "parameters", "command", "split")  # fmt: skip


def read_card(raw: bytes, file_name: str) -> dict[str, Any]:
    """The table in a card's file (.toml or .json); raises OwnModelError."""
    suffix = file_name.lower().rpartition(".")[2]
    if suffix not in ("toml", "json"):
        raise OwnModelError("no-card", gettext("A card is a .toml or .json file; upload one with the weights."))
    if len(raw) > MOST_BYTES:
        raise OwnModelError(
            "card-too-large",
            gettext("The card has more than {most_bytes} kB; shorten it.").format(most_bytes=MOST_BYTES // 1024),
        )
    try:
        text = raw.decode("utf-8-sig")
        table = tomllib.loads(text) if suffix == "toml" else json.loads(text, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        where = f": {error}" if isinstance(error, tomllib.TOMLDecodeError | json.JSONDecodeError) else ""
        raise OwnModelError(
            "card-unreadable",
            gettext("The card cannot be read as {kind}{where}.").format(kind=suffix.upper(), where=where[:120]),
        ) from error
    if not isinstance(table, dict):
        raise OwnModelError("card-unreadable", gettext("The card must be a table of keys and values."))
    return table


def _no_constant(name: str) -> float:
    raise ValueError(name)


def checked_card(table: Mapping[str, Any], kind: str, examinations: Examinations) -> dict[str, Any]:
    """The card as the house keeps it, for weights of that kind (ONNX, SAFETENSORS); raises OwnModelError, with every key that is
    missing, or the first one that cannot be taken."""
    needed = (*NEEDED, *NEEDED_FOR[kind])
    if lacking := [key for key in needed if key not in table]:
        raise OwnModelError(
            "card-incomplete",
            gettext("The card lacks {lacking}; add what is missing.").format(lacking=all_of(lacking)),
        )
    if strange := sorted(str(key) for key in set(table) - {*needed, *_OPTIONAL}):
        raise OwnModelError(
            "card-unknown-key",
            gettext("The card has {strange}, which the card of an uploaded model cannot have; leave it out.").format(
                strange=strange[0][:40]
            ),
        )
    card = {key: TAKEN[key](key, table[key]) for key in table}
    if card.get("task", "classification") != "classification":
        raise OwnModelError(
            "role-not-taken",
            _roles_sentence(
                gettext("You cannot upload a model for {what}; you can for {roles}."),
                card["task"],
            ),
        )
    _check_roles(card["roles"])
    outputs = card["classes"]
    class_map = _class_map(card, examinations)
    class_keys = list(dict.fromkeys(class_map[name] for name in outputs))
    if len(class_keys) < 2:
        raise OwnModelError(
            "unknown-class",
            gettext(
                "All classes of the card map to one class of the examination, so there is nothing to distinguish; "
                "map them to at least two."
            ),
        )
    for key in ("thresholds", "called_from"):
        _refuse_others(key, card.get(key, {}), class_keys)
    for stain, least in card.get("least", {}).items():
        _refuse_others(f"least.{stain}", least, class_keys)
    view_um = card["mpp"] * card["input_px"]
    if not LEAST_VIEW_UM <= view_um <= MOST_VIEW_UM:
        raise OwnModelError(
            "card-wrong",
            gettext(
                "By the card a cell's picture is {view_um:.1f} µm wide ({input_px} px at {mpp:g} µm/px), "
                "which is too small for a whole cell or too large for a single one; correct mpp or input_px "
                "({least_view_um:g} "
                "to {most_view_um:g} µm)."
            ).format(
                view_um=view_um,
                input_px=card["input_px"],
                mpp=card["mpp"],
                least_view_um=LEAST_VIEW_UM,
                most_view_um=MOST_VIEW_UM,
            ),
        )
    return {
        **card,
        "own": True,
        "format": kind,
        "task": "classification",
        "outputs": outputs,
        "class_map": class_map,
        "classes": class_keys,
    }


def _check_roles(roles: Sequence[str]) -> None:
    for role in roles:
        if role not in ROLES:
            raise OwnModelError(
                "role-not-taken",
                _roles_sentence(
                    gettext("You cannot upload a model for the role {what}; you can for {roles}.")
                    if role in OTHER_ROLES
                    else gettext("You cannot upload a model for a role called {what}; you can for {roles}."),
                    role,
                ),
            )
    if len(roles) > 1:
        raise OwnModelError("role-not-taken", gettext("An uploaded model fills one role; make a card for each role."))


def _roles_sentence(sentence: str, what: str) -> str:
    return sentence.format(what=what[:40], roles=one_of(ROLES))


def _class_map(card: Mapping[str, Any], examinations: Examinations) -> dict[str, str]:
    """Each output of the net to a class of the examination."""
    if card["assay"] not in examinations:
        raise OwnModelError(
            "unknown-examination",
            gettext("There is no examination called {assay}; there are: {examinations}.").format(
                assay=card["assay"][:40], examinations=all_of(examinations)
            ),
        )
    kinds = ROLES[card["roles"][0]]
    able = {key for key, kind in examinations[card["assay"]].items() if kind in kinds}
    key_by_output = card.get("class_map", {})
    if strange := sorted(set(key_by_output) - set(card["classes"])):
        raise OwnModelError(
            "card-wrong",
            gettext("class_map maps {strange}, which is not among the card's classes; remove it.").format(
                strange=strange[0][:40]
            ),
        )
    mapped = {name: key_by_output.get(name, name) for name in card["classes"]}
    for name, key in mapped.items():
        if key not in able:
            sentence = gettext(
                "The card's class {name} is not one that {role} names in {assay}; map it in class_map to {able}."
            )
            if name in key_by_output:
                sentence = gettext(
                    "The card's class {name}, mapped to {key}, is not one that {role} names in {assay}; map it in class_map to "
                    "{able}."
                )
            raise OwnModelError(
                "unknown-class",
                sentence.format(
                    name=name[:40], key=key[:40], role=card["roles"][0], assay=card["assay"], able=one_of(sorted(able))
                ),
            )
    return mapped


def _refuse_others(key: str, by_class: Mapping[str, float], class_keys: Collection[str]) -> None:
    if strange := sorted(set(by_class) - set(class_keys)):
        raise OwnModelError(
            "card-wrong",
            gettext("{key} is about {strange}, which the model does not name; it names {classes}.").format(
                key=key, strange=strange[0][:40], classes=all_of(class_keys)
            ),
        )
