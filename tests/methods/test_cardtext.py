"""Lines of a card: free data, what bf16 costs, the scale of pictures."""

from __future__ import annotations

from hemaview.methods.cardtext import free_lines, input_text, precision_lines


def test_a_card_tells_of_free_data_only_where_its_data_differ() -> None:
    free, closed = {"name": "pbc", "free": True}, {"name": "jhu-aml", "free": False}
    assert free_lines({"data": [free]}) == []
    assert free_lines({"data": [free, closed]}) == ["A variant trained on free data alone (pbc) was not measured."]
    assert "None of its data has a free licence" in free_lines({"data": [closed]})[0]


def test_a_card_tells_what_bf16_costs() -> None:
    assert "was not measured" in precision_lines({})[0]
    figures = {"n": 9, "f32": 0.9, "low": 0.8, "high": 1.0, "bf16": 0.7, "within": False}
    row = {"task": "t", "dataset": "d", "metric": "dice", **figures}
    section = {"bf16": False, "largest_difference": 0.25, "command": "c", "rows": [row]}
    text = "\n".join(precision_lines({"precision": section}))
    assert "float32 everywhere" in text and "0.250" in text and "0.7000 (outside)" in text
    assert "bf16 where the machine has it" in precision_lines({"precision": {**section, "bf16": True}})[0]


def test_a_model_without_a_scale_names_none() -> None:
    assert input_text({"input_px": 128, "mpp": 0.2}) == "128 px at 0.2 µm/px"
    assert input_text({"input_px": 80, "mpp": 0.0}) == "80 px whatever their scale"
