"""Turn a finished training into a model: calibrated on val, half precision, a card with measured scores; and ship it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from shutil import copyfile
from typing import Any

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from torch import nn

from hemaview.cells.store import sha256_of
from hemaview.inference.filmstatistics import STRANGE_FILMS
from hemaview.inference.pictures import as_learned, rescale, softmax, turned
from hemaview.learning.engine.classify import predict
from hemaview.learning.engine.course import device
from hemaview.learning.experiment import Experiment
from hemaview.learning.metrics.score import Score, best_temperature, threshold_between
from hemaview.learning.publish.conformal import fit_logits, least_of
from hemaview.learning.publish.traininglooks import ground_learned, stains_learned
from hemaview.learning.recipes.film import ALWAYS, NUCLEATED, SHAPE_CROP_PX, SHAPES, Log, Training
from hemaview.learning.recipes.trainings import TRAININGS, training_of
from hemaview.learning.scoring.evaluate import evaluate
from hemaview.learning.sets import data
from hemaview.methods import card as modelcard
from hemaview.methods.cardtext import free_lines, input_text, precision_lines
from hemaview.methods.registry import METHODS
from hemaview.wsi.colour import Colour, policy

NRBC_KEPT = {"pbc": (0.995, 0.997, 0.5), "jhu-aml": (0.95, 0.98, 0.0)}
"""Sensitivity and specificity that a threshold for erythroblasts keeps on val, and where among those it lies: in blood
without disease nearly every call is a false one, in leukaemia a nucleated red cell missed costs more than one more cell to
look at."""
BLOOD = {"pbc": "no disease of the blood", "jhu-aml": "acute leukaemia"}
"""What their patients have."""
_COLOURS = ("red", "green", "blue")
TRIED = "tried"
"""The version of what is not shipped."""


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
        least_of(training, _net(name, weights), temperature, learned_from)
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


def calibrated(
    name: str,
    state: dict[str, torch.Tensor],
    weights: Path,
    experiment: Experiment,
    log: Log,
    ground: Sequence[float] = (),
) -> tuple[float, dict[str, float], dict[str, Any]]:
    """Write `state` to `weights` in half precision; its temperature, its thresholds and what of both is another for blood
    like that of one set, all set on the validation side; 1 and none where there is no such side."""
    training = TRAININGS[name]
    classes = training.classes
    half = {k: v.half() if v.is_floating_point() and "running_var" not in k else v for k, v in state.items()}
    save_file(half, weights)
    temperature, thresholds, by_blood = 1.0, dict[str, float](), dict[str, Any]()
    pools = training.validation_pools(experiment) if training.validation_pools is not None else []
    if pools:
        net = _net(name, weights)
        logits = [
            np.mean([_answers(net, turned(images, v), training) for v in range(training.views)], axis=0)
            for images in (_as_shown(name, p.images, ground) for p in pools)
        ]
        temperature = best_temperature(np.concatenate(logits), np.concatenate([p.allowed for p in pools]))
        log(f"temperature {temperature:.3f}")
        if training.classes == NUCLEATED:
            nrbc = classes.index("erythroblast")
            there = [dataset for dataset in NRBC_KEPT if data.has(experiment, dataset, "val")]
            for dataset, pool, z in zip(there, pools, logits, strict=False):
                own = temperature if dataset == "pbc" else round(best_temperature(z, pool.allowed), 4)
                p, is_one = softmax(z / own)[:, nrbc], np.asarray(pool.allowed[:, nrbc])
                threshold = threshold_between(p, is_one, *NRBC_KEPT[dataset])
                by_blood[dataset] = {
                    "blood": BLOOD[dataset],
                    "temperature": own,
                    "thresholds": {"erythroblast": threshold},
                }
            thresholds = by_blood.pop("pbc", {}).get("thresholds", {})
    if training.shift:
        by_blood[STRANGE_FILMS] = {
            "blood": "films stained unlike those that a net learned from",
            "temperature": round(temperature, 4),
            "thresholds": {},
            "shift": training.shift,
        }
    if training.thresholds is not None:
        thresholds |= training.thresholds(_net(name, weights), experiment)
    return round(temperature, 4), thresholds, by_blood


def _answers(net: nn.Module, images: Any, training: Training) -> Any:
    """Logits of pictures of one set, by the net made fit for them where it adapts."""
    if not training.adapts:
        return predict(net, images, training.input_px)
    x = torch.from_numpy(np.ascontiguousarray(images)).permute(0, 3, 1, 2).float()
    return fit_logits(net, x, training.adapts)


def _net(name: str, weights: Path) -> nn.Module:
    """The net with `weights` of its own, over those of its base where it has one."""
    method = METHODS[name]
    state = load_file(weights)
    net = method.build(len(TRAININGS[name].classes))
    net.load_state_dict({k: v.float() if v.is_floating_point() else v for k, v in state.items()})
    return net.eval().to(device())


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


def markdown(card: dict[str, Any]) -> str:
    """The card as people read it."""
    method = METHODS[card["name"]]
    lines = [
        f"# {card['title']}: `{card['name']}` {card['version']}",
        "",
        f"Research use only. {_stand_in(card)}{method.summary}",
        "",
        f"- Source: {method.source}",
        f"- Shown: {input_text(card)}, colours {card['colour_policy']}",
        *_ground(card),
        f"- Classes: {', '.join(card['classes'])}",
        f"- Parameters: {card['parameters']:,}",
        f"- Calibration: {_calibration(card)}",
        *(
            f"- For {own['blood']}, and in the scores on {dataset}: {_calibration(own)}"
            for dataset, own in card.get("calibrated_on", {}).items()
        ),
        *_stain_lines(card),
        f"- sha256 of the weights: `{card['sha256']}`",
        "",
        "## Data",
        *[f"- {d['name']}: {d['licence']}" for d in card["data"]],
        "",
        f"Split: {card['split']}. {card['licence_note']}",
        "",
        f"Trained by `{card['command']}`.",
        "",
        "## Scores (95 % bootstrap interval)",
        *_score_lines(card),
        "",
        *precision_lines(card),
        "",
        *_operating_lines(card),
        *(line for line in (*free_lines(card), "") if free_lines(card)),
        "## Limits",
        *[f"- {limit}" for limit in card["limits"]],
        "",
    ]
    return "\n".join(lines)


def _stand_in(card: dict[str, Any]) -> str:
    """The limit that says what stands for the paper's own data, to be read first."""
    first = next((limit for limit in card["limits"] if limit.startswith("Stand-in")), "")
    return f"Stand-in: {first.partition(': ')[2]} " if first else ""


