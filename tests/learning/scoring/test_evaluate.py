"""Scoring says how far it is."""

from __future__ import annotations

import time

from hemaview.learning.scoring.evaluate import sign_of_life


def test_a_score_that_takes_long_gives_signs_of_life_until_it_ends() -> None:
    lines: list[str] = []
    with sign_of_life(lines.append, "a net on a set", every_s=0.02):
        while len(lines) < 2:
            time.sleep(0.01)
    assert lines[0] == "a net on a set: for 0 min so far"
    ended = len(lines)
    time.sleep(0.06)
    assert len(lines) == ended
