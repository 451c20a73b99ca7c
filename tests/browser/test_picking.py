"""Nucleated red cells are confirmed, given their HbF and taken along as a list and a map, in a real browser."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import expect

from hemaview.wsi.syntheticfields import draw_field
from tests.browser.conftest import accessible
from tests.integration.stack import Stack

pytestmark = pytest.mark.browser


def test_a_technologist_confirms_a_candidate_says_its_hbf_and_takes_the_list(
    visit: Any, house: Stack, tmp_path: Path
) -> None:
    picture = tmp_path / "block.png"
    Image.fromarray(draw_field("block")).save(picture)
    run = house.manage(
        "import_slide", str(picture), "--case", "B-PICK", "--create", "--specimen", "cell-block", "--mpp", "0.25", "--user",
        "tess", "--json",
    )  # fmt: skip
    slide = json.loads(run.stdout)["slides"][0]["id"]
    house.manage("analyse", slide, "--protocol", "cell-block-nrbc", "--local", "--user", "tess")
    page = visit("tess")
    page.goto(f"http://127.0.0.1:{house.port}/cases/B-PICK/")
    page.get_by_role("link", name="Picking").click()
    expect(page.get_by_role("heading", name="Candidates for picking: B-PICK")).to_be_visible()
    accessible(page)
    first = page.locator("table.picking tbody tr").first
    expect(first.locator("img")).to_be_visible()
    first.get_by_role("button", name="Confirm candidate 1", exact=True).click()
    first = page.locator("table.picking tbody tr").first
    expect(first).to_contain_text("confirmed by Tess")
    first.get_by_label("HbF of candidate 1", exact=True).select_option("positive")
    first.get_by_role("button", name="Save HbF of candidate 1").click()
    expect(page.locator(".facts-grid")).to_contain_text("1 positive, 0 negative, 0 not done, 0 open")
    second = page.locator("table.picking tbody tr").nth(1)
    second.get_by_role("button", name="Exclude candidate 2").click()
    expect(page.locator("table.picking tbody tr").nth(1)).to_contain_text(re.compile("excluded by Tess"))
    accessible(page)
    with page.expect_download() as table:
        page.get_by_role("link", name="List as CSV").click()
    lines = Path(table.value.path()).read_text(encoding="utf-8-sig").splitlines()
    assert "confirmed" in lines[1]
    assert "positive" in lines[1]
    with page.expect_download() as download:
        page.get_by_role("link", name="Map to print").click()
    assert download.value.suggested_filename.endswith("-draft-picking.svg")
    assert page.complaints == []
