"""Models of one's own: what installed packages bring by the entry point `hemaview.methods`.

An entry point names a module with a `METHOD` (`methods.method.Method`); beside the module lie `card.json` and the weights that it
names (safetensors). A package that brings less is left out, and `manage.py check` says why.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

from hemaview.methods.method import Method
from hemaview.words import all_of, gettext

GROUP = "hemaview.methods"
NEEDED = ("name", "version", "sha256", "classes", "mpp", "input_px", "weights", "licence_note")
"""What a card must say; `weights` is the file's name beside it."""


@dataclass(frozen=True)
class InstalledMethod:
    """A method of a package, and its card with the place of its weights."""

    method: Method
    card: dict[str, Any]


class Unfit(Exception):
    """What a package brings is no model; the message is one sentence."""


@lru_cache(maxsize=1)
def methods_and_faults() -> tuple[tuple[InstalledMethod, ...], tuple[str, ...]]:
    """(what packages bring, in the order of its names; why others are left out, a sentence each)."""
    good: list[InstalledMethod] = []
    wrong: list[str] = []
    for entry in sorted(entry_points(group=GROUP), key=lambda e: e.name):
        try:
            good.append(_of_module(entry.load()))
        except Unfit as error:
            wrong.append(f"The package of the model {entry.name} is left out: {error}")
        except Exception as error:  # whatever a stranger's module raises when it is imported
            wrong.append(f"The package of the model {entry.name} is left out: it cannot be loaded ({error}).")
    return tuple(good), tuple(wrong)


def installed_methods() -> tuple[InstalledMethod, ...]:
    return methods_and_faults()[0]


def _of_module(module: Any) -> InstalledMethod:
    method = getattr(module, "METHOD", None)
    if not isinstance(method, Method):
        raise Unfit(gettext("its module has no METHOD of hemaview.methods.method.Method."))
    folder = Path(str(module.__file__)).parent
    try:
        card = json.loads((folder / "card.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise Unfit(gettext("there is no readable card.json beside its module.")) from error
    lacking = [key for key in NEEDED if key not in card]
    if lacking:
        raise Unfit(gettext("its card does not say {lacking}.").format(lacking=all_of(lacking)))
    if card["name"] != method.name:
        raise Unfit(
            gettext("its card is of {other}, its method is {name}.").format(other=card["name"], name=method.name)
        )
    weights = folder / str(card["weights"])
    if weights.suffix != ".safetensors" or not weights.is_file():
        raise Unfit(
            gettext("there are no weights {weights} (safetensors) beside its card.").format(weights=card["weights"])
        )
    return InstalledMethod(method, {**card, "weights": str(weights)})
