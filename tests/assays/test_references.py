"""Reference ranges: which holds for whom, flags beside intervals, and files that contradict themselves."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from hemaview.assays.references import flag, references_from, references_in, shipped_references
from hemaview.counting.intervals import Interval

OWN: dict[str, Any] = {
    "name": "Ours", "version": "7", "sources": {"own": "120 donors, 2025"},
    "ranges": [{"whose": "adults", "from_days": 6575, "source": "own", "hb": [120, 165]}],
}  # fmt: skip


def changed(**row: Any) -> dict[str, Any]:
    return {**OWN, "ranges": [{**OWN["ranges"][0], **row}]}


@pytest.mark.parametrize(
    ("key", "sex", "age_days", "ends"),
    [
        ("hb", "female", 34 * 366, (115, 155)),
        ("hb", "male", 34 * 366, (135, 175)),
        ("hb", "", 34 * 366, (115, 175)),
        ("hb", "male", 8 * 366, (115, 155)),
        ("hb", "female", 2, (145, 225)),
        ("wbc", "female", 400, (6.0, 17.5)),
        ("neutrophils", "", 6575, (2.5, 7.5)),
    ],
)
def test_a_range_is_that_of_age_and_sex(key: str, sex: str, age_days: int, ends: tuple[float, float]) -> None:
    usual = shipped_references().range_of(key, sex, age_days)
    assert usual is not None and (usual.low, usual.high) == ends and usual.source


def test_without_an_age_there_is_no_range() -> None:
    assert shipped_references().range_of("wbc", "female", None) is None
    assert shipped_references().range_of("monocytes", "female", 400) is None, "none is given for children"


def test_every_age_has_a_range_of_haemoglobin_for_either_sex() -> None:
    references = shipped_references()
    assert all(references.range_of("hb", sex, days) for sex in ("female", "male") for days in range(0, 36525, 3))


def test_a_flag_is_settled_where_the_whole_interval_lies_outside() -> None:
    usual = shipped_references().range_of("neutrophils", "", 9000)
    assert usual is not None
    assert flag(Interval(9.0, 8.0, 10.0), usual) == ("high", True)
    assert flag(Interval(9.0, 7.0, 10.0), usual) == ("high", False)
    assert flag(Interval(2.0, 1.5, 2.6), usual) == ("low", False)
    assert flag(Interval(5.0, 4.0, 6.0), usual) == ("", True)
    assert flag(Interval(7.0, 6.0, 8.0), usual) == ("", False)


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ({**OWN, "sources": {}}, "have no sources"),
        (changed(source="nobody"), "names no source"),
        (changed(sex="f"), "female or male"),
        (changed(hb=[165, 120]), "two numbers, the lower one first"),
        (changed(haemoglobin=[120, 165]), "there are: basophils"),
        (changed(to_days=9), "ends before it begins"),
        ({**OWN, "ranges": [*OWN["ranges"], {**OWN["ranges"][0], "whose": "women", "sex": "female"}]}, "overlap"),
    ],
)
def test_a_file_that_is_not_whole_is_refused_in_a_sentence(data: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        references_from(data, shipped_references().quantities)


def test_a_laboratory_has_ranges_of_its_own(tmp_path: Path) -> None:
    own = tmp_path / "own.toml"
    own.write_text(
        'name = "Ours"\nversion = "7"\n[sources]\nown = "120 donors"\n'
        '[[ranges]]\nwhose = "adults"\nfrom_days = 6575\nsource = "own"\nhb = [120, 165]\n'
    )
    references = references_in(own)
    usual = references.range_of("hb", "male", 9000)
    assert usual is not None and (usual.low, usual.high, references.version) == (120, 165, "7")
    own.write_text("name = ")
    with pytest.raises(ValueError, match="not valid TOML"):
        references_in(own)
