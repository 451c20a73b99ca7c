"""Kinds and finer classes put together: a white cell is not lost to one net's doubt."""

from __future__ import annotations

import numpy as np
import pytest

from hemaview.pipeline.naming import SMUDGE_ODDS, agreed, rarer_smudges, with_platelets_and_dirt
from tests.schemas import BLOOD_FILM

NAMES = ("lymphocyte", "smudge", "platelet", "giant_platelet", "artefact")


def mixed(kinds: tuple[float, float, float], fine: tuple[float, ...]) -> dict[str, float]:
    p = agreed(np.array([kinds], np.float32), np.array([fine], np.float32), NAMES)
    return dict(zip(NAMES, p[0].tolist(), strict=True))


def test_what_the_kind_net_is_sure_of_is_not_thrown_away_as_dirt_by_the_finer_net() -> None:
    p = mixed((0.998, 0.001, 0.001), (0.05, 0.01, 0.0, 0.0, 0.94))
    assert p["lymphocyte"] > 0.6 > p["artefact"] and sum(p.values()) == pytest.approx(1.0, abs=1e-3)
    # Where the kind net is in doubt the finer one decides.
    p = mixed((0.55, 0.05, 0.4), (0.03, 0.01, 0.0, 0.0, 0.96))
    assert p["artefact"] > 0.9


def test_only_what_is_surely_a_smudge_is_called_one() -> None:
    doubtful, sure = [0.35, 0.6, 0.0, 0.0, 0.05], [0.02, 0.97, 0.0, 0.0, 0.01]
    p = rarer_smudges(np.array([doubtful, sure], np.float32), NAMES)
    assert [NAMES[i] for i in p.argmax(axis=1)] == ["lymphocyte", "smudge"]
    assert p.sum(axis=1) == pytest.approx([1, 1])
    assert p[0, 1] / p[0, 0] == pytest.approx(SMUDGE_ODDS * 0.6 / 0.35)
    assert rarer_smudges(p[:, :1], NAMES[:1]) is not None


def test_a_platelet_of_the_kind_net_stays_one_and_keeps_the_finer_nets_size() -> None:
    p = mixed((0.01, 0.97, 0.02), (0.5, 0.0, 0.1, 0.4, 0.0))
    assert p["platelet"] + p["giant_platelet"] > 0.9
    assert p["giant_platelet"] / p["platelet"] == pytest.approx(4, rel=0.01)


def test_a_net_of_white_cells_alone_makes_no_white_cell_of_a_platelet_or_of_dirt() -> None:
    kinds = np.array([(0.97, 0.02, 0.01), (0.01, 0.98, 0.01), (0.02, 0.01, 0.97)], np.float32)
    fine, names = with_platelets_and_dirt(
        np.array([(0.7, 0.3)] * 3, np.float32), ["lymphocyte", "monocyte"], kinds, BLOOD_FILM
    )
    calls = [names[i] for i in agreed(kinds, fine, names).argmax(axis=1)]
    assert calls == ["lymphocyte", "platelet", "artefact"] and fine.sum(axis=1) == pytest.approx([1, 1, 1])
    same, as_before = with_platelets_and_dirt(np.full((3, 5), 0.2, np.float32), NAMES, kinds, BLOOD_FILM)
    assert as_before == list(NAMES) and same.shape == (3, 5), "a net that knows both is left alone"


def test_what_is_red_by_the_kind_net_keeps_its_share() -> None:
    assert sum(mixed((0.2, 0.05, 0.05), (0.4, 0.1, 0.2, 0.2, 0.1)).values()) == pytest.approx(0.3, abs=1e-3)
