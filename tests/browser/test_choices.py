"""A file of several slides is chosen from on the case page, in a real browser."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import tifffile
from playwright.sync_api import expect

from tests.apps.test_imports import film
from tests.browser.conftest import accessible
from tests.integration.stack import Stack

pytestmark = pytest.mark.browser


def test_a_file_of_several_series_offers_them_and_each_becomes_a_slide(
    visit: Any, house: Stack, tmp_path: Path
) -> None:
    path = tmp_path / "two.ome.tif"
    with tifffile.TiffWriter(path) as out:
        for seed, h in ((1, 512), (2, 480)):
            out.write(film(seed, h), photometric="rgb", metadata={"axes": "YXS", "Name": f"spot {seed}"})
    page = visit("tess")
    page.goto(f"http://127.0.0.1:{house.port}/cases/B-1/")
    there = page.locator("ul.slides > li").count()
    page.locator("input[type=file]").first.set_input_files(path)
    page.get_by_role("button", name="Upload").click()
    choice = page.get_by_label("Bring in")
    expect(choice).to_have_value("1")
    expect(page.get_by_text("These files hold 2 slides")).to_be_visible()
    accessible(page)
    choice.select_option("each as a slide of its own")
    page.get_by_role("button", name="Bring in").click()
    expect(page.locator("ul.slides > li")).to_have_count(there + 2)
    expect(page.get_by_role("heading", name="two.ome, series 2")).to_be_visible()
    assert page.complaints == []
