"""The three journeys, in a real browser: a technologist by keyboard, a pathologist who signs and amends, an administrator."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import PASSWORD, accessible, url
from tests.integration.stack import Stack

pytestmark = pytest.mark.browser


def count_of(page: Page, name: str) -> int:
    return int(
        page.locator(".class .name", has=page.get_by_text(name, exact=True)).locator("b").inner_text().replace(",", "")
    )


def test_1_a_technologist_reviews_by_keyboard(visit: Any, house: Stack) -> None:
    page = visit("tess")
    expect(page.get_by_role("row", name=re.compile("B-1"))).to_contain_text("In review")
    accessible(page)
    page.get_by_role("link", name="B-1").click()
    expect(page.get_by_role("heading", name="film.tif")).to_be_visible()
    expect(page.locator(".note").filter(has_text="pictures are enlarged 1.8 times")).to_be_visible()
    accessible(page)
    page.goto(url(house, "/cases/B-1/read/"))
    expect(page.locator(".picture").first).to_be_visible(timeout=20_000)
    page.keyboard.press("Shift+D")
    expect(page.locator(".scalebar")).to_contain_text("µm")
    page.locator(".job-notes summary").click()
    expect(page.locator(".job-notes")).to_contain_text("interpret its results with care")
    accessible(page)
    page.locator(".job-notes summary").click()
    # A class, its first cell, another class for it, and back.
    page.locator(".class .name", has=page.get_by_text("Segmented neutrophil", exact=True)).click()
    expect(page.locator(".gallery h2")).to_contain_text("Segmented neutrophil")
    expect(page.get_by_role("option", name="Segmented neutrophil").first).to_be_visible(timeout=20_000)
    before = count_of(page, "Segmented neutrophil"), count_of(page, "Lymphocyte")
    page.keyboard.press("Space")
    expect(page.locator(".picture.current")).to_have_count(1)
    expect(page.locator(".card h3")).to_contain_text("Segmented neutrophil")
    page.keyboard.press("l")
    expect(page.locator(".class .name", has=page.get_by_text("Lymphocyte", exact=True)).locator("b")).to_have_text(
        str(before[1] + 1)
    )
    page.keyboard.press("z")
    expect(page.locator(".class .name", has=page.get_by_text("Lymphocyte", exact=True)).locator("b")).to_have_text(
        str(before[1])
    )
    assert count_of(page, "Segmented neutrophil") == before[0]
    page.keyboard.press("Enter")
    page.keyboard.press("g")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_contain_text("next cell that has not been reviewed")
    page.keyboard.press("Escape")
    # Every cell that must be seen, by space and Enter alone.
    page.locator(".class.must").click()
    for _ in range(400):
        n_open = int(page.locator(".class.must b").inner_text().replace(",", ""))
        if n_open == 0:
            break
        if page.locator(".picture.current").count() == 0:
            page.keyboard.press("Space")
        # No hand is quick enough to confirm a cell before it is chosen.
        expect(page.locator(".picture.current")).to_have_count(1)
        page.keyboard.press("Enter")
        expect(page.locator(".class.must b")).not_to_have_text(str(n_open))
    expect(page.locator(".class.must b")).to_have_text("0")
    assert page.get_by_role("button", name="Sign…").count() == 0  # a technologist does not sign
    assert [c for c in page.complaints if "WebGL" not in c] == []


def test_2_a_pathologist_signs_and_amends(visit: Any, house: Stack) -> None:
    page = visit("paul")
    page.goto(url(house, "/cases/B-1/read/"))
    page.get_by_role("button", name="Sign…").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Comment for the report").fill("No abnormal cells. <i>Synthetic</i> film.")
    dialog.get_by_label("Your password").fill("not my password")
    dialog.get_by_role("button", name="Sign", exact=True).click()
    expect(dialog.get_by_role("alert")).to_contain_text("incorrect")
    accessible(page)
    dialog.get_by_label("Your password").fill(PASSWORD)
    dialog.get_by_role("button", name="Sign", exact=True).click()
    expect(page.locator(".room-head .state")).to_have_text("Signed", timeout=20_000)
    with page.expect_popup() as popup:
        page.get_by_role("link", name="Report v1").click()
    popup.value.close()  # behind another tab a page draws once a second
    page.goto(url(house, "/cases/B-1/"))
    page.get_by_role("link", name="HTML").first.click()
    expect(page.locator("body")).to_contain_text("No abnormal cells. <i>Synthetic</i> film.")
    expect(page.locator("body")).to_contain_text("AI-assisted; research use only")
    accessible(page)
    page.goto(url(house, "/cases/B-1/read/"))
    expect(page.locator(".picture").first).to_be_visible(timeout=20_000)
    page.keyboard.press("Space")
    page.keyboard.press("l")
    expect(page.locator(".toast")).to_contain_text("signed")
    page.get_by_role("button", name="Amend…").click()
    page.get_by_role("dialog").get_by_label("Reason for the amendment").fill("One more look")
    page.get_by_role("dialog").get_by_role("button", name="Amend", exact=True).click()
    expect(page.locator(".room-head .state")).to_have_text("Amended")
    page.get_by_role("button", name="Sign…").click()
    page.get_by_role("dialog").get_by_label("Your password").fill(PASSWORD)
    page.get_by_role("dialog").get_by_role("button", name="Sign", exact=True).click()
    expect(page.get_by_role("link", name="Report v2")).to_be_visible(timeout=20_000)
    page.goto(url(house, "/cases/B-1/"))
    expect(page.get_by_text("amended: One more look")).to_be_visible()
    expect(page.get_by_role("cell", name="superseded")).to_be_visible()


def test_2b_the_page_of_a_signed_case_offers_what_there_is_and_follows_who_amends_it(visit: Any, house: Stack) -> None:
    page = visit("paul")
    page.goto(url(house, "/cases/B-1/"))
    head = page.locator(".page-head")
    expect(head.locator(".state")).to_have_text("Signed")
    expect(head.get_by_role("link", name="Report, version 2")).to_be_visible()
    expect(page.get_by_role("heading", name="Signature")).to_be_visible()
    for offered in ("Draft report", "Make urgent"):
        assert page.get_by_text(offered).count() == 0
    expect(page.locator(".readers .roles")).to_contain_text("First reading: ")
    expect(page.locator(".readers .roles")).to_contain_text("closed")
    # Somebody else amends it: what this page shows follows, without being loaded again.
    page.evaluate("window.same = true")
    status = page.evaluate(
        """() => fetch("/api/v1/cases/B-1/amend/", {method: "POST", body: JSON.stringify({reason: "From elsewhere"}),
        headers: {"Content-Type": "application/json", "X-CSRFToken": document.cookie.match(/csrftoken=([^;]+)/)[1]}})
        .then(r => r.status)"""
    )
    assert status == 200
    expect(head.locator(".state")).to_have_text("Amended")
    expect(head.get_by_role("link", name="Draft report")).to_be_visible()
    expect(page.get_by_role("button", name="Make urgent")).to_be_visible()
    expect(page.locator(".readers .roles")).to_contain_text("open")
    assert page.evaluate("window.same")
    page.get_by_role("button", name="Sign…", exact=True).click()
    page.get_by_role("dialog").get_by_label("Your password").fill(PASSWORD)
    page.get_by_role("dialog").get_by_role("button", name="Sign", exact=True).click()
    expect(page.get_by_text("amended: From elsewhere")).to_be_visible(timeout=20_000)


def test_3_an_administrator_switches_a_model_off_and_on_and_reads_the_record(visit: Any, house: Stack) -> None:
    page = visit("ada")
    page.goto(url(house, "/models/"))
    expect(page.get_by_role("heading", name="Red-cell morphology", exact=True)).to_be_visible()
    accessible(page)
    page.goto(url(house, "/admin/analysis/modelversion/"))
    page.get_by_role("link", name="Red-cell morphology", exact=True).first.click()
    box = page.locator("#id_enabled")
    expect(box).to_be_checked()
    box.uncheck()
    page.get_by_role("button", name=re.compile("^Save$")).click()
    page.goto(url(house, "/models/red-cell-shape-net/"))
    page.goto(url(house, "/models/"))
    expect(page.locator("article", has_text="red-cell-shape-net")).to_contain_text("switched off")
    page.goto(url(house, "/admin/analysis/modelversion/"))
    page.get_by_role("link", name="Red-cell morphology", exact=True).first.click()
    page.locator("#id_enabled").check()
    page.get_by_role("button", name=re.compile("^Save$")).click()
    page.goto(url(house, "/audit/?action=model.disabled"))
    expect(page.locator(".verdict")).to_contain_text("intact")
    expect(page.locator("tbody tr").first).to_contain_text("ada")
    accessible(page)


@pytest.mark.parametrize("browser_context_args", [(1024, 700)], indirect=True)
def test_4_the_reading_room_fits_a_small_screen(visit: Any, house: Stack) -> None:
    page = visit("tess")
    page.goto(url(house, "/cases/B-1/read/"))
    expect(page.locator(".differential")).to_be_visible(timeout=20_000)
    assert page.evaluate("document.documentElement.scrollWidth") <= 1024
    page.get_by_role("button", name="Slide", exact=True).click()
    expect(page.locator(".scalebar")).to_be_visible(timeout=20_000)
    for part in (".classes", ".viewer", ".side", ".countsbar"):
        box = page.locator(part).bounding_box()
        assert box and box["x"] >= 0 and box["x"] + box["width"] <= 1024.5 and box["y"] + box["height"] <= 700.5, part
    assert page.evaluate("document.documentElement.scrollWidth") <= 1024
    entries = page.locator(".countsentries > span")
    line = page.locator(".countsentries").bounding_box()
    assert line
    boxes = [box for n in range(entries.count()) if (box := entries.nth(n).bounding_box())]
    visible = [box for box in boxes if box["y"] < line["y"] + line["height"] - 1]
    assert 0 < len(visible) < len(boxes)
    assert all(box["x"] + box["width"] <= line["x"] + line["width"] + 0.5 for box in visible)
    more = page.get_by_text(f"+{len(boxes) - len(visible)} more")
    room, edge = more.bounding_box(), page.locator(".countsbar").bounding_box()
    assert room and edge and room["x"] + room["width"] <= edge["x"] + edge["width"] + 0.5
    more.click()
    expect(page.locator(".countstable")).to_be_visible()
