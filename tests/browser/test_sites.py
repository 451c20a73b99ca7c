"""An administrator adds a site, a technologist says which slide is from it, and a case is made urgent, in a real browser."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import accessible
from tests.integration.stack import Stack

pytestmark = pytest.mark.browser


def test_a_slide_is_given_its_site_and_a_case_is_made_urgent(visit: Any, house: Stack) -> None:
    at = f"http://127.0.0.1:{house.port}"
    film = str(Path(house.environment["HEMAVIEW_VAR"]) / "film.tif")
    house.manage("import_slide", film, "--case", "B-SITE", "--create", "--user", "tess")
    page = visit("ada")
    page.goto(f"{at}/sites/")
    accessible(page)
    page.get_by_label("Name", exact=True).fill("Ward 3, phone")
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.get_by_role("heading", name="Ward 3, phone")).to_be_visible()
    expect(page.get_by_role("button", name="Teach").first).to_be_disabled()
    accessible(page)
    page.get_by_role("button", name="Log out").click()

    page = visit("tess")
    page.goto(f"{at}/cases/B-SITE/")
    page.get_by_label("Site:").select_option("Ward 3, phone")
    page.get_by_role("button", name="Make urgent").click()
    expect(page.get_by_text("its analyses go before all others")).to_be_visible()
    page.reload()
    expect(page.get_by_label("Site:")).to_have_value("Ward 3, phone")
    page.get_by_role("button", name="No longer urgent").click()
    expect(page.get_by_role("button", name="Make urgent")).to_be_visible()
    accessible(page)
    assert page.complaints == []
