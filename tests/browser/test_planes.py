"""Focal planes in a real browser: a slider and two keys, tiles of the plane, the view and the marks where they were."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.apps.test_planes import ome_stack
from tests.browser.conftest import accessible, furnished
from tests.integration.stack import Stack

pytestmark = pytest.mark.browser
_MIDDLE = """() => {
  const slide = document.querySelector(".viewer-slide .openseadragon-canvas canvas:not(.viewer-cells, .viewer-cells-webgl)");
  const copy = new OffscreenCanvas(slide.width, slide.height), at = copy.getContext("2d");
  at.drawImage(slide, 0, 0);
  const { data } = at.getImageData(slide.width / 2 - 60, slide.height / 2 - 60, 120, 120);
  return data.filter((_, i) => i % 4 < 3).reduce((sum, v) => sum + v, 0) / (data.length * 0.75);
}"""
"""Mean brightness of the slide in the middle of the view."""


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    folder: Path = tmp_path_factory.mktemp("planes")
    with furnished(folder) as stack:
        run = stack.manage(
            "import_slide", str(ome_stack(folder / "z.ome.tif")), "--case", "B-1", "--user", "tess", "--json"
        )
        assert json.loads(run.stdout)["slides"][0]["status"] == "ready"
        stack.web()
        yield stack


def test_a_reader_moves_through_the_focal_planes_and_the_view_stays(visit: Any, house: Stack) -> None:
    page = visit("tess")
    urls: list[str] = []
    page.on("request", lambda request: urls.append(request.url))
    page.goto(f"http://127.0.0.1:{house.port}/cases/B-1/read/")
    control = page.get_by_role("group", name="Focal plane")
    expect(control).to_contain_text("1 of 3")
    expect(control).to_contain_text("analysed: cells and counts are of this plane")
    page.get_by_role("button", name="×40").click()
    page.wait_for_load_state("networkidle")
    page.wait_for_timeout(600)
    where = page.url
    sharp = page.evaluate(_MIDDLE)
    assert sharp > 60 and not any("/z2/" in url for url in urls)

    page.keyboard.press(".")
    expect(control).to_contain_text("2 of 3 · +1.5 µm")
    expect(control).to_contain_text("cells and counts are of plane 1")
    page.wait_for_function(f"() => Math.abs(({_MIDDLE})() / {sharp} - 0.8) < 0.1")
    assert any("/z2/" in url for url in urls) and page.url == where
    accessible(page)

    control.get_by_role("slider").fill("2")
    expect(control).to_contain_text("3 of 3 · +3 µm")
    page.wait_for_function(f"() => Math.abs(({_MIDDLE})() / {sharp} - 0.6) < 0.1")
    page.keyboard.press(",")
    page.keyboard.press(",")
    page.keyboard.press(",")  # at the first one it stays
    expect(control).to_contain_text("1 of 3")
    page.wait_for_function(f"() => Math.abs(({_MIDDLE})() / {sharp} - 1) < 0.05")
    assert page.complaints == []


_OVER_THE_MINIMAP = """() => {
  const box = (e) => e.getBoundingClientRect();
  const map = box(document.querySelector(".viewer .navigator"));
  return [...document.querySelectorAll(".planes, .viewer-foot > *, .objectives, .viewer-hint, .tools, .here-box")]
    .filter((e) => box(e).width && box(e).left < map.right && box(e).right > map.left
      && box(e).top < map.bottom && box(e).bottom > map.top)
    .map((e) => e.className);
}"""
"""What lies over the minimap, by class."""


@pytest.mark.parametrize(("width", "height"), [(1024, 700), (1440, 900), (820, 1180)])
def test_nothing_lies_over_the_minimap(visit: Any, house: Stack, width: int, height: int) -> None:
    page = visit("tess")
    page.set_viewport_size({"width": width, "height": height})
    page.goto(f"http://127.0.0.1:{house.port}/cases/B-1/read/")
    expect(page.get_by_role("group", name="Focal plane")).to_contain_text("1 of 3")
    page.keyboard.press(".")  # the longest words that the control says
    expect(page.get_by_role("group", name="Focal plane")).to_contain_text("cells and counts are of plane 1")
    page.wait_for_function(
        "() => document.querySelector('.viewer .navigator canvas')?.getBoundingClientRect().width > 20"
    )
    assert page.evaluate(_OVER_THE_MINIMAP) == []
