"""An administrator uploads a model, sees it tried, switches it on and chooses it in a protocol, in a real browser."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from tests import onnxfiles as onnx
from tests.browser.conftest import accessible
from tests.integration.stack import Stack

pytestmark = pytest.mark.browser
CHECK = """
from apps.analysis.modeltrial import check
from apps.analysis.ownnames import TRIALS
for upload in TRIALS.unheld():
    check(upload)
"""


def test_a_model_is_uploaded_tried_switched_on_and_chosen(visit: Any, house: Stack, tmp_path: Path) -> None:
    at = f"http://127.0.0.1:{house.port}"
    weights, card, cut = tmp_path / "net.onnx", tmp_path / "card.json", tmp_path / "cut.onnx"
    weights.write_bytes(onnx.mean_colour(3))
    card.write_bytes(onnx.card_bytes(title="Mean colour of ward 3"))
    cut.write_bytes(onnx.mean_colour(3)[:-60])
    page = visit("ada")
    page.goto(f"{at}/models/")
    page.get_by_role("link", name="Upload a model…").click()
    accessible(page)
    page.get_by_label("Weights and card, both files together").set_input_files([str(cut), str(card)])
    page.get_by_role("button", name="Upload and check").click()
    expect(page.get_by_text("Waiting: 0 %")).to_be_visible()
    accessible(page)
    house.manage("shell", "-v", "0", "-c", CHECK)
    expect(page.get_by_text("This is not an ONNX file, whatever its name says")).to_have_count(
        2
    )  # the page reads itself again
    page.get_by_label("Weights and card, both files together").set_input_files([str(card), str(weights)])
    page.get_by_role("button", name="Upload and check").click()
    expect(page.get_by_text("Waiting: 0 %")).to_be_visible()
    house.manage("shell", "-v", "0", "-c", CHECK)
    page.get_by_role("link", name="Look at its card, and switch it on").click()
    expect(page.get_by_role("heading", name="Mean colour of ward 3")).to_be_visible()
    expect(page.get_by_role("row", name="100 cells take a bearable time yes")).to_be_visible()
    accessible(page)
    page.get_by_role("button", name="Switch on").click()
    expect(page.get_by_text("mean-colour 1 can be chosen in protocols.")).to_be_visible()
    page.goto(f"{at}/protocols/blood-film/copy/")
    page.get_by_label("Name", exact=True).fill("ward-three")
    page.get_by_label("Model for nucleated cell", exact=True).select_option(label="mean-colour 1")
    page.get_by_role("button", name="Create protocol").click()
    expect(page.get_by_text("has been created and can be ordered")).to_be_visible()
    page.goto(f"{at}/models/mean-colour/")
    page.get_by_role("button", name="Retire").click()
    page.goto(f"{at}/protocols/ward-three/")
    expect(page.get_by_role("alert")).to_contain_text("mean-colour 1, its model for nucleated cell, is retired")
    accessible(page)
    assert page.complaints == []
