"""A card is taken in the words of our own cards, and what it lacks or says wrongly is refused by key."""

from __future__ import annotations

import json
from typing import Any

import pytest

from hemaview.methods.own.cardfile import NEEDED, OTHER_ROLES, ROLES, checked_card, read_card
from hemaview.methods.own.errors import OwnModelError
from hemaview.methods.own.weights import ONNX, SAFETENSORS
from tests.onnxfiles import card

EXAMINATIONS = {
    "blood_film": {
        "segmented_neutrophil": "nucleated", "lymphocyte": "nucleated", "monocyte": "nucleated", "artefact": "other",
        "platelet": "platelet", "normal": "red_cell", "schistocyte": "red_cell",
    }
}  # fmt: skip
TOML = """
name = "our-net"
version = 2
title = "Our net"
roles = ["red-cell-shape"]
assay = "blood_film"
classes = ["RBC", "helmet"]
class_map = { RBC = "normal", helmet = "schistocyte" }
mpp = 0.14
input_px = 96
output = "logits"
licence_note = "CC BY 4.0"
source = "Our laboratory, 2026"
limits = ["Learned from one stain."]
thresholds = { schistocyte = 0.9 }

[normalisation]
scale = 255
mean = [0.5, 0.5, 0.5]
std = [0.25, 0.25, 0.25]
channels = "BGR"

[[data]]
name = "our films"
licence = "ours"

[[metrics]]
task = "red-cell shapes"
dataset = "our films"
metric = "accuracy"
n = 200
value = 0.91
low = 0.86
high = 0.945
"""


def metric(**changes: Any) -> dict[str, Any]:
    """A card's change: one score, that of `changes`."""
    score = {"task": "t", "dataset": "d", "metric": "accuracy", "n": 9, "value": 0.93, "low": 0.9, "high": 0.95}
    return {"metrics": [{**score, **changes}]}


def refusal(changes: dict[str, Any], kind: str = ONNX) -> OwnModelError:
    with pytest.raises(OwnModelError) as refused:
        checked_card(card(**changes), kind, EXAMINATIONS)
    assert refused.value.message.endswith(".") and len(refused.value.message) < 300
    return refused.value


def test_a_score_that_is_no_share_has_any_numbers_and_titles_any_script() -> None:
    answer = checked_card(card(**metric(metric="cells_per_second", value=93, low=90, high=95)), ONNX, EXAMINATIONS)
    assert answer["metrics"][0]["value"] == 93
    assert checked_card(card(title="כדוריות דם לבנות"), ONNX, EXAMINATIONS)["title"] == "כדוריות דם לבנות"


def test_a_card_in_toml_keeps_what_it_says_and_names_the_examinations_classes() -> None:
    answer = checked_card(read_card(TOML.encode(), "card.toml"), ONNX, EXAMINATIONS)
    assert answer["outputs"] == ["RBC", "helmet"] and answer["classes"] == ["normal", "schistocyte"]
    assert (
        answer["version"] == "2" and answer["own"] and answer["format"] == ONNX and answer["metrics"][0]["low"] == 0.86
    )
    assert answer["normalisation"]["channels"] == "BGR" and answer["data"] == [
        {"name": "our films", "licence": "ours", "free": True}
    ]
    assert json.loads(json.dumps(answer)) == answer


def test_outputs_may_share_a_class_but_not_all_of_them() -> None:
    both = {"segmented_neutrophil": "monocyte", "lymphocyte": "monocyte"}
    assert checked_card(card(class_map={"lymphocyte": "monocyte"}), ONNX, EXAMINATIONS)["classes"] == [
        "segmented_neutrophil", "monocyte",
    ]  # fmt: skip
    assert refusal({"class_map": both}).code == "unknown-class"


@pytest.mark.parametrize("key", [*NEEDED, "output", "normalisation"])
def test_each_missing_key_is_named(key: str) -> None:
    assert refusal({key: None}).code == "card-incomplete" and f" {key}," in refusal({key: None}).message.replace(
        ";", ","
    )


