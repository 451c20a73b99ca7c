"""Cells that a person adds: where they lie however the slide is turned, where they count, their card, and the way back."""

from __future__ import annotations

import io
import re
from typing import Any

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from tests.browser.conftest import accessible, ask, url
from tests.browser.room.steps import shown_row, still
from tests.integration.stack import Stack

pytestmark = pytest.mark.browser
SELECTED = (214, 0, 108)
"""Colour of the chosen cell's outline."""


def inside(field: Any, cell: Any) -> bool:
    """Well within a field, so that a px beside the cell's centre is in it as well."""
    dx, dy = cell["x"] - field["x"], cell["y"] - field["y"]
    return bool(8 < dx < field["w"] - 8 and 8 < dy < field["h"] - 8)


def free_place(page: Page, job: str, field: Any) -> tuple[float, float]:
    """A place of a field where no cell lies."""
    cells = ask(page, f"/api/v1/jobs/{job}/gallery/?limit=20000")["rows"]
    at = np.array([[c["x"], c["y"]] for c in cells])
    grid = [
        (field["x"] + field["w"] * i / 20, field["y"] + field["h"] * j / 20) for i in range(3, 18) for j in range(3, 18)
    ]
    return max(grid, key=lambda place: float(np.hypot(*(at - place).T).min()))


def test_marks_clicks_and_added_cells_stay_on_their_cells_at_every_angle(room: Page) -> None:
    page = room
    page.keyboard.press("Space")
    expect(page.locator(".card-picture img")).to_be_visible()
    job, row = shown_row(page)
    fields = [f for f in ask(page, f"/api/v1/jobs/{job}/regions/")["fields"] if f["used"]]
    cell = ask(page, f"/api/v1/jobs/{job}/cells/{row}/")
    while not any(inside(f, cell) for f in fields):
        page.keyboard.press("ArrowRight")
        expect(page.locator(".card-picture img")).not_to_have_attribute("src", re.compile(f"/cells/{row}/"))
        row = shown_row(page)[1]
        cell = ask(page, f"/api/v1/jobs/{job}/cells/{row}/")
    box = page.locator("[data-testid=slide]").bounding_box()
    assert box
    cx, cy = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    for turn in range(8):
        if turn == 4:
            page.keyboard.press("Shift+R")
        page.keyboard.press("r")
        page.keyboard.press("g")
        still(page)
        # The cell lies in the middle now, whatever the angle; by hand it goes where the pointer goes.
        page.mouse.move(cx, cy)
        page.mouse.down()
        page.mouse.move(cx + 90, cy - 70, steps=8)
        page.mouse.up()
        still(page)
        page.keyboard.press("ArrowRight")
        page.mouse.click(cx + 90, cy - 70)
        expect(page.locator(".card-picture img")).to_have_attribute("src", re.compile(f"/cells/{row}/"))
        still(page)
        clip = {"x": cx + 90 - 80, "y": cy - 70 - 80, "width": 160, "height": 160}
        picture = np.asarray(Image.open(io.BytesIO(page.screenshot(clip=clip))).convert("RGB")).astype(int)  # type: ignore[arg-type]
        outline = np.argwhere(np.abs(picture - SELECTED).max(axis=2) < 12)
        assert len(outline) > 40, turn
        assert np.abs((outline.min(axis=0) + outline.max(axis=0)) / 2 - 80).max() < 12, turn
        page.mouse.move(cx + 92, cy - 69)
        expect(page.locator(".viewer-tip")).to_contain_text(page.locator(".card h3").inner_text().strip())
        page.keyboard.press("Shift+A")
        page.mouse.click(cx + 90, cy - 70)
        there = page.get_by_role("dialog", name="A cell is here already")
        expect(there).to_contain_text("The machine has a cell here: ")
        there.get_by_role("button", name="Add a second cell").click()
        page.get_by_role("dialog", name="Class of the missed cell").wait_for()
        page.keyboard.press("l")
        expect(page.locator(".toast")).to_contain_text("Lymphocyte added")
        added = ask(page, f"/api/v1/jobs/{job}/labels/?since=0")["added"]
        assert len(added) == 1, added
        assert abs(added[0]["x"] - cell["x"]) < 5 and abs(added[0]["y"] - cell["y"]) < 5, (turn, added, cell)
        page.keyboard.press("z")
        expect(page.locator(".toast")).to_contain_text("Undone")


