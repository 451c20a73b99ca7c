"""What people read is spelt as in Britain: phrases of the catalogues, the README, the changes and the documentation."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from hemaview.config.pseudo import read_po

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]
AMERICAN = re.compile(
    r"\b(?:a?nemi[ac]\w*|analyz\w+|artifact\w*|behavior\w*|cancel(?:ed|ing)|catalog(?:s|ed)?|center\w*|color\w*|favor\w*|fiber\w*"
    r"|gray\w*|hem(?:atolog|oglob|odilut|olys|olyt|orrh)\w+|label(?:ed|ing)|leukemi\w+|model(?:ed|ing)|neighbor\w*|pediatr\w+|tumor\w*"
    r"|uremi\w+|(?:character|local|maxim|minim|normal|optim|organ|recogn|standard|summar|visual)iz(?:e[drs]?|ing|ations?))\b",
    re.I,
)
NO_PROSE = re.compile(r"```.*?```|`[^`]*`|https?://\S+|\]\([^)]*\)", re.S)
"""Code, names of files and addresses, which keep their letters."""


def american(text: str) -> list[str]:
    """Words of a text that are spelt as in America."""
    return AMERICAN.findall(NO_PROSE.sub(" ", text))


def test_american_words_are_told_from_british_ones_and_from_code() -> None:
    assert american("Hematology in gray, labeled by color: the center was analyzed.") == [
        "Hematology", "gray", "labeled", "color", "center", "analyzed"
    ]  # fmt: skip
    assert (
        american("Haematology of anaemia at HemaView: `color`, the colour; https://color.org/gray [x](color.md)") == []
    )


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_a_page_is_spelt_as_in_britain(page: Path) -> None:
    assert american(page.read_text()) == []


def test_phrases_are_spelt_as_in_britain() -> None:
    of_pages = [text for entry in read_po((ROOT / "locale/en/LC_MESSAGES/django.po").read_text()) for text in entry]
    of_front_end = [*json.loads((ROOT / "locale/en/frontend.json").read_text())]
    assert len(of_pages) > 1000 and len(of_front_end) > 500
    assert [text for text in (*of_pages, *of_front_end) if american(text)] == []


def test_what_assays_say_is_spelt_as_in_britain() -> None:
    """Their files, without what quotes a title or the name of a code."""
    for path in sorted((ROOT / "hemaview/assays").rglob("*.toml")):
        if path.name not in ("codes.toml", "references.toml"):
            assert american(path.read_text()) == [], path
