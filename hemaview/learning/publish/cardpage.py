"""A model's card as people read it, in Markdown."""

from __future__ import annotations

from typing import Any

from hemaview.methods.cardtext import free_lines, input_text, precision_lines
from hemaview.methods.registry import METHODS

_COLOURS = ("red", "green", "blue")
TRIED = "tried"
"""The version of what is not shipped."""


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