@pytest.mark.parametrize(
    ("changes", "code", "words"),
    [
        ({"classes": ["NEUT", "lymphocyte"]}, "unknown-class", "NEUT is not one that nucleated-cell names in blood_film"),
        ({"classes": ["normal", "lymphocyte"]}, "unknown-class", "map it in class_map to artefact, lymphocyte"),
        ({"class_map": {"lymphocyte": "B cell"}}, "unknown-class", "mapped to B cell"),
        ({"class_map": {"NEUT": "monocyte"}}, "card-wrong", "class_map maps NEUT"),
        ({"assay": "urine"}, "unknown-examination", "there are: blood_film"),
        ({"roles": ["segmentation"]}, "role-not-taken", "the role segmentation; you can for nucleated-cell or red-cell-shape"),
        ({"roles": ["oracle"]}, "role-not-taken", "a role called oracle"),
        ({"roles": list(ROLES)}, "role-not-taken", "fills one role"),
        ({"task": "detection"}, "role-not-taken", "a model for detection"),
        ({"colour": "blue"}, "card-unknown-key", "has colour"),
        ({"adapts": {"layers": 3}}, "card-unknown-key", "has adapts"),
        ({"mpp": 0.5, "input_px": 1024}, "card-wrong", "512.0 µm wide"),
        ({"mpp": True}, "card-wrong", "mpp must be a number"),
        ({"mpp": float("nan")}, "card-wrong", "mpp must be a number"),
        ({"input_px": 32.5}, "card-wrong", "whole number"),
        ({"name": "../escape"}, "card-wrong", "small letters"),
        ({"version": "1/2"}, "card-wrong", "a version such as"),
        ({"title": "a\0b"}, "card-wrong", "title must be a text"),
        ({"title": "\ud800"}, "card-wrong", "title must be a text"),
        ({"classes": ["lymphocyte", "lymphocyte"]}, "card-wrong", "without duplicates"),
        ({"classes": "lymphocyte"}, "card-wrong", "a list of 2 to"),
        ({"normalisation": {"mean": [0, 0, 0]}}, "card-wrong", "a table with scale"),
        ({"normalisation": {"scale": 255, "std": [1, 1, 0]}}, "card-wrong", "std"),
        ({"thresholds": {"blast": 0.5}}, "card-wrong", "which the model does not name"),
        ({"metrics": [{"task": "t", "dataset": "d", "metric": "accuracy", "value": 1}]}, "card-wrong", "lacks n, low and high"),
        (metric(value=0.8), "card-wrong", "accuracy of d must be a value within its interval"),
        (metric(high=0.92), "card-wrong", "accuracy of d must be a value within its interval"),
        (metric(value=93, low=90, high=95), "card-wrong", "a share from 0 to 1, its low and high too (0.93, not 93)"),
        (metric(high=1.01), "card-wrong", "a share from 0 to 1"),
        (metric(low=-0.1, metric="macro_f1"), "card-wrong", "a share from 0 to 1"),
        (metric(value=float("inf"), high=float("inf")), "card-wrong", "value must be a number"),
        ({"title": "\u200b\u2060"}, "card-wrong", "visible characters"),
        ({"title": "\u3164"}, "card-wrong", "visible characters"),
        ({"title": "White \u202ecells"}, "card-wrong", "title must be a text without characters that change"),
        ({"limits": ["One \u2067 scanner"]}, "card-wrong", "without characters that change"),
        ({"output": "softmax"}, "card-wrong", "logits or probabilities"),
        ({"sha256": "abc"}, "card-wrong", "64 hexadecimal"),
    ],
)  # fmt: skip
def test_what_cannot_be_taken_is_refused_by_key(changes: dict[str, Any], code: str, words: str) -> None:
    refused = refusal(changes)
    assert refused.code == code and words in refused.message


def test_every_role_that_cannot_be_handed_in_is_refused_by_its_name() -> None:
    for role in OTHER_ROLES:
        assert f"the role {role};" in refusal({"roles": [role]}).message


def test_safetensors_need_a_method_and_take_no_output() -> None:
    assert refusal({"output": None, "normalisation": None}, SAFETENSORS).code == "card-incomplete"
    assert refusal({"method": "elmanna-b0"}, SAFETENSORS).code == "card-unknown-key"
    plain = card(method="elmanna-b0", output=None, normalisation=None)
    assert checked_card(plain, SAFETENSORS, EXAMINATIONS)["method"] == "elmanna-b0"


@pytest.mark.parametrize(
    ("raw", "name", "code"),
    [
        (b"{}", "card.yaml", "no-card"), (b"[1]", "card.json", "card-unreadable"), (b"{", "card.json", "card-unreadable"),
        (b"a = ", "card.toml", "card-unreadable"), (b"\xff\xfe", "card.json", "card-unreadable"),
        (b'{"mpp": NaN}', "card.json", "card-unreadable"), (b"[" * 200_000, "card.json", "card-unreadable"),
        (b" " * 300_000, "card.json", "card-too-large"),
    ],
)  # fmt: skip
def test_what_is_no_card_is_refused(raw: bytes, name: str, code: str) -> None:
    with pytest.raises(OwnModelError) as refused:
        read_card(raw, name)
    assert refused.value.code == code and refused.value.message.endswith(".")
