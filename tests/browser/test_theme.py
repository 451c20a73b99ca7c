"""The theme is chosen on one page and remembered on all."""

from __future__ import annotations

from typing import Any

import pytest

from tests.browser.conftest import accessible, url
from tests.integration.stack import Stack

pytestmark = pytest.mark.browser


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
