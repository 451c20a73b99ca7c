"""The case page: two readers and who decides between them, the signature, scale, comment and reader."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import PASSWORD, accessible, analysed, ask, url
from tests.integration.stack import Stack
from tests.schemas import BLOOD_FILM

pytestmark = pytest.mark.browser
SEGMENTED = BLOOD_FILM.index("segmented_neutrophil")


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A house of its own: its case gets a second reader."""
    with analysed(tmp_path_factory.mktemp("case-page")) as stack:
        stack.web()
        yield stack


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