def test_a_missed_cell_counts_once_its_class_is_given_and_only_in_a_counted_field(room: Page, house: Stack) -> None:
    page = room
    page.keyboard.press("Space")
    expect(page.locator(".card-picture img")).to_be_visible()
    job, _ = shown_row(page)
    fields = ask(page, f"/api/v1/jobs/{job}/regions/")["fields"]
    used = next(f for f in fields if f["used"])
    searched = next(f for f in fields if f["searched"] == "film")
    in_used, in_searched = free_place(page, job, used), free_place(page, job, searched)

    def at(place: tuple[float, float]) -> None:
        x, y = place
        page.goto("about:blank")
        page.goto(url(house, f"/cases/B-1/read/#x={x}&y={y}&z=60"))
        expect(page.locator(".picture").first).to_be_visible()
        still(page)
        page.keyboard.press("Shift+A")
        box = page.locator("[data-testid=slide]").bounding_box()
        assert box
        page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)

    at((-400, 200))
    expect(page.locator(".toast")).to_contain_text("outside the slide")
    assert page.get_by_role("dialog").count() == 0
    # Adding is still on, and says so: no class key falls on the chosen cell, however often Shift + A is pressed.
    hint = page.locator(".viewer-hint.strong")
    expect(hint).to_contain_text("This place lies outside the slide. Click another place; Esc stops adding.")
    page.keyboard.press("Shift+A")
    for key in ("l", "Enter", "Backspace"):
        page.keyboard.press(key)
        expect(page.locator(".toast")).to_contain_text("Click the missed cell first, then give its class.")
    expect(hint).to_be_visible()
    labels = ask(page, f"/api/v1/jobs/{job}/labels/?since=0")
    assert (labels["rows"], labels["added"]) == ([], [])
    page.keyboard.press("Escape")
    expect(hint).to_have_count(0)
    at(in_searched)
    picker = page.get_by_role("dialog", name="Class of the missed cell")
    expect(picker).to_contain_text("Only nucleated cells are counted in this field")
    assert "Segmented neutrophil" in picker.inner_text() and "Normal red cell" not in picker.inner_text()
    at(in_used)
    expect(picker).to_contain_text("Normal red cell")
    accessible(page)
    page.keyboard.press("Escape")
    expect(picker).to_have_count(0)
    assert ask(page, f"/api/v1/jobs/{job}/labels/?since=0")["added"] == []


def open_at_free_place(page: Page, house: Stack) -> None:
    """The slide, near, around a place of a counted field where no cell lies."""
    page.keyboard.press("Space")
    expect(page.locator(".card-picture img")).to_be_visible()
    job, _ = shown_row(page)
    used = next(f for f in ask(page, f"/api/v1/jobs/{job}/regions/")["fields"] if f["used"])
    x, y = free_place(page, job, used)
    page.goto("about:blank")
    page.goto(url(house, f"/cases/B-1/read/#x={x}&y={y}&z=60"))
    expect(page.locator(".picture").first).to_be_visible()
    still(page)


