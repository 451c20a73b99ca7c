"""Values of an analyser that cannot all be true of one blood: red-cell indices that do not follow from each other.

MCV = Hct / RBC, MCH = Hb / RBC and MCHC = Hb / Hct hold by definition (Bain BJ, Blood Cells: A Practical Guide, 5th ed., ch. 2);
that Hct in % is about three times Hb in g/dL is MCHC near 333 g/L. An MCHC beyond what red cells can hold stands for a
mistyped value or for what analysers take for red cells or haemoglobin (cold agglutinins, lipaemia, haemolysis).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from hemaview.words import gettext, gettext_noop

TOLERANCE = 0.06
"""Share by which a stated index may differ from what the others give, beside rounding: analysers count and weigh apart."""
MCHC_G_PER_L = (220.0, 400.0)
"""Severe iron deficiency to hereditary spherocytosis; nothing lies beyond but errors."""


@dataclass(frozen=True)
class _Index:
    """An index that two other values give."""

    key: str
    """The index's."""
    a: str
    """Key of the first."""
    b: str
    """Key of the second."""
    of: Callable[[float, float], float]
    """The index of both."""
    contradicted: str
    """What is said where another index is stated than both give."""


_INDICES = (
    _Index(
        "mcv_fl", "hct_l_per_l", "rbc_10e12_per_l", lambda hct, rbc: 1000 * hct / rbc,
        gettext_noop("A haematocrit of {a:g} L/L and a red-cell count of {b:g} × 10¹²/L give an MCV of {index:.3g} fL, but "
                     "{stated:g} is stated."),
    ),
    _Index(
        "mch_pg", "hb_g_per_l", "rbc_10e12_per_l", lambda hb, rbc: hb / rbc,
        gettext_noop("A haemoglobin of {a:g} g/L and a red-cell count of {b:g} × 10¹²/L give an MCH of {index:.3g} pg, but "
                     "{stated:g} is stated."),
    ),
    _Index(
        "mchc_g_per_l", "hb_g_per_l", "hct_l_per_l", lambda hb, hct: hb / hct,
        gettext_noop("A haemoglobin of {a:g} g/L and a haematocrit of {b:g} L/L give an MCHC of {index:.3g} g/L, but "
                     "{stated:g} is stated."),
    ),
)  # fmt: skip
_STEPS = {"hb_g_per_l": 1.0, "hct_l_per_l": 0.01, "rbc_10e12_per_l": 0.01}
"""The step in which each value is usually stated."""


def contradictions(values: Mapping[str, float]) -> list[str]:
    """What contradicts what, a sentence each; `values` by name with unit, such as `hb_g_per_l`."""
    sentences = []
    low, high = MCHC_G_PER_L
    mchc_contradicted = False
    for index in _INDICES:
        a, b, stated = values.get(index.a), values.get(index.b), values.get(index.key)
        if not a or not b:
            continue
        by_both = index.of(a, b)
        allowed = TOLERANCE + sum(_STEPS[k] / 2 / v for k, v in ((index.a, a), (index.b, b)))
        is_mchc = index.key == "mchc_g_per_l"
        if stated and abs(stated - by_both) > allowed * by_both:
            sentences.append(gettext(index.contradicted).format(a=a, b=b, index=by_both, stated=stated))
            mchc_contradicted |= is_mchc
        elif is_mchc and not _possible(by_both, allowed):
            sentences.append(
                gettext(
                    "A haemoglobin of {a:g} g/L and a haematocrit of {b:g} L/L give an MCHC of {index:.3g} g/L, which is outside "
                    "the possible range ({low:g} to {high:g})."
                ).format(a=a, b=b, index=by_both, low=low, high=high)
            )
            mchc_contradicted = True
    stated = values.get("mchc_g_per_l")
    if stated and not _possible(stated, 0.0) and not mchc_contradicted:
        sentences.append(
            gettext(
                "An MCHC of {stated:g} g/L is stated, which is outside the possible range ({low:g} to {high:g})."
            ).format(stated=stated, low=low, high=high)
        )
    return sentences


def _possible(mchc: float, allowed: float) -> bool:
    low, high = MCHC_G_PER_L
    return low * (1 - allowed) <= mchc <= high * (1 + allowed)
