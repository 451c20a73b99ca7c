"""The desk in a real browser: the laboratory's own words on their way into a report, and the pages of the administration."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import accessible
from tests.integration.stack import Stack

pytestmark = pytest.mark.browser
PAGES = ("/administration/", "/laboratory/", "/protocols/", "/protocols/blood-film/", "/people/", "/queue/", "/audit/")


def test_a_phrase_of_the_laboratory_is_added_and_picked_by_its_code_in_a_conclusion(visit: Any, house: Stack) -> None:
    at = f"http://127.0.0.1:{house.port}"
    page = visit("ada")
    page.goto(f"{at}/laboratory/")
    page.get_by_label("Code", exact=True).fill("schisto")
    page.get_by_label("Text", exact=True).fill("Schistocytes are present.")
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.get_by_role("status")).to_have_text("The phrase schisto is added.")
    for address in PAGES:
        page.goto(at + address)
        accessible(page)
    page.goto(f"{at}/accounts/login/")
    page.context.clear_cookies()
    page = visit("paul")
    page.goto(f"{at}/cases/B-1/")
    page.get_by_role("button", name="Write a conclusion…").click()
    field = page.get_by_label("Conclusion", exact=True)
    field.press_sequentially("Anaemia. sch")
    expect(page.get_by_role("listbox", name="Phrases")).to_contain_text("schisto")
    accessible(page)
    field.press("Enter")
    expect(field).to_have_value("Anaemia. Schistocytes are present.")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator(".written").first).to_have_text("Anaemia. Schistocytes are present.")
    page.goto(f"{at}/cases/B-1/report/")
    expect(page.locator(".conclusion")).to_contain_text("Anaemia. Schistocytes are present.")
    wide = "() => [...document.querySelectorAll('th')].filter(e => e.scrollWidth > e.clientWidth).map(e => e.innerText)"
    assert page.locator("th", has_text="machine’s errors").count() == 1
    assert page.evaluate(wide) == [], "every column's head lies within its column"
    assert page.complaints == []


def test_no_page_is_wider_than_a_tablet_or_a_phone(visit: Any, house: Stack) -> None:
    page = visit("ada")
    wider = []
    for address in (*PAGES, "/", "/models/", "/cases/new/", "/cases/B-1/", "/cases/B-1/read/", "/cases/B-1/report/"):
        page.goto(f"http://127.0.0.1:{house.port}{address}")
        expect(page.locator("main:visible")).to_have_count(1)
        page.evaluate("document.querySelectorAll('main details').forEach(d => { d.open = true; })")
        for width, height in ((820, 1180), (390, 844), (375, 667)):
            page.set_viewport_size({"width": width, "height": height})
            if page.evaluate("document.documentElement.scrollWidth") > width:
                wider.append((address, width))
        page.set_viewport_size({"width": 1440, "height": 900})
    assert wider == []


def test_on_a_phone_slide_and_classes_of_the_room_are_each_as_wide_as_the_screen(visit: Any, house: Stack) -> None:
    page = visit("tess")
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"http://127.0.0.1:{house.port}/cases/B-1/read/")
    for place in (".room > main:visible", ".room > .classes"):
        box = page.locator(place).bounding_box()
        assert box and box["width"] >= 380, place
