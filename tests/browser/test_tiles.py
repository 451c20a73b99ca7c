"""Pan and zoom across a slide: every tile comes, no seam shows, and the colours are those that openslide shows."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from hemaview.wsi import open_slide
from tests.browser.conftest import furnished, url
from tests.integration.stack import Stack
from tests.tiffs import Dialect, halves, picture, write_tiff

pytestmark = pytest.mark.browser
SIZE = (1910, 1490)
TILE = 240


@pytest.fixture(scope="session")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A house of its own: nothing needs to be analysed here."""
    with furnished(tmp_path_factory.mktemp("tiles")) as stack:
        stack.web()
        yield stack


@pytest.fixture(scope="module")
def rgb_slide(house: Stack, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Levels 1 and 4, RGB-coded 240 px tiles with padded edges: what Aperio writes, smooth enough to show a seam."""
    path = tmp_path_factory.mktemp("rgb") / "rgb.tif"
    smooth = cv2.GaussianBlur(cv2.resize(picture(480, 380), SIZE, interpolation=cv2.INTER_CUBIC), (0, 0), 6)
    write_tiff(path, halves(smooth, 1, 4), Dialect(rgb=True, quality=92, subsampling="444", tile=TILE))
    run = house.manage("import_slide", str(path), "--case", "B-TILES", "--create", "--json")
    assert json.loads(run.stdout)["slides"][0]["tiles"] == "2 of 2 levels as stored"
    return path


def screen_pixels(page: Any) -> tuple[NDArray[np.uint8], float, float, float]:
    """The middle of the viewer as on screen, and which place of the slide it shows: centre (level-0 px), px per px."""
    page.wait_for_timeout(700)
    page.wait_for_load_state("networkidle")
    page.wait_for_timeout(300)
    box = page.locator("[data-testid=slide]").bounding_box()
    w, h = 420, 400
    left, top = round(box["x"] + box["width"] / 2 - w / 2), round(box["y"] + box["height"] / 2 - h / 2)
    raw = page.screenshot(clip={"x": left, "y": top, "width": w, "height": h})
    place = dict(part.split("=") for part in page.url.split("#")[1].split("&"))
    # The clip is laid on whole px; the viewer's centre need not be.
    dx = left + w / 2 - (box["x"] + box["width"] / 2)
    dy = top + h / 2 - (box["y"] + box["height"] / 2)
    zoom = float(place["z"]) / 40
    rgb = np.asarray(Image.open(io.BytesIO(raw)).convert("RGB"))
    return rgb, float(place["x"]) + dx / zoom, float(place["y"]) + dy / zoom, zoom


def expected(path: Path, shape: tuple[int, ...], x: float, y: float, zoom: float) -> NDArray[np.uint8]:
    h, w = shape[:2]
    level = 1 if zoom < 0.5 else 0  # the viewer takes the coarsest level with at least half a screen pixel a pixel
    with open_slide(path) as slide:
        size = slide.levels[level]
        whole = slide.read(0, 0, level, size.width_px, size.height_px)
        scale = size.width_px / slide.width_px
    x, y, zoom = x * scale, y * scale, zoom / scale
    to_slide = np.array([[1 / zoom, 0, x - w / 2 / zoom], [0, 1 / zoom, y - h / 2 / zoom]])
    # Pixel centres lie at halves on both sides.
    to_slide[:, 2] += 0.5 / zoom - 0.5
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return np.asarray(cv2.warpAffine(whole, to_slide, (w, h), flags=flags, borderMode=cv2.BORDER_REPLICATE))


def compare(page: Any, path: Path) -> None:
    rgb, x, y, zoom = screen_pixels(page)
    # Only where the slide is, two pixels from its edge.
    (left, right), (top, bottom) = (
        (max(0, round(n / 2 - c * zoom) + 2), min(n, round(n / 2 + (full - c) * zoom) - 2))
        for n, c, full in ((rgb.shape[1], x, SIZE[0]), (rgb.shape[0], y, SIZE[1]))
    )
    theirs = expected(path, rgb.shape, x, y, zoom)[top:bottom, left:right]
    rgb = rgb[top:bottom, left:right]
    difference = np.abs(rgb.astype(int) - theirs)
    assert difference.mean() < 5, (difference.mean(), zoom)
    assert np.abs(rgb.mean(axis=(0, 1)) - theirs.mean(axis=(0, 1))).max() < 1.5, "a colour step"
    for axis in (0, 1):
        line = difference.mean(axis=(axis, 2))
        assert line.max() < 4 * np.median(line) + 4, ("a seam", zoom, int(line.argmax()))


def test_a_slide_looks_as_openslide_shows_it_wherever_one_goes(visit: Any, house: Stack, rgb_slide: Path) -> None:
    page = visit("tess")
    answers: list[tuple[int, str]] = []
    page.on("response", lambda r: answers.append((r.status, r.url)) if "/tiles/" in r.url else None)
    page.goto(url(house, "/cases/B-TILES/read/#x=800&y=700&z=40"))
    page.wait_for_selector("[data-testid=slide] canvas")
    compare(page, rgb_slide)
    # Drag in every direction, zoom out and in, to the slide's far corner.
    box = page.locator("[data-testid=slide]").bounding_box()
    cx, cy = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    for dx, dy in ((-180, -40), (60, 150), (-120, -160)):
        page.mouse.move(cx, cy)
        page.mouse.down()
        page.mouse.move(cx + dx, cy + dy, steps=6)
        page.mouse.up()
        compare(page, rgb_slide)
    for key in ("×20", "×60", "×10", "×40"):
        page.get_by_role("button", name=key, exact=True).click()
        page.wait_for_timeout(600)
        compare(page, rgb_slide)
    assert len(answers) > 20 and {status for status, _ in answers} <= {200, 304}, [a for a in answers if a[0] > 304]
    # Whoever comes back fetches nothing again: addresses carry no token.
    page.reload()
    page.wait_for_selector("[data-testid=slide] canvas")
    screen_pixels(page)
    sizes = page.evaluate(
        "() => performance.getEntriesByType('resource').filter(e => e.name.includes('/tiles/')).map(e => e.transferSize)"
    )
    assert sizes and sum(size > 0 for size in sizes) <= len(sizes) // 10, sizes


def test_the_pictures_adjustments_fetch_nothing(visit: Any, house: Stack, rgb_slide: Path) -> None:
    page = visit("tess")
    page.goto(url(house, "/cases/B-TILES/read/#x=800&y=700&z=40"))
    page.wait_for_selector("[data-testid=slide] canvas")
    before, *_ = screen_pixels(page)
    urls: list[str] = []
    page.on("request", lambda r: urls.append(r.url) if "/tiles/" in r.url else None)
    page.get_by_title("Brightness, contrast, gamma, white balance").click()
    panel = page.get_by_role("region", name="Picture")
    assert "no colour profile" in panel.inner_text() and "2 of 2 levels" in panel.inner_text()
    panel.get_by_label("Brightness").fill("0.2")
    brighter, *_ = screen_pixels(page)
    assert brighter.mean() > before.mean() + 25
    panel.get_by_role("button", name="Reset").click()
    again, *_ = screen_pixels(page)
    assert np.abs(again.astype(int) - before)[:, 120:].mean() < 1  # the panel lies over the rest
    assert urls == []
