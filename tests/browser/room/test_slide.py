"""Tools on the slide: lengths and notes, a lasso, a region, a second slide beside it, and marks by WebGL."""

from __future__ import annotations

import io
import re

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Page, expect
from scipy.ndimage import binary_dilation

from tests.browser.conftest import accessible, ask
from tests.browser.room.steps import shown_row, still
from tests.integration.stack import Stack

pytestmark = pytest.mark.browser


def test_a_length_is_measured_and_a_note_is_kept_undone_and_brought_back(room: Page) -> None:
    page = room
    page.get_by_role("button", name="Length").click()
    expect(page.locator(".viewer-hint.strong")).to_contain_text("Click one end")
    slide = page.get_by_test_id("slide")
    box = slide.bounding_box()
    assert box
    middle = box["y"] + box["height"] / 2
    page.mouse.click(box["x"] + 260, middle)
    page.mouse.click(box["x"] + 460, middle)
    note = page.get_by_role("form", name="Note")
    expect(note.locator("b")).to_have_text(re.compile(r"^\d+(\.\d+)? (µm|mm)$"))
    page.get_by_label("Text of the note").fill("Rouleaux")
    note.get_by_role("button", name="Keep").click()
    expect(page.get_by_role("button", name="Notes 1")).to_be_visible()
    page.get_by_role("button", name="Undo note").click()
    page.get_by_role("button", name="Notes 0").click()
    expect(page.get_by_label("Notes on this slide")).to_contain_text("No notes yet")
    page.get_by_role("button", name="Length").click()
    accessible(page)
    with page.expect_download() as got:
        page.get_by_role("button", name="Snapshot").click()
    picture = np.asarray(Image.open(got.value.path()).convert("RGB"))
    assert picture.shape[1] > 400 and picture.std() > 5


def drag(page: Page, points: list[tuple[float, float]]) -> None:
    page.mouse.move(*points[0])
    page.mouse.down()
    for point in points[1:]:
        page.mouse.move(*point, steps=5)
    page.mouse.up()


def test_a_lasso_chooses_the_marked_cells_it_goes_round_and_one_key_acts_on_all(room: Page) -> None:
    page = room
    page.locator(".class .name", has=page.get_by_text("Lymphocyte", exact=True)).click()
    expect(page.locator(".gallery h2")).to_contain_text("Lymphocyte")
    expect(page.locator(".picture img").first).to_be_visible()
    page.keyboard.press("Space")
    expect(page.locator(".card-picture img")).to_be_visible()
    job, row = shown_row(page)
    page.keyboard.press("g")
    page.get_by_role("button", name="×20").click()
    still(page)
    box = page.get_by_test_id("slide").bounding_box()
    assert box
    cx, cy, r = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2, 200
    page.keyboard.press("Shift+R")  # in the mirror and turned, as well
    page.keyboard.press("r")
    still(page)
    before = page.url
    page.keyboard.press("Shift+L")
    drag(page, [(cx - r, cy - r), (cx + r, cy - r), (cx + r, cy + r), (cx - r, cy + r), (cx - r, cy - r + 20)])
    expect(page.locator(".toast")).to_contain_text("chosen. A class’s key")
    assert page.url == before, "the slide has not moved"
    cells = page.locator(".gallery-scroll [data-cell]")
    n = int(page.locator(".gallery h2 b").inner_text().replace(",", ""))
    expect(page.locator(".picture.chosen")).to_have_count(n)
    assert f"r{row}" in [cells.nth(i).get_attribute("data-cell") for i in range(n)]
    page.get_by_role("button", name="Count here").click()
    expect(page.get_by_label("Counts here")).to_contain_text(re.compile(r"\d+ cells here, 0\.\d+ mm²"))
    accessible(page)
    page.keyboard.press("Backspace")
    expect(page.locator(".toast")).to_contain_text(f"{n} cell")
    rejected = [r["row"] for r in ask(page, f"/api/v1/jobs/{job}/labels/?since=0")["rows"] if r["state"] == "rejected"]
    assert len(rejected) == n and row in rejected
    page.keyboard.press("z")
    expect(page.locator(".toast")).to_contain_text("Undone")
    assert not [r for r in ask(page, f"/api/v1/jobs/{job}/labels/?since=0")["rows"] if r["state"] == "rejected"]
    page.keyboard.press("Shift+Z")
    expect(page.locator(".toast")).to_contain_text(f"Redone: rejected ({n} cell")
    page.keyboard.press("z")
    page.keyboard.press("Escape")
    expect(page.locator(".writing")).to_have_count(0)


