"""The card of a model of one's own as text, in the shape of our own cards (Markdown), for its page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def card_text(card: Mapping[str, Any]) -> str:
    """What the card says, under the headings that our own cards have; words of the card are shown as words."""
    lines = [f"# {_line(card['title'])}: `{card['name']}` {card['version']}", ""]
    lines += [_line(card["summary"]), ""] if card.get("summary") else []
    lines += [
        f"A model of the laboratory's own for the role `{card['roles'][0]}` in `{card['assay']}`.",
        f"Source: {_line(card['source'])}",
        "",
        f"It is shown {card['input_px']} px at {card['mpp']:g} µm/px ({card['mpp'] * card['input_px']:.1f} µm).",
        _prepared(card),
        "",
        f"Licence: {_line(card['licence_note'])}",
        "",
    ]
    lines += ["## Classes", "", "| the net's | the examination's |", "|---|---|"]
    lines += [f"| {_cell(name)} | {_cell(card['class_map'][name])} |" for name in card["outputs"]]
    if card.get("data"):
        lines += ["", "## Data", "", "| set | licence |", "|---|---|"]
        lines += [f"| {_cell(d['name'])} | {_cell(d['licence'])} |" for d in card["data"]]
    lines += ["", "## Scores", ""]
    if card["metrics"]:
        lines += ["As its card states them; nobody here measured them.", ""]
        lines += ["| task | data | n | metric | value | 95 % |", "|---|---|---|---|---|---|"]
        lines += [
            f"| {_cell(m['task'])} | {_cell(m['dataset'])} | {m['n']} | {_cell(m['metric'])} | {m['value']:.4f} | "
            f"{m['low']:.4f}–{m['high']:.4f} |"
            for m in card["metrics"]
        ]
    else:
        lines += ["Its card states none."]
    if card.get("limits"):
        lines += ["", "## Limits", "", *(f"- {_line(limit)}" for limit in card["limits"])]
    return "\n".join(lines) + "\n"


def _prepared(card: Mapping[str, Any]) -> str:
    if card["format"] != "onnx":
        return f"Safetensors for the net of `{card['method']}`, which prepares pictures itself."
    how = card["normalisation"]
    words = f"ONNX; {how['channels']}, 0-255 divided by {how['scale']:g}"
    if any(how["mean"]) or any(one != 1 for one in how["std"]):
        mean, std = (", ".join(f"{one:g}" for one in how[name]) for name in ("mean", "std"))
        words += f", less ({mean}), divided by ({std})"
    return f"{words}; it gives {card['output']}."


def _line(text: str) -> str:
    return " ".join(text.split())


def _cell(text: str) -> str:
    return _line(text).replace("\\", "\\\\").replace("|", "\\|")
