"""Turn a finished training into a model: calibrated on val, half precision, a card with measured scores; and ship it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from shutil import copyfile
from typing import Any

import torch
from safetensors.torch import load_file

from hemaview.cells.store import sha256_of
from hemaview.learning.experiment import Experiment
from hemaview.learning.metrics.score import Score
from hemaview.learning.publish.calibration import calibrated, net_with
from hemaview.learning.publish.cardpage import TRIED, markdown
from hemaview.learning.publish.conformal import least_of
from hemaview.learning.publish.traininglooks import ground_learned, stains_learned
from hemaview.learning.recipes.film import ALWAYS, Log
from hemaview.learning.recipes.trainings import training_of
from hemaview.learning.scoring.evaluate import evaluate
from hemaview.learning.sets import data
from hemaview.methods import card as modelcard
from hemaview.methods.registry import METHODS
from hemaview.wsi.colour import Colour, policy


@dataclass(frozen=True)
class TrainedModel:
    """A model whose training is finished."""

    name: str
    """The model's."""
    weights: Path
    """Its weights (best.safetensors), in the folder of the training."""
    root: Path
    """The folder that holds the sets."""
    epochs: int | None = None
    """None: as many as the recipe says."""
    free: bool = False
    """Whether from free data alone."""
    backbone: str = ""
    """Empty: the method's own."""

    def command(self, version: str = "") -> str:
        """What was typed."""
        more = {
            "--epochs": self.epochs,
            "--backbone": self.backbone,
            "--licences": "free" if self.free else "",
            "--release": version,
        }
        return " ".join(
            [
                f"python manage.py train {self.name} --data DATA --out OUT",
                *(f"{option} {value}" for option, value in more.items() if value),
            ]
        )


def tried(model: TrainedModel, log: Log) -> modelcard.Card:
    """The card of a training, with its weights and its text beside `model.weights`: calibrated on val, scored on test.

    The package is left as it is. Weights from free data alone are scored on the other sets too.
    """
    name = model.name
    method, training = METHODS[name], training_of(name, model.backbone)
    weights, state = model.weights.with_name(f"{name}.safetensors"), load_file(model.weights)
    learned_from = Experiment(model.root, free_only=model.free)
    log("calibrating on val")
    ground = ground_learned(training, learned_from)
    shown_on = ground.get("ground", ()) if training.ground == ALWAYS else ()  # val's are not strange
    temperature, thresholds, by_blood = calibrated(name, state, weights, learned_from, log, shown_on)
    least = (
        least_of(training, net_with(name, weights), temperature, learned_from)
        if training.adapts and training.validation_pools
        else {}
    )
    stains = stains_learned(training, learned_from) if training.minds_stain else []
    sets = [s for s in training.sets if data.has(learned_from, s, "train")]
    raw: dict[str, Any] = {
        "name": name,
        "version": TRIED,
        "title": method.title,
        "task": method.task,
        "sha256": modelcard.committee_sha256(method.members) if method.members else sha256_of(weights),
        **({"backbone": model.backbone} if model.backbone else {}),
        "classes": list(training.classes),
        "mpp": round(training.mpp, 5),
        "input_px": training.input_px,
        "temperature": temperature,
        "thresholds": thresholds,
        **({"calibrated_on": by_blood} if by_blood else {}),
        "views": training.views,
        **ground,
        **({"stains": stains} if stains else {}),
        **({"adapts": training.adapts, "least": least} if training.adapts else {}),
        "colour_policy": policy(Colour.STORED),
        "parameters": sum(v.numel() for k, v in state.items() if "running" not in k and "num_batches" not in k),
        "data": _sources(sets),
        "split": "train (val for early stopping and temperature; test only for the scores below)",
        "command": model.command(),
        "limits": list(training.limits),
        "licence_note": _licence(sets),
    }
    log("scoring on test, with 95 % bootstrap intervals; this may take minutes")
    raw["metrics"] = [
        s.as_json() for s in _scores(modelcard.Card({**raw, "weights": str(weights)}), model, "test", log)
    ]
    _write(model.weights.with_name("card.json"), raw)
    model.weights.with_name("card.md").write_text(markdown(raw), encoding="utf-8")
    return modelcard.Card({**raw, "weights": str(weights)})


