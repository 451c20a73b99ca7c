"""Model cards in the browser: their own words as a page, and nothing that a card could smuggle in."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

import pytest

from apps.analysis.cardpage import card_html
from apps.analysis.modelservices import sync_models
from apps.analysis.scorewords import ENDS, METRICS, ROLES, TASKS, class_words, metric_unit, metric_words
from apps.analysis.worker import installed_cards
from hemaview.methods.card import cards
from hemaview.methods.page import USES

NAMES = sorted(cards())


def words(text: str) -> list[str]:
    return text.split()


@pytest.mark.parametrize("name", NAMES)
def test_a_card_is_shown_in_its_own_words(name: str) -> None:
    head, _, rest = cards()[name].text.partition("\n")
    assert head.startswith("# ")  # the page's own heading says title, name and version
    plain = re.sub(r"^(#+ |- |\|[-|]+\|$)|[|`]", " ", rest, flags=re.MULTILINE)
    html = card_html(cards()[name].text)
    assert words(unescape(re.sub(r"<[^>]+>", " ", html)).replace(" .", ".")) == words(plain.replace(" .", "."))
    assert "style=" not in html and "<h1" not in html


@pytest.mark.django_db
def test_the_page_of_a_model_has_headings_lists_and_tables(api: Any, tess: Any) -> None:
    sync_models(installed_cards())
    page = api(tess).get("/models/red-cell-unet/").content.decode()
    assert page.count("<h1>") == 1 and "<h2>Limits</h2>" in page and "| task |" not in page
    assert '<table class="list">' in page and re.search(r'<td class="number">0\.\d{4}</td>', page)
    assert "<code>python manage.py evaluate red-cell-unet --data DATA --split test</code>" in page


def test_a_card_brings_no_markup_pictures_or_links_into_the_house() -> None:
    text = (
        "# A net: `a` 1\n\nSee [the page](../docs/models.md), [there](#below), [a ref][r] and [the paper](https://doi.org/1).\n"
        '<script>alert(1)</script> [bad](javascript:alert(1)) ![x](https://a/b.png) <img src=x onerror=alert(1)> "q"\n\n'
        "[r]: /somewhere\n"
    )
    html = card_html(text)
    assert re.findall(r"<a [^>]*>", html) == ['<a href="https://doi.org/1">', '<a href="https://a/b.png">']
    assert "See the page, there, a ref and" in html
    assert "<script" not in html and "<img" not in html and "&lt;script&gt;" in html


def test_a_column_is_set_as_numbers_only_where_all_of_it_is() -> None:
    html = card_html("| a | b | c |\n|---|---|---|\n| 1 | 1.5 | 2 |\n| x | 0.1–0.2 | 0.7 (outside) |\n")
    assert html.count('class="number"') == 3 and '<th class="number">b</th>' in html


SCORES = [score for card in cards().values() for score in card.raw["metrics"]]
KEYS = re.compile(r"\b[a-z0-9]+(?:_[a-z0-9]+)+\b")


def test_every_task_figure_role_and_class_of_our_cards_has_words() -> None:
    assert {score["task"] for score in SCORES} <= set(TASKS)
    figures = {score["metric"] for score in SCORES}
    assert not [m for m in figures - set(METRICS) if not any(m.removesuffix(end) in METRICS for end in ENDS)]
    assert {role for role, _ in USES.values() for role in role.split(", ") if role} <= set(ROLES)
    classes = {key for card in cards().values() for key in card.raw["classes"] if "_" in key}
    assert not [key for key in classes if "_" in class_words(key)]
    assert (metric_words("macro_f1_as_called"), metric_unit("hausdorff_circular")) == (
        "F1, mean of the classes, as called",
        "px",
    )
    assert metric_words("our_own_figure") == "our own figure"


@pytest.mark.django_db
def test_no_key_of_a_figure_or_class_stands_on_the_pages_of_models(api: Any, tess: Any) -> None:
    sync_models(installed_cards())
    of_commands = {"operating_points", "licence_note"}
    for address in ("/models/", *(f"/models/{name}/" for name in NAMES)):
        page = api(tess).get(address).content.decode()
        plain = re.sub(r"<(script|style)\b.*?</\1>|<code>python manage.py .*?</code>", " ", page, flags=re.DOTALL)
        keys = set(KEYS.findall(unescape(re.sub(r"<[^>]+>", " ", plain)))) - of_commands
        assert not keys, (address, keys)
