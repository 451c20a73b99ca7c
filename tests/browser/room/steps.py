"""What a hand does in the reading room and an eye sees there."""

from __future__ import annotations

from playwright.sync_api import Page


def shown_row(page: Page) -> tuple[str, int]:
    """Job and row of the cell whose card is shown."""
    source = page.locator(".card-picture img").get_attribute("src")
    assert source
    parts = source.split("/")
    job = parts.index("jobs") + 1
    return parts[job], int(parts[job + 2])


def still(page: Page) -> None:
    """Until the slide has come to rest."""
    page.wait_for_timeout(600)


def must_see(page: Page) -> int:
    return int(page.locator(".class.must b").inner_text().replace(",", ""))
