"""The reading room of a house of its own for each file of tests: what one changes of cells, no other sees."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import analysed, url
from tests.integration.stack import Stack


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
