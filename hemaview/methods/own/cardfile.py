"""The card of a model of one's own: TOML or JSON in the words of our own cards, checked to the last key.

What comes out is what the house keeps: `outputs` are the classes as the net gives them, `classes` those of the examination that
it names, in order, and `class_map` says which output is which. `docs/own-models.md` is the recipe.
"""

from __future__ import annotations

import json
import math
import re
import tomllib
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from hemaview.methods.own.errors import OwnModelError
from hemaview.methods.own.texts import shows_something, turns_text
from hemaview.methods.own.weights import ONNX, SAFETENSORS
from hemaview.words import all_of, gettext, one_of

ROLES = {"nucleated-cell": ("nucleated", "platelet", "other"), "red-cell-shape": ("red_cell", "other")}
"""The roles that a model of one's own can fill, and the kinds of things whose classes it may name there."""
OTHER_ROLES = (
    "segmentation", "kind", "nucleated-cell-elsewhere", "nucleated-cell-finder", "nucleus-mask", "nrbc", "nuclei", "outline",
    "sickle-cell-finder", "detector", "overview",
)  # fmt: skip
OUTPUTS = ("logits", "probabilities")
CHANNELS = ("RGB", "BGR")
MOST_BYTES = 256 * 1024
MOST_CLASSES = 200
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
SHARES = {"accuracy", "recall", "precision", "f1", "auc", "auroc", "auprc", "sensitivity", "specificity", "share", "iou",
          "miou", "dice", "purity", "ppv", "npv"}  # fmt: skip
"""Words in the name of a metric that is a share, from 0 to 1."""
RESERVED = ("upload",)
"""Names that addresses of the house have."""
_SLUG = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?")
_METRIC = {"task": str, "dataset": str, "metric": str, "n": int, "value": float, "low": float, "high": float}


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
    card = {key: _TAKEN[key](key, table[key]) for key in table}
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


def _wrong(key: str, what: str) -> OwnModelError:
    return OwnModelError("card-wrong", gettext("In the card {key} must be {what}.").format(key=key, what=what))


def _text(most: int, empty: bool = False) -> Callable[[str, Any], str]:
    def take(key: str, value: Any) -> str:
        if (
            not isinstance(value, str)
            or len(value) > most
            or not (empty or shows_something(value))
            or not _plain(value)
        ):
            raise _wrong(
                key,
                (
                    gettext("a text of at most {most} visible characters")
                    if empty
                    else gettext("a text of one to {most} visible characters")
                ).format(most=most),
            )
        if turns_text(value):
            raise _wrong(key, gettext("a text without characters that change the direction of the text"))
        return value.strip()

    return take


def _plain(text: str) -> bool:
    """No half characters, which no database keeps, and no control characters but the ends of lines."""
    return all(c in "\n\r\t" or not (ord(c) < 32 or 0xD800 <= ord(c) < 0xE000) for c in text)


def _slug(key: str, value: Any) -> str:
    if not isinstance(value, str) or not _SLUG.fullmatch(value) or value in RESERVED:
        raise _wrong(key, gettext("a name of small letters, digits and hyphens, at most 64 of them, and not upload"))
    return value


def _version(key: str, value: Any) -> str:
    text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    if not isinstance(text, str) or not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._+-]{0,31}", text):
        raise _wrong(key, gettext("a version such as 1 or 2.1, of letters, digits, dots and hyphens"))
    return text


def _choice(*choices: str) -> Callable[[str, Any], str]:
    def take(key: str, value: Any) -> str:
        if value not in choices or not isinstance(value, str):
            raise _wrong(key, one_of(choices))
        return value

    return take


def _number(low: float, high: float, whole: bool = False) -> Callable[[str, Any], Any]:
    def take(key: str, value: Any) -> Any:
        kinds = (int,) if whole else (int, float)
        if (
            isinstance(value, bool)
            or not isinstance(value, kinds)
            or not math.isfinite(value)
            or not low <= value <= high
        ):
            raise _wrong(
                key,
                (
                    gettext("a whole number from {low:g} to {high:g}")
                    if whole
                    else gettext("a number from {low:g} to {high:g}")
                ).format(low=low, high=high),
            )
        return int(value) if whole else float(value)

    return take


def _list_of(
    take_one: Callable[[str, Any], Any], least: int, most: int, unique: bool = False
) -> Callable[[str, Any], list[Any]]:
    def take(key: str, value: Any) -> list[Any]:
        if not isinstance(value, list) or not least <= len(value) <= most:
            raise _wrong(key, f"a list of {least}" + (f" to {most}" if most != least else ""))
        values = [take_one(f"each of {key}", one) for one in value]
        if unique and len(set(values)) < len(values):
            raise _wrong(key, gettext("a list without duplicates"))
        return values

    return take


