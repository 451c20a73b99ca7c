"""Values of an analyser that cannot all be true of one blood: red-cell indices that do not follow from each other.

MCV = Hct / RBC, MCH = Hb / RBC and MCHC = Hb / Hct hold by definition (Bain BJ, Blood Cells: A Practical Guide, 5th ed., ch. 2);
that Hct in % is about three times Hb in g/dL is MCHC near 333 g/L. An MCHC beyond what red cells can hold stands for a
mistyped value or for what analysers take for red cells or haemoglobin (cold agglutinins, lipaemia, haemolysis).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

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


_INDICES = (
    _Index("mcv_fl", "hct_l_per_l", "rbc_10e12_per_l", lambda hct, rbc: 1000 * hct / rbc),
    _Index("mch_pg", "hb_g_per_l", "rbc_10e12_per_l", lambda hb, rbc: hb / rbc),
    _Index("mchc_g_per_l", "hb_g_per_l", "hct_l_per_l", lambda hb, hct: hb / hct),
)
_NAMES = {
    "hb_g_per_l": ("haemoglobin", "g/L", 1.0),
    "hct_l_per_l": ("haematocrit", "L/L", 0.01),
    "rbc_10e12_per_l": ("red-cell count", "× 10¹²/L", 0.01),
    "mcv_fl": ("MCV", "fL", 1.0),
    "mch_pg": ("MCH", "pg", 0.1),
    "mchc_g_per_l": ("MCHC", "g/L", 1.0),
}
"""Of each value its name, unit, and the step in which it is usually stated."""


def contradictions(values: Mapping[str, float]) -> list[str]:
    """What contradicts what, a sentence each; `values` by name with unit, such as `hb_g_per_l`."""
    sentences = []
    for index in _INDICES:
        a, b, stated = values.get(index.a), values.get(index.b), values.get(index.key)
        if not a or not b:
            continue
        given = index.of(a, b)
        allowed = TOLERANCE + sum(_NAMES[k][2] / 2 / v for k, v in ((index.a, a), (index.b, b)))
        if stated and abs(stated - given) > allowed * given:
            sentences.append(
                f"{_first(_in_words(index.a, a))} and {_in_words(index.b, b)} give an {_NAMES[index.key][0]} of {given:.3g} "
                f"{_NAMES[index.key][1]}, but {stated:g} is stated."
            )
        elif index.key == "mchc_g_per_l" and not _possible(given, allowed):
            sentences.append(
                f"{_first(_in_words(index.a, a))} and {_in_words(index.b, b)} give an MCHC of {given:.3g} g/L, which no red "
                f"cells have ({MCHC_G_PER_L[0]:g} to {MCHC_G_PER_L[1]:g})."
            )
    stated = values.get("mchc_g_per_l")
    if stated and not _possible(stated, 0.0) and not any("MCHC" in sentence for sentence in sentences):
        sentences.append(
            f"An MCHC of {stated:g} g/L is stated, which no red cells have ({MCHC_G_PER_L[0]:g} to {MCHC_G_PER_L[1]:g})."
        )
    return sentences


def _possible(mchc: float, allowed: float) -> bool:
    low, high = MCHC_G_PER_L
    return low * (1 - allowed) <= mchc <= high * (1 + allowed)


def _first(sentence: str) -> str:
    """With a capital letter, the units as they are."""
    return sentence[:1].upper() + sentence[1:]


def _in_words(key: str, value: float) -> str:
    name, unit, _ = _NAMES[key]
    return f"a {name} of {value:g} {unit}"
