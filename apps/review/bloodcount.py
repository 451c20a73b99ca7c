"""A patient's blood count: the analyser's values and the absolute counts of the film, held against reference ranges."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils.translation import gettext

from hemaview.assays.consistency import contradictions
from hemaview.assays.references import Quantity, References, flag, references_in, shipped_references
from hemaview.counting.intervals import Interval, percent


def references() -> References:
    """The laboratory's reference ranges, or the shipped ones; raises ValueError, OSError."""
    return _references_at(settings.REFERENCE_RANGES)


@cache
def _references_at(path: str) -> References:
    return references_in(Path(path)) if path else shipped_references()


def blood_count(patient: Mapping[str, Any], counts: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The rows of a blood count and what must be said of them.

    `patient`: `sex`, `age_days`, `analyser`; `counts`: what `pooled_json` gives for each examination of the case.
    """
    ranges = references()
    analyser = patient["analyser"]
    film = next((c for c in counts if any(s["key"] == "differential" for s in c["sections"])), None)
    rows = [
        row
        for quantity in ranges.quantities
        if (row := _row(quantity, patient, ranges, _value(quantity, analyser, film))) is not None
    ]
    return {
        "references": {"name": ranges.name, "version": ranges.version, "sha256": ranges.sha256},
        "quantities": [
            {"key": q.analyser, "name": q.name, "unit": q.unit, "value": analyser.get(q.analyser)}
            for q in ranges.quantities
            if q.analyser
        ],
        "rows": rows,
        "notes": _notes(patient, rows, analyser, film),
        "sources": list(dict.fromkeys(row["range"]["source"] for row in rows if row["range"])),
    }


def _value(quantity: Quantity, analyser: Mapping[str, float], film: Mapping[str, Any] | None) -> Interval | None:
    if quantity.analyser:
        value = analyser.get(quantity.analyser)
        return None if value is None else Interval(value, value, value)
    white = _white_cells(analyser, film)
    if film is None or white is None:
        return None
    differential = next(s for s in film["sections"] if s["key"] == "differential")
    n = differential["n"]["reviewed"]
    if not n or differential["below_floor"]:
        return None
    count = sum(row["reviewed"]["count"] for row in differential["rows"] if row["key"] in quantity.classes)
    share = percent(count, n)
    return Interval(*(s * w / 100 for s, w in zip(_ends(share), _ends(white), strict=True)))


def _white_cells(analyser: Mapping[str, float], film: Mapping[str, Any] | None) -> Interval | None:
    """The analyser's white cells, corrected for nucleated red cells where the film asks for it."""
    value = analyser.get("wbc_10e9_per_l")
    if value is None:
        return None
    corrected = _corrected(film)
    return Interval(corrected["value"], corrected["low"], corrected["high"]) if corrected else Interval(*[value] * 3)


def _corrected(film: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
    return next((r["reviewed"] for r in (film or {}).get("ratios", ()) if r["key"] == "corrected_wbc"), None)


def _row(
    quantity: Quantity, patient: Mapping[str, Any], ranges: References, value: Interval | None
) -> dict[str, Any] | None:
    if value is None:
        return None
    usual = ranges.range_of(quantity.key, patient["sex"], patient["age_days"])
    side, settled = flag(value, usual) if usual else ("", True)
    text = f"{value.value:.{quantity.digits}f}"
    if quantity.classes:
        text += f" ({value.low:.{quantity.digits}f}–{value.high:.{quantity.digits}f})"
    return {
        "key": quantity.key,
        "name": quantity.name,
        "unit": quantity.unit,
        "of": "film" if quantity.classes else "analyser",
        "value": value.value,
        "low": value.low,
        "high": value.high,
        "text": text,
        "range": {"low": usual.low, "high": usual.high, "whose": usual.whose, "source": usual.source}
        if usual
        else None,
        "flag": side,
        "settled": settled,
    }


def _notes(
    patient: Mapping[str, Any],
    rows: Sequence[Mapping[str, Any]],
    analyser: Mapping[str, float],
    film: Mapping[str, Any] | None,
) -> list[str]:
    notes = contradictions(analyser)
    if rows and patient["age_days"] is None:
        notes.append(gettext("The patient's age is not stated, so nothing is compared with reference ranges."))
    elif rows and not patient["sex"]:
        notes.append(gettext("The patient's sex is not stated: where reference ranges differ by sex, they cover both."))
    if film is not None and not analyser.get("wbc_10e9_per_l"):
        notes.append(gettext("Absolute counts need the analyser's white-cell count."))
    elif film is not None and not any(row["of"] == "film" for row in rows):
        notes.append(gettext("Too few white cells were counted for absolute counts."))
    if (corrected := _corrected(film)) and any(row["of"] == "film" for row in rows):
        notes.append(
            gettext("Absolute counts are based on the white-cell count corrected for NRBC, {value} × 10⁹/L.").format(
                value=corrected["text"]
            )
        )
    if any(row["flag"] and not row["settled"] for row in rows):
        notes.append(gettext("A mark in brackets: the interval reaches into the reference range."))
    return notes


def _ends(interval: Interval) -> tuple[float, float, float]:
    return interval.value, interval.low, interval.high
