"""The reading room where answers come late, the network is gone, or the server starts anew."""

from __future__ import annotations

import contextlib
import re

import pytest
from playwright.sync_api import Error, Page, Route, expect

from tests.browser.conftest import ask
from tests.browser.room.steps import must_see, shown_row, still
from tests.integration.stack import Stack

pytestmark = pytest.mark.browser
CARD = re.compile(r"/api/v1/jobs/[^/]+/cells/\d+/$")


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


def test_what_is_typed_while_a_comment_field_is_on_its_way_names_no_cell(room: Page) -> None:
    page = room
    routes: list[Route] = []
    labels: list[str] = []
    page.keyboard.press("Space")
    expect(page.locator(".card-picture img")).to_be_visible()
    page.on("request", lambda request: labels.append(request.url) if request.url.endswith("/labels/") else None)
    page.route(CARD, lambda route: routes.append(route))
    page.keyboard.press("ArrowRight")
    expect(page.locator(".card")).to_contain_text("Loading the chosen cell")
    page.keyboard.press("Shift+C")
    page.keyboard.type("slm", delay=30)
    page.unroute(CARD)
    for route in routes:
        with contextlib.suppress(Error):  # the page may have given that question up
            route.continue_()
    field = page.get_by_label("Comment on this cell")
    expect(field).to_be_focused()
    page.keyboard.type("Auer rod")
    expect(field).to_have_value("Auer rod")
    page.keyboard.press("Escape")
    expect(field).to_have_count(0)
    still(page)
    assert not labels
    expect(page.locator(".picture.relabelled")).to_have_count(0)


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
