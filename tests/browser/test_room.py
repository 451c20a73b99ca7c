"""The reading room under a hand: the slide turned, answers late, the server gone, keys on controls."""

from __future__ import annotations

import contextlib
import io
import re
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Error, Page, Route, expect
from scipy.ndimage import binary_dilation

from tests.browser.conftest import PASSWORD, accessible, analysed
from tests.browser.test_journeys import url
from tests.integration.stack import Stack
from tests.schemas import BLOOD_FILM

pytestmark = pytest.mark.browser
SEGMENTED = BLOOD_FILM.index("segmented_neutrophil")
CARD = re.compile(r"/api/v1/jobs/[^/]+/cells/\d+/$")
SELECTED = (214, 0, 108)
"""Colour of the chosen cell's outline."""


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A house of its own: its web server is stopped and started."""
    with analysed(tmp_path_factory.mktemp("room")) as stack:
        stack.web()
        yield stack


@pytest.fixture
def room(visit: Any, house: Stack) -> Page:
    """The reading room as Tess sees it, its must-see list shown."""
    page = visit("tess")
    page.goto(url(house, "/cases/B-1/read/"))
    expect(page.locator(".picture").first).to_be_visible()
    expect(page.locator(".class.must b")).to_have_text(re.compile(r"\d"))
    page.locator(".class.must").click()
    expect(page.locator(".viewer-cells")).to_be_visible()
    return page  # type: ignore[no-any-return]


def ask(page: Page, path: str) -> Any:
    return page.evaluate("path => fetch(path).then(r => r.json())", path)


def shown_row(page: Page) -> tuple[str, int]:
    """Job and row of the cell whose card is shown."""
    source = page.locator(".card-picture img").get_attribute("src")
    assert source
    parts = source.split("/")
    job = parts.index("jobs") + 1
    return parts[job], int(parts[job + 2])


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


def still(page: Page) -> None:
    """Until the slide has come to rest."""
    page.wait_for_timeout(600)


def must_see(page: Page) -> int:
    return int(page.locator(".class.must b").inner_text())


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
    before = int(total.inner_text())
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


def test_card_and_picture_are_one_cells_whatever_order_answers_come_in(room: Page) -> None:
    page = room
    routes: list[Route] = []
    page.keyboard.press("Space")
    expect(page.locator(".card-picture img")).to_be_visible()
    page.route(CARD, lambda route: route.continue_() if routes else routes.append(route))
    page.keyboard.press("ArrowRight")
    expect(page.locator(".card")).to_contain_text("Loading the chosen cell")
    assert page.locator(".card-picture").count() == 0, "the picture of the cell before"
    page.keyboard.press("ArrowRight")
    expect(page.locator(".card-picture img")).to_be_visible()
    job, third = shown_row(page)
    assert f"/cells/{third}/" not in routes[0].request.url
    with contextlib.suppress(Error):  # the page may have given that question up
        routes[0].continue_()
    still(page)
    assert shown_row(page) == (job, third)
    assert page.locator(".picture.current").get_attribute("data-cell") == f"r{third}"


def test_without_a_network_nothing_stale_is_shown_and_edits_wait_until_it_is_back(room: Page) -> None:
    page = room
    page.keyboard.press("Space")
    expect(page.locator(".card-picture img")).to_be_visible()
    job, first = shown_row(page)
    before = must_see(page)
    page.context.set_offline(True)
    expect(page.locator(".notice.lost")).to_contain_text("Not live since")
    page.keyboard.press("Enter")
    expect(page.locator(".notice.lost")).to_contain_text("1 edit waits")
    expect(page.locator(f"[data-cell=r{first}]")).to_have_class(re.compile("confirmed"))
    expect(page.locator(".card")).to_contain_text("cannot be shown until")
    assert page.locator(".card-picture").count() == 0
    expect(page.locator(".countsbar")).to_contain_text("without 1 edit not yet sent")
    page.context.set_offline(False)
    expect(page.locator(".class.must b")).to_have_text(str(before - 1))
    expect(page.locator(".notice.lost")).to_have_count(0)
    expect(page.locator(".card-picture img")).to_be_visible()
    assert shown_row(page)[1] != first
    assert [r["row"] for r in ask(page, f"/api/v1/jobs/{job}/labels/?since=0")["rows"]] == [first]
    page.keyboard.press("z")
    expect(page.locator(".class.must b")).to_have_text(str(before))


def test_after_a_restart_of_the_server_the_gallery_comes_back_by_itself(room: Page, house: Stack) -> None:
    page = room
    house.kill(house.processes[-1])
    expect(page.locator(".notice.lost")).to_contain_text("Not live since")
    # No list that the page has read already.
    line = page.locator(".class .name", has=page.get_by_text("Schistocyte", exact=True))
    count = line.locator("b").inner_text()
    line.click()
    expect(page.locator(".gallery h2 b")).to_have_text("…")
    house.web()
    expect(page.locator(".notice.lost")).to_have_count(0)
    expect(page.locator(".gallery h2 b")).to_have_text(count)
    expect(page.locator(".picture img").first).to_be_visible()
    assert page.locator(".no-picture").count() == 0


def test_enter_and_space_on_a_focused_control_act_on_the_control_alone(room: Page) -> None:
    page = room
    page.keyboard.press("Space")
    expect(page.locator(".card-picture img")).to_be_visible()
    _, row = shown_row(page)
    n_open = must_see(page)
    for name in ("Min. score", "Opacity"):
        page.get_by_label(name).focus()
        for key in ("Enter", "Space", "ArrowLeft"):
            page.keyboard.press(key)
    expect(page.get_by_label("Order")).to_have_count(0)  # what must be seen has an order of its own
    page.get_by_role("button", name="M", exact=True).focus()
    page.keyboard.press("Space")
    assert shown_row(page)[1] == row
    name = page.locator(".class .name").first
    title = name.locator("span").inner_text()
    name.focus()
    page.keyboard.press("Enter")
    expect(page.locator(".gallery h2")).to_contain_text(title)
    page.get_by_label("Order").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Escape")
    page.locator(".gallery-scroll").focus()
    # In the new list nothing is chosen: a second Enter has nothing to confirm.
    page.keyboard.press("Enter")
    expect(page.locator(".toast")).to_contain_text("Choose a cell first")
    assert must_see(page) == n_open


def test_confirming_acts_on_what_is_on_screen_says_so_and_can_be_undone(room: Page) -> None:
    page = room
    assert page.get_by_role("button", name="Confirm those on screen").count() == 0
    n_open = must_see(page)
    page.locator(".class .name", has=page.get_by_text("Normal red cell", exact=True)).click()
    expect(page.locator(".gallery h2")).to_contain_text("Normal red cell")
    expect(page.locator(".picture img").first).to_be_visible()
    still(page)
    total = int(page.locator(".gallery h2 b").inner_text())
    page.get_by_role("button", name="Confirm those on screen").click()
    expect(page.locator(".toast")).to_contain_text("cells confirmed. Press z to undo")
    confirmed = int(page.locator(".toast").inner_text().split()[0])
    assert 4 < confirmed < total
    expect(page.locator(".picture.confirmed").first).to_be_visible()
    page.keyboard.press("z")
    expect(page.locator(".toast")).to_contain_text("Undone")
    expect(page.locator(".picture.confirmed")).to_have_count(0)
    assert must_see(page) == n_open


def row_of(page: Page, name: str) -> Any:
    return page.locator(".class-row", has=page.locator("h3 span", has_text=re.compile(f"^{name}$")))


def test_in_the_differential_a_key_or_the_menu_moves_a_cell_to_its_class(room: Page) -> None:
    page = room
    page.keyboard.press("Shift+D")
    names = page.locator(".class-row h3 span")
    expect(names.first).to_be_visible()
    accessible(page)
    name = names.first.inner_text()
    other, key = ("Monocyte", "m") if name == "Eosinophil" else ("Eosinophil", "e")
    source = row_of(page, name)
    before = int(source.locator("h3 b").inner_text())
    cell = source.locator("[data-cell]").first
    which = cell.get_attribute("data-cell")
    cell.click()
    page.keyboard.press(key)
    expect(row_of(page, other).locator(f"[data-cell={which}]")).to_be_visible()
    expect(source.locator("h3 b")).to_have_text(str(before - 1))
    page.keyboard.press("z")
    expect(source.locator("h3 b")).to_have_text(str(before))
    source.locator(f"[data-cell={which}]").click(button="right")
    page.get_by_role("dialog", name="Class of the chosen cells").get_by_role("button", name=other).click()
    expect(row_of(page, other).locator(f"[data-cell={which}]")).to_be_visible()
    page.keyboard.press("z")
    expect(source.locator(f"[data-cell={which}]")).to_be_visible()
    page.keyboard.press("Shift+D")
    expect(page.locator("[data-testid=slide]")).to_be_visible()


def test_the_room_opens_on_the_differential_and_holds_chosen_cells_against_typical_ones(
    visit: Any, house: Stack
) -> None:
    page = visit("tess")
    page.goto(url(house, "/cases/B-1/read/"))
    expect(page.locator(".class-row").first).to_be_visible()
    expect(page.locator(".stop-rule").first).to_contain_text(
        re.compile(r"^0 of \d+ white cells confirmed.*left to confirm")
    )
    row = row_of(page, "Lymphocyte")
    expect(row).to_contain_text(re.compile(r"\d+ left"))  # too few for shares, and for how far they may move
    row.locator("[data-cell]").nth(0).click()
    row.locator("[data-cell]").nth(1).click(modifiers=["Control"])
    compare = page.get_by_label("Compare")
    expect(compare.locator("figure")).to_have_count(2)
    choice = compare.get_by_label("Class of the typical cells")
    expect(choice.locator("option:checked")).to_have_text("Lymphocyte")
    expect(compare.locator(".typical-strip img")).to_have_count(6)
    expect(compare.locator(".source").last).to_contain_text("CC BY 4.0")
    for picture in compare.locator(".typical-strip img").all():
        expect(picture).to_have_js_property("naturalWidth", 128)
    row.locator("[data-cell]").nth(2).hover()
    expect(page.locator(".surroundings")).to_have_js_property("naturalWidth", 260)
    accessible(page)
    page.keyboard.press("Shift+T")
    expect(page.locator(".surroundings")).to_have_count(0)
    expect(choice.locator("option:checked")).not_to_have_text("Lymphocyte")
    row_of(page, "Segmented neutrophil").get_by_role("button", name="Typical").click()
    expect(choice.locator("option:checked")).to_have_text("Segmented neutrophil")
    n_open = must_see(page)
    page.keyboard.press("Enter")
    expect(page.locator(".toast")).to_contain_text("2 cells confirmed")
    expect(page.locator(".stop-rule").first).to_contain_text(re.compile(r"^2 of \d+ white cells"))
    page.keyboard.press("z")
    expect(page.locator(".stop-rule").first).to_contain_text(re.compile(r"^0 of \d+ white cells"))
    assert must_see(page) == n_open
    assert page.complaints == []
    page.goto("about:blank")
    page.goto(url(house, "/cases/B-1/read/#x=400&y=400&z=20"))
    expect(page.locator(".viewer-cells")).to_be_visible()
    assert page.locator(".class-row").count() == 0


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
    n = int(page.locator(".gallery h2 b").inner_text())
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


def test_a_cell_gets_a_comment_and_a_mark_to_teach_with_by_keys(room: Page) -> None:
    page = room
    page.keyboard.press("Space")
    expect(page.locator(".card-picture img")).to_be_visible()
    _, row = shown_row(page)
    page.keyboard.press("Shift+E")
    expect(page.locator(f"[data-cell=r{row}] .noted")).to_have_text("★")
    page.keyboard.press("Shift+C")
    page.get_by_label("Comment on this cell").fill("Döhle body?")
    page.keyboard.press("Enter")
    expect(page.locator(".card")).to_contain_text("Döhle body?")
    expect(page.locator(f"[data-cell=r{row}] .noted")).to_have_text("★✍")
    accessible(page)
    page.get_by_role("button", name="Teaching 1").click()
    expect(page.locator(".gallery h2")).to_contain_text("Teaching set")
    expect(page.locator(".gallery-scroll [data-cell]")).to_have_count(1)
    page.locator(f"[data-cell=r{row}]").click()
    page.keyboard.press("Shift+E")
    expect(page.locator(".gallery-scroll [data-cell]")).to_have_count(0)
    page.get_by_role("button", name="Remove").click()
    expect(page.get_by_role("button", name="Commented 0")).to_be_visible()
    page.get_by_role("button", name="Undo removal").click()
    expect(page.get_by_role("button", name="Commented 1")).to_be_visible()


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


def test_the_theme_is_chosen_and_remembered(visit: Any, house: Stack) -> None:
    page = visit("tess")
    page.goto(url(house, "/"))
    ground = "getComputedStyle(document.documentElement).backgroundColor"
    light = page.evaluate(ground)
    page.get_by_role("button", name="Theme: as the system").click()
    assert page.evaluate(ground) != light
    for address in ("/", "/cases/B-1/", "/cases/B-1/read/", "/account/", "/models/"):
        page.goto(url(house, address))
        assert page.locator("html").get_attribute("data-theme") == "dark"
        page.wait_for_timeout(500)
        accessible(page)
    page.goto(url(house, "/"))
    page.get_by_role("button", name="Theme: dark").click()
    page.get_by_role("button", name="Theme: light").click()
    assert page.locator("html").get_attribute("data-theme") is None and page.evaluate(ground) == light


def test_on_the_case_page_two_readers_differ_and_somebody_decides(visit: Any, house: Stack) -> None:
    page = visit("tess")
    page.goto(url(house, "/cases/B-1/"))
    page.get_by_role("button", name="Ask for a second reading").click()
    page.get_by_label("Second reader").select_option("paul")
    page.get_by_role("button", name="Ask", exact=True).click()
    expect(page.locator(".roles")).to_contain_text("Paul Test blind")
    job = ask(page, "/api/v1/cases/B-1/room/")["slides"][0]["job"]["id"]
    page.context.clear_cookies()
    page = visit("paul")
    page.goto(url(house, "/cases/B-1/read/"))
    expect(page.locator(".reading-role")).to_have_text("Second reading, blind")
    page.evaluate(
        "job => fetch(`/api/v1/jobs/${job}/labels/`, {method: 'POST', headers: {'Content-Type': 'application/json', "
        "'X-CSRFToken': document.cookie.match(/csrftoken=([^;]+)/)[1]}, body: JSON.stringify({action: 'reject', rows: [0], "
        "base_revision: 0})})",
        job,
    )
    page.goto(url(house, "/cases/B-1/"))
    page.get_by_role("button", name="Close the second reading").click()
    # Where nobody has rejected the cell but Paul; what Tess had corrected before differs too.
    expect(page.get_by_role("button", name="Second: Rejected")).to_have_count(1)
    accessible(page)
    differences = page.locator(".differences li")
    for i in range(differences.count()):
        differences.nth(i).get_by_role("button", name=re.compile("^Second: ")).click()
        expect(differences.nth(i)).to_contain_text("decided by Paul Test")
    expect(page.locator(".roles")).to_contain_text("settled")
    assert page.complaints == []


def test_the_case_page_offers_the_signature_to_who_may_sign_a_case_that_is_ready(visit: Any, house: Stack) -> None:
    page = visit("tess")
    page.goto(url(house, "/cases/B-1/"))
    expect(page.get_by_role("heading", name="Slides")).to_be_visible()
    assert page.get_by_role("button", name="Sign…", exact=True).count() == 0
    page.context.clear_cookies()
    page = visit("paul")
    page.goto(url(house, "/cases/B-2/"))
    expect(page.get_by_role("heading", name="Slides")).to_be_visible()
    assert page.get_by_role("button", name="Sign…", exact=True).count() == 0, "nothing is analysed there"
    page.goto(url(house, "/cases/B-1/"))
    page.get_by_role("button", name="Sign…", exact=True).click()
    dialog = page.get_by_role("dialog", name="Sign B-1")
    expect(dialog).to_contain_text("must be seen before signing")
    expect(dialog.get_by_role("region", name="What you sign")).to_contain_text("Red-cell morphology")
    accessible(page)
    dialog.get_by_label("Your password").fill(PASSWORD)
    dialog.get_by_role("button", name="Sign", exact=True).click()
    expect(dialog.get_by_role("alert")).to_contain_text("must be seen before signing")
    dialog.get_by_role("button", name="Show these cells").click()
    page.wait_for_url(url(house, "/cases/B-1/read/") + "*")


def test_the_signature_on_the_case_page_follows_cells_that_change_meanwhile_and_signs_no_others(
    visit: Any, house: Stack
) -> None:
    page = visit("paul")
    page.goto(url(house, "/cases/B-1/"))
    page.get_by_role("button", name="Sign…", exact=True).click()
    dialog = page.get_by_role("dialog", name="Sign B-1")
    part = dialog.get_by_role("region", name="What you sign")
    differential = part.get_by_text(re.compile("White-cell differential: "))
    before = differential.inner_text()
    dialog.get_by_label("Your password").fill(PASSWORD)
    stamps = list(ask(page, "/api/v1/cases/B-1/signing/")["count_stamps"])
    job = next(j for j in stamps if "White-cell" in str(ask(page, f"/api/v1/jobs/{j}/counts/")["sections"]))
    row = ask(page, f"/api/v1/jobs/{job}/gallery/?class={SEGMENTED}&limit=1")["rows"][0]["row"]
    label(page, job, "reject", row)
    expect(differential).not_to_have_text(before)
    expect(dialog.get_by_role("status").filter(has_text="since this dialog was opened")).to_be_visible()
    page.route("**/signing/", lambda route: None)  # the dialog hears of no further change
    page.wait_for_timeout(2500)
    label(page, job, "clear", row)
    dialog.get_by_role("button", name="Sign", exact=True).click()
    expect(dialog.get_by_role("alert")).to_contain_text("look at the counts again")
    page.unroute("**/signing/")
    page.reload()


def label(page: Page, job: str, action: str, row: int) -> None:
    """As somebody else would on a page of their own."""
    status = page.evaluate(
        """async ([job, action, row]) => {
            const revision = (await (await fetch(`/api/v1/jobs/${job}/counts/`)).json()).revision;
            const token = document.cookie.match(/csrftoken=([^;]+)/)[1];
            const headers = {"Content-Type": "application/json", "X-CSRFToken": token};
            const body = JSON.stringify({action, rows: [row], base_revision: revision});
            return (await fetch(`/api/v1/jobs/${job}/labels/`, {method: "POST", headers, body})).status;
        }""",
        [job, action, row],
    )
    assert status in (200, 201)


def test_on_the_case_page_scale_comment_and_reader_can_be_given(visit: Any, house: Stack) -> None:
    page = visit("tess")
    page.goto(url(house, "/cases/B-1/"))
    page.locator(".scale").get_by_role("button", name=re.compile("Correct|Enter")).click()
    page.get_by_label("µm/px", exact=True).fill("0,26")
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".scale")).to_contain_text("0.2600 µm/px, entered by a person")
    page.get_by_role("button", name="Write a comment…").click()
    page.get_by_label("Comment for the report").fill("Film of good quality.")
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".reading")).to_contain_text("Film of good quality.")
    page.get_by_role("button", name="Assign…").click()
    page.get_by_role("combobox", name=re.compile("^New reader")).select_option(label="Paul Test")
    page.get_by_label("Note for the new reader").fill("Please look at the last field.")
    accessible(page)
    page.get_by_role("button", name="Assign", exact=True).click()
    expect(page.locator(".reading b")).to_have_text("Paul Test")
    expect(page.locator(".reading blockquote")).to_contain_text("Please look at the last field.")