def _calibration(card: dict[str, Any]) -> str:
    lower_limits = "; ".join(f"{name.replace('_', ' ')} from {p} on" for name, p in card["thresholds"].items())
    line = f"temperature {card['temperature']}; called so though another class is likelier: {lower_limits or 'none'}"
    upper_limits = "; ".join(f"{name.replace('_', ' ')} below {p}" for name, p in card.get("called_from", {}).items())
    return f"{line}; not called so, the next likely class is: {upper_limits}" if upper_limits else line


def _operating_lines(card: dict[str, Any]) -> list[str]:
    """What each recall costs, and what set it."""
    points = card.get("operating_points")
    if not points:
        return []
    return [
        "## Operating points",
        f"Set on {points[0]['data']} by `python manage.py operating_points {card['name']} --data DATA`; a protocol's setting "
        "`recall` takes the first that keeps it.",
        "",
        "| recall | called from | false calls per 100 other nucleated cells |",
        "|---|---|---|",
        *(f"| {p['recall']} | {p['threshold']} | {p['false_per_100']} |" for p in points),
        "",
    ]


def _ground(card: dict[str, Any]) -> list[str]:
    """Whether, and which, pictures are shown with another ground."""
    if "ground" not in card:
        return []
    rgb_text = ", ".join(f"{value:.0f} {colour}" for value, colour in zip(card["ground"], _COLOURS, strict=True))
    if "grounds" not in card:
        return [f"- Ground of every picture brought to {rgb_text} (of 255)"]
    within = ", ".join(
        f"{min(levels):.0f}-{max(levels):.0f} {colour}"
        for *levels, colour in zip(*card["grounds"], _COLOURS, strict=True)
    )
    n = len(card["grounds"])
    return [
        f"- Ground of a picture, where like none of the {n} learned from ({within}), brought to {rgb_text} (of 255)"
    ]


def _stain_lines(card: dict[str, Any]) -> list[str]:
    if "stains" not in card:
        return []
    return [
        f"- Nuclei it learned from: {low} to {high} of their optical density is in {colour}"
        for colour, low, high in zip(_COLOURS, *card["stains"], strict=True)
    ]


def _score_lines(card: dict[str, Any]) -> list[str]:
    if not card["metrics"]:
        return ["None: the data have no test side that it is measured on."]
    return [
        f"Measured by `python manage.py evaluate {card['name']} --data DATA --split test`."
        if card["version"] != TRIED
        else "Measured on test by the training.",
        "",
        "| task | data | split | n | metric | value | 95 % |",
        "|---|---|---|---|---|---|---|",
        *[
            f"| {m['task']} | {m['dataset']} | {m['split']} | {m['n']} | {m['metric']} | {m['value']:.4f} "
            f"| {m['low']:.4f}-{m['high']:.4f} |"
            for m in card["metrics"]
        ],
    ]


def _sources(sets: Sequence[str]) -> list[dict[str, Any]]:
    return [{"name": s, "licence": data.SETS[s].licence, "free": data.SETS[s].free} for s in sets]


def _licence(sets: Sequence[str]) -> str:
    closed_sets = [s for s in sets if not data.SETS[s].free]
    if not closed_sets:
        return "All data have free licences."
    return f"Trained also on {', '.join(closed_sets)}, which are not free for commercial use: so are these weights."


def _as_shown(name: str, images: Any, ground: Sequence[float]) -> Any:
    """Val pictures as `Classifier.classify` shows them: on the `ground` that was learned, and Chula's 72 px squares enlarged;
    the other sets are at their model's scale already."""
    if ground:
        images = np.stack([as_learned(np.ascontiguousarray(i), ground) for i in images])
    if "chula-rbc12" not in TRAININGS[name].sets or TRAININGS[name].classes != SHAPES:
        return images
    return np.stack([rescale(np.ascontiguousarray(i), TRAININGS[name].input_px / SHAPE_CROP_PX) for i in images])


def _write(path: Path, card: dict[str, Any]) -> None:
    path.write_text(json.dumps(card, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
