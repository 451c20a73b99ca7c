"""A model card as the browser shows it: its Markdown as safe HTML, worded as it is."""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import pairwise

from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore
from markdown_it.token import Token

_NUMBERS = re.compile(r"[\d.,\s–-]+")


def card_html(text: str) -> SafeString:
    """The card without its first heading, which the page's own says; tables of class `list`, numbers of class `number`.

    HTML in the card is shown as text, a picture is a link to it, and a link that leads to another document of the
    repository, which no page shows, is its words alone.
    """
    return mark_safe(_reader().render(text))  # html=False: everything in the card is escaped


@lru_cache(maxsize=1)
def _reader() -> MarkdownIt:
    reader = MarkdownIt("commonmark", {"html": False}).enable("table").disable("image")
    reader.core.ruler.push("as_a_page", _as_a_page)
    return reader


def _as_a_page(state: StateCore) -> None:
    if [t.tag for t in state.tokens[:1]] == ["h1"]:
        del state.tokens[:3]  # opened, its words, closed
    for token in state.tokens:
        if token.children:
            token.children = _without_inward_links(token.children)
    for first in (i for i, t in enumerate(state.tokens) if t.type == "table_open"):
        last = next(i for i, t in enumerate(state.tokens[first:], first) if t.type == "table_close")
        _set_table(state.tokens[first:last])


def _without_inward_links(tokens: list[Token]) -> list[Token]:
    shown_tokens, outward = [], True
    for token in tokens:
        if token.type == "link_open":
            outward = str(token.attrGet("href")).startswith(("https://", "http://"))
        if outward or token.type not in ("link_open", "link_close"):
            shown_tokens.append(token)
    return shown_tokens


def _set_table(tokens: list[Token]) -> None:
    """Give the table the class of the other pages' tables, and columns of numbers alone theirs."""
    tokens[0].attrSet("class", "list")
    columns: dict[int, list[tuple[Token, str]]] = {}
    column = 0
    for cell, words in pairwise(tokens):
        if cell.type == "tr_open":
            column = 0
        elif cell.type in ("th_open", "td_open"):
            columns.setdefault(column, []).append((cell, words.content))
            column += 1
    for cells in columns.values():
        if len(cells) > 1 and all(_NUMBERS.fullmatch(words) for _, words in cells[1:]):
            for cell, _ in cells:
                cell.attrSet("class", "number")