def test_two_slides_or_analyses_are_moved_together_until_they_are_unlinked(room: Page) -> None:
    page = room
    page.keyboard.press("Shift+S")
    second = page.locator(".stage-half").nth(1)
    expect(second.locator(".scalebar")).to_be_visible()
    still(page)

    def pictures() -> tuple[np.ndarray, np.ndarray]:
        page.mouse.move(5, 5)
        page.wait_for_timeout(1500)
        halves = []
        for half in page.get_by_test_id("slide").all():
            shot = Image.open(io.BytesIO(half.screenshot())).convert("L")
            halves.append(np.asarray(shot, np.float32)[150:450, 20:300])
        return halves[0], halves[1]

    def alike() -> float:
        first, other = pictures()
        return float(np.corrcoef(first.ravel(), other.ravel())[0, 1])

    page.get_by_role("button", name="×40").first.click()
    assert alike() > 0.9, "the first leads"
    box = page.get_by_test_id("slide").nth(1).bounding_box()
    assert box
    drag(page, [(box["x"] + 150, box["y"] + 300), (box["x"] + 60, box["y"] + 200)])
    page.keyboard.press("r")
    assert alike() > 0.9, "the second leads, then the keys turn both"
    accessible(page)
    second.get_by_role("button", name="Linked").click()
    drag(page, [(box["x"] + 150, box["y"] + 300), (box["x"] + 60, box["y"] + 150)])
    assert alike() < 0.7
    second.get_by_role("button", name="Close the second slide").click()
    expect(page.locator(".stage-half")).to_have_count(1)


def test_a_drawn_region_is_analysed_beside_what_is_reported(room: Page, house: Stack) -> None:
    page = room
    job = ask(page, "/api/v1/cases/B-1/room/")["slides"][0]["job"]["id"]
    page.get_by_role("button", name="Rectangle").click()
    box = page.get_by_test_id("slide").bounding_box()
    assert box
    cx, cy = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.click(cx - 60, cy - 60)
    page.mouse.click(cx + 60, cy + 60)
    page.get_by_role("button", name="Analyse here").click()
    expect(page.locator(".toast")).to_contain_text("has been ordered")
    expect(page.locator(".region-job")).to_be_visible()
    region = next(j for j in ask(page, "/api/v1/cases/B-1/room/")["slides"][0]["jobs"] if j["region"])
    house.manage("shell", "-v", "0", "-c", f"from apps.analysis.worker import work; work('{region['id']}')")
    expect(page.locator(".region-job button")).to_contain_text("Region:")
    slide = ask(page, "/api/v1/cases/B-1/room/")["slides"][0]
    assert slide["job"]["id"] == job and [j["id"] for j in slide["jobs"] if j["reported"]] == [job]
    page.locator(".region-job button").click()
    expect(page.get_by_label("Analysis", exact=True).locator("option:checked")).to_contain_text("(region)")
    page.locator(".job-notes summary").click()
    expect(page.locator(".job-notes")).to_contain_text("Only a region of")


def test_webgl_marks_the_cells_that_the_canvas_marks(room: Page) -> None:
    page = room

    def inked() -> np.ndarray:
        page.mouse.move(5, 5)
        page.wait_for_timeout(1200)
        shot = Image.open(io.BytesIO(page.get_by_test_id("slide").screenshot())).convert("RGB")
        return np.asarray(shot, np.int16)[: shot.height * 3 // 4]  # without the minimap, which fades

    page.get_by_role("button", name="Every cell").click()
    page.get_by_role("button", name="×20").click()
    marked = inked()
    page.keyboard.press("h")
    bare = inked()
    link = page.url
    page.add_init_script(
        "new MutationObserver((_, seen) => { if (!document.documentElement) return; seen.disconnect(); "
        "document.documentElement.dataset.overlay = 'webgl' }).observe(document, {childList: true})"
    )
    page.goto("about:blank")
    page.goto(link)
    expect(page.locator(".viewer-cells-webgl[data-webgl]")).to_be_attached()
    page.get_by_role("button", name="Every cell").click()
    page.get_by_role("button", name="×20").click()
    by_card = inked()
    by_canvas, by_webgl = (np.abs(shot - bare).sum(axis=2) > 60 for shot in (marked, by_card))
    assert by_canvas.mean() > 0.01
    for ours, theirs in ((by_canvas, by_webgl), (by_webgl, by_canvas)):  # edges are smoothed in ways of their own
        near = binary_dilation(theirs, iterations=2)
        assert (ours & near).sum() / ours.sum() > 0.93


def test_the_name_beside_a_pointer_that_rests_is_that_of_a_cell_that_is_marked_now(room: Page) -> None:
    page = room
    page.locator(".class .name", has=page.get_by_text("Lymphocyte", exact=True)).click()
    expect(page.locator(".picture img").first).to_be_visible()
    page.keyboard.press("Space")
    expect(page.locator(".card h3")).to_contain_text("Lymphocyte")
    still(page)
    box = page.get_by_test_id("slide").bounding_box()
    assert box
    page.mouse.move(box["x"] + box["width"] / 2 - 2, box["y"] + box["height"] / 2)
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    tip = page.locator(".viewer-tip")
    expect(tip).to_contain_text("Lymphocyte")
    page.keyboard.press("h")
    expect(tip).to_be_hidden()
    page.keyboard.press("h")
    expect(tip).to_contain_text("Lymphocyte")
