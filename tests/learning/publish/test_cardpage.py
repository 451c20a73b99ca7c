"""The card as people read it: what stands for the papers' data comes first, and limits are those of the training."""

from __future__ import annotations

import pytest

from hemaview.learning.publish.cardpage import markdown
from hemaview.learning.recipes.trainings import TRAININGS
from hemaview.methods.card import cards


def test_a_card_says_first_what_stands_for_the_papers_data() -> None:
    raw = {
        **cards()["cell-kind-net"].raw,
        "limits": ["One.", "Stand-in data: films in place of blocks. No cell is fetal."],
    }
    line = "Research use only. Stand-in: films in place of blocks. No cell is fetal. Tells red cells"
    assert line in markdown(raw)
    assert "Stand-in" not in markdown({**raw, "limits": ["One."]})


@pytest.mark.parametrize("name", [n for n in cards() if n in TRAININGS])
def test_a_shipped_card_gives_the_limits_of_its_training_as_they_are_now(name: str) -> None:
    card = cards()[name]
    assert card.raw["limits"] == list(TRAININGS[name].limits) and card.text == markdown(card.raw)
