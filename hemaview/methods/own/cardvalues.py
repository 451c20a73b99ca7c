"""What each value of a card may be, key by key: texts, numbers, lists and tables within limits."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from typing import Any

from hemaview.methods.own.errors import OwnModelError
from hemaview.methods.own.texts import shows_something, turns_text
from hemaview.words import all_of, gettext, one_of

OUTPUTS = ("logits", "probabilities")
CHANNELS = ("RGB", "BGR")
MOST_CLASSES = 200
SHARES = {"accuracy", "recall", "precision", "f1", "auc", "auroc", "auprc", "sensitivity", "specificity", "share", "iou",
          "miou", "dice", "purity", "ppv", "npv"}  # fmt: skip
"""Words in the name of a metric that is a share, from 0 to 1."""
RESERVED = ("upload",)
"""Names that addresses of the house have."""
_SLUG = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?")
_METRIC = {"task": str, "dataset": str, "metric": str, "n": int, "value": float, "low": float, "high": float}


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
TAKEN: dict[str, Callable[[str, Any], Any]] = {
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
"""By key, (key, value) to the value as the house keeps it; raises OwnModelError."""