def _table_of(take_one: Callable[[str, Any], Any], most: int = MOST_CLASSES) -> Callable[[str, Any], dict[str, Any]]:
    def take(key: str, value: Any) -> dict[str, Any]:
        if not isinstance(value, dict) or len(value) > most:
            raise _wrong(key, gettext("a table of at most {most} keys").format(most=most))
        return {
            _text(64)(f"a key of {key}", name): take_one(f"{key}.{str(name)[:40]}", one) for name, one in value.items()
        }

    return take


def _normalisation(key: str, value: Any) -> dict[str, Any]:
    names = {"scale": _number(1e-3, 1e6), "mean": _list_of(_number(-1e6, 1e6), 3, 3), "std": _list_of(_number(1e-6, 1e6), 3, 3),
             "channels": _choice(*CHANNELS)}  # fmt: skip
    if not isinstance(value, dict) or set(value) - set(names) or "scale" not in value:
        raise _wrong(
            key,
            gettext("a table with scale (what 0-255 is divided by), and mean, std and channels where there are any"),
        )
    entries = {name: names[name](f"{key}.{name}", one) for name, one in value.items()}
    return {"mean": [0.0] * 3, "std": [1.0] * 3, "channels": "RGB", **entries}


def _metric(key: str, value: Any) -> dict[str, Any]:
    if not isinstance(value, dict) or (lacking := [name for name in _METRIC if name not in value]):
        lacks = f"; one lacks {all_of(lacking)}" if isinstance(value, dict) else ""
        raise _wrong(
            key,
            gettext("a table of {metric} (low and high: the 95 % interval){lacks}").format(
                metric=all_of(_METRIC), lacks=lacks
            ),
        )
    texts = {name: _text(120)(f"{key}: {name}", value[name]) for name in ("task", "dataset", "metric")}
    numbers = {name: _number(-1e9, 1e9)(f"{key}: {name}", value[name]) for name in ("value", "low", "high")}
    _check_score(f"{key}: {texts['metric']} of {texts['dataset']}", texts["metric"], numbers)
    split = {"split": _text(40)(f"{key}: split", value["split"])} if "split" in value else {}
    return {**texts, "n": _number(1, 1e9, whole=True)(f"{key}: n", value["n"]), **numbers, **split}


def _check_score(key: str, metric: str, score: Mapping[str, float]) -> None:
    """Raise OwnModelError where a score lies outside its own interval, or a share outside 0 to 1."""
    if not score["low"] <= score["value"] <= score["high"]:
        raise _wrong(key, gettext("a value within its interval: low at most value, value at most high"))
    if SHARES & set(re.split(r"[^a-z0-9]+", metric.lower())) and not 0 <= score["low"] <= score["high"] <= 1:
        raise _wrong(key, gettext("a share from 0 to 1, its low and high too (0.93, not 93)"))


def _datum(key: str, value: Any) -> dict[str, Any]:
    if not isinstance(value, dict) or not {"name", "licence"} <= set(value) <= {"name", "licence", "free"}:
        raise _wrong(key, gettext("a table of name and licence (and free: true or false)"))
    texts = {name: _text(200)(f"{key}: {name}", value[name]) for name in ("name", "licence")}
    return {**texts, "free": value.get("free", True) is True}


def _sha256(key: str, value: Any) -> str:
    if not isinstance(value, str) or not re.fullmatch(r"[0-9a-f]{64}", value):
        raise _wrong(key, gettext("the sha256 of the weights, 64 hexadecimal digits"))
    return value


_SHARE = _number(0, 1)
_TAKEN: dict[str, Callable[[str, Any], Any]] = {
    "name": _slug, "version": _version, "title": _text(120), "roles": _list_of(_text(40), 1, 5, unique=True),
    "assay": _text(64), "classes": _list_of(_text(64), 2, MOST_CLASSES, unique=True), "mpp": _number(0.03, 5),
    "input_px": _number(8, 1024, whole=True), "licence_note": _text(2000), "source": _text(2000),
    "metrics": _list_of(_metric, 0, 500), "output": _choice(*OUTPUTS), "normalisation": _normalisation, "method": _slug,
    "summary": _text(2000, empty=True), "class_map": _table_of(_text(64)), "data": _list_of(_datum, 0, 100),
    "limits": _list_of(_text(1000), 0, 100), "temperature": _number(0.01, 100), "views": _number(1, 8, whole=True),
    "thresholds": _table_of(_SHARE), "called_from": _table_of(_SHARE), "ground": _list_of(_number(1, 255), 3, 3),
    "sha256": _sha256, "stains": _list_of(_list_of(_number(-10, 10), 3, 3), 2, 2),
    "least": _table_of(_table_of(_SHARE), 2), "task": _text(40), "parameters": _number(1, 1e11, whole=True),
    "command": _text(500), "split": _text(500),
}  # fmt: skip
