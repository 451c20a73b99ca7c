"""Lists of cells under keys and pointer: the gallery, the differential, typical cells, comments and what is to teach."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import accessible, url
from tests.browser.room.steps import must_see, shown_row, still
from tests.integration.stack import Stack

pytestmark = pytest.mark.browser


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
    total = int(page.locator(".gallery h2 b").inner_text().replace(",", ""))
    page.get_by_role("button", name="Confirm those on screen").click()
    expect(page.locator(".toast")).to_contain_text("cells confirmed. Press z to undo")
    confirmed = int(page.locator(".toast").inner_text().split()[0].replace(",", ""))
    assert 4 < confirmed < total
    expect(page.locator(".picture.confirmed").first).to_be_visible()
    page.keyboard.press("z")
    expect(page.locator(".toast")).to_contain_text("Undone")
    expect(page.locator(".picture.confirmed")).to_have_count(0)
    assert must_see(page) == n_open


def test_keys_typed_ahead_of_the_server_each_go_to_their_own_cell_and_a_held_key_writes_once(room: Page) -> None:
    page = room
    held: list[Route] = []
    page.locator(".gallery-scroll").focus()
    page.keyboard.press("Space")
    open_ones = page.locator(".gallery-scroll .picture:not(.confirmed):not(.relabelled):not(.rejected)")
    cells = [str(open_ones.nth(i).get_attribute("data-cell")) for i in range(4)]
    page.route("**/labels/", lambda route: held.append(route))
    page.keyboard.type("slm", delay=90)
    page.keyboard.down("Enter")
    for _ in range(5):
        page.keyboard.down("Enter")  # without an up between them the browser takes it for held
    page.keyboard.up("Enter")
    sent = []
    for _ in range(50):
        page.wait_for_timeout(100)
        for route in held:
            sent.append(route.request.post_data_json)
            route.continue_()
        held.clear()
    expect(page.locator(".countsbar")).not_to_contain_text("not yet sent")
    page.unroute("**/labels/")
    assert [(one["action"], one["rows"]) for one in sent] == [
        ("confirm" if i == 3 else "relabel", [int(cell.removeprefix("r"))]) for i, cell in enumerate(cells)
    ]
    assert len({one["label"] for one in sent[:3]}) == 3
    for _ in sent:
        page.keyboard.press("z")
        expect(page.locator(".toast")).to_contain_text("Undone")
        still(page)
    expect(page.locator(".picture.relabelled, .picture.confirmed")).to_have_count(0)


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
    before = int(source.locator("h3 b").inner_text().replace(",", ""))
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
