"""What a model card says of what its net is shown, of bf16 and of training on free data alone, for the card and the page."""

from __future__ import annotations

from typing import Any


def input_text(raw: dict[str, Any]) -> str:
    """The size and the scale of the pictures that the net is shown."""
    return f"{raw['input_px']} px " + (f"at {raw['mpp']} µm/px" if raw["mpp"] else "whatever their scale")


def precision_lines(raw: dict[str, Any]) -> list[str]:
    """Whether a model may run in bf16, with the figures that say so."""
    section = raw.get("precision")
    if section is None:
        return ["Precision: what bf16 costs was not measured; it runs in float32 everywhere."]
    if not section["rows"]:
        return [f"Precision: float32 everywhere, for its net takes no bf16 (`{section['command']}`)."]
    if section["bf16"]:
        what = "bf16 where the machine has it, float32 elsewhere"
    elif section.get("times_faster", 2) > 1:
        what = "float32 everywhere, for bf16 moves its answers too far"
    else:
        what = "float32 everywhere, for bf16 is no faster"
    return [
        f"Precision: {what}. Measured on the validation side by `{section['command']}`; the largest difference of a",
        f"probability was {section['largest_difference']:.3f}{_speed(section)}.",
        "",
        "| task | data | n | metric | float32 | 95 % | bf16 |",
        "|---|---|---|---|---|---|---|",
        *(
            f"| {r['task']} | {r['dataset']} | {r['n']} | {r['metric']} | {r['f32']:.4f} | {r['low']:.4f}–{r['high']:.4f} "
            f"| {r['bf16']:.4f}{'' if r['within'] else ' (outside)'} |"
            for r in section["rows"]
        ),
    ]


def _speed(section: dict[str, Any]) -> str:
    """How much faster the measuring machine was in bf16, where it had it."""
    times = section.get("times_faster")
    return f", and float32 took {times} times as long as bf16 where that was measured" if times else ""


def free_lines(raw: dict[str, Any]) -> list[str]:
    """What the model is worth trained on data with free licences alone; nothing where all of its data have one."""
    variant = raw.get("free_variant")
    free = [d["name"] for d in raw["data"] if d.get("free", True)]
    if len(free) == len(raw["data"]):
        return []
    if variant is None:
        if not free:
            return ["None of its data has a free licence: there is no variant on free data."]
        return [f"A variant trained on free data alone ({', '.join(free)}) was not measured."]
    return [
        f"Trained on free data alone ({', '.join(variant['sets'])}), for its scores and not shipped, by",
        f"`{variant['command']}`:",
        "",
        "| task | data | split | n | metric | value | 95 % |",
        "|---|---|---|---|---|---|---|",
        *(
            f"| {m['task']} | {m['dataset']} | {m['split']} | {m['n']} | {m['metric']} | {m['value']:.4f} "
            f"| {m['low']:.4f}–{m['high']:.4f} |"
            for m in variant["metrics"]
        ),
    ]