def _scores(card: modelcard.Card, model: TrainedModel, split: str, log: Log) -> list[Score]:
    with in_place_of(card):
        scores = [s for s in evaluate(Experiment(model.root), split, [model.name], log) if s.method == model.name]
    torch.set_grad_enabled(True)
    return scores


def release(model: TrainedModel, version: str, card: modelcard.Card) -> Path:
    """Ship what `tried` gave: its weights and its card into the package, in place of those of its name; the card's path."""
    raw = {k: v for k, v in card.raw.items() if k != "weights"}
    raw |= {"version": version, "command": model.command(version)}
    path = modelcard.folder("cards") / f"{model.name}.json"
    old = modelcard.Card(json.loads(path.read_text(encoding="utf-8"))).weights if path.is_file() else None
    new = modelcard.Card(raw).weights
    parts = {path: path.with_suffix(".part"), path.with_suffix(".md"): path.with_suffix(".md.part")}
    _write(parts[path], raw)
    parts[path.with_suffix(".md")].write_text(markdown(raw), encoding="utf-8")
    if not METHODS[model.name].members:  # a committee's weights are its members' own
        parts = {new: new.with_suffix(".part")} | parts
        copyfile(card.weights, parts[new])
    for final, part in parts.items():
        part.replace(final)
    if old is not None and old != new:
        old.unlink(missing_ok=True)
    modelcard.cards.cache_clear()
    return path


def write_free_variant(model: TrainedModel, version: str, card: modelcard.Card, log: Log) -> Path:
    """Put the scores of what `tried` gave, which learned from free data alone, into the shipped model's card, those on val
    too; the card's path. Its weights stay where they are."""
    variant = {
        "sets": [d["name"] for d in card.raw["data"]],
        "command": model.command(version),
        "metrics": [s.as_json() for s in _scores(card, model, "val", log)] + card.raw["metrics"],
    }
    return write_section(model.name, "free_variant", variant)


@contextmanager
def in_place_of(card: modelcard.Card) -> Iterator[None]:
    """Within the block `card` is the one of its name: other weights, tried and not shipped."""
    modelcard.cards()[card.name] = card
    try:
        yield
    finally:
        modelcard.cards.cache_clear()


def write_section(name: str, key: str, section: Any) -> Path:
    """Put a section into a shipped model's card, as JSON and as people read it; the card's path."""
    path = modelcard.folder("cards") / f"{name}.json"
    card = {**modelcard.cards()[name].raw, key: section}
    card["data"] = _sources([d["name"] for d in card["data"]])
    _write(path, card)
    path.with_suffix(".md").write_text(markdown(card), encoding="utf-8")
    modelcard.cards.cache_clear()
    return path


def write_scores(scores: Sequence[Score], task: str = "") -> list[Path]:
    """Put scores into the cards of the models they are of, in place of those there; of one `task` in place of that task's
    alone. The cards' paths."""
    paths = []
    for name in sorted({s.method for s in scores} & set(modelcard.cards())):
        rows = [s.as_json() for s in scores if s.method == name]
        if task:
            rows = _in_place_of(modelcard.cards()[name].raw["metrics"], rows)
        paths.append(write_section(name, "metrics", rows))
    return paths


def _in_place_of(before: list[dict[str, Any]], rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows of before with the new ones where the first of the same task stood, else at the end."""
    tasks = {row["task"] for row in rows}
    at = next((i for i, row in enumerate(before) if row["task"] in tasks), len(before))
    return [*before[:at], *rows, *(row for row in before[at:] if row["task"] not in tasks)]


def _sources(sets: Sequence[str]) -> list[dict[str, Any]]:
    return [{"name": s, "licence": data.SETS[s].licence, "free": data.SETS[s].free} for s in sets]


def _licence(sets: Sequence[str]) -> str:
    closed_sets = [s for s in sets if not data.SETS[s].free]
    if not closed_sets:
        return "All data have free licences."
    return f"Trained also on {', '.join(closed_sets)}, which are not free for commercial use: so are these weights."


def _write(path: Path, card: dict[str, Any]) -> None:
    path.write_text(json.dumps(card, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
