"""Pages in pseudo-English, in a real browser: what is left in plain English is data, or is in no catalogue."""

from __future__ import annotations

import calendar
import json
import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Error, expect

from tests.browser.conftest import analysed
from tests.integration.stack import Stack

pytestmark = pytest.mark.browser
TOKYO = "Asia/Tokyo"
_SHOWN = """() => {
  const texts = [], walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walk.nextNode(); node; node = walk.nextNode())
    if (!node.parentElement.closest("script, style, time, kbd, code, .demo-cases")) texts.push(node.data);
  for (const one of document.querySelectorAll("[title], [aria-label], [placeholder], img[alt]"))
    texts.push(...["title", "aria-label", "placeholder", "alt"].map((name) => one.getAttribute(name) ?? ""));
  return texts;
}"""
_SAME_EVERYWHERE = {
    "API", "film", "tif", "tiff", "Generic", "Aperio", "HTML", "PDF", "UTC", "Ctrl", "µm²", *calendar.month_abbr,
    *calendar.month_name,
}  # fmt: skip
"""Names, formats, units, and what the test itself names its file."""
_SENTENCES = {
    "by_reason": {"reason"}, "counted": {"title", "noun"}, "fields": {"reason"}, "findings": {"text"},
    "ratios": {"name", "why", "basis"}, "sections": {"title", "noun", "unit", "note"}, "unsettled": {"text"},
}  # fmt: skip
"""What the server sends as phrases of its catalogue, by the list that holds it: no data, so that it must not stay plain."""


@pytest.fixture
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with analysed(tmp_path_factory.mktemp("pseudo")) as stack:
        stack.environment["HEMAVIEW_PSEUDO_LANGUAGE"] = "1"
        stack.web()
        yield stack


@pytest.fixture
def browser_context_args() -> dict[str, Any]:
    return {"viewport": {"width": 1440, "height": 900}, "timezone_id": TOKYO, "locale": "en-US"}


def _strings(value: Any, holder: str = "") -> Iterator[str]:
    """What is sent as data, without the phrases of the server's catalogue; `holder` names the list or place of the value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for one in value:
            yield from _strings(one, holder)
    elif isinstance(value, dict):
        phrases = {"phase", "must_see"} | _SENTENCES.get(holder, set())
        for name, one in value.items():
            if not (name in phrases and isinstance(one, str)):
                yield from _strings(one, name)


def test_phrases_that_the_server_sends_are_no_data() -> None:
    sent = {
        "sections": [{"key": "marrow", "title": "Marrow differential", "rows": [{"name": "Blast"}]}],
        "must_see": {"by_reason": [{"reason": "uncertain: blast", "open": 1}]},
        "job": {"phase": "counting", "protocol_title": "Marrow"},
    }
    assert set(_strings(sent)) == {"marrow", "Blast", "Marrow"}


def plain_words(page: Any, data: set[str], answers: list[Any]) -> set[str]:
    """Texts on the page with words that are neither in a catalogue nor part of what the server sent as data."""
    page.wait_for_load_state("networkidle")
    while answers:
        try:
            data |= set(_strings(answers.pop().json()))
        except Error:  # The browser lets go of what it answered to a page that was left; nothing of it shows here.
            continue
    for script in page.locator("script[type='application/json']:not(#phrases)").all():
        data |= set(_strings(json.loads(script.inner_text() or script.text_content())))
    sent = [re.escape(text) for text in sorted(data, key=len, reverse=True) if re.search(r"[^\W\d_]{3}", text)]
    phrase = re.compile("|".join(["⟦[^⟦⟧]*⟧", *sent]), re.S | re.I)
    # Twice: a phrase may hold another one.
    rest = [phrase.sub(" ", phrase.sub(" ", text)).strip() for text in page.evaluate(_SHOWN)]
    return {text for text in rest if set(re.findall(r"[^\W\d_]{3,}", text)) - _SAME_EVERYWHERE}


def test_no_plain_english_is_left_in_the_room_or_at_the_desk_and_times_are_the_readers(
    visit: Any, house: Stack
) -> None:
    page = visit("paul")
    data: set[str] = {
        "Paul Test",
        "Tess Test",
        "Ada Test",
        "paul",
        "tess",
        "B-1",
        "P-1",
        "HemaView",
        "root",
        "synthetic",
    }
    answers: list[Any] = []
    page.on("response", lambda r: answers.append(r) if "json" in r.headers.get("content-type", "") else None)
    at = f"http://127.0.0.1:{house.port}"
    expect(page.locator("html")).to_have_attribute("lang", "en-xa")
    expect(page.locator("h1")).to_contain_text("⟦")
    assert plain_words(page, data, answers) == set()

    page.goto(f"{at}/cases/B-1/")
    expect(page.get_by_role("heading", name="film.tif")).to_be_visible()
    assert plain_words(page, data, answers) == set()
    received = page.locator("dd time").first
    utc = datetime.fromisoformat(received.get_attribute("datetime"))
    expect(received).to_contain_text(f":{utc:%M}")
    assert re.search(rf"\b0?{utc.astimezone(ZoneInfo(TOKYO)).hour % 12 or 12}:", received.inner_text()), (
        received.inner_text()
    )
    expect(received).to_have_attribute("title", re.compile(r"UTC$"))

    page.goto(f"{at}/cases/B-1/read/")
    expect(page.locator(".picture").first).to_be_visible()
    page.keyboard.press("Space")
    assert plain_words(page, data, answers) == set()
    page.keyboard.press("Shift+D")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_be_visible()
    assert plain_words(page, data, answers) == set()
