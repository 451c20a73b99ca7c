"""A model that an installed package brings is asked like our own; what does not fit is left out with a sentence."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import torch
from safetensors.torch import save_file

from hemaview.cells.store import sha256_of

ROOT = Path(__file__).parents[2]
MODULE = """
import torch
from torch import nn
from hemaview.methods.method import Method


class StainMean(nn.Module):
    def __init__(self, classes):
        super().__init__()
        self.last = nn.Linear(3, classes)

    def forward(self, x):
        return self.last(x.float().mean(dim=(2, 3)) / 255)


METHOD = Method("stain-mean", "Mean stain", "classification", "Names a cell by its mean colour.", "Nobody.", StainMean)
"""
ASK = """
import json, numpy as np
from hemaview.methods.installed import methods_and_faults
from hemaview.methods.card import cards
from hemaview.inference import Classifier, load_as
red = np.zeros((2, 16, 16, 3), np.uint8); red[0, ..., 0] = 250; red[1, ..., 2] = 250
net = load_as(Classifier, "stain-mean")
print(json.dumps({"classes": net.info.classes, "called": net.classify_crops(red).argmax(axis=1).tolist(),
                  "own": cards()["nucleated-cell-net"].version, "wrong": methods_and_faults()[1],
                  "text": cards()["stain-mean"].text}))
"""


def package(folder: Path, name: str, module: str, card: dict[str, object] | None) -> None:
    home = folder / name
    home.mkdir()
    (home / "__init__.py").write_text(module)
    if card is not None:
        weights = {"last.weight": torch.tensor([[9.0, 0, 0], [0, 0, 9.0]]), "last.bias": torch.zeros(2)}
        save_file(weights, home / "w.safetensors")
        (home / "card.json").write_text(json.dumps({**card, "sha256": sha256_of(home / "w.safetensors")}))
        (home / "card.md").write_text("# Mean stain")
    about = folder / f"{name}-1.dist-info"
    about.mkdir()
    (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1\n")
    (about / "entry_points.txt").write_text(f"[hemaview.methods]\n{name} = {name}\n")


def test_a_packages_model_is_asked_like_our_own_and_what_does_not_fit_is_said(tmp_path: Path) -> None:
    card: dict[str, object] = {
        "name": "stain-mean", "version": "3", "classes": ["reddish", "bluish"], "mpp": 0.2, "input_px": 16,
        "weights": "w.safetensors", "licence_note": "MIT",
    }  # fmt: skip
    package(tmp_path, "stainmean", MODULE, card)
    package(tmp_path, "broken", "raise RuntimeError('no such library')", None)
    package(tmp_path, "cardless", MODULE, None)
    package(tmp_path, "other", MODULE, {**card, "name": "another"})
    package(tmp_path, "pickled", MODULE, {**card, "weights": "w.pt"})
    environment = {
        **os.environ,
        "PYTHONPATH": f"{ROOT}{os.pathsep}{tmp_path}",
        "DJANGO_SETTINGS_MODULE": "hemaview.config.settings.test",
    }
    process = subprocess.run([sys.executable, "-c", ASK], env=environment, text=True, capture_output=True, check=True)
    answer = json.loads(process.stdout.splitlines()[-1])
    assert answer["classes"] == ["reddish", "bluish"] and answer["called"] == [0, 1]
    assert answer["own"] and answer["text"] == "# Mean stain"
    reasons = dict(zip(("broken", "cardless", "other", "pickled"), answer["wrong"], strict=True))
    assert "no such library" in reasons["broken"] and "no readable card.json" in reasons["cardless"]
    assert "its card is of another" in reasons["other"] and "no weights w.pt (safetensors)" in reasons["pickled"]
    checked = subprocess.run(
        [sys.executable, "manage.py", "check"], cwd=ROOT, env=environment, text=True, capture_output=True
    )
    assert checked.returncode == 0 and "model pickled is left out" in checked.stderr