def test_a_chosen_added_cell_has_a_card_with_who_notes_and_the_way_back(room: Page, house: Stack) -> None:
    page = room
    open_at_free_place(page, house)
    box = page.locator("[data-testid=slide]").bounding_box()
    assert box
    middle = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.keyboard.press("Shift+A")
    page.mouse.click(*middle)
    page.get_by_role("dialog", name="Class of the missed cell").wait_for()
    page.keyboard.press("l")
    expect(page.locator(".toast")).to_contain_text("Lymphocyte added")

    page.mouse.click(*middle)
    card = page.get_by_role("complementary", name="Chosen cell")
    expect(card.locator("h3")).to_contain_text("Lymphocyte")
    expect(card).to_contain_text("A person added this cell.")
    expect(card).to_contain_text("The machine has no cell here.")
    expect(card).to_contain_text("added by Tess Test,")
    expect(card.locator(".card-picture img")).to_have_attribute("src", re.compile("/added/"))
    page.keyboard.press("Shift+C")
    page.get_by_label("Comment on this cell").fill("Missed at the edge")
    page.keyboard.press("Enter")
    expect(card).to_contain_text("Missed at the edge")
    page.keyboard.press("m")
    expect(card.locator("h3")).to_contain_text("Monocyte")
    accessible(page)
    card.get_by_role("button", name="Remove this cell").click()
    expect(card.locator("h3")).to_contain_text("Rejected")
    card.get_by_role("button", name="Undo", exact=True).click()
    expect(card.locator("h3")).to_contain_text("Monocyte")
    card.get_by_role("button", name="Remove", exact=True).click()
    expect(card).not_to_contain_text("Missed at the edge")
    page.keyboard.press("z")
    expect(card.locator("h3")).to_contain_text("Lymphocyte")
    page.keyboard.press("z")
    expect(card).to_contain_text("Choose a cell on the slide")


def test_tile_and_total_go_and_come_with_an_addition_that_is_undone_and_done_again(room: Page, house: Stack) -> None:
    page = room
    open_at_free_place(page, house)
    page.locator(".class .name", has=page.get_by_text("Lymphocyte", exact=True)).click()
    total, tile = page.locator(".gallery h2 b"), page.locator(".picture[data-cell^=a]")
    expect(total).to_have_text(re.compile(r"^\d+$"))
    before = int(total.inner_text().replace(",", ""))
    box = page.locator("[data-testid=slide]").bounding_box()
    assert box
    page.keyboard.press("Shift+A")
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.get_by_role("dialog", name="Class of the missed cell").wait_for()
    for key, added in (("l", 1), ("z", 0), ("Shift+Z", 1), ("z", 0)):
        page.keyboard.press(key)
        expect(total).to_have_text(str(before + added))
        expect(tile).to_have_count(added)


def test_a_place_that_has_a_cell_already_offers_to_name_that_one(room: Page) -> None:
    page = room
    page.keyboard.press("Space")
    expect(page.locator(".card-picture img")).to_be_visible()
    job, row = shown_row(page)
    fields = [f for f in ask(page, f"/api/v1/jobs/{job}/regions/")["fields"] if f["used"]]
    while not any(inside(f, ask(page, f"/api/v1/jobs/{job}/cells/{row}/")) for f in fields):
        page.keyboard.press("ArrowRight")
        expect(page.locator(".card-picture img")).not_to_have_attribute("src", re.compile(f"/cells/{row}/"))
        row = shown_row(page)[1]
    page.keyboard.press("g")
    still(page)
    box = page.locator("[data-testid=slide]").bounding_box()
    assert box
    middle = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.keyboard.press("Shift+A")
    page.mouse.click(*middle)
    there = page.get_by_role("dialog", name="A cell is here already")
    expect(there).to_contain_text("Name that one, or add a second cell.")
    accessible(page)
    page.keyboard.press("l")  # not yet a class: nothing is named before it is said which cell is meant
    expect(there).to_be_visible()
    page.keyboard.press("Enter")
    page.get_by_role("dialog", name="Class of the cell that is there").wait_for()
    page.keyboard.press("l")
    expect(page.locator(".toast")).to_contain_text("The cell that was there is called Lymphocyte now.")
    labels = ask(page, f"/api/v1/jobs/{job}/labels/?since=0")
    assert ([r["row"] for r in labels["rows"]], labels["added"]) == ([row], [])
    page.keyboard.press("z")
    expect(page.locator(".toast")).to_contain_text("Undone")

    page.keyboard.press("Shift+A")
    page.mouse.click(*middle)
    there.get_by_role("button", name="Add a second cell").click()
    page.get_by_role("dialog", name="Class of the missed cell").wait_for()
    page.keyboard.press("l")
    expect(page.locator(".toast")).to_contain_text("The machine has a cell here, too: ")
    page.keyboard.press("z")
    expect(page.locator(".toast")).to_contain_text("Undone")
    assert ask(page, f"/api/v1/jobs/{job}/labels/?since=0")["added"] == []
